"""What is said to Resend and what its answers mean; whoever has a connection carries it out."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn, TypeAlias

from campaign_sdk._core.errors import LoginRefused, NotSent, Unavailable
from campaign_sdk.senders._mail import KEY_HEADER
from campaign_sdk.senders._message import Message, Receipt

_TRIES = 4
_ADDRESS = re.compile(r"[^\s<>(),:;'\"`]+@[^\s<>(),:;'\"`]+")
_QUOTAS = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})
_LOGIN = frozenset({"missing_api_key", "invalid_api_key", "restricted_api_key"})
# What is wrong with every message that this sender would send.
_SENDER = frozenset({"invalid_from_address", "invalid_access", "security_error"})


@dataclass(frozen=True, slots=True)
class Post:
    """A request to make."""

    path: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds to let pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, the JSON of the body if it is any, and Retry-After."""

    status: int
    body: Any = None
    retry_after: float | None = None

    @property
    def name(self) -> str:
        """The vendor's name for what is wrong."""
        return str(self.body.get("name", "")) if isinstance(self.body, dict) else ""

    @property
    def reason(self) -> str:
        """What is wrong, in the vendor's words, without addresses."""
        said = str(self.body.get("message", "")) if isinstance(self.body, dict) else ""
        return f"{self.status} {_ADDRESS.sub('<address>', said) or self.name}".strip()


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """There was none; `left` says whether the request may have arrived."""

    left: bool
    why: str


Step: TypeAlias = Post | Wait
Outcome: TypeAlias = Answer | NoAnswer | None
Exchange: TypeAlias = Generator[Step, Outcome, list[Receipt]]


def exchange(messages: Sequence[Message], sender: str) -> Exchange:
    """Hand the messages over in one request, and repeat it for as long as it is in doubt.

    The repeated request has the same key and the same bytes, so that Resend answers as it did
    the first time instead of sending again.

    Raises:
        NotSent: nothing has been taken.
        Unavailable: all of them are in doubt.
    """
    post = request(messages, sender)
    in_doubt = False
    for attempt in range(_TRIES):
        answer = yield post
        if isinstance(answer, Answer) and answer.status < 300:
            return _receipts(messages, answer)
        unclear = _unclear(answer)
        if not (unclear or in_doubt):
            return _refused(messages, answer)
        in_doubt = in_doubt or unclear
        if attempt + 1 < _TRIES:
            yield Wait(_pause(answer, attempt))
    _doubt("Resend gave no answer that says whether it has the messages")


def request(messages: Sequence[Message], sender: str) -> Post:
    """Write the request for one message, or for several."""
    mails = [_mail(message, sender) for message in messages]
    single = len(mails) == 1
    body = json.dumps(mails[0] if single else mails, ensure_ascii=False, separators=(",", ":"))
    return Post("/emails" if single else "/emails/batch", _key(messages), body.encode())


def _key(messages: Sequence[Message]) -> str:
    """Return the key of a request: the message's own, or one of all of them together."""
    if len(messages) == 1 and re.fullmatch(r"[!-~]{1,256}", messages[0].key):
        return messages[0].key
    keys = json.dumps([message.key for message in messages])
    return f"batch/{sha256(keys.encode()).hexdigest()}"


def _mail(message: Message, sender: str) -> dict[str, Any]:
    mail: dict[str, Any] = {
        "from": sender,
        "to": [message.to],
        "subject": message.subject or "",
        "headers": {**message.headers, KEY_HEADER: message.key},
        "tags": [{"name": "campaign_key", "value": re.sub("[^A-Za-z0-9_-]", "_", message.key)}],
    }
    bodies = {"text": message.text, "html": message.html}
    return mail | {kind: body for kind, body in bodies.items() if body}


def _receipts(messages: Sequence[Message], answer: Answer) -> list[Receipt]:
    """Read a success: an id for each, or what was wrong with some of a batch."""
    body = answer.body
    if len(messages) == 1 and isinstance(body, dict) and isinstance(body.get("id"), str):
        return [Receipt.sent(messages[0].key, body["id"])]
    try:
        errors = {int(each["index"]): str(each["message"]) for each in body.get("errors") or ()}
        ids = [str(each["id"]) for each in body["data"]]
    except (AttributeError, KeyError, TypeError, ValueError):
        _doubt("Resend's answer makes no sense")
    if len(ids) + len(errors) != len(messages) or not errors.keys() <= set(range(len(messages))):
        _doubt("Resend's answer isn't about as many messages as it was given")
    named = iter(ids)
    return [
        Receipt.failed(message.key, _ADDRESS.sub("<address>", errors[place]))
        if place in errors
        else Receipt.sent(message.key, next(named))
        for place, message in enumerate(messages)
    ]


def _unclear(answer: Outcome) -> bool:
    """Whether the messages may have been taken all the same."""
    if isinstance(answer, NoAnswer):
        return answer.left
    # 409: a request with this key is under way, or was made with other contents.
    return isinstance(answer, Answer) and (answer.status >= 500 or answer.status in (408, 409))


def _refused(messages: Sequence[Message], answer: Outcome) -> list[Receipt]:
    """Read an answer that says for sure that nothing was taken."""
    if not isinstance(answer, Answer):
        why = answer.why if answer else "no answer"
        raise NotSent(f"Resend can't be reached ({why})")
    if answer.status == 429:
        quota = answer.name in _QUOTAS
        raise NotSent(f"Resend: {answer.reason}", retry=not quota, retry_after=answer.retry_after)
    if answer.name in _LOGIN or answer.status == 401 or "api key" in answer.reason.lower():
        raise LoginRefused("Resend refuses the API key: check it, or make a new one")
    if answer.status in (400, 413, 422) and answer.name not in _SENDER:
        return [Receipt.failed(message.key, answer.reason) for message in messages]
    raise NotSent(f"Resend refuses what it is sent: {answer.reason}", retry=False)


def _pause(answer: Outcome, attempt: int) -> float:
    asked = answer.retry_after if isinstance(answer, Answer) else None
    return 0.5 * 2.0**attempt if asked is None else asked


def _doubt(why: str) -> NoReturn:
    raise Unavailable(why, maybe_applied=True)
