"""What proves a message of Amazon SNS: RSA under a certificate of Amazon's own.

Anybody can own a topic, whose messages Amazon signs as well: so the topic must be known. And
a message names where its certificate is, and where a subscription is confirmed: so both must
be Amazon's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from campaign_sdk._core.deadline import bounded, deadline
from campaign_sdk._core.errors import InvalidInput, Unavailable, WebhookRefused
from campaign_sdk._core.proxy import proxy_for
from campaign_sdk.webhooks._fields import iso_moment
from campaign_sdk.webhooks._proofs import SNS_AGE, Request, check_age, from_base64, object_of

Fetch = Callable[[str], bytes]

# A region, not a bucket: sns.s3.amazonaws.com is anybody's.
_HOST = r"https://sns\.(?:cn-[a-z]+-[0-9]\.amazonaws\.com\.cn|[a-z]{2}(?:-[a-z]+)+-[0-9]\.amazonaws\.com)"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
_CONFIRMATION = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[!-~]{1,2000}")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATIONS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATIONS,
    "UnsubscribeConfirmation": _CONFIRMATIONS,
}
_HASHES: dict[str, HashAlgorithm] = {
    "1": SHA1(),  # noqa: S303 - what Amazon signs with unless the topic is told otherwise
    "2": SHA256(),
}
_PATIENCE = 10.0
_LARGEST = 65_536


class Sns:
    """SES through SNS; the secrets are the names (ARNs) of one's own topics."""

    def __init__(self, secrets: Sequence[str], fetch: Fetch | None = None) -> None:
        for topic in secrets:
            if not _TOPIC.fullmatch(topic):
                raise InvalidInput("secret", "must be the ARN of your SNS topic: arn:aws:sns:…")
        self._topics = frozenset(secrets)
        self._fetch = fetch or fetched
        self._known: dict[str, rsa.RSAPublicKey] = {}

    def prove(self, request: Request) -> tuple[Any, str | None]:
        """Check topic, age, certificate and signature; confirm a subscription of ours."""
        message = object_of(request.body)
        kind, topic = (self._text(message, name) for name in ("Type", "TopicArn"))
        signature, version = (self._text(message, n) for n in ("Signature", "SignatureVersion"))
        if kind not in _SIGNED:
            raise WebhookRefused("malformed")
        if topic not in self._topics:
            raise WebhookRefused("topic")
        self._check_age(self._text(message, "Timestamp"), request.now)
        text, key = canonical(message, kind), self._key(self._text(message, "SigningCertURL"))
        if version not in _HASHES or not _fits(key, signature, text, _HASHES[version]):
            raise WebhookRefused("signature")
        if kind == "SubscriptionConfirmation":
            self._confirm(message["SubscribeURL"])
        return message, None

    @staticmethod
    def _text(message: dict[str, Any], name: str) -> str:
        value = message.get(name)
        if not isinstance(value, str) or not value:
            raise WebhookRefused("unsigned")
        return value

    @staticmethod
    def _check_age(text: str, now: float) -> None:
        sent = iso_moment(text)
        if sent is None:
            raise WebhookRefused("malformed")
        check_age(sent.timestamp(), now, SNS_AGE)

    def _key(self, url: str) -> rsa.RSAPublicKey:
        if not _CERTIFICATE.fullmatch(url):
            raise WebhookRefused("certificate")
        if url not in self._known:
            self._known[url] = public_key(self._fetch(url))
        return self._known[url]

    def _confirm(self, url: str) -> None:
        if not _CONFIRMATION.fullmatch(url):
            raise WebhookRefused("address")
        self._fetch(url)


def canonical(message: dict[str, Any], kind: str) -> bytes:
    """Return what SNS signs: names and values, a line each."""
    lines = []
    for name in _SIGNED[kind]:
        value = message.get(name)
        if value is None and name == "Subject":
            continue
        if not isinstance(value, str):
            raise WebhookRefused("malformed")
        lines.append(f"{name}\n{value}\n")
    return "".join(lines).encode("utf-8", "replace")


def public_key(pem: bytes) -> rsa.RSAPublicKey:
    """Return the RSA key of a certificate."""
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
    except ValueError:
        raise WebhookRefused("certificate") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise WebhookRefused("certificate")
    return key


def _fits(key: rsa.RSAPublicKey, signature: str, text: bytes, hashed: HashAlgorithm) -> bool:
    raw = from_base64(signature)
    if raw is None:
        return False
    try:
        key.verify(raw, text, padding.PKCS1v15(), hashed)
    except InvalidSignature:
        return False
    return True


def fetched(url: str) -> bytes:
    """Get a small file over HTTPS, without following anybody elsewhere."""
    import httpcore
    import httpx

    content = bytearray()
    transport = bounded(httpx.HTTPTransport(proxy=proxy_for(url)), httpcore)
    try:
        with (
            deadline(time.monotonic() + _PATIENCE),
            httpx.Client(transport=transport, timeout=_PATIENCE) as http,
            http.stream("GET", url) as answer,
        ):
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _LARGEST:
                    break
    except httpx.HTTPError:
        raise Unavailable("Amazon SNS can't be reached") from None
    if answer.status_code != 200 or len(content) > _LARGEST:
        raise Unavailable("Amazon SNS gives no answer that can be used")
    return bytes(content)
