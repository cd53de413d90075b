"""A language: how it writes numbers, its sentences, and the words that change nothing in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from campaign_sdk.reports._export import shown

Plural = tuple[str, str]
Figure = int | float | Decimal


@dataclass(frozen=True)
class Language:
    """How summaries are written in one language.

    Attributes:
        code: as in "de".
        name: in English, for a model.
        thousands: what stands between groups of three digits.
        decimal: what stands before decimals.
        percent: what stands after a number of per cent.
        points: the same for percentage points.
        is_one: whether a count takes the singular.
        sentences: for each thing that is told, its sentence for one and for many.
        verbs: what people did, for each rate of people.
        fixed: sentences and parts of them that nobody may rephrase.
        words: for each thing that is told, the words that mean it, with spaces between.
        neutral: words that say nothing by themselves: no direction, no quantity, no negation.
        small: the words of whole numbers, from zero.
        percents: the words for per cent.
    """

    code: str
    name: str
    thousands: str
    decimal: str
    percent: str
    points: str
    one: Literal["1", "0-1"]
    sentences: Mapping[str, Plural]
    verbs: Mapping[str, str]
    fixed: Mapping[str, str]
    words: Mapping[str, str]
    neutral: str
    small: str
    percents: str

    def number(self, value: Figure) -> str:
        """Write a count, an amount, or a bound."""
        return self._separated(shown("", value) if not isinstance(value, float) else f"{value:,}")

    def share(self, value: float) -> str:
        """Write a share in per cent, with two decimals like every report."""
        return self._separated(f"{100 * value:,.2f}") + self.percent

    def difference(self, value: float) -> str:
        """Write a difference of shares in percentage points, with its sign."""
        sign = "-" if value < 0 else "+"
        return sign + self._separated(f"{100 * abs(value):,.2f}") + self.points

    def plural(self, forms: Plural, count: Figure) -> str:
        """Choose the form for one or for many."""
        few = (1,) if self.one == "1" else (0, 1)
        return forms[0] if count in few else forms[1]

    def _separated(self, written: str) -> str:
        return written.translate({ord(","): self.thousands, ord("."): self.decimal})
