"""What a report is asked for: checked, and as the database wants it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import timezone_name, uuid_text
from campaign_sdk.reports._metrics import check_metrics, needs_events

Group = Literal["day", "week", "month", "campaign", "segment", "event_type"]
GROUPS: tuple[str, ...] = get_args(Group)
PERIODS = ("day", "week", "month")


@dataclass(frozen=True)
class Request:
    """A report that can be asked for."""

    metrics: tuple[str, ...]
    group_by: tuple[str, ...]
    arguments: dict[str, Any]


def prepare_report(
    metrics: str | Iterable[str] | None,
    group_by: str | Iterable[str] | None,
    *,
    start: date | str | None,
    end: date | str | None,
    campaigns: UUID | str | Iterable[UUID | str] | None,
    segment: UUID | str | None,
    timezone: str | None,
) -> Request:
    """Check what a report is asked for.

    Raises:
        InvalidInput: names the argument and what is wrong with it.
    """
    names, groups = check_metrics(metrics), check_groups(group_by)
    zone = None if timezone is None else timezone_name(timezone)
    since, until = _day(start, "start", zone), _day(end, "end", zone)
    if since is not None and until is not None and until <= since:
        raise InvalidInput("end", "must lie after start: the range is half-open")
    arguments = {
        "campaign_ids": _ids(campaigns),
        "segment": None if segment is None else uuid_text(segment, "segment"),
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
        "bucket": next((group for group in groups if group in PERIODS), None),
        "by_campaign": "campaign" in groups,
        "by_segment": "segment" in groups,
        "with_events": needs_events(names),
        "zone": zone,
    }
    return Request(names, groups, {k: v for k, v in arguments.items() if v is not None})


def check_groups(group_by: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the groups asked for, each once.

    Raises:
        InvalidInput: there is no such group, or two are periods; names those there are.
    """
    asked = (group_by,) if isinstance(group_by, str) else tuple(group_by or ())
    for group in asked:
        if group not in GROUPS:
            raise InvalidInput("group_by", f"{group!r} isn't one of {', '.join(GROUPS)}")
    groups = tuple(dict.fromkeys(asked))
    if sum(group in PERIODS for group in groups) > 1:
        raise InvalidInput("group_by", "must name only one of day, week, month")
    return groups


def _day(value: date | str | None, path: str, zone: str | None) -> date | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = _parsed(value, path)
    if isinstance(value, datetime):
        value = _whole_day(value, path, zone)
    if not isinstance(value, date):
        raise InvalidInput(path, "must be a date")
    if not date(2000, 1, 1) <= value <= date(2100, 1, 1):
        raise InvalidInput(path, "must lie between the years 2000 and 2100")
    return value


def _parsed(value: str, path: str) -> date:
    try:
        return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput(path, "must be a date in ISO form, such as 2026-11-22") from None


def _whole_day(value: datetime, path: str, zone: str | None) -> date:
    if value.tzinfo is None:
        raise InvalidInput(path, "has no time zone: give a date, or datetime(..., tzinfo=...)")
    local = value.astimezone(ZoneInfo(zone)) if zone else value
    if local.timetz().replace(tzinfo=None) != datetime.min.time():
        raise InvalidInput(path, "must be the beginning of a day: reports count whole days")
    return local.date()


def _ids(campaigns: UUID | str | Iterable[UUID | str] | None) -> list[str] | None:
    if campaigns is None:
        return None
    given = [campaigns] if isinstance(campaigns, UUID | str) else list(campaigns)
    if not given:
        raise InvalidInput("campaigns", "is empty: leave it out for all campaigns")
    return [uuid_text(campaign, "campaigns") for campaign in given]
