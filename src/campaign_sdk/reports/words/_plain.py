"""Facts in plain sentences, by templates: no model, and nothing but the facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.reports._breakdown import BreakdownGroup, CampaignBreakdown
from campaign_sdk.reports._engagement import Engagement, contradictions
from campaign_sdk.reports._experiment import Experiment
from campaign_sdk.reports.words._english import ENGLISH
from campaign_sdk.reports.words._facts import Fact, told_groups
from campaign_sdk.reports.words._french import FRENCH
from campaign_sdk.reports.words._german import GERMAN
from campaign_sdk.reports.words._language import Language

_ORDER = (
    "impressions",
    "reach",
    "clicks",
    "human_clicks",
    "ctr",
    "conversions",
    "cvr",
    "value",
    "unsubscribed",
    "complained",
    "bounced",
)
_LONGEST = 80

# The first part of what names a language: RFC 5646's tags, and POSIX's locales.
_LANGUAGE = re.compile(r"([A-Za-z]+)(?:[-_.]|$)")

LANGUAGES: dict[str, Language] = {one.code: one for one in (GERMAN, ENGLISH, FRENCH)}


@dataclass(frozen=True)
class Sentence:
    """One sentence, and what in it may not be touched.

    Attributes:
        topic: what it tells; whose words it may use.
        template: the sentence, with `{figure}` and the names of the fixed parts.
        figure: the number in it, as the language writes it; "" if there is none to rephrase.
        fact: what the number is.
        fixed: parts that stay as they are: names, intervals, comparisons.
    """

    topic: str
    template: str
    figure: str = ""
    fact: Fact | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(figure=self.figure, **self.fixed)


def check_language(code: str) -> Language:
    """Return a language by its code; whatever the region, "de-AT" and "de_DE.UTF-8" are German.

    Raises:
        InvalidInput: there are no summaries in it; names those that there are.
    """
    found = _LANGUAGE.match(code) if isinstance(code, str) else None
    if found is None or found[1].lower() not in LANGUAGES:
        raise InvalidInput("language", f"must be one of {', '.join(LANGUAGES)}")
    return LANGUAGES[found[1].lower()]


def _fixed(topic: str, text: str) -> Sentence:
    return Sentence(topic, "{whole}.", fixed={"whole": text.removesuffix(".")})


def _one_line(text: str) -> str:
    """Somebody's own words, as they can stand in a sentence."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


class Teller:
    """Tells facts in one language."""

    def __init__(self, language: Language, facts: Sequence[Fact]) -> None:
        self._language = language
        self._facts = {fact.id: fact for fact in facts}

    def engagement(self, totals: Engagement) -> Iterator[Sentence]:
        """Tell what the counts of a campaign are."""
        is_empty = not (totals.impressions or totals.clicks or totals.conversions)
        if is_empty:
            yield _fixed("impressions", self._language.fixed["unseen"])
        for name in _ORDER:
            if name in self._facts and (self._facts[name].number or not is_empty):
                yield self._sentence(name, self._facts[name], {})
            yield from self._unknown(name, totals)
        if contradictions(totals):
            yield _fixed("odd", self._language.fixed["odd"])

    def _unknown(self, name: str, totals: Engagement) -> Iterator[Sentence]:
        if name == "ctr" and totals.impressions == 0 and totals.clicks > 0:
            yield _fixed("ctr", self._language.fixed["unclicked_rate"])
        if name == "cvr" and totals.clicks == 0 and totals.conversions > 0:
            yield _fixed("cvr", self._language.fixed["unconverted_rate"])

    def breakdown(self, found: CampaignBreakdown, metric: str) -> Iterator[Sentence]:
        """Tell the groups of a field, each against all others."""
        groups = told_groups(found)
        if not groups:
            yield _fixed("no_group", self._said("no_group", field=found.field))
        for place, group in enumerate(groups):
            yield self._group(f"by.{found.field}.{place}.{metric}", found.field, group)

    def _group(self, id: str, field: str, group: BreakdownGroup) -> Sentence:
        label = self._label(field, group)
        if (fact := self._facts.get(id)) is None:
            return _fixed("no_rate", self._said("no_rate", label=label))
        compared = self._language.fixed[fact.direction or "alone"]
        parts = {"label": label, "interval": self._interval(id), "compared": compared}
        return self._sentence("group", fact, parts)

    def experiment(self, found: Experiment) -> Iterator[Sentence]:
        """Tell the variants of a campaign, and what it did against those held out."""
        told = [fact for fact in self._facts.values() if fact.id.startswith("variant.")]
        for fact in told:
            if not fact.id.endswith((".low", ".high")):
                parts = {"label": self._quoted(fact.about), "interval": self._interval(fact.id)}
                yield self._sentence("variant", fact, parts)
        if told:
            name = "ahead" if found.winner else "none_ahead"
            yield _fixed("ahead", self._said(name, label=self._quoted(found.winner)))
        if (lift := self._facts.get("lift")) is not None:
            ends = {
                "lift": self._language.difference(float(lift.number)),
                "low": self._language.difference(float(self._facts["lift.low"].number)),
                "high": self._language.difference(float(self._facts["lift.high"].number)),
            }
            yield _fixed("lift", self._said(f"lift_{lift.direction}", **ends))

    def _sentence(self, topic: str, fact: Fact, fixed: dict[str, str]) -> Sentence:
        forms = self._language.sentences[topic]
        is_share = fact.unit == "share"
        figure = (
            self._language.share(float(fact.number))
            if is_share
            else self._language.number(fact.number)
        )
        template = forms[1] if is_share else self._language.plural(forms, fact.number)
        template = template.replace("{verb}", self._language.verbs.get(fact.metric, ""))
        return Sentence(topic, template, figure, fact, fixed)

    def _interval(self, id: str) -> str:
        low, high = (self._facts[f"{id}.{end}"].number for end in ("low", "high"))
        return self._said(
            "interval",
            low=self._language.share(float(low)),
            high=self._language.share(float(high)),
        )

    def _quoted(self, name: str | None) -> str:
        return self._said("value_label", field="", text=name or "").strip()

    def _label(self, field: str, group: BreakdownGroup) -> str:
        if group.kind == "value":
            return self._said("value_label", field=field, text=group.text)
        if group.kind != "range":
            return self._said(group.kind, field=field)
        ends = {
            name: self._language.number(bound)
            for name, bound in (("above", group.above), ("below", group.below))
            if bound is not None
        }
        return self._said("range" if len(ends) == 2 else next(iter(ends)), field=field, **ends)

    def _said(self, name: str, **values: Any) -> str:
        for theirs in ("field", "text"):
            if theirs in values:
                values[theirs] = _one_line(values[theirs])
        return self._language.fixed[name].format(**values)
