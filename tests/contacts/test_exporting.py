"""`export_csv`: what is asked for, page by page, into a file that is there whole or not at all."""

from __future__ import annotations

import asyncio
import csv
import io
import threading
import tracemalloc
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, Contact, InvalidInput, InvalidRules
from campaign_sdk._core.operation import Call, Page, Resource, Steps, arun, run
from campaign_sdk._core.paging import collect, each_page
from campaign_sdk.contacts.files._export import Sheet
from clients import Mode

PEOPLE = [
    {"email": f"c{n}@example.com", "attributes": {"n": n, "city": ["Pune", "=1"][n % 2]}}
    for n in range(12)
]


def test_an_export_goes_back_in(ann: CampaignClient, tmp_path: Path) -> None:
    ann.contacts.upsert([*PEOPLE, {"email": "rare@example.com", "attributes": {"rare": {"x": 1}}}])
    path = tmp_path / "all.csv"
    assert ann.contacts.export_csv(path) == 13
    assert path.read_bytes().startswith(
        b"\xef\xbb\xbfemail,phone,unsubscribed_at,city,n,rare.x\r\n"
    )
    report = ann.contacts.import_csv(path)
    assert (report.read, report.unchanged) == (13, 13)

    few = io.StringIO(newline="")
    assert ann.contacts.export_csv(few, "n < 5", limit=3) == 3
    few.seek(0)
    ids = [contact.email for contact in ann.contacts.iterate("n < 5")]
    assert [row["email"] for row in csv.DictReader(few)] == ids[:3]
    assert ann.contacts.export_csv(io.StringIO(), limit=0) == 0


@pytest.mark.parametrize("mode", ["sync"])
def test_only_who_may_be_written_to(ann: CampaignClient) -> None:
    ann.contacts.upsert([*PEOPLE, {"email": "no@x.de", "unsubscribed_at": "2026-01-01T00:00:00Z"}])
    assert ann.contacts.export_csv(io.StringIO(), reachable=True) == 12
    assert ann.contacts.export_csv(io.StringIO(), reachable=True, limit=50) == 12


def test_what_cannot_be_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with CampaignClient("http://127.0.0.1:9", "key", access_token="token") as nowhere:
        with pytest.raises(InvalidInput, match="can't be written"):
            nowhere.contacts.export_csv(tmp_path / "no" / "where.csv")
        with pytest.raises(InvalidInput, match="negative"):
            nowhere.contacts.export_csv(tmp_path / "out.csv", limit=-1)
        with pytest.raises(InvalidRules):
            nowhere.contacts.export_csv(tmp_path / "out.csv", "orders >=")
    assert list(tmp_path.iterdir()) == []


class Pages:
    """Three pages of two, in either mode, with a note of each that is asked for."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.resource = cast(Resource[Any], SimpleNamespace(is_async=mode == "async"))
        self.asked = [threading.Event() for _ in range(3)]

    def __iter__(self) -> Generator[Any, Any, None]:
        for number in range(3):
            answer = yield Call(partial(self._answer if self._is_sync else self._soon, number))
            assert answer == number
            yield Page([number * 10, number * 10 + 1])

    @property
    def _is_sync(self) -> bool:
        return self.mode == "sync"

    def _answer(self, number: int) -> int:
        self.asked[number].set()
        return number

    async def _soon(self, number: int) -> int:
        return self._answer(number)

    def drive(self, steps: Steps[Any]) -> Any:
        return run(steps) if self._is_sync else asyncio.run(arun(steps))


@pytest.mark.parametrize(("limit", "requests"), [(None, 3), (9, 3), (4, 2), (3, 2), (2, 1), (0, 0)])
def test_a_limit_ends_the_asking(mode: Mode, limit: int | None, requests: int) -> None:
    pages, taken = Pages(mode), list[int]()
    pages.drive(each_page(pages.resource, iter(pages), taken.extend, limit))
    assert sum(asked.is_set() for asked in pages.asked) == requests
    assert taken == [0, 1, 10, 11, 20, 21][:limit]
    assert pages.drive(collect(iter(pages))) == [0, 1, 10, 11, 20, 21]


def test_the_next_page_is_read_while_one_is_written(mode: Mode) -> None:
    pages, taken = Pages(mode), list[int]()

    def take(items: Sequence[int]) -> None:
        assert all(asked.wait(30) for asked in pages.asked[: len(taken) // 2 + 2])
        taken.extend(items)

    pages.drive(each_page(pages.resource, iter(pages), take))
    assert taken == [0, 1, 10, 11, 20, 21]


def test_what_cannot_be_written_ends_the_reading(mode: Mode) -> None:
    def refuse(_items: Sequence[int]) -> None:
        raise InvalidInput("file", "is full")

    pages = Pages(mode)
    with pytest.raises(InvalidInput, match="is full"):
        pages.drive(each_page(pages.resource, iter(pages), refuse))
    assert not pages.asked[2].is_set()


def test_a_sheet_keeps_nobody_in_memory() -> None:
    moment = "2026-01-02T03:04:05Z"
    columns = {"created_at": moment, "updated_at": moment}
    text = "x" * 20_000

    def people() -> Iterator[Contact]:
        for n in range(300):
            row = {"id": UUID(int=n), "email": f"c{n}@x.de", "attributes": {f"a{n % 5}": text}}
            yield Contact.model_validate({**row, **columns})

    with Sheet() as sheet:
        tracemalloc.start()
        sheet.add(people())
        assert sheet.write(Nowhere()) == 300
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 1_000_000


class Nowhere(io.StringIO):
    def write(self, text: str) -> int:
        return len(text)
