"""What an import sends at a time, and who of it came before."""

from __future__ import annotations

import json
from array import array
from collections.abc import Generator, Iterable, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from campaign_sdk.contacts.files._plan import Row

# So many contacts become text at a time.
_TOGETHER = 50
_ANY_SCRIPT = frozenset({""})
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

T = TypeVar("T")


class Ahead(Generic[T]):
    """Items, each made in a thread while the one before is in use.

    Reading and checking a batch takes about as long as storing one: side by side, an
    import takes half the time.
    """

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="campaign-import")
        self._coming = self._begin()

    def _begin(self) -> Future[T | None]:
        return self._pool.submit(next, self._items, None)

    def take(self) -> T | None:
        """Wait for the next item, and return it; `None` at the end."""
        item = self._coming.result()
        if item is not None:
            self._coming = self._begin()
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._items.close()


@dataclass(frozen=True)
class Batch:
    """What is sent at a time.

    Attributes:
        emails: the addresses of the contacts to store.
        body: the contacts as they are sent.
        rows: where each of them came from, in their order.
        gone: since when those have opted out whose row isn't stored.
    """

    emails: Set[str]
    body: bytes
    rows: Sequence[Row | int]
    gone: dict[str, str]

    def row(self, position: int) -> Row:
        """Return where a contact came from: its line, and its cells if they were kept."""
        row = self.rows[position]
        return Row(row, ()) if isinstance(row, int) else row

    def unsubscribed(self) -> list[dict[str, str]]:
        """Return the opted out as the database takes them."""
        return [{"email": email, "unsubscribed_at": since} for email, since in self.gone.items()]


class Gathered:
    """What becomes a batch.

    It is kept as text: of objects by the thousand Python's garbage collector would look at all
    that there are in the program, again and again.

    Args:
        keeps_cells: whether the cells of each row may be asked for later.

    Attributes:
        size: how many contacts there are, or opted out, whichever is more.
        gone: since when those have opted out whose row isn't stored.
    """

    def __init__(self, *, keeps_cells: bool) -> None:
        self.size = 0
        self.gone: dict[str, str] = {}
        self._keeps_cells = keeps_cells
        self._rows: list[Row | int] = []
        self._parts: list[str] = []
        self._places: dict[str, int] = {}
        self._fresh: dict[str, dict[str, Any]] = {}

    def add(self, row: Row, item: dict[str, Any]) -> None:
        """Add a contact to store."""
        email = item["email"]
        self._places[email] = len(self._parts)
        self._fresh[email] = item
        self._rows.append(row._replace(item=None) if self._keeps_cells else row.line)
        self.size = max(self.size, len(self._rows))
        if len(self._fresh) == _TOGETHER:
            self._write()

    def opt_out(self, email: str, since: str) -> None:
        """Note that somebody has opted out; the earliest moment counts."""
        if email not in self._places:
            self.gone[email] = min(since, self.gone.get(email, since))
            self.size = max(self.size, len(self.gone))
        elif email in self._fresh:
            opt_out(self._fresh[email], since)
        else:
            self._rewrite(self._places[email], email, since)

    def written(self) -> Batch:
        """Return it as it is sent."""
        self._write()
        text = f'{{"contacts":[{",".join(self._parts)}]}}'
        return Batch(self._places.keys(), text.encode(), self._rows, self.gone)

    def _write(self) -> None:
        if self._fresh:
            self._parts.append(_JSON.encode([*self._fresh.values()])[1:-1])
            self._fresh = {}

    def _rewrite(self, part: int, email: str, since: str) -> None:
        items = json.loads(f"[{self._parts[part]}]")
        opt_out(next(item for item in items if item["email"] == email), since)
        self._parts[part] = _JSON.encode(items)[1:-1]


def opt_out(item: dict[str, Any], since: str) -> None:
    """Note in a contact that its person has opted out; the earliest moment counts."""
    item["unsubscribed_at"] = min(since, item.get("unsubscribed_at", since))


def keys_of(emails: Set[str]) -> Set[str]:
    """Return what two requests about the same people have in common.

    The database may take two addresses for one that aren't ASCII.
    """
    return emails if "".join(emails).isascii() else emails | _ANY_SCRIPT


class Seen:
    """Which addresses came before, and in which line: twelve bytes for each place in a table.

    Of an address only its hash is kept, of 64 bits and different in each process: that two
    of a million share one is as likely as 3 in 100 million.

    Args:
        expected: how many there may be; a table that grows is filled anew.
    """

    def __init__(self, expected: int = 0) -> None:
        self._allot(1 << max(12, (2 * expected).bit_length()))

    def _allot(self, size: int) -> None:
        self._mask = size - 1
        self._keys = array("Q", bytes(8 * size))
        self._lines = array("I", bytes(4 * size))
        self._left = size // 2

    def first(self, email: str, line: int) -> int:
        """Return the line in which an address came first: this one, if it is new."""
        if not self._left:
            self._grow()
        return self._place(hash(email) & 0xFFFF_FFFF_FFFF_FFFF or 1, line)

    def _grow(self) -> None:
        known: Iterable[tuple[int, int]] = zip(self._keys, self._lines, strict=True)
        self._allot(2 * (self._mask + 1))
        for key, line in known:
            if key:
                self._place(key, line)

    def _place(self, key: int, line: int) -> int:
        keys, mask = self._keys, self._mask
        place = key & mask
        while (other := keys[place]) != key:
            if not other:
                keys[place], self._lines[place] = key, line
                self._left -= 1
                return line
            place = (place + 1) & mask
        return self._lines[place]
