"""What is wrong with a draft, found before anyone sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk.templates import Template
from campaign_sdk.templates._parser import Placeholder, parse

from ._fields import KnownFields
from ._sms import sms_size

# What stands for a value that nobody knows yet: about as long as a name.
_STAND_IN = "x" * 12


class DraftProblem(Model):
    """One thing that is wrong with a draft, or may be.

    Attributes:
        severity: with an `error` a draft isn't saved; a `warning` is worth a look.
        path: which part of the draft.
        reason: what is wrong, and what would be right.
    """

    severity: Literal["error", "warning"]
    path: str
    reason: str


class Limit(NamedTuple):
    """How long a part of a message may be, in characters.

    Attributes:
        shown: beyond this, most devices cut it off.
        most: beyond this, the channel refuses it.
    """

    shown: int
    most: int


# Sources: RFC 5322 (a line of 998) and what common clients show for e-mail; APNs and FCM
# (4 kB in all) and what iOS shows for push; the template components of WhatsApp Business.
LIMITS: Mapping[str, Mapping[str, Limit]] = {
    "email": {
        "subject": Limit(60, 255),
        "preheader": Limit(100, 255),
        "body": Limit(20_000, 100_000),
    },
    "sms": {},
    "push": {"subject": Limit(50, 200), "body": Limit(178, 1_000)},
    "whatsapp": {
        "subject": Limit(60, 60),
        "body": Limit(1_024, 1_024),
        "call_to_action": Limit(25, 25),
    },
}
SMS_SEGMENTS = 3
REQUIRED = {"email": ("subject",), "push": ("subject",)}
ONE_LINE = ("subject", "preheader", "call_to_action")


@dataclass(frozen=True)
class Demands:
    """What the caller asked every draft to keep to."""

    channel: str
    avoid: Sequence[str] = ()
    allowed_domains: Sequence[str] = ()


def check(
    parts: Mapping[str, str], demands: Demands, fields: KnownFields
) -> Iterator[DraftProblem]:
    """Yield all that is wrong with the parts of a draft (subject, preheader, body …)."""
    for path in REQUIRED.get(demands.channel, ()):
        if not parts.get(path, "").strip():
            yield _error(path, f"is missing: {demands.channel} needs one")
    for path, text in parts.items():
        yield from check_part(path, text, demands, fields)


def check_part(
    path: str, text: str, demands: Demands, fields: KnownFields
) -> Iterator[DraftProblem]:
    """Yield all that is wrong with one part of a draft."""
    try:
        template = Template.parse(text, path=path)
    except InvalidInput as error:
        yield _error(path, error.reason)
        return
    yield from _placeholders(path, template, fields)
    plain, hidden = _filled(text, use_fallbacks=True), _filled(text, use_fallbacks=False)
    yield from _length(path, plain, demands.channel)
    yield from _links(path, (plain, hidden, _arguments(text)), demands.allowed_domains)
    yield from _words(path, plain, demands.avoid)
    yield from _shape(path, plain)


def _filled(text: str, *, use_fallbacks: bool) -> str:
    """A text as a contact of whom nothing is known would read it."""
    return "".join(
        _value(part, use_fallbacks) if isinstance(part, Placeholder) else part
        for part in parse(text, "draft", UTC)
    )


def _value(part: Placeholder, use_fallback: bool) -> str:
    return part.fallback if use_fallback and part.fallback is not None else _STAND_IN


def _placeholders(path: str, template: Template, fields: KnownFields) -> Iterator[DraftProblem]:
    unknown = [name for name in template.fields if name not in fields]
    if unknown:
        yield _error(path, _unknown(template, fields))
    for name in template.required:
        if name not in unknown:
            yield from _required(path, name, fields)
    for name in template.fields:
        if name not in unknown and fields[name].types == {"array"}:
            yield _error(path, f"`{name}` is a list, which no message can show")


def _unknown(template: Template, fields: KnownFields) -> str:
    try:
        template.check(fields)
    except InvalidInput as error:
        return error.reason
    return "there is no such field"


def _required(path: str, name: str, fields: KnownFields) -> Iterator[DraftProblem]:
    coverage = fields[name].coverage
    if coverage == 1.0:
        return
    who = "not all" if coverage is None else f"only {coverage:.0%} of the"
    yield _error(path, f'{who} contacts have `{name}`: give it a fallback, | default: "…"')


def _length(path: str, text: str, channel: str) -> Iterator[DraftProblem]:
    if channel == "sms" and path == "body":
        yield from _segments(text)
    limit = LIMITS[channel].get(path)
    if limit is None or len(text) <= limit.shown:
        return
    if len(text) > limit.most:
        yield _error(path, f"has {len(text)} characters; {limit.most} is the most")
    else:
        yield _warning(path, f"has {len(text)} characters; most devices show {limit.shown}")


def _segments(text: str) -> Iterator[DraftProblem]:
    size = sms_size(text)
    if size.segments <= 1:
        return
    why = " because of characters outside of GSM-7" if size.encoding == "UCS-2" else ""
    reason = f"takes {size.segments} segments ({size.units} units of {size.encoding}{why})"
    if size.segments > SMS_SEGMENTS:
        yield _error("body", f"{reason}; {SMS_SEGMENTS} is the most")
    else:
        yield _warning("body", reason)


# A scheme of any kind, `//host`, `www.host`, or a bare name that clients make a link of.
_LINK = re.compile(
    r"(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]{0,30}:)?(?://|\\\\|/\\|\\/)[^\s<>\"')\]]*"
    r"|(?<![\w-])(?:(?:javascript|data|vbscript|mailto|tel|sms|file):|www\.)\S+"
    r"|(?<![\w@.-])(?:[\w-]{1,63}\.)+(?:[a-z]{2,63}/[^\s<>\"')\]]*"
    r"|(?:com|net|org|info|biz|io|co|app|dev|shop|store|online|site|xyz|top|club|link|click"
    r"|me|ly|gl|gd|to|cc|ru|cn|in|de|uk|us|eu)(?![\w@-]|\.\w))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\{\{(?:\"[^\"]*\"|'[^']*'|[^\"'{}])*\}\}")
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
_HOST = re.compile(r"[\w.-]+")


def _links(
    path: str, forms: Sequence[str], allowed_domains: Sequence[str]
) -> Iterator[DraftProblem]:
    links = dict.fromkeys(link for form in forms for link in _found(form))
    wrong = [link for link in links if not _is_allowed(link, allowed_domains)]
    if wrong:
        allowed = ", ".join(allowed_domains) or "none: name some with allowed_domains"
        yield _error(path, f"holds a link to {wrong[0][:100]!r}; allowed domains: {allowed}")


def _arguments(text: str) -> str:
    """The texts in placeholders: what a filter may add to a message."""
    return " ".join(
        quoted[0][1:-1] for output in _QUOTED.finditer(text) for quoted in _TEXT.finditer(output[0])
    )


def _found(text: str) -> list[str]:
    return [match[0].rstrip(".,;:!?…*_") for match in _LINK.finditer(text)]


def _is_allowed(link: str, allowed_domains: Sequence[str]) -> bool:
    # Browsers take a backslash for a slash; urlsplit doesn't.
    address = link.replace("\\", "/")
    if "//" not in address and ":" not in address.partition("/")[0]:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in ("", "http", "https") or "@" in parts.netloc:
        return False
    if not _HOST.fullmatch(host):
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed_domains)


def _words(path: str, text: str, avoid: Sequence[str]) -> Iterator[DraftProblem]:
    for word in avoid:
        if re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text.casefold()):
            yield _error(path, f"says {word!r}, which is to be avoided")


_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)


def _shape(path: str, text: str) -> Iterator[DraftProblem]:
    if not text.strip():
        yield _error(path, "is empty")
    if path in ONE_LINE and len(text.splitlines()) > 1:
        yield _error(path, "must be one line")
    if _TAG.search(text):
        yield _error(path, "holds HTML; messages are plain text")


def _error(path: str, reason: str) -> DraftProblem:
    return DraftProblem(severity="error", path=path, reason=reason)


def _warning(path: str, reason: str) -> DraftProblem:
    return DraftProblem(severity="warning", path=path, reason=reason)
