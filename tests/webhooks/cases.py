"""The table of cases that Python and Deno must judge alike.

`python -m webhooks.cases` in `tests/` writes it as JSON, with keys made there and then.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from . import payloads
from .keys import CERTIFICATE_URL, NOW, TOPIC, Headers, Mailgun, Resend, SendGrid, Sns, b64, moment

# What each request comes to: the reason why it is refused, or what it reports.
Verdict = str | list[str]

EVIL_CERTIFICATES = [
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0a.pem",
    "https://evil.example#sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://sns.s3.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://sns.s3-eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://evilsns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1.amazonaws.com/evil/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem?x=1",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem\n",
    "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0a.pem",
    "https://SNS.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1.amazonaws.com.cn/SimpleNotificationService-0a.pem",
    "https://sns.eu-west-1\u3002amazonaws.com/SimpleNotificationService-0a.pem",
    "https://127.0.0.1/SimpleNotificationService-0a.pem",
    "file:///etc/SimpleNotificationService-0a.pem",
]
EVIL_CONFIRMATIONS = [
    "http://127.0.0.1:54321/?Action=ConfirmSubscription&Token=t",
    "https://127.0.0.1/?Action=ConfirmSubscription&Token=t",
    "https://sns.eu-west-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&Token=t",
    "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&Action=ConfirmSubscription",
    "http://169.254.169.254/latest/meta-data",
    "https://sns.s3.amazonaws.com/?Action=ConfirmSubscription&Token=t",
]
CONFIRMATION = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}"


@dataclass
class Case:
    """Requests to one webhook, one after the other, and what each comes to."""

    name: str
    provider: str
    secrets: list[str]
    requests: list[dict[str, Any]]
    expected: list[Verdict]
    certificates: dict[str, str] = field(default_factory=dict)
    fetched: list[str] | None = None


def request(headers: Headers, body: bytes, now: float = NOW) -> dict[str, Any]:
    return {"headers": headers, "body": base64.b64encode(body).decode(), "now": now}


def one(
    name: str, provider: str, secret: str, sent: dict[str, Any], verdict: Verdict, **more: Any
) -> Case:
    return Case(f"{provider}: {name}", provider, [secret], [sent], [verdict], **more)


def dumped(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def kinds_of(provider: str, table: dict[str, tuple[Any, list[str]]], sign: Any) -> Iterator[Case]:
    for name, (payload, kinds) in table.items():
        secret, sent = sign(payload)
        yield one(name, provider, secret, sent, kinds)


def resend() -> Iterator[Case]:
    key, other, body = Resend(), Resend("two"), dumped(payloads.resend())

    def case(
        name: str, verdict: Verdict, headers: Headers, sent: bytes = body, **at: float
    ) -> Case:
        return one(name, "resend", key.secret, request(headers, sent, **at), verdict)

    right, no = key.headers(body), "signature"
    yield case("right", ["delivered"], right)
    yield case("headers in capitals", ["delivered"], {k.upper(): v for k, v in right.items()})
    yield case("body tampered", no, right, body + b" ")
    for name, forged in {"id": "msg_2", "timestamp": str(NOW + 1)}.items():
        yield case(f"{name} tampered", no, {**right, f"svix-{name}": forged})
    signature = right["svix-signature"]
    flipped = signature[:5] + ("A" if signature[5] != "A" else "B") + signature[6:]
    for name, forged in {
        "signature tampered": flipped,
        "signature cut": signature[:-4],
        "signature of version 2": signature.replace("v1,", "v2,"),
        "signature of another key": other.signature(body),
        "signature without a version": signature[3:],
        "signature of other letters": "v1,\u00ff\u00e9",
    }.items():
        yield case(name, no, {**right, "svix-signature": forged})
    for name in right:
        yield case(f"without {name}", "unsigned", {k: v for k, v in right.items() if k != name})
    for seconds, verdict in {
        300: ["delivered"],
        301: "age",
        -300: ["delivered"],
        -301: "age",
    }.items():
        yield case(f"{seconds} s old", verdict, right, now=NOW + seconds)  # type: ignore[arg-type]
    yield case("timestamp of no number", "malformed", {**right, "svix-timestamp": "1e9"})
    both = f"{other.signature(body)} {signature}"
    yield case("several signatures", ["delivered"], {**right, "svix-signature": both})
    again = [request(right, body), request(key.headers(body, at=NOW + 60), body, NOW + 60)]
    yield Case("resend: repeated", "resend", [key.secret], again, [["delivered"], ["delivered"]])
    yield Case(
        "resend: second secret",
        "resend",
        [other.secret, key.secret],
        [request(right, body)],
        [["delivered"]],
    )
    for name, raw in NOT_JSON.items():
        yield case(name, "malformed", key.headers(raw), raw)
    yield case("a megabyte", ["delivered"], key.headers(large(body)), large(body))
    yield case("too large", "size", right, b" " * 10_000_001)
    yield from kinds_of("resend", RESEND, lambda made: (key.secret, signed(key, made)))


def signed(key: Any, payload: Any) -> dict[str, Any]:
    body = dumped(payload)
    return request(key.headers(body), body)


def large(body: bytes) -> bytes:
    return body[:-1] + b',"padding":"' + b"x" * 1_000_000 + b'"}'


NOT_JSON = {
    "not JSON": b"<html>",
    "no object": b"[1]",
    "a number that JSON lacks": b'{"type": NaN}',
    "half of it": b'{"type": "email.del',
    "not UTF-8": b'{"type": "\xff"}',
    "empty": b"",
    "a byte order mark": b"\xef\xbb\xbf{}",
}
TOO_LARGE = {"type": "Transient", "subType": "MessageTooLarge"}
HARD = {"type": "Permanent", "subType": "General", "message": f"{payloads.ANN} unknown"}
RESEND: dict[str, tuple[Any, list[str]]] = {
    "bounced hard": (payloads.resend("email.bounced", bounce=HARD), ["bounced hard"]),
    "bounced softly": (
        payloads.resend("email.bounced", bounce={"type": "Transient"}),
        ["bounced soft"],
    ),
    "too large for them": (
        payloads.resend(
            "email.bounced", bounce={"type": "Transient", "subType": "MessageTooLarge"}
        ),
        ["bounced content"],
    ),
    "complained": (payloads.resend("email.complained"), ["complained"]),
    "opened": (payloads.resend("email.opened"), ["opened"]),
    "clicked": (
        payloads.resend("email.clicked", click={"link": payloads.LINK, "timestamp": payloads.AT}),
        ["clicked"],
    ),
    "delayed": (payloads.resend("email.delivery_delayed"), ["ignored"]),
    "of another type": (payloads.resend("domain.created"), ["ignored"]),
    "without data": ({"type": "email.opened"}, ["opened"]),
    "data of a wrong type": (
        {"type": ["email.opened"], "data": [1], "created_at": {}},
        ["ignored"],
    ),
    "tags as a list": (
        payloads.resend(tags=[{"name": "campaign_id", "value": payloads.CAMPAIGN}]),
        ["delivered"],
    ),
    "a contact that has unsubscribed": (
        payloads.resend("contact.updated", email=payloads.ANN, unsubscribed=True),
        ["unsubscribed"],
    ),
    "letters from elsewhere": (
        payloads.resend("email.delivered", to=["Änn <änn@exämple.de>"], email_id="\ud800x"),
        ["delivered"],
    ),
}


def postmark() -> Iterator[Case]:
    body = dumped(payloads.postmark())

    def case(name: str, verdict: Verdict, headers: Headers, sent: bytes = body) -> Case:
        return one(name, "postmark", "ann:s3cret-pass", request(headers, sent), verdict)

    right, no = basic("ann:s3cret-pass"), "signature"
    yield case("right", ["delivered"], right)
    yield case("in a header of one's own", ["delivered"], {"X-Webhook-Secret": "ann:s3cret-pass"})
    yield case("nothing covers the body", ["opened"], right, dumped(payloads.postmark("Open")))
    for name, headers in {
        "wrong password": basic("ann:s3cret-pasS"),
        "wrong user": basic("bob:s3cret-pass"),
        "longer": basic("ann:s3cret-pass "),
        "shorter": basic("ann:s3cret-pas"),
        "empty password": basic("ann:"),
        "wrong header": {"X-Webhook-Secret": "ann:s3cret"},
    }.items():
        yield case(name, no, headers)
    for name, headers in {
        "without": {},
        "another scheme": {"Authorization": "Bearer ann:s3cret-pass"},
        "not base64": {"Authorization": "Basic ann:s3cret-pass"},
    }.items():
        yield case(name, "unsigned", headers)
    for name, raw in NOT_JSON.items():
        yield case(name, "malformed", right, raw)
    yield Case(
        "postmark: second secret, the password alone",
        "postmark",
        ["old", "new"],
        [request(basic("any:new"), body), request(basic("any:old"), body)],
        [["delivered"], ["delivered"]],
    )
    yield case("a megabyte", ["delivered"], right, large(body))
    yield from kinds_of(
        "postmark", POSTMARK, lambda made: ("ann:s3cret-pass", request(right, dumped(made)))
    )


def basic(pair: str) -> Headers:
    return {"Authorization": f"Basic {b64(pair.encode())}"}


def _bounce(kind: str) -> Any:
    return payloads.postmark("Bounce", ID=4323372036854775807, Type=kind)


POSTMARK: dict[str, tuple[Any, list[str]]] = {
    "bounced hard": (_bounce("HardBounce"), ["bounced hard"]),
    "bounced softly": (_bounce("SoftBounce"), ["bounced soft"]),
    "taken for spam": (_bounce("SpamNotification"), ["bounced content"]),
    "an automatic answer": (_bounce("AutoResponder"), ["ignored"]),
    "a bounce named like a method": (_bounce("constructor"), ["ignored"]),
    "complained": (payloads.postmark("SpamComplaint", ID=42), ["complained"]),
    "opened": (payloads.postmark("Open", FirstOpen=True), ["opened"]),
    "clicked": (payloads.postmark("Click", OriginalLink=payloads.LINK), ["clicked"]),
    "unsubscribed": (
        payloads.postmark(
            "SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"
        ),
        ["unsubscribed"],
    ),
    "suppressed by a bounce": (
        payloads.postmark(
            "SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"
        ),
        ["ignored"],
    ),
    "subscribed again": (
        payloads.postmark("SubscriptionChange", SuppressSending=False),
        ["ignored"],
    ),
    "of another type": (payloads.postmark("toString"), ["ignored"]),
    "of no type": ({"Metadata": [], "MessageID": 7}, ["ignored"]),
}


def sendgrid() -> Iterator[Case]:
    key, other = SendGrid(), SendGrid()
    body = dumped([payloads.sendgrid()])

    def case(
        name: str, verdict: Verdict, headers: Headers, sent: bytes = body, **at: float
    ) -> Case:
        return one(name, "sendgrid", key.secret, request(headers, sent, **at), verdict)

    right, no = key.headers(body), "signature"
    signature, timestamp = right
    yield case("right", ["delivered"], right)
    yield case("body tampered", no, right, body.replace(b"delivered", b"opened"))
    yield case("timestamp tampered", no, {**right, timestamp: str(NOW - 1)})
    yield case("wrong key", no, other.headers(body))
    raw = base64.b64decode(right[signature])
    for name, forged in {
        "signature tampered": b64(raw[:-1] + bytes([raw[-1] ^ 1])),
        "signature with a byte more": b64(raw + b"\0"),
        "signature cut": b64(raw[:-1]),
        "signature of zeros": b64(bytes.fromhex("3006020100020100")),
        "signature that isn't DER": b64(b"x" * 70),
        "signature that isn't base64": "!" + right[signature],
        "signature with too much padding": right[signature].rstrip("=") + "====",
    }.items():
        yield case(name, no, {**right, signature: forged})
    blanks = {name: f" {value}\t" for name, value in right.items()}
    yield case("blanks around the headers", ["delivered"], blanks)
    for name in right:
        yield case(f"without {name}", "unsigned", {k: v for k, v in right.items() if k != name})
    yield case("too old", "age", right, now=NOW + 301)
    yield case("from the future", "age", right, now=NOW - 301)
    yield case("timestamp of no number", "malformed", key.headers(body, "soon"))
    for name, junk in {**NOT_JSON, "no list": b"{}", "a list of numbers": b"[1]"}.items():
        yield case(name, "malformed", key.headers(junk), junk)
    yield Case(
        "sendgrid: second key, and the same again",
        "sendgrid",
        [other.secret, key.secret],
        [request(right, body), request(right, body, NOW + 100)],
        [["delivered"], ["delivered"]],
    )
    many = dumped([payloads.sendgrid("open", sg_event_id=f"e{n}") for n in range(5_000)])
    yield case("5,000 events", ["opened"] * 5_000, key.headers(many), many)
    padded = dumped([payloads.sendgrid(padding="x" * 1_000_000)])
    yield case("a megabyte", ["delivered"], key.headers(padded), padded)
    yield case("an empty list", [], key.headers(b"[]"), b"[]")
    yield from kinds_of("sendgrid", SENDGRID, lambda made: (key.secret, signed(key, made)))


SENDGRID: dict[str, tuple[Any, list[str]]] = {
    "one of each": (
        [
            payloads.sendgrid("processed"),
            payloads.sendgrid("bounce", type="bounce"),
            payloads.sendgrid("bounce", type="blocked"),
            payloads.sendgrid("bounce", type="blocked", bounce_classification="Content"),
            payloads.sendgrid("deferred"),
            payloads.sendgrid("dropped"),
            payloads.sendgrid("open", sg_machine_open=True),
            payloads.sendgrid("click", url=payloads.LINK),
            payloads.sendgrid("spamreport"),
            payloads.sendgrid("unsubscribe", sg_event_id=None),
            payloads.sendgrid("group_unsubscribe"),
            payloads.sendgrid("hasOwnProperty"),
            {},
        ],
        [
            *("ignored", "bounced hard", "bounced soft", "bounced content", "ignored", "ignored"),
            *("opened", "clicked", "complained", "unsubscribed", "unsubscribed", "ignored"),
            "ignored",
        ],
    ),
    "strange values": (
        [
            payloads.sendgrid("click", url="javascript:alert(1)", timestamp="2026-13-01T00:00:00Z"),
            payloads.sendgrid("open", timestamp=1e300, email=7, sg_message_id={"a": 1}),
            payloads.sendgrid("open", timestamp=-5, email="x" * 600),
            payloads.sendgrid("open", timestamp=True, campaign_key="x", campaign_id="CID"),
            payloads.sendgrid("open", timestamp="2026-11-25T10:00:00+0530", campaign_key=["a"]),
            payloads.sendgrid("open", timestamp="2026-02-30T10:00:00Z", sg_event_id="ä" * 3),
            payloads.sendgrid("open", timestamp=1_795_597_200.9999, sg_event_id="x\0y"),
        ],
        ["clicked", *["opened"] * 6],
    ),
}


def mailgun() -> Iterator[Case]:
    key, other, data = Mailgun(), Mailgun("key-two"), payloads.mailgun()
    body = key.body(data)

    def case(name: str, verdict: Verdict, sent: bytes, **at: float) -> Case:
        return one(name, "mailgun", key.secret, request({}, sent, **at), verdict)

    def forged(**changes: Any) -> bytes:
        message = json.loads(body)
        return dumped({**message, "signature": {**message["signature"], **changes}})

    yield case("right", ["delivered"], body)
    yield case("wrong key", "signature", other.body(data))
    for name in ("token", "signature"):
        yield case(f"{name} tampered", "signature", forged(**{name: "b" * 64}))
    yield case("timestamp tampered", "signature", forged(timestamp=str(NOW + 1)))
    for name in ("timestamp", "token", "signature"):
        yield case(f"without {name}", "unsigned", forged(**{name: None}))
    yield case("signature in capitals", "signature", forged(signature=capitals(body)))
    yield case("no signature", "unsigned", dumped({"event-data": data}))
    yield case("signature of a wrong type", "unsigned", dumped({"signature": [1]}))
    yield case("timestamp of no number", "malformed", forged(timestamp="now"))
    yield case("eight hours old", ["delivered"], body, now=NOW + 8 * 3600)
    yield case("too old", "age", body, now=NOW + 8 * 3600 + 1)
    yield case("from the future", "age", body, now=NOW - 301)
    swapped = dumped({**json.loads(body), "event-data": payloads.mailgun("complained")})
    yield Case(
        "mailgun: same token, other body",
        "mailgun",
        [key.secret],
        [request({}, body), request({}, swapped), request({}, body, NOW + 60)],
        [["delivered"], "replay", ["delivered"]],
    )
    yield Case(
        "mailgun: second secret",
        "mailgun",
        [other.secret, key.secret],
        [request({}, body), request({}, other.body(data, "c" * 50))],
        [["delivered"], ["delivered"]],
    )
    for name, raw in NOT_JSON.items():
        yield case(name, "malformed", raw)
    yield case("a megabyte", ["delivered"], key.body({**data, "padding": "x" * 1_000_000}))
    yield from kinds_of("mailgun", MAILGUN, lambda made: (key.secret, request({}, key.body(made))))


def capitals(body: bytes) -> str:
    return str(json.loads(body)["signature"]["signature"]).upper()


MAILGUN: dict[str, tuple[Any, list[str]]] = {
    "bounced hard": (payloads.mailgun("failed", severity="permanent"), ["bounced hard"]),
    "bounced softly": (payloads.mailgun("failed", severity="temporary"), ["bounced soft"]),
    "too large for them": (
        payloads.mailgun("failed", severity="permanent", **{"delivery-status": {"code": 552}}),
        ["bounced content"],
    ),
    "complained": (payloads.mailgun("complained"), ["complained"]),
    "opened by a proxy": (
        payloads.mailgun("opened", **{"client-info": {"bot": "apple"}}),
        ["opened"],
    ),
    "clicked": (payloads.mailgun("clicked", url=payloads.LINK), ["clicked"]),
    "unsubscribed": (payloads.mailgun("unsubscribed"), ["unsubscribed"]),
    "rejected": (payloads.mailgun("rejected"), ["ignored"]),
    "no event": ([], ["ignored"]),
}


def ses() -> Iterator[Case]:
    sns, other = Sns(), Sns()
    certificates = {CERTIFICATE_URL: sns.certificate}

    def case(name: str, verdict: Verdict, message: Any, **more: Any) -> Case:
        now = more.pop("now", NOW)
        more = {"certificates": certificates, **more}
        return one(name, "ses", TOPIC, request({}, dumped(message), now), verdict, **more)

    right = sns.message(payloads.ses())
    fetched = {"fetched": [CERTIFICATE_URL]}
    yield case("right, version 1", ["delivered"], right, **fetched)
    yield case("right, version 2", ["delivered"], sns.message(payloads.ses(), version="2"))
    yield case("with a subject", ["delivered"], sns.message(payloads.ses(), Subject="Ünsere"))
    yield case("signed by another", "signature", other.message(payloads.ses()))
    for name, value in {
        "Message": json.dumps(payloads.ses("Complaint")),
        "MessageId": "another",
        "Timestamp": moment(NOW - 1),
        "Subject": "added",
        "SignatureVersion": "2",
        "Signature": b64(b"x" * 256),
    }.items():
        yield case(f"{name} tampered", "signature", {**right, name: value})
    for name, value in {"SignatureVersion": "3", "Signature": "!"}.items():
        yield case(f"{name} unknown", "signature", {**right, name: value})
    for name in (
        "Type",
        "TopicArn",
        "Signature",
        "SignatureVersion",
        "Timestamp",
        "SigningCertURL",
    ):
        left = {key: value for key, value in right.items() if key != name}
        yield case(f"without {name}", "unsigned", left)
    yield case(
        "of a wrong type", "malformed", sns.message(payloads.ses(), Message=7) | {"Message": 7}
    )
    for topic in (TOPIC + "x", TOPIC.replace("123456789012", "210987654321"), "*"):
        foreign = sns.message(payloads.ses(), TopicArn=topic)
        yield case(f"foreign topic {topic[-12:]}", "topic", foreign, fetched=[])
    yield case("65 minutes old", ["delivered"], right, now=NOW + 3900)
    yield case("too old", "age", right, now=NOW + 3901, fetched=[])
    yield case("from the future", "age", right, now=NOW - 301, fetched=[])
    yield case("no moment", "malformed", sns.message(payloads.ses(), Timestamp="then"), fetched=[])
    for n, url in enumerate(EVIL_CERTIFICATES):
        evil = other.message(payloads.ses(), SigningCertURL=url)
        more = {"certificates": {url: other.certificate}, "fetched": []}
        yield case(f"evil certificate {n}", "certificate", evil, **more)
    china = CERTIFICATE_URL.replace("eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
    yield case(
        "a certificate in China",
        ["delivered"],
        sns.message(payloads.ses(), SigningCertURL=china),
        certificates={china: sns.certificate},
    )
    for name, certificate in {
        "no certificate": "<html>",
        "a certificate of another kind": Sns_with_curve(),
        "half a certificate": sns.certificate[:400] + sns.certificate[-40:],
    }.items():
        more = {"certificates": {CERTIFICATE_URL: certificate}}
        yield case(name, "certificate", right, **more)
    for n, url in enumerate(EVIL_CONFIRMATIONS):
        yield case(f"evil confirmation {n}", "address", sns.subscription(url), **fetched)
    confirmed = [CERTIFICATE_URL, CONFIRMATION]
    more = {"certificates": {**certificates, CONFIRMATION: "ok"}, "fetched": confirmed}
    yield case("a subscription", [], sns.subscription(CONFIRMATION), **more)
    tampered = {**sns.subscription(CONFIRMATION), "Token": "other"}
    yield case("a subscription, tampered", "signature", tampered, **fetched)
    gone = sns.subscription(CONFIRMATION, Type="UnsubscribeConfirmation")
    yield case("the end of a subscription", [], gone, **fetched)
    foreign = sns.subscription(CONFIRMATION, TopicArn=TOPIC + "x")
    yield case("a foreign subscription", "topic", foreign, fetched=[])
    for name, raw in NOT_JSON.items():
        yield one(name, "ses", TOPIC, request({}, raw), "malformed")
    yield Case(
        "ses: second topic, and the same again",
        "ses",
        [TOPIC.replace("mail", "old"), TOPIC],
        [request({}, dumped(right)), request({}, dumped(right), NOW + 60)],
        [["delivered"], ["delivered"]],
        certificates,
        [CERTIFICATE_URL],
    )
    for name, (payload, kinds) in SES.items():
        yield case(name, kinds, sns.message(payload))
    yield case("a megabyte", ["delivered"], sns.message({**payloads.ses(), "padding": "x" * 10**6}))


def Sns_with_curve() -> str:  # noqa: N802 - a variant of the class
    return Sns(ec.generate_private_key(ec.SECP256R1())).certificate


SES: dict[str, tuple[Any, list[str]]] = {
    "bounced hard": (payloads.ses("Bounce"), ["bounced hard"]),
    "bounced softly": (payloads.ses("Bounce", {"bounceType": "Transient"}), ["bounced soft"]),
    "too large for them": (
        payloads.ses("Bounce", {"bounceType": "Transient", "bounceSubType": "MessageTooLarge"}),
        ["bounced content"],
    ),
    "complained": (payloads.ses("Complaint"), ["complained"]),
    "several recipients": (
        payloads.ses("Delivery", {"recipients": ["a@example.com", "b@example.com", 7]}),
        ["delivered"] * 3,
    ),
    "no recipients": (payloads.ses("Delivery", {"recipients": []}), ["delivered"]),
    "opened": (payloads.ses("Open"), ["opened"]),
    "clicked": (payloads.ses("Click"), ["clicked"]),
    "rejected": (payloads.ses("Reject"), ["ignored"]),
    "in the older form": (
        {**payloads.ses("Complaint"), "eventType": None, "notificationType": "Complaint"},
        ["complained"],
    ),
    "a message of no report": ("Successfully validated SNS topic", ["ignored"]),
}

PROVIDERS: list[Callable[[], Iterator[Case]]] = [resend, postmark, sendgrid, mailgun, ses]


def table() -> list[Case]:
    """Return all cases."""
    return [case for cases in PROVIDERS for case in cases()]


if __name__ == "__main__":
    print(json.dumps([asdict(case) for case in table()]))  # noqa: T201 - that is what it is for
