"""Count what a sending service reports through its webhook, exactly once.

    python examples/ingest_webhook.py            # plays the service, too, and ends
    python examples/ingest_webhook.py --serve    # waits for a real one on port 8080

Services deliver at least once: they repeat what we didn't confirm. The service's own id of
an event, with the campaign's, makes it one of a kind, so a repetition changes nothing.

This is for a service of any kind. What Resend, Postmark, SendGrid, Mailgun and Amazon SES post,
`campaign_sdk.webhooks` proves and reads: docs/webhooks.md.
"""

import hmac
import json
import os
import secrets
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from _project import project

from campaign_sdk import CampaignClient, CampaignError, everyone

# Without one of the environment, one that nobody knows: never one that stands in a repository.
SECRET = os.environ.get("WEBHOOK_SECRET") or secrets.token_urlsafe(32)
TYPES = {"open": "impression", "click": "click", "purchase": "conversion"}
LARGEST = 1_000_000


def events(delivery: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Translate the service's words into ours; what we don't count is left out."""
    for one in delivery:
        if one.get("event") in TYPES:
            yield {
                "campaign_id": one.get("campaign"),
                "event_id": one.get("id"),
                "type": TYPES[one["event"]],
                "occurred_at": one.get("at"),
            }


class Webhook(BaseHTTPRequestHandler):
    """Confirms a delivery only when it is stored."""

    client: CampaignClient

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        known = hmac.compare_digest(self.headers.get("X-Secret", ""), SECRET)
        if not known or length > LARGEST:
            self.send_error(403)
            return
        self.send_response(self.answer(self.rfile.read(length)))
        self.end_headers()

    def answer(self, body: bytes) -> int:
        try:
            report = self.client.analytics.ingest(events(json.loads(body)))
        except (ValueError, AttributeError, TypeError):
            return 400
        except CampaignError:
            # The service will come again; nothing is counted twice then.
            return 503
        print(f"{report.inserted} counted, {report.duplicates} known, {report.rejected} refused")
        return 204

    def log_message(self, format: str, *args: Any) -> None:
        """Keep addresses out of the log."""


def deliver(port: int, delivery: list[dict[str, Any]]) -> None:
    """Do what the service does."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", json.dumps(delivery).encode(), {"X-Secret": SECRET}
    )
    with urllib.request.urlopen(request):
        pass


with project() as client:
    Webhook.client = client
    campaign = client.campaigns.create("Autumn", rules=everyone(), message="Hello!")
    serve = "--serve" in sys.argv
    with ThreadingHTTPServer(("127.0.0.1", 8080 if serve else 0), Webhook) as server:
        print(f"listening on http://127.0.0.1:{server.server_port} for campaign {campaign.id}")
        if serve:
            server.serve_forever()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        about = {"campaign": str(campaign.id), "at": "2026-03-01T09:00:00Z"}
        delivery = [
            {"id": f"{kind}-{n}", "event": kind, **about}
            for kind, count in (("open", 20), ("click", 5), ("purchase", 1), ("bounce", 2))
            for n in range(count)
        ]
        deliver(server.server_port, delivery)
        deliver(server.server_port, delivery)  # the service missed our confirmation
        server.shutdown()
        thread.join()
    total = client.analytics.summary(campaign.id)
    print(
        f"{total.impressions} impressions, {total.clicks} clicks, {total.conversions} conversions"
    )
