"""Going through the words of a line: values, spans, and what is said of what doesn't fit."""

from __future__ import annotations

from typing import Any, NoReturn

from . import _dates
from ._where_hints import hint_for, hint_of_value
from ._where_tokens import Token, refuse


class Cursor:
    """The words of a line, and how far they have been read."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    def _counted(self) -> tuple[int, str]:
        count = self._token.value
        if not isinstance(count, int) or count < 0:
            self._refuse("a span such as 90 days")
        self._at += 1
        return count, self._unit()

    def _unit(self) -> str:
        name = self._token.text.removesuffix("s")
        if name not in _dates.UNITS:
            self._refuse(f"one of {', '.join(_dates.UNITS)}")
        self._at += 1
        return name

    def _list(self) -> list[Any]:
        self._expect("(", "a list such as (1, 2)")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")", ", or )")
        return values

    def _value(self) -> Any:
        token = self._token
        if token.kind in ("text", "number", "date"):
            self._at += 1
            return token.value
        if token.kind != "word":
            self._refuse("a value")
        if token.text in ("true", "false"):
            self._at += 1
            return token.text == "true"
        return self._moment()

    def _moment(self) -> dict[str, Any]:
        anchor = self._token.text
        if anchor not in _dates.ANCHORS:
            refuse(self._token.column, hint_of_value(anchor))
        self._at += 1
        offset, unit = 0, "day"
        if self._token.kind == "number":
            offset = self._whole()
            unit = self._unit()
        return _relative(anchor, offset, unit)

    def _whole(self) -> int:
        value = self._token.value
        if not isinstance(value, int):
            self._refuse("a whole number of days, weeks ...")
        self._at += 1
        return value

    def _words(self, count: int) -> list[str]:
        """The next words as they are written, after the end empty ones."""
        ahead = [each.text for each in self._tokens[self._at : self._at + count]]
        return ahead + [""] * (count - len(ahead))

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self, text: str) -> bool:
        token = self._token
        found = token.kind in ("word", "symbol") and token.text == text
        self._at += found
        return found

    def _expect(self, text: str, wanted: str) -> None:
        if not self._take(text):
            self._refuse(wanted)

    def _refuse(self, wanted: str) -> NoReturn:
        token = self._token
        if hint := hint_for([each.text for each in self._tokens[self._at : self._at + 3]]):
            refuse(token.column, hint)
        found = "the end" if token.kind == "end" else token.text[:40]
        refuse(token.column, f"expected {wanted}, found {found}")


def _relative(anchor: str, offset: int, unit: str) -> dict[str, Any]:
    return {"mode": "relative", "anchor": anchor, "offset": offset, "unit": unit}
