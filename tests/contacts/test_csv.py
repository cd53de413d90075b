"""A CSV file, row by row: each is either an item or a problem, whatever is in it."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import InvalidInput
from campaign_sdk.contacts.files import _reader
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._plan import Row

BOM = b"\xef\xbb\xbf"


def read(tmp_path: Path, content: str | bytes, **options: Any) -> list[Row]:
    path = tmp_path / "contacts.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = ContactFile(path, **options)
    try:
        return list(source)
    finally:
        source.close()


def attributes(tmp_path: Path, cell: str, **options: Any) -> dict[str, Any]:
    [row] = read(tmp_path, f'email,x\na@b.cd,"{cell}"\n', **options)
    assert row.item is not None
    found: dict[str, Any] = row.item["attributes"]
    return found


def problems(rows: list[Row]) -> dict[int, str]:
    return {row.line: str(row.problem) for row in rows if row.problem}


def test_rows(tmp_path: Path) -> None:
    content = BOM + " EMAIL , Phone,city\r\n Å@Example.COM ,030 1, Köln \r\n\r\nb@c.de,,\n".encode()
    first, second = read(tmp_path, content)
    assert first.item == {
        "email": "å@example.com",
        "phone": "030 1",
        "attributes": {"city": "Köln"},
    }
    assert second.item == {"email": "b@c.de", "attributes": {}}
    assert [first.line, second.line] == [2, 4]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("0.50", 0.5),
        ("007", "007"),
        ("+7", "+7"),
        ("1e5", "1e5"),
        ("1,5", "1,5"),
        ("\u0667", "\u0667"),
        ("1" * 16, "1" * 16),
        ("-", "-"),
        ("nan", "nan"),
        ("true", True),
        ("FALSE", False),
        ("'true", "true"),
        ("yes", "yes"),
        ('[1, ""a""]', [1, "a"]),
        ("[1", "[1"),
        ("1.5e+20", 150000000000000000000),
        ("1e+400", "1e+400"),
        ("1.23E+11", "1.23E+11"),
        ("'007", "007"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("=SUM(A1)", "=SUM(A1)"),
        ("2026-02-28", "2026-02-28"),
        ("2026-02-30", "2026-02-30"),
        ("2026-02-28T10:00", "2026-02-28T10:00:00Z"),
        ("2026-02-28 10:00:00+02:00", "2026-02-28T08:00:00Z"),
        ("2026-02-28T10:00:00.5Z", "2026-02-28T10:00:00.500000Z"),
        ("0001-01-01T00:00+14:00", "0001-01-01T00:00+14:00"),
        # Article numbers, however much fromisoformat likes them.
        ("2026-02-28-07", "2026-02-28-07"),
        ("2026-02-28107", "2026-02-28107"),
        ("2026-02-28/07", "2026-02-28/07"),
        ("20260228", 20260228),
    ],
)
def test_values_are_typed_by_their_looks(tmp_path: Path, cell: str, value: object) -> None:
    found = attributes(tmp_path, cell)["x"]
    assert found == value
    assert type(found) is type(value)


def test_a_naive_moment_is_read_in_the_time_zone_given(tmp_path: Path) -> None:
    found = attributes(tmp_path, "2026-07-01 10:00", timezone="Europe/Berlin")
    assert found == {"x": "2026-07-01T08:00:00Z"}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", {"7": "7", "2026-01-01": "2026-01-01"}, []),
        ("number", {"7": 7, "7.5": 7.5}, ["007", "seven", "2026-01-01", "1e5"]),
        ("boolean", {"yes": True, "FALSE": False, "1": True}, ["2", "maybe", "n/a", "-"]),
        ("boolean", {"WAHR": True, "falsch": False, "Oui": True, "não": False}, ["vielleicht"]),
        ("date", {"2026-01-01": "2026-01-01"}, ["1.1.2026", "7", "2026-13-01", "2026-01-01T99"]),
        ("auto", {"7": 7, "x": "x"}, []),
    ],
)
def test_types_that_are_told(tmp_path: Path, kind: Any, good: dict[str, Any], bad: Any) -> None:
    for cell, value in good.items():
        assert attributes(tmp_path, cell, types={"x": kind}) == {"x": value}
    for cell in bad:
        [row] = read(tmp_path, f"email,x\na@b.cd,{cell}\n", types={"x": kind})
        assert row.problem is not None
        assert row.problem.path == "x"


def test_columns_nest(tmp_path: Path) -> None:
    header = "email,address.city,address.geo.lat,address"
    [row] = read(tmp_path, f"{header}\na@b.cd,Pune,18.5,\n")
    assert row.item is not None
    assert row.item["attributes"] == {"address": {"city": "Pune", "geo": {"lat": 18.5}}}
    for cells in ("Pune,,x", ",18.5,x"):
        [row] = read(tmp_path, f"{header}\na@b.cd,{cells}\n")
        assert row.problem is not None
        assert row.problem.path == "address"


def test_bad_rows_cost_only_themselves(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        b"email,city,phone\n"
        b"nobody,Pune,\n"
        b",Pune,\n"
        b"a@b.cd,Pune,1,2\n"
        b"b@b.cd\n"
        b"c@b.cd,\xff,\n"
        b"d@b.cd,a\0b,\n"
        b"e@b.cd," + b"x" * 140_000 + b",\n"
        b'f@b.cd,"a"b,\n'
        b"g@b.cd,Pune," + b"1" * 65 + b"\n"
        b"h@b.cd,Pune,1\n",
    )
    assert [row.item["email"] for row in rows if row.item] == ["b@b.cd", "h@b.cd"]
    found = problems(rows)
    assert found[2].startswith("email: isn't an e-mail address")
    assert found[3].startswith("email: is missing")
    assert found[4] == "row: has 4 cells for 3 columns"
    assert found[6] == "city: isn't utf-8 text"
    assert "NUL" in found[7]
    assert found[8].startswith("row: isn't well-formed CSV")
    assert found[9].startswith("row: isn't well-formed CSV")
    assert found[10].startswith("phone:")
    assert list(found) == [2, 3, 4, 6, 7, 8, 9, 10]


def test_a_value_in_a_column_without_a_name_is_refused(tmp_path: Path) -> None:
    rows = read(tmp_path, "email,,\na@b.cd,,\nb@b.cd,,x\n")
    assert [bool(row.item) for row in rows] == [True, False]


def test_numbers_in_one_cell_are_a_text(tmp_path: Path) -> None:
    first, second = read(tmp_path, 'email,x\na@b.cd,1\nb@b.cd,"2\n3"\n')
    assert first.item is not None
    assert second.item is not None
    assert (first.item["attributes"], second.item["attributes"]) == ({"x": "1"}, {"x": "2\n3"})


def test_numbers_are_counted_as_often_as_they_stand_there(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email,x\n" + "a@b.cd,5\n" * 700 + "a@b.cd,five\n" * 300)
    source = ContactFile(path)
    source.close()
    assert "700 of 1,000 cells look like numbers" in source.warnings[0].text


def test_a_file_isnt_kept_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email,x\n" + f"a@b.cd,{'x' * 200}\n" * 20_000)
    with path.open("rb") as stream:
        reader = _reader.Reader(stream, "utf-8", ",")
        tracemalloc.start()
        count = sum(1 for _ in reader)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        reader.close()
    assert count == 20_001
    assert most < 1_000_000


@pytest.mark.parametrize("block", [1, 20, 1 << 16])
def test_rows_are_the_same_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(_reader, "_BLOCK", block)
    rows = read(
        tmp_path,
        'email,x\n\na@b.cd,"1\n2\n3"\rb@b.cd,"never\nc@b.cd,3\r\n\r\nd@b.cd,"x"y\n"e@b.cd"'
        ',"4\n"\nf@b.cd,5\n"',
    )
    told = [(row.line, row.item["attributes"]["x"] if row.item else row.cells) for row in rows]
    assert told == [
        *[(3, "1\n2\n3"), (6, ('b@b.cd,"never',)), (7, "3"), (9, ('d@b.cd,"x"y',))],
        *[(10, "4"), (12, "5"), (13, ('"',))],
    ]


@pytest.mark.parametrize("after", ["", "y@b.cd,Pune\n" * 3, "y@b.cd,Pune\n" * 20_000])
def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path, after: str) -> None:
    rows = read(tmp_path, f'email,city\na@b.cd,"two\nlines"\nb@b.cd,"open\n{after}')
    first, broken, *others = rows
    assert first.item is not None
    assert first.item["attributes"] == {"city": "two\nlines"}
    assert broken.line == 4
    assert broken.cells == ('b@b.cd,"open',)
    assert [row.line for row in others] == list(range(5, 5 + after.count("\n")))
    assert all(row.item for row in others)


def test_other_dialects(tmp_path: Path) -> None:
    [row] = read(tmp_path, "email;x\na@b.cd;1,5\n", delimiter=";")
    assert row.item is not None
    assert row.item["attributes"] == {"x": "1,5"}
    for encoding in ("latin-1", "utf-16", "cp1252"):
        content = "email,city\na@b.cd,Köln\n".encode(encoding)
        [row] = read(tmp_path, content, encoding=encoding)
        assert row.item is not None
        assert row.item["attributes"] == {"city": "Köln"}
    [row] = read(tmp_path, "email,x\ra@b.cd,1\r")
    assert row.line == 2


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        ("", "path", "is empty"),
        ("\n", "path", "is empty"),
        (",,\n", "path", "is empty"),
        ("name;town\n", "path", "no column named email, only 'name', 'town'"),
        ('email,"x\n', "path", "first line isn't well-formed"),
        (b"email,\xff\n", "path", "isn't utf-8 text"),
        ("email,a\0b\n", "path", "isn't utf-8 text"),
    ],
)
def test_a_header_that_cant_be_used(
    tmp_path: Path, content: str | bytes, path: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, content)
    assert caught.value.path == path
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"delimiter": ""}, "delimiter"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"delimiter": '"'}, "delimiter"),
        ({"delimiter": "\n"}, "delimiter"),
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "utf-16"}, "path"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"types": {"y": "text"}}, "types"),
        ({"types": {"x": "integer"}}, "types"),
    ],
)
def test_an_option_that_cant_be_used(tmp_path: Path, options: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, "email,x\na@b.cd,1\n", **options)
    assert caught.value.path == path


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cant_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="can't be read"):
        ContactFile(tmp_path / name)


def test_text_that_ends_in_the_middle_of_a_letter(tmp_path: Path) -> None:
    content = "email,x\na@b.cd,1\n".encode("utf-16") + b"\x61"
    with pytest.raises(InvalidInput, match="isn't utf-16 text"):
        read(tmp_path, content, encoding="utf-16")


@given(content=st.binary() | st.text('a@b.cd,"\n\r\0;\ufeff 17', max_size=60).map(str.encode))
def test_no_file_is_a_crash(tmp_path: Path, content: bytes) -> None:
    rows = read(tmp_path, b"email,x\n" + content)
    assert all(bool(row.item) is not bool(row.problem) for row in rows)
    assert [row.line for row in rows] == sorted({row.line for row in rows})


@given(cells=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4)))
def test_every_row_is_there(tmp_path: Path, cells: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["email", "x", "y"], *cells])
    rows = read(tmp_path, stream.getvalue())
    assert len(rows) == sum(1 for row in cells if any(row))
