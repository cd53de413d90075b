"""Counts, the rates that follow from them, and what is odd about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from pydantic import computed_field

from campaign_sdk._core.model import Model
from campaign_sdk.reports._metrics import METRICS, TOTALS

# A person's click can follow an impression that a provider's proxy made: no contradiction.
_SHARES = ("ctr", "cvr", "conversion_per_impression")


class Engagement(Model):
    """Counts, and what follows from them; see `METRICS`. A rate over zero is `None`.

    Attributes:
        impressions: how often the message was seen.
        clicks: how often it was clicked.
        conversions: how often it led to what it was meant for.
        delivered: how often a mail server took it in.
        bounced: how often one didn't, for good or for now.
        complained: how often it was called spam.
        unsubscribed: how often somebody wanted no more after it.
        machine_impressions: those of the impressions that no person made: scanners,
            previews, and mail providers that look in a person's stead.
        machine_clicks: those of the clicks that no person made.
        reach: how many distinct contacts saw it; `None` if that isn't known, or wasn't
            asked for.
        identified: how many of the impressions name their contact; `None` if reach
            wasn't asked for.
        value: what the conversions were worth; `None` if that wasn't asked for.
    """

    impressions: int
    clicks: int
    conversions: int
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0
    machine_impressions: int = 0
    machine_clicks: int = 0
    reach: int | None = None
    identified: int | None = None
    value: Decimal | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def human_impressions(self) -> int:
        """Impressions without those that are known to be no person's."""
        return self.impressions - self.machine_impressions

    @computed_field  # type: ignore[prop-decorator]
    @property
    def human_clicks(self) -> int:
        """Clicks without those that are known to be no person's."""
        return self.clicks - self.machine_clicks

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ctr(self) -> float | None:
        """Click-through rate: clicks per impression."""
        return self._rate("ctr")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def human_ctr(self) -> float | None:
        """Click-through rate of people: human clicks per human impression."""
        return self._rate("human_ctr")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cvr(self) -> float | None:
        """Conversion rate: conversions per click."""
        return self._rate("cvr")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def conversion_per_impression(self) -> float | None:
        """Conversions per impression."""
        return self._rate("conversion_per_impression")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def warnings(self) -> tuple[str, ...]:
        """What these numbers contradict: a rate above 1, and so on."""
        return (*contradictions(self), *_unidentified(self))

    def with_known_reach(self) -> Self:
        """Leave the reach open if no impression says whom it reached: that isn't zero."""
        if self.reach is None or self.identified or not self.impressions:
            return self
        return self.model_copy(update={"reach": None})

    def _rate(self, name: str) -> float | None:
        metric = METRICS[name]
        whole: int = getattr(self, metric.denominator or "")
        part: int = getattr(self, metric.numerator)
        return part / whole if whole > 0 else None


def contradictions(counts: Engagement) -> list[str]:
    """Return a sentence for each invariant that the counts break."""
    negative = [
        f"{name} is negative: the counters were changed by hand, see reconcile"
        for name in TOTALS
        if getattr(counts, name) < 0
    ]
    return negative + [reason for name in _SHARES for reason in _excess(counts, name)]


def _excess(counts: Engagement, name: str) -> list[str]:
    metric = METRICS[name]
    part, whole = getattr(counts, metric.numerator), getattr(counts, metric.denominator or "")
    if part <= whole:
        return []
    rate = f"{part / whole:.0%}" if whole > 0 else "not defined"
    return [f"{name} is {rate}: {part} {metric.numerator} of {whole} {metric.denominator}"]


def _unidentified(counts: Engagement) -> list[str]:
    if counts.identified is None or counts.identified == counts.impressions:
        return []
    if counts.identified > counts.impressions:
        return [
            f"reach stands on {counts.identified} impressions, but {counts.impressions} are "
            "counted: see reconcile"
        ]
    if counts.identified == 0:
        return ["reach isn't known: no impression names its contact"]
    return [
        f"reach covers {counts.identified} of {counts.impressions} impressions: the others "
        "name no contact"
    ]
