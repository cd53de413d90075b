"""What providers post, as their documentation shows it; all people are invented."""

from __future__ import annotations

from typing import Any

CAMPAIGN = "5f1c2a34-0000-4000-8000-00000000000a"
CONTACT = "5f1c2a34-0000-4000-8000-00000000000b"
KEY = f"{CAMPAIGN}/{CONTACT}"
ANN = "ann@example.com"
LINK = "https://shop.example/a?b=c&d=%C3%A9#f"
AT = "2026-11-25T09:00:00.123Z"


def resend(kind: str = "email.delivered", **data: Any) -> dict[str, Any]:
    common = {
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "from": "us <us@example.com>",
        "to": [f"Ann <{ANN}>"],
        "subject": "Hi",
        "tags": {"campaign_key": KEY.replace("/", "_")},
    }
    return {"type": kind, "created_at": AT, "data": {**common, **data}}


def postmark(kind: str = "Delivery", **more: Any) -> dict[str, Any]:
    time = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt"}
    who = {"Bounce": "Email", "SpamComplaint": "Email"}
    return {
        "RecordType": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        who.get(kind, "Recipient"): ANN,
        time.get(kind, "ChangedAt" if kind == "SubscriptionChange" else "ReceivedAt"): (
            "2026-11-25T09:00:00.1234567Z"
        ),
        "Metadata": {"campaign_key": KEY},
        **more,
    }


def sendgrid(kind: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "email": ANN,
        "timestamp": 1_795_597_200,
        "event": kind,
        "sg_event_id": f"event-{kind}",
        "sg_message_id": "14c5d75ce93.filter0001.16648.5515E0B88.0",
        "campaign_key": KEY,
        **more,
    }


def mailgun(kind: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "event": kind,
        "id": "W3X4JOhFT-OZidZGKKr9iA",
        "timestamp": 1_795_597_200.123,
        "recipient": ANN,
        "message": {"headers": {"message-id": "2026.1.abc@mail.example.com"}},
        "user-variables": {"campaign_key": KEY},
        **more,
    }


def ses(kind: str = "Delivery", details: dict[str, Any] | None = None) -> dict[str, Any]:
    who = [{"emailAddress": ANN}]
    own: dict[str, dict[str, Any]] = {
        "Delivery": {"recipients": [ANN]},
        "Bounce": {"bounceType": "Permanent", "bouncedRecipients": who, "feedbackId": "fb-1"},
        "Complaint": {"complainedRecipients": who, "feedbackId": "fb-2"},
        "Click": {"link": LINK},
    }
    mail = {
        "timestamp": AT,
        "messageId": "0100abc-000",
        "destination": [ANN],
        "headers": [{"name": "X-Campaign-Key", "value": KEY}],
        "tags": {"ses:configuration-set": ["mine"]},
    }
    body = {"timestamp": AT, **own.get(kind, {}), **(details or {})}
    return {"eventType": kind, "mail": mail, kind.lower(): body}
