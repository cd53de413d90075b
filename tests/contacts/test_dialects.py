"""A file is read as its program wrote it: bytes, delimiters, headers, types."""

from __future__ import annotations

import io
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk import InvalidInput
from campaign_sdk.contacts.files import _source
from campaign_sdk.contacts.files._file import ContactFile
from campaign_sdk.contacts.files._plan import Row

PEOPLE = "email{0}name{0}city\na@b.cd{0}Zoë{0}Köln\nb@b.cd{0}Ann{0}Genève\n"


def opened(content: str | bytes, **options: Any) -> tuple[ContactFile, list[Row]]:
    data = content if isinstance(content, bytes) else content.encode()
    source = ContactFile(io.BytesIO(data), **options)
    try:
        return source, list(source)
    finally:
        source.close()


def attributes(content: str | bytes, **options: Any) -> list[dict[str, Any]]:
    _, rows = opened(content, **options)
    return [row.item["attributes"] for row in rows if row.item]


def column(cells: list[str], **options: Any) -> list[Any]:
    lines = "".join(f'a{n}@b.cd;"{cell}"\n' for n, cell in enumerate(cells))
    found = attributes(f"email;x\n{lines}", delimiter=";", **options)
    return [each.get("x") for each in found]


def warned(cells: list[str], header: str = "x", delimiter: str = ";", **options: Any) -> str:
    lines = "".join(f'a{n}@b.cd{delimiter}"{cell}"\n' for n, cell in enumerate(cells))
    source, _ = opened(f"email{delimiter}{header}\n{lines}", **options)
    return " ".join(map(str, source.warnings))


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(encoding: str, delimiter: str) -> None:
    source, rows = opened(PEOPLE.format(delimiter).encode(encoding))
    assert [row.item["attributes"]["city"] for row in rows if row.item] == ["Köln", "Genève"]
    assert source.delimiter == delimiter
    kinds = {note.kind for note in source.notes}
    assert ("delimiter" in kinds) == (delimiter != ",")
    assert ("encoding" in kinds) == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Иван,Москва", "cp1251"),
        ("Łucja,Łódź", "cp1250"),
        ("Γιώργος,Αθήνα", "cp1253"),
        ("山田太郎,東京都港区", "cp932"),
        ("O\u2019Neil,\u20ac 5", "cp1252"),
    ],
)
def test_encodings_of_other_countries(text: str, encoding: str) -> None:
    name, city = text.split(",")
    [found] = attributes(f"email,name,city\na@b.cd,{text}\n".encode(encoding))
    assert found == {"name": name, "city": city}


@pytest.mark.parametrize("named", ["utf-8", "utf-8-sig", "cp1252", "utf-16-le", "latin-1"])
def test_a_mark_counts_more_than_a_name(named: str) -> None:
    _, rows = opened(PEOPLE.format(",").encode("utf-8-sig"), encoding=named)
    assert [row.problem for row in rows] == [None, None]


def test_a_few_bytes_that_arent_text_dont_make_another_encoding() -> None:
    content = PEOPLE.format(",").encode() + b"c@b.cd,\xff\xfe,x\n"
    source, rows = opened(content)
    assert source.encoding == "utf-8"
    assert [bool(row.problem) for row in rows] == [False, False, True]
    late = b"email,x\n" + b"a@b.cd,x\n" * 150_000 + "b@b.cd,Köln\n".encode("cp1252")
    source, _ = opened(late)
    assert source.encoding == "cp1252"


def test_what_is_no_text_is_said() -> None:
    for magic in (
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x1f\x8b\x08",
        b"7z\xbc\xaf",
    ):
        with pytest.raises(InvalidInput, match="workbook or an archive"):
            opened(magic + b"\0" * 100)
    with pytest.raises(InvalidInput, match="isn't one that Python knows"):
        opened("email\n", encoding="base64")


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "SEP=;\n", "\ufeffsep=;\n"])
def test_a_first_line_for_excel(first: str) -> None:
    source, [row] = opened(f"{first}email;x\na@b.cd;1,5\n")
    assert source.delimiter == ";"
    assert row.line == 3
    assert row.item == {"email": "a@b.cd", "attributes": {"x": "1,5"}}


@pytest.mark.parametrize("named", ["\t", "\\t", "tab"])
def test_a_tab_has_names(named: str) -> None:
    assert attributes("email\tx\na@b.cd\t1\n", delimiter=named) == [{"x": 1}]


def test_the_delimiter_is_that_of_the_header() -> None:
    assert attributes("email,note\na@b.cd,x;y;z\nb@b.cd,1;2;3\n")[0] == {"note": "x;y;z"}
    assert attributes('email;"a,b"\na@b.cd;1\n') == [{"a,b": 1}]
    # Without a known header the rows tell.
    source, _ = opened("Kontakt;Ort\nann@example.com;Köln\nbob@example.com;Bonn\n")
    assert source.delimiter == ";"


def test_columns_are_mapped_by_name() -> None:
    text = "E-mail 1 - Value,Town,Notes,Tel\na@b.cd,Pune,x,030 1\n"
    names = {"e-mail 1 - value": "email", "Town": "address.city", "Notes": None, "Tel": "phone"}
    source, [row] = opened(text, columns=names)
    assert row.item == {
        "email": "a@b.cd",
        "phone": "030 1",
        "attributes": {"address": {"city": "Pune"}},
    }
    assert {each.header: each.field for each in source.columns}["Notes"] is None
    _, [row] = opened("Adresse,x\na@b.cd,1\n", email_column="Adresse")
    assert row.item == {"email": "a@b.cd", "attributes": {"x": 1}}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"columns": {"nope": "email"}}, "columns"),
        ({"email_column": "nope"}, "columns"),
        ({"columns": {"x": "email", "y": "email"}}, "columns"),
        ({"columns": {"x": "a", "y": "a"}}, "columns"),
        ({"decimal": ";"}, "decimal"),
        ({"types": {"x": "date:%Q"}}, "types"),
        ({"types": {"x": "date:%d/%m"}}, "types"),
        ({"types": {"x": "number:2"}}, "types"),
    ],
)
def test_what_is_said_must_fit(options: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        opened("email,x,y\na@b.cd,1,2\n", **options)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "header",
    ["Email Address", "E-Mail", "e-mail address", "MAIL", "Correo electrónico", "メールアドレス"],
)
def test_well_known_headers_of_addresses(header: str) -> None:
    assert attributes(f"x,{header}\n1,a@b.cd\n") == [{"x": 1}]


def test_a_column_of_addresses_is_known_by_its_looks() -> None:
    assert attributes("Who,x\na@b.cd,1\nb@b.cd,2\n") == [{"x": 1}, {"x": 2}]
    with pytest.raises(InvalidInput, match="email_column"):
        opened("Who,Whom\na@b.cd,b@b.cd\n")


@pytest.mark.parametrize("first", ["a@b.cd,Ann", "Ann,a@b.cd"])
def test_the_first_person_of_a_file_is_no_header(first: str) -> None:
    with pytest.raises(InvalidInput, match="first line must name the columns") as caught:
        opened(f"{first}\n{first.replace('a', 'b')}\n")
    assert "a@b.cd" not in str(caught.value)


def test_rows_without_a_value_are_as_blank_as_lines_are() -> None:
    source, rows = opened("email;x;;\na@b.cd;1;;\n;;;\n\nb@b.cd;2;;\n;;;\n")
    assert [row.line for row in rows] == [2, 5]
    assert source.count == 2


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["24.11.26", "01.02.25"], "date:%d.%m.%y"),
        (["11/24/26", "1/2/25"], "date:%m/%d/%y"),
        (["24.11.2026", "01.02.25"], "date:%d.%m.%Y"),
    ],
)
def test_the_form_of_dates_that_is_proposed_reads_them(cells: list[str], form: str) -> None:
    people = [f"{n}@b.cd;{cell}" for n, cell in enumerate(cells)]
    text = "\n".join(["email;d", *people])
    [note] = opened(text)[0].warnings
    assert f"--type d={form}" in note.text
    _, rows = opened(text, types={"d": form})
    assert rows[0].problem is None


def test_what_looks_like_a_digit_is_none() -> None:
    assert attributes("email;d\na@b.cd;1²/²/2026\n") == [{"d": "1²/²/2026"}]


def test_headers_that_stand_there_twice() -> None:
    source, [row] = opened("email,x,x,EMail,x (2)\na@b.cd,1,2,c@b.cd,3\n")
    assert row.item is not None
    assert row.item["email"] == "a@b.cd"
    assert row.item["attributes"] == {"x": 1, "x (2)": 2, "email (2)": "c@b.cd", "x (2) (2)": 3}
    assert {note.column for note in source.notes} == {"x", "email", "x (2)"}


@pytest.mark.parametrize(
    ("header", "stored"),
    [
        ("Nr.", {"Nr.": 1}),
        ("a..b", {"a..b": 1}),
        (".a", {".a": 1}),
        ("Size (custom.facts.size)", {"Size (custom.facts.size)": 1}),
        ("address.city", {"address": {"city": 1}}),
        (r"a\.b", {"a.b": 1}),
        ("attributes.email", {"email": 1}),
        ('"=HYPERLINK(""http://evil.example"")"', {'=HYPERLINK("http://evil.example")': 1}),
        ("'=1", {"=1": 1}),
    ],
)
def test_dots_and_guards_in_headers(header: str, stored: dict[str, Any]) -> None:
    assert attributes(f"email,{header}\na@b.cd,1\n") == [stored]


def test_surplus_cells_are_nothing_while_they_are_empty() -> None:
    _, rows = opened("email,x\na@b.cd,1,, ,\nb@b.cd,2,,y\n")
    assert [str(row.problem) for row in rows] == ["None", "row: has 4 cells for 2 columns"]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["01067", "10115"], ["01067", "10115"]),
        (["10115", "01067"], ["10115", "01067"]),
        (["1", "2.5", "-3", ""], [1, 2.5, -3, None]),
        (["1.10", "1.1", "2.0"], ["1.10", "1.1", "2.0"]),
        (["412.30", "0.00", "7"], [412.3, 0.0, 7]),
        (["1", "n/a"], ["1", "n/a"]),
        (["true", "FALSE"], [True, False]),
        (["true", "maybe"], ["true", "maybe"]),
        (["1", "true"], ["1", "true"]),
        (["2026-01-31", "2026-02-01 10:00"], ["2026-01-31", "2026-02-01T10:00:00Z"]),
        (["2026-01-31T10:00+02:00", "soon"], ["2026-01-31T08:00:00Z", "soon"]),
        (["'02134", "10115"], ["02134", "10115"]),
        (["'s-Hertogenbosch", "Utrecht"], ["'s-Hertogenbosch", "Utrecht"]),
        (["+491713920012", "491713920012"], ["+491713920012", "491713920012"]),
        (["[1]", '[""a""]'], [[1], ["a"]]),
        (["1", "12345678901234567"], ["1", "12345678901234567"]),
    ],
)
def test_a_column_is_of_one_type(cells: list[str], values: list[Any]) -> None:
    found = column(cells)
    assert found == values
    assert [type(each) for each in found] == [type(each) for each in values]


def test_a_type_is_decided_over_the_whole_file() -> None:
    content = "email,zip\n" + "".join(f"c{n}@b.cd,{10000 + n}\n" for n in range(12_000))
    _, rows = opened(f"{content}z@b.cd,01067\n")
    assert {type(row.item["attributes"]["zip"]) for row in rows if row.item} == {str}


def test_phones_are_texts() -> None:
    assert attributes("email,Mobile\na@b.cd,491713920012\n") == [{"Mobile": "491713920012"}]


@pytest.mark.parametrize(
    ("decimal", "cells", "values"),
    [
        (",", ["1.234", "1.234,56", "12,50", "0,5"], [1234, 1234.56, 12.5, 0.5]),
        (",", ["12,50 €", "€ 7", "EUR 1.000", "-3,5"], [12.5, 7, 1000, -3.5]),
        (",", ["1\u00a0234,5", "1\u202f234", "1'234,5"], [1234.5, 1234, 1234.5]),
        (".", ["$1,234.50", "1,234", "USD 7", "\u22125"], [1234.5, 1234, 7, -5]),
        (",", ["1.5", "2"], ["1.5", "2"]),
        (",", ["01067", "2"], ["01067", "2"]),
    ],
)
def test_numbers_of_other_countries(decimal: str, cells: list[str], values: list[Any]) -> None:
    assert column(cells, decimal=decimal) == values
    if not any(isinstance(value, str) for value in values):
        assert column(cells, decimal=decimal, types={"x": "number"}) == values


def test_a_number_that_could_be_another_one_is_refused() -> None:
    _, rows = opened("email;x\na@b.cd;1.234,56\n", types={"x": "number"})
    assert "decimal mark" in str(rows[0].problem)


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("date:%d/%m/%Y", ["20/11/2026", "05/11/2026", "2026-11-20"],
         ["2026-11-20", "2026-11-05", "2026-11-20"]),
        ("date:%m/%d/%y", ["11/20/26"], ["2026-11-20"]),
        ("date:%d.%m.%Y %H:%M", ["20.11.2026 10:30"], ["2026-11-20T09:30:00Z"]),
        ("date:excel", ["46346", "46346.5", "1", "59", "61"],
         ["2026-11-20", "2026-11-20T11:00:00Z", "1900-01-01", "1900-02-28", "1900-03-01"]),
    ],
)  # fmt: skip
def test_dates_in_a_form_that_is_named(kind: str, cells: list[str], values: list[str]) -> None:
    assert column(cells, types={"x": kind}, timezone="Europe/Berlin") == values


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("date:%d/%m/%Y", "11/20/2026"), ("date:excel", "60"), ("date:excel", "0"),
     ("date:excel", "soon"), ("date:excel", "99999999")],
)  # fmt: skip
def test_dates_that_arent_of_that_form(kind: str, cell: str) -> None:
    _, [row] = opened(f"email,x\na@b.cd,{cell}\n", types={"x": kind})
    assert row.problem is not None
    assert row.problem.path == "x"
    assert cell not in row.problem.reason


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["20/11/2026", "05/11/2026", "2026-11-20"], "--type x=date:%d/%m/%Y"),
        (["11/20/2026", "11/05/2026"], "--type x=date:%m/%d/%Y"),
        (["20.11.2026", "5.11.2026"], "--type x=date:%d.%m.%Y"),
        (["1.234,56", "12,50"], "--decimal ,"),
        (["$1,234.50", "$2.00"], "--decimal"),
        (["1", "2", "n/a"], "2 of 3 cells look like numbers"),
        (["1.10", "1.1"], "zeros at the end"),
        (["1.234", "5.678"], "parts the thousands"),
        (["2026-01-31", "soon"], "only some cells are dates"),
    ],
)
def test_what_stays_text_or_could_be_meant_otherwise_is_said(cells: list[str], said: str) -> None:
    assert said in warned(cells)


def test_codes_that_became_numbers_are_said() -> None:
    assert "zip=text" in warned(["10115", "10117"], "zip")
    assert "'Customer ID'=text" in warned(["1", "2"], "Customer ID")
    assert warned(["10115", "10117"], "zip", types={"zip": "text"}) == ""
    assert warned(["Ann", "Bob"]) == ""
    assert warned(["1", "2"]) == ""


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
def test_two_things_of_one_name_are_said(name: str) -> None:
    assert f"attributes.{name}" in warned(["2020-05-17T00:00:00Z"], name)
    assert warned(["2020-05-17T00:00:00Z"], f"attributes.{name}") == ""


def test_what_is_open_already_is_read(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(PEOPLE.format(";").encode("cp1252"))
    with path.open("rb") as stream, path.open(encoding="cp1252", newline="") as text:
        for file in (stream, text, io.StringIO(PEOPLE.format(","))):
            source = ContactFile(file)
            assert len(list(source)) == 2
            assert source.position == source.size
            source.close()
    with pytest.raises(InvalidInput, match="must be a path, or a file"):
        ContactFile(5)  # type: ignore[arg-type]


def test_a_pipe_without_an_end_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            return b"email\n" * (size // 6)

    monkeypatch.setattr(_source, "MOST", 3 << 20)
    with pytest.raises(InvalidInput, match="comes to no end") as raised:
        ContactFile(Endless())
    assert raised.value.path == "path"


def test_a_pipe_that_waits_for_nobody_is_no_empty_file() -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    with open(read, "rb", buffering=0) as stream, pytest.raises(InvalidInput, match="must wait"):
        ContactFile(stream)
    os.close(write)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(open, "/dev/full", "w+b", 0))
    with pytest.raises(InvalidInput, match=r"can't be kept in .*: give it as a file"):
        ContactFile(io.BytesIO(b"email\na@b.example\n"))
