# %% [markdown]
# # Was the discount worth it?
# Two campaigns to the same kind of customers, with and without a discount. The customers are
# CDNOW's; what they did with our messages is synthetic, made by the dice below.

# %%
import random
from datetime import UTC, datetime, timedelta

from _project import CUSTOMERS, project

from campaign_sdk import Campaign, field

with project() as client:
    # %% The customers, and two audiences that don't overlap
    print(client.contacts.import_csv(CUSTOMERS).created, "customers")
    regulars = (field("orders") >= 2) & (field("orders") <= 5)
    halves = {
        "With 15 % off": regulars & field("spend").between(0, 60),
        "Without": regulars & ~field("spend").between(0, 60),
    }
    campaigns = {
        name: client.campaigns.create(name, rules=rules, message="We miss you!")
        for name, rules in halves.items()
    }

    # %% Launch, and let the dice fall
    dice = random.Random(15)
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def reactions(campaign: Campaign, clicks: float) -> None:
        events = []
        for number, contact in enumerate(client.campaigns.audience(campaign.id)):
            at = start - timedelta(days=dice.randint(1, 10), minutes=-dice.randint(0, 1_000))
            event = {"campaign_id": campaign.id, "contact_id": contact.id, "occurred_at": at}
            events.append({**event, "event_id": f"seen-{number}", "type": "impression"})
            if dice.random() < clicks:
                events.append({**event, "event_id": f"click-{number}", "type": "click"})
        print(campaign.name, client.analytics.ingest(events))

    for campaign, clicks in zip(campaigns.values(), (0.21, 0.14), strict=True):
        reactions(client.campaigns.launch(campaign.id), clicks)

    # %% By campaign, and by day
    print(client.analytics.report(group_by="campaign").to_text())
    print(client.analytics.report(["impressions", "clicks", "ctr"]).to_text())

    # %% The difference, with its doubt
    first, second = campaigns.values()
    print(client.analytics.compare(first.id, second.id, "ctr"))

    # %% Who clicked, in words, and a page to send on
    print(client.analytics.summarize(first.id, by=["orders", ("spend", [20, 40, 60])]))
    client.analytics.report(group_by="campaign").to_html("report.html", title="The discount")
