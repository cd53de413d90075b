"""A fault in one migration, and the tests that are to see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MIGRATIONS = Path(__file__).parents[2] / "supabase" / "migrations"


@dataclass(frozen=True)
class Mutation:
    """One text that is replaced by another.

    Attributes:
        find: a text that stands exactly once in all migrations, or in those of `within`.
        replace: what stands there instead.
        killers: what pytest is given: files, and perhaps `-k` with an expression.
        within: a part of the name of the chapter, where the text stands in others too.
    """

    find: str
    replace: str
    killers: tuple[str, ...]
    within: str = ""

    @property
    def places(self) -> list[Path]:
        """The chapters where the text stands, as often as it does."""
        return [
            path
            for path, text in chapters()
            if self.within in path.name
            for _ in range(text.count(self.find))
        ]

    @property
    def name(self) -> str:
        return f"{self.file.name[8:-4].lstrip('0')}: {' '.join(self.find.split())[:70]}"

    @property
    def file(self) -> Path:
        places = self.places
        assert len(places) == 1, f"it stands {len(places)} times in the migrations: {self.find}"
        return places[0]

    def applied(self) -> str:
        """The chapter with the fault."""
        return self.file.read_text(encoding="utf-8").replace(self.find, self.replace)


@cache
def chapters() -> tuple[tuple[Path, str], ...]:
    """The migrations, each with its text."""
    return tuple(
        (path, path.read_text(encoding="utf-8")) for path in sorted(MIGRATIONS.glob("*.sql"))
    )


_ISOLATION = ("tests/database/test_isolation.py", "tests/database/test_last_doors.py")

# What an owner's policy lets through, and every check: found where they are, so that none is
# forgotten.
_POLICY = re.compile(
    r'create policy "(?P<name>[^"]+)" on public\.(?P<table>\w+)\n'
    r"(?P<rest>[^;]*?\bto authenticated\b[^;]*);"
)
_CHECK = re.compile(r"  constraint (?P<name>\w+) check (?P<body>\()")


def opened_policies() -> Iterator[Mutation]:
    """Each policy of a table of the API, open to everybody."""
    for path, text in chapters():
        for found in _POLICY.finditer(text):
            command = re.search(r"for (\w+)", found["rest"])
            assert command is not None
            using, check = "using (true)", "with check (true)"
            opened = {"insert": check, "update": f"{using} {check}"}.get(command[1], using)
            yield Mutation(
                found[0],
                f'create policy "{found["name"]}" on public.{found["table"]}\n'
                f"  for {command[1]} to authenticated {opened};",
                (*_ISOLATION, "-k", f"{found['table']} or nobodys_to_add"),
                path.name,
            )


def lifted_checks(table: str, killers: tuple[str, ...]) -> Iterator[Mutation]:
    """Each check of a table, and of the types of its columns, which lets everything pass."""
    for path, text in chapters():
        start = text.find(f"create table public.{table} (")
        if start < 0:
            continue
        body = text[start : text.index("\n)", start)]
        for part in (body, *_domains(text, body)):
            for found in _CHECK.finditer(part):
                whole = found[0] + _inside(part[found.end() :])
                opened = f"  constraint {found['name']} check (true)"
                yield Mutation(whole, opened, killers, path.name)


def _domains(text: str, table: str) -> Iterator[str]:
    """What makes the types of a table's columns that are of its own chapter."""
    for name in dict.fromkeys(re.findall(r"campaign_private\.(\w+)", table)):
        start = text.find(f"create domain campaign_private.{name} as")
        if start >= 0:
            yield text[start : text.index("\ncomment", start)]


def _inside(text: str) -> str:
    """What follows an opening parenthesis, to the one that closes it."""
    depth, quoted = 1, False
    for place, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return text[: place + 1]
    raise AssertionError("a parenthesis isn't closed")
