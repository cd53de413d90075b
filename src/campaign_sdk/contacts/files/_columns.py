"""What the columns of a file are, by their names and by what the user says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import is_storable
from campaign_sdk.contacts._addresses import normalize_email
from campaign_sdk.contacts.files._cells import unmarked
from campaign_sdk.contacts.files._programs import ADDRESSES, PROGRAMS, Program, plain
from campaign_sdk.contacts.files._reader import not_text
from campaign_sdk.rules._paths import keys_of

OWN = ("email", "phone", "unsubscribed_at")
REJECTS = ("line", "column", "reason")
# Of a contact by itself: an attribute of that name is reached as `attributes.created_at`.
TAKEN = frozenset({"created_at", "updated_at", "suppressed_at"})


@dataclass(frozen=True)
class Column:
    """One column of the file.

    Attributes:
        index: its place in a row.
        header: its name in the file; another one, if it stands there twice.
        role: email, phone, unsubscribed_at, attribute, attributes (an object that holds
            them), consent, or none, if it is left out.
        keys: of an attribute: the path to it.
        is_named: whether the user has said what it is.
    """

    index: int
    header: str
    role: str = "attribute"
    keys: tuple[str, ...] = ()
    is_named: bool = False


@dataclass(frozen=True)
class Header:
    """The first line of a file, understood.

    Attributes:
        columns: one for each of its cells.
        is_own: whether the file is an export of ours.
        is_rejects: whether it holds the refused rows of an import.
        program: whose export it is, as a key of `PROGRAMS`.
        doubled: headers that stand there twice.
    """

    columns: tuple[Column, ...]
    is_own: bool
    is_rejects: bool
    program: str | None
    doubled: tuple[str, ...]

    @property
    def known(self) -> Program | None:
        """What is known of the program."""
        return PROGRAMS[self.program] if self.program else None


def checked_program(name: str | None) -> str | None:
    """Return the program that is named.

    Raises:
        InvalidInput: it isn't a known one.
    """
    if name is not None and name.lower() not in PROGRAMS:
        raise InvalidInput("preset", f"must be one of {', '.join(PROGRAMS)}")
    return name and name.lower()


def has_address(names: Mapping[str, str | None]) -> Callable[[Sequence[str]], bool]:
    """Return what tells whether a header has a column of addresses."""
    named = {name for name, target in names.items() if target == "email"}

    def tells(header: Sequence[str]) -> bool:
        return any(cell in named or plain(cell) in ADDRESSES for cell in header)

    return tells


def header_of(
    cells: Sequence[str],
    names: Mapping[str, str | None],
    preset: str | None,
    sample: Sequence[Sequence[str]],
    encoding: str,
) -> Header:
    """Understand the first line of a file.

    Args:
        cells: of the line.
        names: what the user says that columns are: "email", an attribute's name, or
            `None` to leave the column out.
        preset: the program that the user names.
        sample: a few rows, to find a column of addresses by its looks.
        encoding: of the file.

    Raises:
        InvalidInput: there is no column of addresses, or the names don't fit.
    """
    texts = [unmarked(cell)[0] for cell in cells]
    if not all(map(is_storable, texts)):
        raise InvalidInput("path", not_text(encoding))
    if not any(texts):
        raise InvalidInput("path", "is empty: the first line must name the columns")
    is_rejects = tuple(texts[:3]) == REJECTS
    rest = texts[3:] if is_rejects else texts
    is_own = tuple(rest[:3]) == OWN
    program = preset or (None if is_own else _program({plain(name) for name in rest}))
    columns, doubled = _distinct(texts)
    if is_rejects:
        columns = [replace(c, role="none") if c.index < 3 else c for c in columns]
    columns = _named(columns, names)
    columns = _roles(columns, PROGRAMS[program] if program else None, sample)
    return Header(tuple(map(_placed, columns)), is_own, is_rejects, program, doubled)


def _program(headers: set[str]) -> str | None:
    """The program with most of whose marks the header agrees."""
    found = {
        name: max((len(marks) for marks in program.marks if marks <= headers), default=0)
        for name, program in PROGRAMS.items()
    }
    best = max(found, key=lambda name: found[name])
    return best if found[best] else None


def _distinct(texts: Sequence[str]) -> tuple[list[Column], tuple[str, ...]]:
    """Of two columns of one name the second gets another."""
    taken: set[str] = set()
    columns, doubled = [], []
    for index, text in enumerate(texts):
        # The three columns of a contact are known in any case; the rest is an attribute.
        name = text.lower() if text.lower() in OWN else text
        if name in taken:
            doubled.append(name)
            name = next(n for i in range(2, len(texts) + 2) if (n := f"{name} ({i})") not in taken)
        if name:
            taken.add(name)
        columns.append(Column(index, name, "attribute" if name else "unnamed"))
    return columns, tuple(doubled)


def _named(columns: list[Column], names: Mapping[str, str | None]) -> list[Column]:
    for name, target in names.items():
        column = find(columns, name, "columns")
        role = target if target in OWN else "attribute" if target else "none"
        keys = tuple(_path(target)) if target and role == "attribute" else ()
        columns = [
            replace(c, role=role, keys=keys, is_named=True) if c is column else c for c in columns
        ]
    return columns


def find(columns: Iterable[Column], name: str, argument: str) -> Column:
    """Return the column of this name.

    Raises:
        InvalidInput: there is none.
    """
    columns = list(columns)
    for same in (str, str.casefold, plain):
        for column in columns:
            if column.header and same(column.header) == same(name):
                return column
    known = ", ".join(repr(column.header) for column in columns if column.header)
    raise InvalidInput(argument, f"names {name!r}, which isn't a column: there are {known}")


def _roles(
    columns: list[Column], program: Program | None, sample: Sequence[Sequence[str]]
) -> list[Column]:
    columns = _with_role(columns, "email", _address(columns, program, sample))
    if not any(column.role == "email" for column in columns):
        known = ", ".join(repr(column.header) for column in columns if column.header)
        raise InvalidInput(
            "path",
            f"has no column named email, only {known}; name the column of addresses "
            "(--email-column, email_column=…), or the delimiter",
        )
    if any(c.role == "email" and not c.is_named and _is_address(c.header) for c in columns):
        raise InvalidInput(
            "path", "begins with an address: its first line must name the columns, such as email"
        )
    phones = ("phone", *(program.phone if program else ()))
    columns = _with_role(columns, "phone", _first(columns, phones))
    columns = _with_role(columns, "unsubscribed_at", _first(columns, ("unsubscribedat",)))
    if program and program.attributes:
        columns = _with_role(columns, "attributes", _first(columns, (program.attributes,)))
    return columns


def _with_role(columns: list[Column], role: str, index: int | None) -> list[Column]:
    if index is None or any(column.role == role for column in columns):
        return columns
    return [replace(c, role=role) if c.index == index else c for c in columns]


def _first(columns: Sequence[Column], headers: Iterable[str]) -> int | None:
    """The column with the first of these headers that is there."""
    free = {plain(c.header): c.index for c in reversed(columns) if _is_free(c)}
    return next((free[header] for header in headers if header in free), None)


def _is_free(column: Column) -> bool:
    return column.role == "attribute" and not column.is_named


def _address(
    columns: Sequence[Column], program: Program | None, sample: Sequence[Sequence[str]]
) -> int | None:
    exact = [c.index for c in columns if c.header == "email" and _is_free(c)]
    if exact:
        return exact[0]
    by_name = _first(columns, (*(program.email if program else ()), *ADDRESSES))
    if by_name is not None:
        return by_name
    # By their looks, if there is no doubt.
    looking = [c.index for c in columns if _is_free(c) and _holds_addresses(c.index, sample)]
    return looking[0] if len(looking) == 1 else None


def _holds_addresses(index: int, sample: Sequence[Sequence[str]]) -> bool:
    cells = [row[index].strip() for row in sample if len(row) > index and row[index].strip()]
    return sum(map(_is_address, cells)) > len(cells) / 2


def _is_address(cell: str) -> bool:
    try:
        return bool(normalize_email(cell))
    except InvalidInput:
        return False


def _placed(column: Column) -> Column:
    if column.role != "attribute" or column.keys:
        return column
    return replace(column, keys=tuple(_path(column.header)))


def _path(name: str) -> list[str]:
    """Where rules look for it: `address.city` is a path, "Nr." is none."""
    keys = keys_of(name)
    whole = name.removeprefix("attributes.") or name
    return keys if all(keys) and len(keys) <= 32 else [whole.replace("\\.", ".")]
