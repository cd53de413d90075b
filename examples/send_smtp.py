"""Send a campaign through SMTP, once to each; without SMTP_URL, through a vendor of straw.

SMTP_URL=smtps://user:password@host python examples/send_smtp.py

More about it: docs/sending.md.
"""

import os

from _project import project

from campaign_sdk import field
from campaign_sdk.senders import Fake, Smtp

server = os.environ.get("SMTP_URL")
sender = Smtp(server, "Shop <shop@example.com>") if server else Fake(fail=0)
with project() as client:
    names = ("Asha", "Ben", "Cara\r\nBcc: everyone@example.com")
    client.contacts.upsert(
        {"email": f"reader-{n}@example.com", "attributes": {"first_name": name, "orders": 3}}
        for n, name in enumerate(names)
    )
    campaign = client.campaigns.create(
        "Come back",
        subject="{{ first_name | default: 'Hello' }}, it has been a while",
        message="You ordered {{ orders }} times. Again?",
        rules=field("orders") >= 3,
    )
    client.campaigns.launch(campaign.id)
    client.contacts.unsubscribe(next(client.contacts.iterate(field("orders") >= 3)).id)
    report = client.deliveries.send(campaign.id, sender, rate=50)
    print(f"{report.sent} sent, {report.failed} failed, {report.skipped} skipped")
    for delivery in client.deliveries.iterate(campaign.id, outcome="skipped"):
        print(f"{delivery.contact_id}: {delivery.reason}")
