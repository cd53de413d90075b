"""Is 15 % off worth it? Ask by chance: an A/B test, from the plan to the verdict.

    python examples/analysis.py

The customers are CDNOW's; what they did with our messages is made by the dice below. More about
it: docs/experiments.md.
"""

import random
from datetime import UTC, datetime

from _project import CUSTOMERS, project

from campaign_sdk import Variant, field
from campaign_sdk.senders import Fake

CLICKS = {"15 % off": 0.25, "plain": 0.12}

with project() as client:
    print(client.contacts.import_csv(CUSTOMERS).created, "customers")

    # Before anybody is written to: how many people does it take to see six points?
    plan = client.analytics.plan(baseline=0.12, effect=0.06)
    print(plan)

    campaign = client.campaigns.create(
        "Was it worth it?",
        subject="We miss you",
        rules=field("orders").between(2, 6),
        variants=[
            Variant("15 % off", message="{{ orders }} orders: 15 % off the next one."),
            Variant("plain", message="{{ orders }} orders: we miss you!"),
        ],
        hold_out=0.1,
    )
    # The launch draws who gets what, person by person, and freezes it.
    client.campaigns.launch(campaign.id)
    print(client.deliveries.send(campaign.id, Fake(fail=0)).sent, "sent")

    dice = random.Random(15)
    sent = {each.contact_id: each for each in client.deliveries.iterate(campaign.id)}
    events = []
    for contact in client.campaigns.audience(campaign.id):
        if contact.id in sent and dice.random() < CLICKS[sent[contact.id].variant or ""]:
            about = {"campaign_id": campaign.id, "contact_id": contact.id, "type": "click"}
            now = datetime.now(UTC)
            events.append({**about, "event_id": f"click-{contact.id}", "occurred_at": now})
    print(client.analytics.ingest(events).inserted, "clicks")

    found = client.analytics.experiment(campaign.id, "click_rate", plan=plan)
    for arm in found.arms:
        name = "held out" if arm.held_out else arm.variant
        print(f"{name}: {arm.members} people, {arm.successes} clicked ({arm.rate or 0:.1%})")
    print(f"{found.verdict}: {found.reason}")
