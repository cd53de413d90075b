"""`export_csv`: what is asked for, page by page, into a file that is there whole or not at all."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, Contact, InvalidInput, InvalidRules
from campaign_sdk._core.operation import Page, Steps
from campaign_sdk._core.paging import collect, each_page
from campaign_sdk.contacts.files._export import Sheet

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


def pages(asked: list[Any]) -> Generator[Any, Any, None]:
    for number in range(3):
        asked.append((yield f"request {number}"))
        yield Page([number * 10, number * 10 + 1])


def drive(steps: Steps[Any]) -> Any:
    answer: Any = None
    while True:
        try:
            answer = f"answer to {steps.send(answer)}"
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(("limit", "requests"), [(None, 3), (9, 3), (4, 2), (3, 2), (2, 1), (0, 0)])
def test_a_limit_ends_the_asking(limit: int | None, requests: int) -> None:
    asked, taken = list[str](), list[int]()
    drive(each_page(pages(asked), taken.extend, limit))
    assert asked == [f"answer to request {number}" for number in range(requests)]
    assert taken == [0, 1, 10, 11, 20, 21][:limit]
    assert drive(collect(pages([]))) == [0, 1, 10, 11, 20, 21]


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
