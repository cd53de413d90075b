"""Which columns say who may not be written to, and what a cell of them says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Literal

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts.files._programs import plain
from campaign_sdk.contacts.files._words import (
    GONE,
    MAILY,
    NO,
    SUBSCRIBED,
    SURELY_GONE,
    YES,
    plain_word,
)

Meaning = Literal["no", "yes", "status"]
"""What a truth in the column means: "no, don't write to me"; "yes, do"; or a state is named."""

Says = Callable[[str], str | None]
"""Returns since when the person of a cell has opted out, or `None`."""

Consent = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Literal["ignore"]

# Another channel is not our business.
_OTHER = re.compile(r"sms|phone|whatsapp|push|postal|fax|telefon|call|directmail|mms|viber")
# What goes with a consent without being one: when, where and how it was given, and counts.
# These, and since when somebody is gone, are read word by word: "on" ends many words.
_BESIDE = re.compile(
    r".*(opt ?in|confirm|consent|subscri|sign ?up|permission|newsletter|gdpr|dsgvo|rgpd).* "
    r"(time|date|timestamp|at|on|ip|source|method|form|url|page|text|version|id|title|name|"
    r"topics?|plan|type|tier|language|count|opens?|clicks?|sent|reason|channel|level)"
    r"|unsub (campaign|reason).*|clean campaign.*|date (of )?(subscri|opt ?in|consent|sign ?up).*"
    r"|marketing contact status|.*\b(opened|delivered|clicked|count|total|number)"
)
_GONE_SINCE = re.compile(
    r"(.* )?(unsub\w*|opt(ed)? ?out|clean(ed)?|bounced?|blacklist(ed)?|blocklist(ed)?|"
    r"suppress\w*|complain\w*|abgemeldet|abmelde) ?(time|date|at|on|timestamp|datum|am|zeit)"
    r"|date (of )?(unsub\w*|opt(ed)? ?out)|(.* )?hard ?bounce reason"
)
_NO = re.compile(
    r".*(unsubscribed?|optout|optedout|optedoutofemail|blacklisted|blacklist|blocklisted|"
    r"blocklist|donote?mail|donotsendemail|donotcontact|nobulkemails?|useroptout|suppressed|"
    r"emaildisabled|unsubscribedfromall.*|hasoptedoutof.*|isemailbounced|hardbounced)"
    r"|optedoutofemail.*|(is)?bounced|onhold|complained|markedasspam|reportedspam|noemail"
    r"|abgemeldet|abbestellt|desinscrit|desabonne|disiscritto|uitgeschreven|afgemeld"
)
_YES = re.compile(
    r".*(optin|optedin|acceptse?mail(marketing)?|acceptsmarketing|acceptsnewsletter|"
    r"marketingconsent|emailconsent|emailallowed|allowemails?|subscribedtoemails?)"
    r"|(is|email)?subscribed|receiveemails?|canemail|mailable"
)
_STATUS = re.compile(
    r".*(subscription|subscriber|optin|consent|permission|newsletter)(status|state)"
    r"|.*(mailing|marketing|email|list)status"
)
_STATES = frozenset({"status", "state", "contactstatus", "memberstatus", "userstatus", "stato"})
_SUSPECT = re.compile(
    r"optin|optout|opted|consent|gdpr|dsgvo|rgpd|newsletter|subscri|unsub|blacklist|blocklist|"
    r"suppress|donot|permission|einwilligung|abgemeldet|abmeld|desinscri|desabon|baja|cancell?ed|"
    r"marketing(ok|allowed)|emailmarketing|zustimmung|abonn|"
    r"consenso|consentement|consentimiento|permiso|iscritto|inschrijving|ingeschreven"
)
_WORDS = YES | NO | SUBSCRIBED | GONE
# As Python reads a moment: no article number begins so.
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}.*")


@dataclass(frozen=True)
class Named:
    """What the user says of one column: who has opted out there, or that it's nothing.

    Attributes:
        column: its header.
        opted_out: the values that mean so, as plain words; `None` to ignore the column.
    """

    column: str
    opted_out: frozenset[str] | None


def named_consent(consent: Consent | None) -> tuple[bool, list[Named]]:
    """Return whether all that looks like consent is to be ignored, and what is named.

    Raises:
        InvalidInput: it isn't of the form that is asked for.
    """
    if consent is None or consent == "ignore":
        return consent == "ignore", []
    parts = [consent] if isinstance(consent, Mapping) else consent
    if (
        not isinstance(parts, Sequence)
        or isinstance(parts, str)
        or not all(isinstance(part, Mapping) for part in parts)
    ):
        raise InvalidInput("consent", _FORM)
    return False, [_named(part) for part in parts]


_FORM = 'must be {"column": …, "opted_out": […]}, a list of these, or "ignore"'


def _named(part: Mapping[str, Any]) -> Named:
    column, ignored = part.get("column"), bool(part.get("ignore"))
    if not isinstance(column, str) or set(part) - {"column", "opted_out", "ignore"}:
        raise InvalidInput("consent", _FORM)
    if ignored and "opted_out" not in part:
        return Named(column, None)
    values = part.get("opted_out")
    values = [values] if isinstance(values, str | bool | int) else values
    if not values or ignored or isinstance(values, Mapping):
        raise InvalidInput("consent", f"must say which values of {column!r} mean opted out")
    return Named(column, frozenset(plain_word(str(value)) for value in values))


def never_said(named: Named, values: Iterable[str] | None) -> str | None:
    """Return what is to be said if no cell has a value that is named: a slip would let all in.

    Args:
        named: what the user says.
        values: the different values of the column, without blanks; `None` if there are many.
    """
    if named.opted_out is None or "" in named.opted_out or values is None:
        return None
    if not named.opted_out.isdisjoint(map(plain_word, values)):
        return None
    return f"no cell says {' or '.join(sorted(named.opted_out))}: nobody has opted out by it"


def unclear_consent(header: str) -> str:
    """Return what is wrong with a column that looks like consent and can't be read."""
    shell = quote(header)
    return (
        f"the column {header!r} looks as if it said who may not be written to. Name the values "
        f'that mean so: --consent {shell}=no (consent={{"column": {header!r}, "opted_out": '
        f'["no"]}}); or say that it is nothing of the kind: --consent {shell}=ignore '
        f'(consent={{"column": {header!r}, "ignore": True}})'
    )


def meaning_of(
    header: str, values: Sequence[str] | None, known: Mapping[str, str], *, is_dated: bool
) -> str | None:
    """Return what a column says about consent, by its name and its values.

    Args:
        header: of the column.
        values: the different values in it, without blanks; `None` if there are many.
        known: the columns of the program that wrote the file.
        is_dated: whether all values look like dates.

    Returns:
        A `Meaning`; "unclear", if it looks like consent and can't be read; or `None`.
    """
    name = plain(header)
    if values is not None and not any(values):
        return None
    meaning = known.get(name) or _by_name(header)
    if meaning == "yes":
        # When somebody subscribed says nothing about who didn't.
        return None if is_dated else _readable_yes(values)
    words = None if values is None else {plain_word(value) for value in values if value}
    if meaning == "status":
        return _readable_status(words)
    if meaning is not None:
        return meaning
    return _by_values(header, words)


def _spaced(header: str) -> str:
    """The words of a header: `unsubscribedAt` is "unsubscribed at"."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return " ".join(re.findall(r"[^\W_]+", parted.casefold()))


def _by_name(header: str) -> str | None:
    name, words = plain(header), _spaced(header)
    if _OTHER.search(name) and "mail" not in name:
        return None
    if _BESIDE.fullmatch(words) and "unsubscri" not in name:
        return None
    if _GONE_SINCE.fullmatch(words):
        return "no"
    for pattern, meaning in ((_NO, "no"), (_YES, "yes"), (_STATUS, "status")):
        if pattern.fullmatch(name):
            return meaning
    return None


def _readable_yes(values: Sequence[str] | None) -> str:
    if values is None:
        return "unclear"
    filled = [value for value in values if value and not _MOMENT.fullmatch(value)]
    return "yes" if all(plain_word(value) in _WORDS for value in filled) else "unclear"


def _readable_status(words: set[str] | None) -> str:
    return "status" if words is not None and words <= _WORDS else "unclear"


def _by_values(header: str, words: set[str] | None) -> str | None:
    if words is None:
        return None
    name = plain(header)
    if words & SURELY_GONE or (name in _STATES and words & MAILY):
        return "status" if words <= _WORDS else "unclear"
    if name in _STATES and words & GONE and words <= _WORDS:
        # Cancelled, or inactive: as a reader of the letters, or as a customer?
        return "unclear"
    about = not _BESIDE.fullmatch(_spaced(header))
    about = about and not (_OTHER.search(name) and "mail" not in name)
    return "unclear" if about and _SUSPECT.search(name) and words & _WORDS else None


def says_of(
    meaning: str, opted_out: frozenset[str] | None, now: str, read: Callable[[str], Any]
) -> Says:
    """Return what reads the cells of a consent column.

    Args:
        meaning: a `Meaning`, or "named".
        opted_out: the values that are named.
        now: the moment for those who don't say when.
        read: returns the moment that a cell names, as text, or raises `InvalidInput`.
    """
    if meaning == "named":
        named = opted_out or frozenset()
        return lambda cell: now if plain_word(cell) in named else None
    if meaning == "yes":
        return lambda cell: now if _declines(plain_word(cell)) else None
    if meaning == "status":
        return lambda cell: now if plain_word(cell) in GONE or plain_word(cell) in NO else None
    return lambda cell: _gone_since(cell.strip(), now, read)


def _declines(word: str) -> bool:
    return not word or word in NO or word in GONE


def _gone_since(text: str, now: str, read: Callable[[str], Any]) -> str | None:
    if is_nothing(text):
        return None
    try:
        return str(read(text))
    except InvalidInput:
        return now


def is_nothing(text: str) -> bool:
    """Whether a cell that can say "no more" says nothing of the kind."""
    word = plain_word(text)
    # The last is how MySQL writes that there is no date.
    return not word or word in NO or word in SUBSCRIBED or word.startswith("0000")


def check_moment(read: Callable[[str], Any]) -> Callable[[str], None]:
    """Return what refuses a cell that says neither yes nor no nor when."""

    def check(cell: str) -> None:
        text = cell.strip()
        if not is_nothing(text) and plain_word(text) not in YES:
            read(text)

    return check
