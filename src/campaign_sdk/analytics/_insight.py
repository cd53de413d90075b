"""What the counts tell: who did what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime

from campaign_sdk._core.connection import Connection
from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk.analytics._experiments import read_experiment
from campaign_sdk.analytics._summary import Material, Summary, reword, tell
from campaign_sdk.analytics._watch import counters
from campaign_sdk.drafting._writer import Writer
from campaign_sdk.reports import BestHour, CampaignBreakdown, Plan
from campaign_sdk.reports._breakdown import PEOPLE_RATES, SMALLEST, Number, check_breakdown
from campaign_sdk.reports._plan import check_level
from campaign_sdk.reports.words import check_language
from campaign_sdk.rules._builder import Field, field_name

_MOST_GROUPS = 1_000


# A field; or a field of numbers, and the edges of its bins.
AnyField = Field[Any] | str
By = AnyField | tuple[AnyField, Sequence[Number]]


class Insight(Resource[Mode]):
    """What the counts of a campaign tell."""

    def __init__(self, connection: Connection, writer: Writer) -> None:
        super().__init__(connection)
        self._writer = writer

    @operation
    def breakdown(
        self,
        campaign_id: UUID | str,
        field: AnyField,
        bins: Sequence[Number] | None = None,
        *,
        smallest: int = SMALLEST,
        largest: int = 50,
        confidence: float = 0.95,
    ) -> Steps[CampaignBreakdown]:
        """Break a campaign down by what its contacts have in a field; groups sum to the whole.

        The field is read as it is now: what the campaign itself has changed (what somebody
        spent) puts buyers into another group than they were written to in.

        Args:
            campaign_id: the campaign.
            field: such as `field("city")`, or its name.
            bins: for numbers, the edges: `[0, 1000, 10000]` makes four groups, each from its
                lower edge to below its upper one.
            smallest: how many contacts a group needs to be shown; smaller ones become `other`.
            largest: how many values are shown, at most 1,000; the others become `other`.
            confidence: of the intervals.

        Raises:
            InvalidInput: bins that don't rise, or for a field that never holds a number.
            InvalidRules: no such field can be.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        return (
            yield from break_down(
                self,
                (yield from id_of(self, "campaigns", campaign_id, "campaign_id")),
                field_name(field),
                bins,
                smallest=smallest,
                largest=largest,
                confidence=confidence,
            )
        )

    @operation
    def summarize(
        self,
        campaign_id: UUID | str,
        by: By | Sequence[By] = (),
        *,
        language: str = "en",
        metric: str = "click_rate",
        model: str | bool | None = None,
        plan: Plan | None = None,
        confidence: float = 0.95,
    ) -> Steps[Summary]:
        """Say in words what became of a campaign: facts first, and sentences made from them.

        A difference that could be chance is called inconclusive, and a rate over zero isn't
        told. With a model the sentences are reworded, and only reworded: it gets them without
        the names of campaigns, fields and groups, and wherever its words could mean anything
        else than the facts, the plain text is returned, and `why` says why.

        Args:
            campaign_id: the campaign.
            by: fields to break it down by, such as `["city", ("spend", [0, 1000])]`.
            language: de, en or fr; a region such as de-AT is of its language.
            metric: the rate of the groups and variants: `click_rate`, `open_rate`,
                `conversion_rate` or `unsubscribe_rate`.
            model: the model that rewords, or `True` for the client's own; none by default.
            plan: of the variants, as for `experiment`.
            confidence: of the intervals, and 1 minus the level of what is called a difference.

        Raises:
            InvalidInput: no such language or metric, or a field or bins that can't be.
            ConfigurationError: a model is asked, but there is no key; nothing was sent.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        asked = check_summary(by, language, metric, confidence)
        if model:
            self._writer.options.check()
        campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        material = yield from gather(self, campaign, asked, metric, plan, confidence)
        summary, masked = tell(material, language)
        if not model:
            return summary
        named = model if isinstance(model, str) else None
        return (yield from reword(self._writer, summary, masked, named))

    @operation
    def best_hour(
        self,
        campaign_id: UUID | str | None = None,
        *,
        timezone: Literal["campaign", "contact"] = "campaign",
        confidence: float = 0.95,
    ) -> Steps[BestHour]:
        """Say by which hour of the day people click, if one is ahead beyond chance.

        Counted is the first click of each contact in each campaign, machines left out. It
        doesn't say at which hour to send: people can only click after they were written to;
        see `BestHour.caveat`.

        Args:
            campaign_id: the campaign; all of yours by default.
            timezone: whose day: the campaign's, or that of each contact who has an IANA
                name in the attribute `timezone`.
            confidence: of the intervals and the verdict.

        Raises:
            InvalidInput: a level is out of bounds, or it is nobody's day.
            NotFound: there is no such campaign, or it is somebody else's.
        """
        check_level("confidence", confidence)
        if timezone not in ("campaign", "contact"):
            raise InvalidInput("timezone", "must be campaign or contact")
        campaign = None
        if campaign_id is not None:
            campaign = yield from id_of(self, "campaigns", campaign_id, "campaign_id")
        arguments = {"campaign_id": campaign, "by_contact": timezone == "contact"}
        answer = (yield self._rpc("click_hours", arguments, kind="read")).data
        return BestHour.of(answer, timezone, confidence)


def check_summary(
    by: Any, language: str, metric: str, confidence: float
) -> list[tuple[str, Sequence[Number] | None]]:
    """Return the fields asked for, each with its bins, and check the rest."""
    check_language(language)
    check_level("confidence", confidence)
    if metric not in PEOPLE_RATES:
        raise InvalidInput("metric", f"{metric!r} isn't one of {', '.join(PEOPLE_RATES)}")
    one = isinstance(by, Field | str) or (isinstance(by, tuple) and _is_binned(by))
    asked: list[tuple[str, Sequence[Number] | None]] = []
    for each in [by] if one else list(by):
        field, bins = each if isinstance(each, tuple) else (each, None)
        check_breakdown(bins, SMALLEST, confidence)
        asked.append((field_name(field), bins))
    if len({field for field, _ in asked}) < len(asked):
        raise InvalidInput("by", "names a field twice")
    return asked


def _is_binned(by: tuple[Any, ...]) -> bool:
    return len(by) == 2 and not isinstance(by[1], Field | str | tuple)


class _Told(Model):
    """Of a campaign, what a summary takes from its row."""

    name: str
    variants: list[Any] | None
    hold_out: float | None
    launched_at: AwareDatetime | None


def gather(
    resource: Resource[Any],
    campaign: str,
    by: Sequence[tuple[str, Sequence[Number] | None]],
    metric: str,
    plan: Plan | None,
    confidence: float,
) -> Steps[Material]:
    """Read what a summary is made from."""
    columns = "name, variants, hold_out, launched_at"
    totals = yield from counters(resource, campaign, with_events=True)
    query = resource._db.from_("campaigns").select(columns).eq("id", campaign).single()
    row = _Told.from_row((yield query).data)
    experiment = None
    if row.launched_at and (row.variants or row.hold_out):
        experiment = yield from read_experiment(resource, campaign, metric, plan, confidence)
    breakdowns = []
    for field, bins in by:
        found = yield from break_down(resource, campaign, field, bins, confidence=confidence)
        breakdowns.append(found)
    return Material(UUID(campaign), row.name, totals, breakdowns, experiment, metric)


def break_down(
    resource: Resource[Any],
    campaign: str,
    field: str,
    bins: Sequence[Number] | None,
    *,
    smallest: int = SMALLEST,
    largest: int = 50,
    confidence: float,
) -> Steps[CampaignBreakdown]:
    """Break a campaign down by a field."""
    edges = check_breakdown(bins, smallest, confidence)
    if isinstance(largest, bool) or not 1 <= largest <= _MOST_GROUPS:
        raise InvalidInput("largest", f"must lie between 1 and {_MOST_GROUPS:,}")
    arguments = {
        "campaign_id": campaign,
        "field": field,
        "edges": [str(edge) for edge in edges] or None,
        "smallest": smallest,
        "largest": largest,
    }
    answer = (yield resource._rpc("break_down_campaign", arguments, kind="read")).data
    return CampaignBreakdown.of(
        campaign, field, answer, edges=edges, smallest=smallest, confidence=confidence
    )
