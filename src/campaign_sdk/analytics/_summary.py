"""A campaign in words: facts, sentences made from them, and perhaps a model's wording."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import DraftingError
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Steps
from campaign_sdk.drafting import Usage
from campaign_sdk.drafting._ask import Closed, ask
from campaign_sdk.drafting._dialects import Prompt
from campaign_sdk.drafting._writer import Writer
from campaign_sdk.reports import CampaignBreakdown, Engagement, Experiment
from campaign_sdk.reports.words import (
    Fact,
    Masked,
    Refused,
    Sentence,
    Teller,
    breakdown_facts,
    check_language,
    engagement_facts,
    experiment_facts,
)

_INSTRUCTIONS = """\
You reword short sentences about the results of an e-mail campaign, so that they read well one \
after the other. The input is JSON: "language", "sentences", and "words".
- Answer in that language with as many sentences as there are, in the same order, each ending \
in a full stop.
- Keep each number exactly as it is written, and each mark such as [P1], in the same order. \
Marks stand for names and comparisons that you are not shown.
- Use only the words of the sentence itself and those in "words". Say nothing that the sentence \
doesn't say: no praise, no comparison, no advice, no reason.
- No exclamation marks, question marks, dashes, quotation marks or lists."""


class Summary(Model):
    """A campaign in words. Every number in them is one of the facts.

    Attributes:
        campaign_id: the campaign.
        campaign: its name, which isn't part of the text.
        language: of the text: de, en or fr.
        text: what to read; a model's wording, or the plain sentences.
        sentences: the plain ones, made from the facts by templates.
        facts: the numbers in them, unrounded, each with its unit and direction.
        by_model: whether the text is a model's wording.
        why: why it isn't, though one was asked.
        warnings: what the counts contradict.
        usage: what the model cost; `None` if none was asked.
    """

    campaign_id: UUID
    campaign: str
    language: str
    text: str
    sentences: tuple[str, ...]
    facts: tuple[Fact, ...]
    by_model: bool = False
    why: str | None = None
    warnings: tuple[str, ...] = ()
    usage: Usage | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Material:
    """What a summary is made from."""

    campaign_id: UUID
    name: str
    totals: Engagement
    breakdowns: Sequence[CampaignBreakdown]
    experiment: Experiment | None
    metric: str

    def facts(self) -> Iterator[Fact]:
        """Yield all that there is to tell."""
        yield from engagement_facts(self.totals)
        if self.experiment is not None:
            yield from experiment_facts(self.experiment)
        for found in self.breakdowns:
            yield from breakdown_facts(found, self.metric)

    def sentences(self, teller: Teller) -> Iterator[Sentence]:
        """Yield it in plain sentences."""
        yield from teller.engagement(self.totals)
        if self.experiment is not None:
            yield from teller.experiment(self.experiment)
        for found in self.breakdowns:
            yield from teller.breakdown(found, self.metric)


def tell(material: Material, language: str) -> tuple[Summary, Masked]:
    """Return a summary in plain sentences, and the same with all names hidden."""
    spoken, facts = check_language(language), tuple(material.facts())
    plain = tuple(material.sentences(Teller(spoken, facts)))
    sentences = tuple(map(str, plain))
    summary = Summary(
        campaign_id=material.campaign_id,
        campaign=material.name,
        language=spoken.code,
        text=" ".join(sentences),
        sentences=sentences,
        facts=facts,
        warnings=material.totals.warnings,
    )
    return summary, Masked.of(spoken, plain)


class Reworded(Closed):
    """What a model answers."""

    text: str


def reword(writer: Writer, summary: Summary, masked: Masked, model: str | None) -> Steps[Summary]:
    """Have a summary reworded; where that fails, or says something else, it stays plain."""
    data = {
        "language": masked.language.name,
        "sentences": masked.sentences,
        "words": masked.words(),
    }
    prompt = Prompt(_INSTRUCTIONS, json.dumps(data, ensure_ascii=False))
    usage: Any = None
    try:
        answer, usage = yield from ask(writer, prompt, Reworded, model=model)
        text = masked.accepted(answer.text)
    except DraftingError as error:
        return summary.model_copy(update={"why": error.message, "usage": error.usage})
    except Refused as reason:
        why = f"the model's wording isn't what the facts say: {reason}"
        return summary.model_copy(update={"why": why, "usage": usage})
    return summary.model_copy(update={"text": text, "by_model": True, "usage": usage})
