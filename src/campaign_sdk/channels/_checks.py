"""What is wrong with a message, found before anyone sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Literal, NamedTuple

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.channels._limits import ONE_LINE, REQUIRED, Channel, too_long
from campaign_sdk.channels._links import find_links, leads_to
from campaign_sdk.contacts._known import KnownFields
from campaign_sdk.templates import Template
from campaign_sdk.templates._foreign import find_foreign
from campaign_sdk.templates._parser import Placeholder, parse

# What stands for a value that nobody knows yet: about as long as a name.
_STAND_IN = "x" * 12


class Problem(NamedTuple):
    """One thing that is wrong with a message, or may be; `path` is the part of it."""

    severity: Literal["error", "warning"]
    path: str
    reason: str


@dataclass(frozen=True)
class Demands:
    """What a message is to keep to."""

    channel: Channel = "email"
    avoid: Sequence[str] = ()
    allowed_domains: Sequence[str] = ()


def check(parts: Mapping[str, str], demands: Demands, fields: KnownFields) -> Iterator[Problem]:
    """Yield all that is wrong with the parts of a message (subject, preheader, body …)."""
    for path in REQUIRED.get(demands.channel, ()):
        if not parts.get(path, "").strip():
            yield _error(path, f"is missing: {demands.channel} needs one")
    for path, text in parts.items():
        yield from check_part(path, text, demands, fields)


def check_part(path: str, text: str, demands: Demands, fields: KnownFields) -> Iterator[Problem]:
    """Yield all that is wrong with one part of a message."""
    try:
        template = Template.parse(text, path=path)
    except InvalidInput as error:
        yield _error(path, error.reason)
        return
    yield from _placeholders(path, template, fields)
    yield from (_error(path, found.reason) for found in find_foreign(template))
    plain, hidden = _filled(text, use_fallbacks=True), _filled(text, use_fallbacks=False)
    if found := too_long(path, plain, demands.channel):
        yield Problem(found[0], path, found[1])
    yield from _links(path, (plain, hidden, _arguments(text)), demands.allowed_domains)
    yield from _words(path, plain, demands.avoid)
    yield from _shape(path, plain)


def _filled(text: str, *, use_fallbacks: bool) -> str:
    """A text as a contact of whom nothing is known would read it."""
    return "".join(
        _value(part, use_fallbacks) if isinstance(part, Placeholder) else part
        for part in parse(text, "message", UTC)
    )


def _value(part: Placeholder, use_fallback: bool) -> str:
    return part.fallback if use_fallback and part.fallback is not None else _STAND_IN


def _placeholders(path: str, template: Template, fields: KnownFields) -> Iterator[Problem]:
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


def _required(path: str, name: str, fields: KnownFields) -> Iterator[Problem]:
    coverage = fields[name].coverage
    if coverage == 1.0:
        return
    who = "not all" if coverage is None else f"only {coverage:.0%} of the"
    yield _error(path, f'{who} contacts have `{name}`: give it a fallback, | default: "…"')


_QUOTED = re.compile(r"\{\{(?:\"[^\"]*\"|'[^']*'|[^\"'{}])*\}\}")
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")


def _links(path: str, forms: Sequence[str], allowed_domains: Sequence[str]) -> Iterator[Problem]:
    links = dict.fromkeys(link for form in forms for link in find_links(form))
    wrong = [link for link in links if not leads_to(link, allowed_domains)]
    if wrong:
        allowed = ", ".join(allowed_domains) or "none: name some with allowed_domains"
        yield _error(path, f"holds a link to {wrong[0][:100]!r}; allowed domains: {allowed}")


def _arguments(text: str) -> str:
    """The texts in placeholders: what a filter may add to a message."""
    return " ".join(
        quoted[0][1:-1] for output in _QUOTED.finditer(text) for quoted in _TEXT.finditer(output[0])
    )


def _words(path: str, text: str, avoid: Sequence[str]) -> Iterator[Problem]:
    for word in avoid:
        if re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text.casefold()):
            yield _error(path, f"says {word!r}, which is to be avoided")


_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)


def _shape(path: str, text: str) -> Iterator[Problem]:
    if not text.strip():
        yield _error(path, "is empty")
    if path in ONE_LINE and len(text.splitlines()) > 1:
        yield _error(path, "must be one line")
    if _TAG.search(text):
        yield _error(path, "holds HTML; messages are plain text")


def _error(path: str, reason: str) -> Problem:
    return Problem("error", path, reason)
