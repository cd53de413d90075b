"""What people did, and what they were sent, as rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput

from . import _spans
from ._counting import count_of
from ._rules import Rules, RulesLike
from ._tree import Mode, Node, Rule, group
from ._verbs import campaign_of
from ._wire_match import check_threshold

Deed = Literal[
    "impression", "click", "conversion", "delivered", "bounced", "complained", "unsubscribed"
]
Outcome = Literal["sent", "failed", "skipped", "unknown"]


def did(
    type: Deed,
    *,
    campaign: UUID | str | None = None,
    within_last: timedelta | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    exactly: float | None = None,
    where: RulesLike | None = None,
) -> Rules:
    """Who did something, or to whose message it happened: a click, a conversion, a bounce.

    `~did("click")` is everybody else.

    Args:
        type: impression, click, conversion, delivered, bounced, complained or
            unsubscribed.
        campaign: of which campaign: its id, or its name, which a client looks up. Of any
            by default.
        within_last: how long ago at most. Whole days count as days of the calendar, as
            `within_last` of a field does; anything else elapses.
        at_least: how often at least; once by default.
        at_most: how often at most, so also never.
        exactly: how often exactly.
        where: what else must be true of the event, with its fields `link`, `actor`
            (human, proxy, machine, unknown), `value` and `occurred_at`.

    Raises:
        InvalidRules: there is no such type, or something can't be asked.
        TypeError: more than one of `at_least`, `at_most` and `exactly` is given.
    """
    asked: list[Node] = [Rule("type", "=", type)]
    return _counted("events", asked, campaign, within_last, where, (at_least, at_most, exactly))


def received(
    campaign: UUID | str | None = None,
    *,
    outcome: Outcome = "sent",
    variant: str | None = None,
    within_last: timedelta | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    exactly: float | None = None,
) -> Rules:
    """To whom a message was handed over, or with another `outcome` was meant to be.

    Only what the SDK sent is known here: of messages sent by something else, ask for the
    event, `did("delivered")`.

    Args:
        campaign: of which campaign: its id, or its name, which a client looks up. Of any
            by default.
        outcome: sent, failed, skipped or unknown.
        variant: which variant of the campaign.
        within_last: how long ago at most, as in `did`.
        at_least: how many at least; one by default.
        at_most: how many at most, so also none.
        exactly: how many exactly.

    Raises:
        InvalidRules: there is no such outcome, or something can't be asked.
        TypeError: more than one of `at_least`, `at_most` and `exactly` is given.
    """
    asked: list[Node] = [Rule("outcome", "=", outcome)]
    if variant is not None:
        asked.append(Rule("variant", "=", variant))
    return _counted("deliveries", asked, campaign, within_last, None, (at_least, at_most, exactly))


def _counted(
    name: str,
    asked: list[Node],
    campaign: UUID | str | None,
    within_last: timedelta | None,
    where: RulesLike | None,
    bounds: tuple[float | None, float | None, float | None],
) -> Rules:
    if campaign is not None:
        asked.append(Rule("campaign_id", "=", campaign_of(str(campaign))))
    if within_last is not None:
        moment = "occurred_at" if name == "events" else "at"
        asked.append(Rule(moment, "between", _span(within_last)))
    if where is not None:
        asked.append(Rules.of(where)._node)
    mode, threshold = _mode(*bounds)
    return count_of(name, mode, threshold, Rules(group("and", tuple(asked))))


def _span(within: timedelta) -> _spans.Span:
    minutes, rest = divmod(within, timedelta(minutes=1))
    if rest or minutes < 1:
        raise InvalidInput("within_last", "must be some whole minutes, hours or days")
    if minutes % 1440 == 0:
        return _spans.last(minutes // 1440, "day")
    if minutes % 60 == 0:
        return _spans.last(minutes // 60, "hour")
    return _spans.last(minutes, "minute")


def _mode(
    at_least: float | None, at_most: float | None, exactly: float | None
) -> tuple[Mode, float | None]:
    bounds: dict[Mode, float | None] = {"atLeast": at_least, "atMost": at_most, "exactly": exactly}
    given = {mode: bound for mode, bound in bounds.items() if bound is not None}
    if len(given) > 1:
        raise TypeError("give one of at_least, at_most and exactly")
    for mode, bound in given.items():
        count = check_threshold(bound, "$.rules[0].match.threshold")
        if (mode, count) != ("atLeast", 1):
            return mode, count
    return "some", None
