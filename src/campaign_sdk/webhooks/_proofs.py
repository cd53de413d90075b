"""What proves a provider's webhook. Nothing here says anything of a secret.

The same in TypeScript: `supabase/functions/_shared/webhooks/proofs.ts`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from campaign_sdk._core.errors import InvalidInput, WebhookRefused

# Seconds that a proof holds. Resend signs each try anew; Mailgun's tries go on for eight
# hours, and what SNS repeats is up to an hour old.
RESEND_AGE, SENDGRID_AGE, MAILGUN_AGE, SNS_AGE = 300, 300, 8 * 3600, 3900
# Seconds by which a provider's clock may be ahead of ours.
AHEAD = 300

_SECONDS = re.compile(r"[0-9]{1,12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_TOKENS_KEPT = 100_000


@dataclass(frozen=True)
class Request:
    """A request as it came: names of headers in lower case, the raw bytes, and when."""

    headers: Mapping[str, str]
    body: bytes
    now: float

    def header(self, name: str) -> str:
        """Return a header; without it there is no proof."""
        value = self.headers.get(name)
        if not value:
            raise WebhookRefused("unsigned")
        return value


class Proof(Protocol):
    """Proves the requests of one provider."""

    def prove(self, request: Request) -> tuple[Any, str | None]:
        """Return the payload and the id of the report, or raise `WebhookRefused`."""


def read_json(body: bytes | str) -> Any:
    """Read JSON as strictly as a browser does."""
    try:
        text = body if isinstance(body, str) else body.decode()
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise WebhookRefused("malformed") from None


def _refuse_constant(_name: str) -> Any:
    raise ValueError


def object_of(body: bytes) -> dict[str, Any]:
    """Read a JSON object."""
    payload = read_json(body)
    if not isinstance(payload, dict):
        raise WebhookRefused("malformed")
    return payload


def check_age(sent: float, now: float, longest: float) -> None:
    """Refuse what is too old, or from the future."""
    if not -AHEAD <= now - sent <= longest:
        raise WebhookRefused("age")


def seconds(text: str) -> int:
    """Read a moment in seconds since 1970."""
    if not _SECONDS.fullmatch(text):
        raise WebhookRefused("malformed")
    return int(text)


def any_equal(given: Sequence[bytes], right: Sequence[bytes]) -> bool:
    """Compare each with each, in a time that says nothing of where they differ."""
    found = False
    for one in given:
        for other in right:
            # Of equal length, whatever was given.
            found |= hmac.compare_digest(
                hashlib.sha256(one).digest(), hashlib.sha256(other).digest()
            )
    return found


def from_base64(text: str) -> bytes | None:
    """Read base64 of the plain alphabet, with its padding and nothing else."""
    if len(text) % 4 or not _BASE64.fullmatch(text):
        return None
    return base64.b64decode(text)


def _decoded(text: str, reason: str) -> bytes:
    found = from_base64(text)
    if found is None:
        raise InvalidInput("secret", reason)
    return found


class Svix:
    """Resend: HMAC-SHA256 over id, timestamp and body, as Svix signs it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        reason = "must be Resend's signing secret: base64, mostly after whsec_"
        self._keys = [_decoded(secret.removeprefix("whsec_"), reason) for secret in secrets]

    def prove(self, request: Request) -> tuple[Any, str | None]:
        """Check one of the header's signatures; a rotating key makes several."""
        report, sent = request.header("svix-id"), request.header("svix-timestamp")
        signatures = request.header("svix-signature").split(" ")
        check_age(seconds(sent), request.now, RESEND_AGE)
        signed = f"{report}.{sent}.".encode() + request.body
        right = [
            b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256")) for key in self._keys
        ]
        if not any_equal([one.encode("utf-8", "replace") for one in signatures], right):
            raise WebhookRefused("signature")
        return object_of(request.body), report


class SharedSecret:
    """Postmark: a secret of one's own, as the password of HTTP basic, or in a header."""

    HEADER = "x-webhook-secret"

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret.encode() for secret in secrets]

    def prove(self, request: Request) -> tuple[Any, str | None]:
        """Compare what was given with the secrets. Nothing covers the body."""
        given = [*self._basic(request.headers.get("authorization", ""))]
        if own := request.headers.get(self.HEADER):
            given.append(own.encode("utf-8", "replace"))
        if not given:
            raise WebhookRefused("unsigned")
        if not any_equal(given, self._secrets):
            raise WebhookRefused("signature")
        return object_of(request.body), None

    @staticmethod
    def _basic(value: str) -> Sequence[bytes]:
        scheme, _, encoded = value.partition(" ")
        if scheme.lower() != "basic":
            return []
        pair = from_base64(encoded.strip())
        if pair is None:
            return []
        # The whole pair, or the password alone.
        return [pair, pair.partition(b":")[2]]


class Signed:
    """SendGrid: ECDSA on P-256 over timestamp and body."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [self._key(secret) for secret in secrets]

    @staticmethod
    def _key(secret: str) -> ec.EllipticCurvePublicKey:
        reason = "must be SendGrid's verification key: base64, without the lines around it"
        text = re.sub(r"-----[A-Z ]+-----|\s", "", secret)
        try:
            key = load_der_public_key(_decoded(text, reason))
        except (ValueError, UnsupportedAlgorithm):
            raise InvalidInput("secret", reason) from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise InvalidInput("secret", reason)
        return key

    def prove(self, request: Request) -> tuple[Any, str | None]:
        """Check the signature under each of the keys."""
        signature = request.header("x-twilio-email-event-webhook-signature")
        sent = request.header("x-twilio-email-event-webhook-timestamp")
        check_age(seconds(sent), request.now, SENDGRID_AGE)
        if not any(self._fits(key, signature, sent, request.body) for key in self._keys):
            raise WebhookRefused("signature")
        payload = read_json(request.body)
        if not isinstance(payload, list) or not all(isinstance(one, dict) for one in payload):
            raise WebhookRefused("malformed")
        return payload, None

    @staticmethod
    def _fits(key: ec.EllipticCurvePublicKey, signature: str, sent: str, body: bytes) -> bool:
        der = from_base64(signature)
        if der is None:
            return False
        try:
            key.verify(der, sent.encode() + body, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


class Tokens:
    """Mailgun: HMAC-SHA256 over timestamp and token. The event isn't covered.

    So a token that was seen stands for its body only: who has captured one signature could
    sign anything with it.
    """

    def __init__(
        self, secrets: Sequence[str], memory: MutableMapping[str, str] | None = None
    ) -> None:
        self._keys = [secret.encode() for secret in secrets]
        self._memory: MutableMapping[str, str] = {} if memory is None else memory
        self._lock = threading.Lock()

    def prove(self, request: Request) -> tuple[Any, str | None]:
        """Check the signature, its age, and that the token is new or of the same body."""
        payload = object_of(request.body)
        proof = payload.get("signature")
        parts = [
            proof.get(name) if isinstance(proof, dict) else None
            for name in ("timestamp", "token", "signature")
        ]
        sent, token, signature = (part if isinstance(part, str) else "" for part in parts)
        if not (sent and token and signature):
            raise WebhookRefused("unsigned")
        check_age(seconds(sent), request.now, MAILGUN_AGE)
        signed = f"{sent}{token}".encode("utf-8", "replace")
        right = [hmac.digest(key, signed, "sha256").hex().encode() for key in self._keys]
        if not any_equal([signature.encode("utf-8", "replace")], right):
            raise WebhookRefused("signature")
        self._remember(f"{sent}{token}", hashlib.sha256(request.body).hexdigest())
        return payload, None

    def _remember(self, token: str, body: str) -> None:
        with self._lock:
            known = self._memory.setdefault(token, body)
            if len(self._memory) > _TOKENS_KEPT:
                # Where processes share them, another may have forgotten it by now.
                self._memory.pop(next(iter(self._memory)), None)
        if known != body:
            raise WebhookRefused("replay")
