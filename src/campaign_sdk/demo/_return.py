"""The demo's way back: robots open, click and unsubscribe over HTTP; a provider reports."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx

from campaign_sdk import Campaign, CampaignClient, Contact, Engagement, field
from campaign_sdk.cli import _show
from campaign_sdk.demo._page import Page
from campaign_sdk.senders import Message, Receipt

READERS, CLICKERS = 12, 5
_HTML = (
    '<p>New in: <a href="https://shop.example/rock">rock</a>, '
    '<a href="https://shop.example/jazz">jazz</a>.</p>'
)
_BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
_FORM = {**_BROWSER, "content-type": "application/x-www-form-urlencoded"}
_SCANNER = {"user-agent": "Barracuda Sentinel (EE)"}
# Whoever follows a link sooner after the hand-over than this is taken for a machine.
_TOO_QUICK = 3.2
_ADDRESS = re.compile(r'(?:href|src)="([^"]*/functions/v1/t/[^"]*)"')


class Outbox:
    """A vendor that keeps what it was given, and sends nothing."""

    batch_size = 100

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, messages: Sequence[Message]) -> list[Receipt]:
        """Take the messages."""
        self.messages += messages
        return [Receipt.sent(message.key) for message in messages]


def webhook_secret() -> str:
    """Return a signing secret as Resend makes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


def come_home(page: Page, client: CampaignClient, url: str, secret: str) -> None:
    """Send a few tracked messages, and let all come back that can."""
    page.chapter(
        "What comes home by itself",
        "Robots play a few people, and a provider reports.",
    )
    readers = sorted(each.email for each in client.contacts.iterate(field("orders") >= 20))
    campaign = client.campaigns.create(
        "New in", subject="New in", html=_HTML, rules=field("email").in_(readers[:READERS])
    )
    client.campaigns.launch(campaign.id)
    outbox = Outbox()
    client.deliveries.send(campaign.id, outbox, track=True)
    with page.waiting("robots open, click and unsubscribe"), httpx.Client(timeout=30) as http:
        _visit(http, outbox.messages)
        _report(http, f"{url}/functions/v1/hook/resend", secret, outbox.messages)
    _tell(page, client, campaign)


def _visit(http: httpx.Client, messages: Sequence[Message]) -> None:
    """Let a scanner follow a link at once, and people open, click and leave a little later."""
    http.get(_links(messages[0])[0], headers=_SCANNER)
    time.sleep(_TOO_QUICK)
    for number, message in enumerate(messages):
        *clicks, pixel = _links(message)
        for _ in range(2):
            http.get(pixel, headers=_BROWSER)
            if 0 < number <= CLICKERS:
                http.get(clicks[0], headers=_BROWSER)
    leave = messages[-1].headers["List-Unsubscribe"].strip("<>")
    http.get(leave, headers=_SCANNER)
    http.post(leave, content=b"List-Unsubscribe=One-Click", headers=_FORM)


def _links(message: Message) -> list[str]:
    return [html.unescape(address) for address in _ADDRESS.findall(message.html or "")]


def _report(http: httpx.Client, url: str, secret: str, messages: Sequence[Message]) -> None:
    """Let the provider report a bounce and a complaint, each twice, and a forger one more."""
    bounce = {"bounce": {"type": "Permanent", "subType": "General", "message": "no such user"}}
    _post(http, url, secret, "bounce", _event("email.bounced", messages[-2], **bounce))
    _post(http, url, secret, "complaint", _event("email.complained", messages[-3]))
    _post(http, url, webhook_secret(), "forged", _event("email.complained", messages[0]))


def _event(kind: str, message: Message, **more: object) -> bytes:
    now = datetime.now(UTC).isoformat()
    data = {
        "email_id": message.key,
        "to": [message.to],
        "tags": {"campaign_key": message.key.replace("/", "_")},
        "created_at": now,
        **more,
    }
    return json.dumps({"type": kind, "created_at": now, "data": data}).encode()


def _post(http: httpx.Client, url: str, secret: str, name: str, body: bytes) -> None:
    """Post a report twice, signed as Svix does: HMAC-SHA256 over id, time and body."""
    moment = str(int(time.time()))
    signed = b".".join([name.encode(), moment.encode(), body])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    headers = {"svix-id": name, "svix-timestamp": moment, "svix-signature": f"v1,{signature}"}
    for _ in range(2):
        http.post(url, content=body, headers=headers)


def _tell(page: Page, client: CampaignClient, campaign: Campaign) -> None:
    names = ("impressions", "clicks", "bounced", "complained", "unsubscribed")
    totals = _settled(client, campaign)
    made = _show.table("", *names, numbers=names)
    made.add_row("counted", *(f"{getattr(totals, name):,}" for name in names))
    made.add_row("people", *(f"{getattr(totals, f'human_{name}', '')}" for name in names))
    page.show(made)
    left = client.segments.size(field("email").in_([each.email for each in _members(client)]))
    page.say(
        "Each visit came twice and counts once; a scanner's click is known for one. "
        f"Of {READERS} people [bold]{READERS - (left.reachable or 0)}[/] will never be written to "
        "again: one bounced, one complained, one unsubscribed."
    )


def _members(client: CampaignClient) -> list[Contact]:
    people = client.contacts.iterate(field("orders") >= 20)
    return sorted(people, key=lambda contact: contact.email)[:READERS]


def _settled(client: CampaignClient, campaign: Campaign) -> Engagement:
    # A visit is noted behind its answer.
    for _ in range(50):
        totals = client.analytics.summary(campaign.id)
        if totals.clicks > CLICKERS and totals.impressions >= READERS and totals.unsubscribed:
            break
        time.sleep(0.1)
    return totals
