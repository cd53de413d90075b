"""What the whole file says about each of its columns, gathered in one pass at flat memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest

from campaign_sdk.contacts.files._cells import PLAIN_NUMBERS, look_of, unmarked
from campaign_sdk.contacts.files._numbers import Decimal, is_number_somewhere, number_reader
from campaign_sdk.contacts.files._reader import RawRow

# Fewer than what Python's garbage collector begins at.
_CHUNK = 500
_DISTINCT = 40
_FRACTION = re.compile(r"\.[0-9]+")
# How many cells of a text column are looked at for what is said about it.
_LOOKED_AT = 5_000


class Facts:
    """What the cells of one column are.

    Attributes:
        filled: how many cells aren't empty, of those that were looked at.
        looks: what those that no apostrophe marks look like, with how many; once a text is
            among them, nothing more is counted but for the first 5,000 cells.
        bare: the same for those that don't begin with an apostrophe at all.
        has_marks: whether there are cells with an apostrophe in front.
        values: the different values, if they are few.
        places: how many digits stand behind the point, as far as numbers have one.
        has_final_zero: whether a number ends in a zero behind its point.
        foreign: how many texts could be numbers in some country.
        days: texts of the form 20/11/2026, by the mark between their numbers.
        years: how many digits the years of these have.
        largest: the largest of their first numbers, and of their second ones.
    """

    def __init__(self, decimal: Decimal | None) -> None:
        self._decimal = decimal
        self._number = number_reader(decimal)
        self._seen = 0
        self.filled = 0
        self.looks: Counter[str] = Counter()
        self.bare: Counter[str] = Counter()
        self.has_marks = False
        self.values: set[str] | None = set()
        self.places: set[int] = set()
        self.has_final_zero = False
        self.foreign = 0
        self.days: Counter[str] = Counter()
        self.years: set[int] = set()
        self.largest = [0, 0]

    @property
    def is_dated(self) -> bool:
        """Whether all cells look like dates, in whatever form."""
        dated = self.looks["date"] + sum(self.days.values())
        return dated > 0 and dated == sum(self.looks.values())

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can be learned."""
        return self.values is None and "text" in self.bare and self._seen >= _LOOKED_AT

    def take(self, cells: Sequence[str]) -> None:
        """Look at some more cells."""
        if self.is_settled:
            return
        filled = [cell for cell in cells if cell]
        self.filled += len(filled)
        self._seen += len(filled)
        counted = Counter(filled)
        if not self._count_numbers(counted):
            for cell, count in counted.items():
                self._look(cell, count)
        if self.values is not None:
            self.values.update(unmarked(cell)[0] for cell in counted)
            if len(self.values) > _DISTINCT:
                self.values = None

    def _count_numbers(self, counted: Counter[str]) -> bool:
        """Count cells at once if all of them are plain numbers."""
        lines = "\n".join(counted)
        is_plain = self._decimal is None and PLAIN_NUMBERS.fullmatch(lines) is not None
        if not is_plain or lines.count("\n") >= len(counted):
            return False
        for looks in (self.looks, self.bare):
            looks["number"] += counted.total()
        for digits in set(_FRACTION.findall(lines)):
            self._digits(digits)
        return True

    def _look(self, cell: str, count: int) -> None:
        text, is_marked = unmarked(cell)
        if is_marked:
            self.has_marks = True
            return
        if not text:
            return
        look = self._look_of(text)
        self.looks[look] += count
        if text[0] == "'":
            self.has_marks = True
        else:
            self.bare[look] += count
        if look == "number":
            self._digits(text)
        elif look == "text":
            self._doubts(text, count)

    def _look_of(self, text: str) -> str:
        if self._decimal is not None and text[0] != "+":
            if self._number(text) is not None:
                return "number"
            look = look_of(text)
            return "text" if look == "number" else look
        return look_of(text)

    def _digits(self, text: str) -> None:
        if self._decimal is None and "." in text:
            self.places.add(len(text) - text.index(".") - 1)
            self.has_final_zero = self.has_final_zero or text[-1] == "0"

    def _doubts(self, text: str, count: int) -> None:
        if not text[-1].isdigit() and not text[0].isdigit():
            return
        self.foreign += count * is_number_somewhere(text)
        if 6 <= len(text) <= 10 and (day := _day(text)):
            first, second, mark, year = day
            self.days[mark] += count
            self.years.add(year)
            self.largest = [max(self.largest[0], first), max(self.largest[1], second)]


def _day(text: str) -> tuple[int, int, str, int] | None:
    for mark in "/.-":
        parts = text.split(mark)
        if len(parts) == 3 and all(part.isdecimal() for part in parts) and len(parts[0]) <= 2:
            return int(parts[0]), int(parts[1]), mark, len(parts[2])
    return None


def gather(
    rows: Iterable[RawRow], width: int, decimal: Decimal | None
) -> tuple[list[Facts], list[Sequence[str]], int]:
    """Return the facts of each column, the first rows of the file, and how many there are."""
    facts = [Facts(decimal) for _ in range(width)]
    first: list[Sequence[str]] = []
    count = 0
    for chunk in _chunks(cells for _, cells, problem in rows if problem is None):
        first = first or chunk[:20]
        count += len(chunk)
        for column, cells in zip(facts, zip_longest(*chunk, fillvalue=""), strict=False):
            column.take(cells)
    return facts, first, count


def _chunks(rows: Iterator[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk
