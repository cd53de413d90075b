"""Contacts, through both clients, on a real database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk import (
    AlreadyExists,
    CampaignClient,
    Contact,
    ImportReport,
    InvalidInput,
    NotFound,
    everyone,
    field,
)

NOBODY = uuid.UUID(int=0)
CSV = """\ufeffEmail,phone,orders,since,address.city,zip
Ann@Example.com,030 1,7,2026-01-31,Köln,01067
ann@example.com,,8,,,
BEN@example.com,,,,,
nobody,,,,,
,,,,Pune,
cleo@example.com,,0.5,2026-01-31T10:00:00+01:00,Pune,
ben@example.com ,,,,,
dora@example.com,,-1,x,"=HYPERLINK(""x"")",1,2
"""


def counts(report: ImportReport) -> tuple[int, ...]:
    assert report.read == sum(
        (report.created, report.updated, report.unchanged, report.duplicate, report.rejected)
    )
    return (
        report.created,
        report.updated,
        report.unchanged,
        report.duplicate,
        report.rejected,
    )


def stored(client: CampaignClient, email: str) -> Contact:
    found = client.contacts.find(email)
    assert found is not None
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_an_import_accounts_for_every_row(ann: CampaignClient, file: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    report = ann.contacts.import_csv(file, types={"zip": "text"}, rejects=rejects)
    assert counts(report) == (3, 0, 0, 2, 3)
    assert [(problem.line, problem.column) for problem in report.problems] == [
        (3, "email"),
        (5, "email"),
        (6, "email"),
        (8, "email"),
        (9, "row"),
    ]
    assert "line 2" in report.problems[0].reason
    first = stored(ann, "ann@example.com")
    assert first.phone == "030 1"
    assert first.attributes == {
        "orders": 7,
        "since": "2026-01-31",
        "address": {"city": "Köln"},
        "zip": "01067",
    }
    assert stored(ann, "cleo@example.com").attributes["since"] == "2026-01-31T09:00:00Z"
    assert rejects.read_text(encoding="utf-8-sig").splitlines() == [
        "line,column,reason,email,phone,orders,since,address.city,zip",
        "5,email,isn't an e-mail address (name@domain.tld),nobody,,,,,",
        "6,email,is missing: every contact needs an e-mail address,,,,,Pune,",
        '9,row,has 7 cells for 6 columns,dora@example.com,,-1,x,"\'=HYPERLINK(""x"")",1,2',
    ]


def test_the_same_file_again_changes_nothing(ann: CampaignClient, file: Path) -> None:
    ann.contacts.import_csv(file)
    before = list(ann.contacts.iterate())
    report = ann.contacts.import_csv(file)
    assert counts(report) == (0, 0, 3, 2, 3)
    assert list(ann.contacts.iterate()) == before


def test_whoever_unsubscribed_stays_so(ann: CampaignClient, file: Path) -> None:
    ann.contacts.import_csv(file)
    first = ann.contacts.unsubscribe(stored(ann, "ann@example.com").id)
    assert not first.is_subscribed
    report = ann.contacts.import_csv(file)
    assert report.updated == 0
    ann.contacts.upsert([{"email": first.email, "attributes": {"orders": 9}}])
    ann.contacts.upsert([{"email": first.email, "unsubscribed_at": datetime.now(UTC)}])
    assert stored(ann, first.email).unsubscribed_at == first.unsubscribed_at
    assert ann.contacts.unsubscribe(first.id).unsubscribed_at == first.unsubscribed_at
    assert ann.contacts.update(first.id, unsubscribed_at=None).is_subscribed


def test_a_row_that_is_refused_spares_its_batch(ann: CampaignClient, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(
        b"email,x\n" + b"".join(b"c%d@example.com,%d\n" % (n, n) for n in range(100)) + b"\xff,\n"
    )
    report = ann.contacts.import_csv(path, batch_size=7)
    assert counts(report) == (100, 0, 0, 0, 1)


def test_progress_comes_to_an_end(ann: CampaignClient, file: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int, ImportReport]] = []
    report = ann.contacts.import_csv(file, batch_size=1, progress=lambda *args: seen.append(args))
    done, total, last = seen[-1]
    assert done == total == file.stat().st_size
    assert last == report
    assert len(seen) == 4
    assert [each.created for _, _, each in seen] == [1, 2, 3, 3]
    hopeless = tmp_path / "hopeless.csv"
    hopeless.write_text("email\nnobody\n")
    seen.clear()
    ann.contacts.import_csv(hopeless, progress=lambda *args: seen.append(args))
    assert [(done, total) for done, total, _ in seen] == [(13, 13)]


def test_an_import_that_cant_begin_stores_nothing(ann: CampaignClient, file: Path) -> None:
    cases: list[tuple[str, Callable[[], Any]]] = [
        ("path", lambda: ann.contacts.import_csv(file.with_name("absent.csv"))),
        ("path", lambda: ann.contacts.import_csv(file, delimiter=";")),
        ("rejects", lambda: ann.contacts.import_csv(file, rejects=file)),
        ("rejects", lambda: ann.contacts.import_csv(file, rejects=file.parent)),
        ("types", lambda: ann.contacts.import_csv(file, types={"nope": "text"})),
        ("batch_size", lambda: ann.contacts.import_csv(file, batch_size=0)),
    ]
    for path, action in cases:
        with pytest.raises(InvalidInput) as caught:
            action()
        assert caught.value.path == path
    assert ann.contacts.count() == 0
    assert file.read_text(encoding="utf-8") == CSV


def test_upsert_merges(ann: CampaignClient) -> None:
    report = ann.contacts.upsert(
        [{"email": "A@example.com", "phone": "1", "attributes": {"a": 1, "b": 2}}]
    )
    assert counts(report) == (1, 0, 0, 0, 0)
    report = ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"b": 3, "c": None}},
            {"email": "a@EXAMPLE.com", "phone": "2"},
            {"email": "b@example.com"},
        ]
    )
    assert counts(report) == (1, 1, 0, 1, 0)
    found = stored(ann, "a@example.com")
    assert found.phone == "1"
    assert found.attributes == {"a": 1, "b": 3, "c": None}


def test_upsert_checks_all_before_the_first(ann: CampaignClient) -> None:
    with pytest.raises(InvalidInput) as caught:
        ann.contacts.upsert(
            ({"email": f"{n}@example.com" if n < 30 else "x"} for n in range(31)), batch_size=1
        )
    assert caught.value.path == "$[30].email"
    assert ann.contacts.count() == 0
    assert counts(ann.contacts.upsert([])) == (0, 0, 0, 0, 0)


def test_get_update_delete(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"a": 1}}])
    ann.contacts.upsert([{"email": "b@example.com"}])
    found = stored(ann, " A@Example.com ")
    assert ann.contacts.get(str(found.id)) == found
    changed = ann.contacts.update(
        found.id, email="C@example.com", phone="1", attributes={"b": [1], "a": None}
    )
    assert changed.email == "c@example.com"
    assert changed.attributes == {"a": None, "b": [1]}
    assert changed.updated_at > found.updated_at
    assert ann.contacts.update(found.id) == changed
    assert ann.contacts.update(found.id, phone=None).phone is None
    with pytest.raises(AlreadyExists, match=r"^email: "):
        ann.contacts.update(found.id, email="B@example.com")
    ann.contacts.update(found.id, attributes={"a": "x" * 40_000})
    with pytest.raises(InvalidInput, match=r"^attributes: "):
        ann.contacts.update(found.id, attributes={"b": "x" * 40_000})
    assert ann.contacts.delete(found.id) is None
    with pytest.raises(NotFound):
        ann.contacts.get(found.id)
    assert ann.contacts.count() == 1


@pytest.mark.parametrize(
    "email", ["o'neil+x@example.com", "a,b@example.com", "ä%_.(*)@example.com"]
)
def test_an_address_is_found_as_it_is(ann: CampaignClient, email: str) -> None:
    ann.contacts.upsert([{"email": email}, {"email": "decoy@example.com"}])
    assert stored(ann, email).email == email
    assert ann.contacts.find("x" + email) is None


def test_somebody_elses_contact_isnt_there(ann: CampaignClient, ben: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com"}])
    hers = stored(ann, "a@example.com").id
    for other in (hers, NOBODY, str(NOBODY)):
        with pytest.raises(NotFound):
            ben.contacts.get(other)
        with pytest.raises(NotFound):
            ben.contacts.update(other, phone="1")
        with pytest.raises(NotFound):
            ben.contacts.unsubscribe(other)
        with pytest.raises(NotFound):
            ben.contacts.delete(other)
    assert ben.contacts.find("a@example.com") is None
    assert ben.contacts.count() == 0
    assert list(ben.contacts.iterate()) == []
    assert ben.contacts.fields() == ()
    assert counts(ben.contacts.upsert([{"email": "a@example.com"}])) == (1, 0, 0, 0, 0)
    assert stored(ann, "a@example.com").id == hers


@pytest.mark.parametrize("id", ["", "x", "../users", 7, None])
def test_what_isnt_an_id(ann: CampaignClient, id: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^id: "):
        ann.contacts.get(id)
    with pytest.raises(InvalidInput, match=r"^id: "):
        ann.contacts.unsubscribe(id)
    with pytest.raises(InvalidInput, match=r"^id: "):
        ann.contacts.delete(id)


def test_iterate(ann: CampaignClient) -> None:
    ann.contacts.upsert({"email": f"c{n}@example.com", "attributes": {"n": n}} for n in range(25))
    everybody = list(ann.contacts.iterate(page_size=7))
    assert [each.id for each in everybody] == sorted(each.id for each in everybody)
    assert len({each.email for each in everybody}) == 25
    assert list(ann.contacts.iterate()) == everybody
    assert list(ann.contacts.iterate(everyone(), page_size=1)) == everybody
    some = list(ann.contacts.iterate(field("n") >= 20, page_size=2))
    assert sorted(each.attributes["n"] for each in some) == [20, 21, 22, 23, 24]
    for size in (0, 10_001):
        with pytest.raises(InvalidInput, match="page_size"):
            list(ann.contacts.iterate(page_size=size))


def test_fields(ann: CampaignClient) -> None:
    ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"n": 1, "address": {"city": "Pune"}}},
            {"email": "b@example.com", "attributes": {"n": "x", "tags": ["a"], "none": None}},
        ]
    )
    fields = {each.name: each for each in ann.contacts.fields()}
    assert set(fields) == {"n", "address.city", "tags"}
    assert fields["n"].types == ("number", "string")
    assert fields["n"].coverage == 1
    assert fields["address.city"].coverage == 0.5
    assert fields["tags"].present == 1
