"""A provider's webhook: proven first, read then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime

from campaign_sdk._core.errors import InvalidInput, WebhookRefused
from campaign_sdk.webhooks._events import DeliveryEvent
from campaign_sdk.webhooks._proofs import Proof, Request, SharedSecret, Signed, Svix, Tokens
from campaign_sdk.webhooks._providers import PROVIDERS, READERS, Provider
from campaign_sdk.webhooks._sns import Fetch, Sns

# Bytes of one request. SendGrid, which sends the most, stays below a tenth of it.
LARGEST = 10_000_000


class Webhook:
    """Proves and reads what one provider posts. Keep it: it remembers tokens and certificates.

    It may be used by several threads. In an asynchronous server, `ses` asks Amazon for a
    certificate now and then: `await asyncio.to_thread(webhook.read, headers, body)`.

    Args:
        provider: resend, postmark, sendgrid, mailgun or ses.
        secret: what proves it. Resend: the signing secret (`whsec_…`). Postmark: the
            password (or `user:password`) in the URL, or the header X-Webhook-Secret.
            SendGrid: the verification key. Mailgun: the HTTP webhook signing key. SES: the
            ARN of your SNS topic.
        secrets: more of them, while one replaces the other, or for several topics.
        tokens: where Mailgun's tokens are remembered; in this object by default. Give a
            mapping that all your processes share. `analytics.receive` remembers them as well.
        fetch: gets a file of Amazon's: a URL in, bytes out. By default over HTTPS.
        clock: seconds since 1970, for tests.

    Raises:
        InvalidInput: a secret is missing or isn't of the provider's form.
    """

    def __init__(
        self,
        provider: Provider,
        secret: str | None = None,
        *,
        secrets: Iterable[str] = (),
        tokens: MutableMapping[str, str] | None = None,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if provider not in PROVIDERS:
            raise InvalidInput("provider", f"must be one of {', '.join(PROVIDERS)}")
        known = _secrets(secret, secrets)
        self.provider: Provider = provider
        self._proof = _proof(provider, known, tokens, fetch)
        self._clock = clock

    def __repr__(self) -> str:
        return f"Webhook({self.provider!r})"

    def read(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes
    ) -> list[DeliveryEvent]:
        """Prove a request, and return what it reports, in the order of the report.

        The confirmation of an SNS subscription is answered, and reports nothing.

        Args:
            headers: of the request.
            body: its raw bytes: JSON that was parsed and written again isn't what was signed.

        Raises:
            WebhookRefused: it isn't proven: answer 401 and no more.
            Unavailable: Amazon's certificate can't be had now: answer 503, it comes again.
            InvalidInput: the body isn't bytes.
        """
        if not isinstance(body, bytes | bytearray | memoryview):
            raise InvalidInput("body", "must be the raw bytes of the request")
        raw = bytes(body)
        if len(raw) > LARGEST:
            raise WebhookRefused("size")
        now = self._clock()
        payload, report = self._proof.prove(Request(_lower(headers), raw, now))
        return READERS[self.provider](payload, report, datetime.fromtimestamp(now, UTC))


def _secrets(secret: str | None, secrets: Iterable[str]) -> Sequence[str]:
    known = [one for one in (secret, *secrets) if one is not None]
    if not known:
        raise InvalidInput("secret", "is missing: without it anybody could post")
    for one in known:
        if not isinstance(one, str) or not one.strip():
            raise InvalidInput("secret", "must be a text that isn't empty")
    return [one.strip() for one in known]


def _proof(
    provider: Provider,
    secrets: Sequence[str],
    tokens: MutableMapping[str, str] | None,
    fetch: Fetch | None,
) -> Proof:
    makers: dict[Provider, Callable[[], Proof]] = {
        "resend": lambda: Svix(secrets),
        "postmark": lambda: SharedSecret(secrets),
        "sendgrid": lambda: Signed(secrets),
        "mailgun": lambda: Tokens(secrets, tokens),
        "ses": lambda: Sns(secrets, fetch),
    }
    return makers[provider]()


def _lower(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, str] = {}
    for name, value in pairs:
        # HTTP takes no notice of blanks around a value.
        name, value = str(name).lower(), str(value).strip(" \t\r\n")
        # As HTTP joins them: one that was sent twice proves nothing.
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
