"""Docstrings in Google's style as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

TITLES = ("Args", "Attributes", "Returns", "Yields", "Raises")
_TITLE = re.compile(rf"^({'|'.join(TITLES)}):$", re.MULTILINE)
_ITEM = re.compile(r"^(\*{0,2}[\w`.]+): ", re.MULTILINE)
_CODE = re.compile(r"(`[^`]*`)")


def sections(doc: str | None) -> dict[str, str]:
    """Return a docstring by its titles; what stands before the first is under ""."""
    first, *rest = _TITLE.split(inspect.cleandoc(doc or ""))
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return {"": first.strip(), **{title: _flush(text) for title, text in pairs}}


def items(text: str) -> dict[str, str]:
    """Return the names of a section, each with what is said of it."""
    _, *rest = _ITEM.split(text)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return {name: " ".join(said.split()) for name, said in pairs}


def markdown(doc: str | None) -> Iterator[str]:
    """Yield the lines of a docstring as Markdown."""
    for title, text in sections(doc).items():
        found = items(text) if title in ("Args", "Attributes", "Raises") else {}
        if title:
            yield from (f"**{title}**", "")
        if found:
            yield from (f"- `{name.strip('`')}`: {escaped(said)}" for name, said in found.items())
        elif text:
            yield escaped(text)
        yield ""


def escaped(text: str) -> str:
    """Return text in which nothing but its own code and emphasis is markup."""
    parts = _CODE.split(text)
    return "".join(
        part if part.startswith("`") else part.replace("<", "&lt;").replace("$", "\\$")
        for part in parts
    )


def _flush(text: str) -> str:
    return inspect.cleandoc("\n" + text).strip()
