"""Is it the same, in other words? What a model made of sentences, held against each of them.

A list of forbidden words is never complete: somebody will write "plummeted". So each sentence may
hold only its own number, the words that mean what the number counts, words of the language that
say nothing by themselves, and, once each and untouched, its fixed parts: names, intervals, and
what is higher than what. All else is refused, whatever it says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from campaign_sdk.reports.words._language import Language
from campaign_sdk.reports.words._plain import Sentence

_PLACE = re.compile(r"\[P(\d+)\]")
# A full stop ends a sentence before a space only: not in 1.5.
_END = re.compile(r"(?<=\.)\s+|\n+")
_TOKEN = re.compile(
    r"(?P<place>\[P\d+\])"
    r"|(?P<number>[-\u2212]?\d(?:[\d.,'\u2019\u00a0\u202f ]*\d)?)(?P<share>[\u00a0\u202f ]?%)?"
    r"|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)"
    r"|(?P<quiet>[\s,;:.()\u2019']+)"
    r"|(?P<else>.)",
    re.DOTALL,
)
_FIELD = re.compile(r"\{(\w+)\}")
_LONGEST = 20_000


class Refused(Exception):
    """Why words can't stand for the facts."""


@dataclass(frozen=True)
class Masked:
    """Sentences without anything that came from outside, and how to put it back.

    Attributes:
        sentences: as a model gets them, with `[P1]` and so on for what is fixed.
        parts: what stands behind each of these.
    """

    language: Language
    plain: tuple[Sentence, ...]
    sentences: tuple[str, ...]
    parts: dict[str, str]

    @classmethod
    def of(cls, language: Language, plain: Sequence[Sentence]) -> Masked:
        """Put a mark in the place of each fixed part."""
        parts: dict[str, str] = {}
        shown: list[str] = []
        for sentence in plain:
            marks = {}
            for name in _FIELD.findall(sentence.template):
                if name != "figure":
                    mark = f"[P{len(parts) + 1}]"
                    marks[name] = mark
                    parts[mark] = unicodedata.normalize("NFC", sentence.fixed[name])
            shown.append(str(replace(sentence, fixed=marks)))
        return cls(language, tuple(plain), tuple(shown), parts)

    def words(self) -> list[str]:
        """Return the words that may be used, for a model to know."""
        known = set(self.language.neutral.split())
        for sentence in self.plain:
            known |= _meaning(sentence, self.language)
        return sorted(known)

    def accepted(self, answer: str) -> str:
        """Return a model's wording with the fixed parts put back.

        Raises:
            Refused: it isn't the same in other words; says why.
        """
        told = self._split(answer)
        for given, masked, sentence in zip(told, self.sentences, self.plain, strict=True):
            _check(given, masked, sentence, self.language)
        return _PLACE.sub(lambda mark: self.parts[mark[0]], " ".join(told))

    def _split(self, answer: str) -> list[str]:
        if len(answer) > _LONGEST:
            raise Refused("it is too long")
        told = [part.strip() for part in _END.split(self._marked(answer)) if part.strip()]
        if len(told) != len(self.plain):
            raise Refused(f"it has {len(told)} sentences in place of {len(self.plain)}")
        return told

    def _marked(self, answer: str) -> str:
        """Put marks for fixed parts that the model wrote out, which it may."""
        marked = unicodedata.normalize("NFC", answer)
        for mark, part in sorted(self.parts.items(), key=lambda pair: -len(pair[1])):
            marked = marked.replace(part, mark, 1)
        return marked


def _check(given: str, masked: str, sentence: Sentence, language: Language) -> None:
    tokens = list(_tokens(given))
    if _PLACE.findall(given) != _PLACE.findall(masked):
        raise Refused("a name, an interval or a comparison is missing, or stands elsewhere")
    figures = [token for kind, token in tokens if kind == "number"]
    words = [token.casefold() for kind, token in tokens if kind == "word"]
    _check_figures(figures, words, sentence, language)
    _check_words(words, masked, sentence, language)
    for kind, token in tokens:
        if kind == "else":
            raise Refused(f"{_shown(token)} isn't part of a sentence")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "else"
        yield ("number" if kind == "share" else kind), found[0]


def _check_figures(
    figures: Sequence[str], words: Sequence[str], sentence: Sentence, language: Language
) -> None:
    numbers = [_bare(figure) for figure in figures]
    if any(word in language.percents.split() for word in words):
        numbers = [number if number.endswith("%") else f"{number}%" for number in numbers]
    numbers += [_bare(language.number(value)) for value in _spelled(words, sentence, language)]
    allowed = _bare(sentence.figure)
    wrong = [number for number in numbers if number not in (allowed, _ungrouped(allowed, language))]
    if wrong:
        raise Refused(f"the number {_shown(wrong[0])} isn't the fact's")
    if len(numbers) != bool(sentence.figure):
        raise Refused("its number is missing, or stands there twice")


def _spelled(words: Sequence[str], sentence: Sentence, language: Language) -> Iterator[int]:
    """Yield the numbers that stand there as words, but for those that may be an article."""
    small = language.small.split()
    articles = language.neutral.split()
    for word in words:
        if word in small and (word not in articles or small.index(word) == _whole(sentence)):
            yield small.index(word)


def _whole(sentence: Sentence) -> object:
    fact = sentence.fact
    return fact.number if fact is not None and fact.unit == "count" else None


def _check_words(words: Sequence[str], masked: str, sentence: Sentence, language: Language) -> None:
    own = {token.casefold() for kind, token in _tokens(masked) if kind == "word"}
    meaning = _meaning(sentence, language)
    about = set(language.words.get(sentence.topic, "").split())
    spelled = {*language.small.split(), *language.percents.split()}
    allowed = own | meaning | about | set(language.neutral.split()) | spelled
    for word in words:
        if word not in allowed:
            raise Refused(f"{_shown(word)} isn't among the words that change nothing")
    if sentence.figure and not meaning & set(words):
        raise Refused("it doesn't say what its number counts")


def _meaning(sentence: Sentence, language: Language) -> set[str]:
    """The words that say what the sentence's number counts."""
    if sentence.topic in ("group", "variant") and sentence.fact is not None:
        verb = set(language.verbs[sentence.fact.metric].split())
        return verb - set(language.neutral.split())
    return set(language.words.get(sentence.topic, "").split())


def _bare(figure: str) -> str:
    even = re.sub(r"[\u00a0\u202f ]", "\u202f", figure).replace("\u2212", "-")
    return even.replace("\u202f%", "%").strip()


def _ungrouped(figure: str, language: Language) -> str:
    return figure.replace(_bare_mark(language.thousands), "")


def _bare_mark(mark: str) -> str:
    return "\u202f" if mark.isspace() else mark


def _shown(token: str) -> str:
    return repr(token[:40])
