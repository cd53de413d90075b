"""Keys, certificates and signatures of providers, made anew for each run."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

NOW = 1_795_600_000
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail-events"

Headers = dict[str, str]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Resend:
    """A signing secret of Resend."""

    def __init__(self, seed: str = "one") -> None:
        self._key = hashlib.sha256(f"resend {seed}".encode()).digest()
        self.secret = f"whsec_{b64(self._key)}"

    def signature(self, body: bytes, id: str = "msg_1", at: int = NOW) -> str:
        return "v1," + b64(hmac.digest(self._key, f"{id}.{at}.".encode() + body, "sha256"))

    def headers(self, body: bytes, id: str = "msg_1", at: int = NOW) -> Headers:
        signature = self.signature(body, id, at)
        return {"svix-id": id, "svix-timestamp": str(at), "svix-signature": signature}


class SendGrid:
    """A key pair of SendGrid."""

    def __init__(self, curve: ec.EllipticCurve | None = None) -> None:
        self._key = ec.generate_private_key(curve or ec.SECP256R1())
        spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.secret = b64(self._key.public_key().public_bytes(*spki))

    def headers(self, body: bytes, at: int | str = NOW) -> Headers:
        signature = self._key.sign(str(at).encode() + body, ec.ECDSA(SHA256()))
        prefix = "X-Twilio-Email-Event-Webhook"
        return {f"{prefix}-Signature": b64(signature), f"{prefix}-Timestamp": str(at)}


class Mailgun:
    """A webhook signing key of Mailgun."""

    def __init__(self, secret: str = "key-one") -> None:
        self.secret = secret

    def body(self, data: Any, token: str = "a" * 50, at: int = NOW) -> bytes:
        signature = hmac.new(self.secret.encode(), f"{at}{token}".encode(), "sha256").hexdigest()
        proof = {"timestamp": str(at), "token": token, "signature": signature}
        return json.dumps({"signature": proof, "event-data": data}).encode()


class Sns:
    """A certificate of SNS, and its key."""

    def __init__(self, key: Any = None) -> None:
        self._key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=700))
        )
        self.certificate = builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()

    def message(self, inner: Any, *, version: str = "1", **changes: Any) -> dict[str, Any]:
        message = {
            "Type": "Notification",
            "MessageId": "11111111-2222-4333-8444-555555555555",
            "TopicArn": TOPIC,
            "Message": inner if isinstance(inner, str) else json.dumps(inner),
            "Timestamp": moment(NOW),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE_URL,
            **changes,
        }
        return {**message, "Signature": self.signature(message)}

    def subscription(self, url: str, **changes: Any) -> dict[str, Any]:
        kind = {"Type": "SubscriptionConfirmation", "Token": "t" * 64, "SubscribeURL": url}
        return self.message("You have chosen to subscribe", **(kind | changes))

    def signature(self, message: dict[str, Any]) -> str:
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        if message["Type"] != "Notification":
            names = sorted([*names[:2], "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
        text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
        hashed = SHA256() if message["SignatureVersion"] == "2" else SHA1()
        return b64(self._key.sign(text.encode(), padding.PKCS1v15(), hashed))


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
