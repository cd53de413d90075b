"""Files of events: any encoding, any delimiter, each line accounted for, none counted twice."""

from __future__ import annotations

import codecs
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, InvalidInput

HEADER = "event_id,type,occurred_at"
MOMENT = "2026-11-20T10:00:00Z"


@pytest.fixture
def campaign(ann: CampaignClient) -> UUID:
    return ann.campaigns.create("Files").id


def told(report: Any) -> tuple[int, int, int]:
    return report.inserted, report.duplicates, report.rejected


def line(event_id: str, **more: Any) -> str:
    event = {"event_id": event_id, "type": "click", "occurred_at": MOMENT, **more}
    return json.dumps(event, ensure_ascii=False) + "\n"


def ingest(ann: CampaignClient, file: Any, campaign: UUID, **options: Any) -> Any:
    return ann.analytics.ingest_file(file, campaign_id=campaign, **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_is_read_as_its_program_wrote_it(
    ann: CampaignClient, campaign: UUID, tmp_path: Path, encoding: str, kind: str
) -> None:
    text = f"{HEADER}\r\nZoë-1,click,{MOMENT}\r\n" if kind == "csv" else line("Zoë-1")
    file = tmp_path / f"events.{kind}"
    file.write_bytes(text.encode(encoding))
    assert told(ingest(ann, file, campaign)) == (1, 0, 0)
    again = {"campaign_id": campaign, "event_id": "Zoë-1", "type": "click", "occurred_at": MOMENT}
    assert told(ann.analytics.ingest([again])) == (0, 1, 0)


def test_an_encoding_that_could_only_be_guessed_is_named(
    ann: CampaignClient, campaign: UUID, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(f"{HEADER}\nZoë-1,click,{MOMENT}\nb,click,{MOMENT}\n".encode("cp1252"))
    report = ingest(ann, file, campaign)
    assert told(report) == (1, 0, 1)
    (problem,) = report.problems
    assert (problem.line, problem.path) == (2, "event_id")
    assert problem.reason == "isn't utf-8 text; if it is cp1252, name the encoding"
    assert told(ingest(ann, file, campaign, encoding="cp1252")) == (1, 1, 0)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_delimiter_is_found_out_or_told(
    ann: CampaignClient, campaign: UUID, tmp_path: Path, delimiter: str
) -> None:
    file = tmp_path / "events.csv"
    rows = [HEADER, f"a,click,{MOMENT}"]
    file.write_text("\n".join(rows).replace(",", delimiter))
    assert told(ingest(ann, file, campaign)) == (1, 0, 0)
    assert told(ingest(ann, file, campaign, delimiter=delimiter)) == (0, 1, 0)


def test_one_broken_byte_costs_its_own_line(
    ann: CampaignClient, campaign: UUID, tmp_path: Path
) -> None:
    good = [line(f"e{n}").encode() for n in range(1_500)]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join([*good, b'{"event_id": "\xff"}\n', line("last").encode()]))
    report = ingest(ann, file, campaign)
    assert told(report) == (1_501, 0, 1)
    (problem,) = report.problems
    assert (problem.line, problem.position, problem.path) == (1_501, 1_500, "row")
    assert problem.reason == "isn't utf-8 text"
    assert ann.analytics.summary(campaign).clicks == 1_501


LINES = [
    line("good"),
    "\n",
    "{broken\n",
    "[1, 2]\n",
    '"text"\n',
    line("bad type", type="opened"),
    line("unknown", colour="red"),
    line("elsewhere", campaign_id="00000000-0000-0000-0000-000000000001"),
    line("worth", type="conversion", value=Decimal("12.50").__float__()),
    "[" * 100_000 + "\n",
]


def test_every_line_of_json_is_accounted_for(
    ann: CampaignClient, campaign: UUID, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "events.jsonl", tmp_path / "rejects.jsonl"
    file.write_text("".join(LINES))
    report = ingest(ann, file, campaign, rejects=rejects)
    assert told(report) == (2, 0, 7)
    places = {(problem.line, problem.path) for problem in report.problems}
    assert places == {(3, "row"), (4, "row"), (5, "row"), (6, "type"), (7, "colour"),
                      (8, "campaign_id"), (10, "row")}  # fmt: skip
    kept = [json.loads(text) for text in rejects.read_text().splitlines()]
    assert {one["refused"]["line"] for one in kept} == {3, 4, 5, 6, 7, 8, 10}
    assert next(one for one in kept if one["refused"]["line"] == 3)["refused"]["text"] == "{broken"
    mended = rejects.read_text().replace('"opened"', '"click"').replace(', "colour": "red"', "")
    rejects.write_text(mended)
    assert told(ingest(ann, rejects, campaign))[0] == 2


def test_every_row_of_a_csv_is_accounted_for(
    ann: CampaignClient, campaign: UUID, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "events.csv", tmp_path / "rejects.csv"
    rows = [
        f"{HEADER},value,",
        f"a,click,{MOMENT},,",
        f"b,conversion,{MOMENT},much,",
        f"c,click,{MOMENT},,x",
        f"d,click,{MOMENT},,,,",
        f"e,click,{MOMENT},,,y",
        f'"f,click,{MOMENT},,',
        f"=g,opened,{MOMENT},,",
        "",
        f"h,conversion,{MOMENT},1.50,",
    ]
    file.write_text("\n".join(rows) + "\n")
    report = ingest(ann, file, campaign, rejects=rejects)
    assert told(report) == (3, 0, 5)
    assert {(problem.line, problem.path) for problem in report.problems} == {
        (3, "value"), (4, "row"), (6, "row"), (7, "row"), (8, "type"),
    }  # fmt: skip
    assert ann.analytics.summary(campaign).value == Decimal("1.50")
    header, *kept = rejects.read_text().splitlines()
    assert header == f"line,column,reason,{HEADER},value,"
    assert len(kept) == 5
    rejects.write_text(rejects.read_text().replace(",much,", ",2,").replace("opened", "click"))
    again = ingest(ann, rejects, campaign)
    assert told(again)[0] == 2
    assert ann.analytics.summary(campaign).value == Decimal("3.50")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"id,type,occurred_at\n", "has no column named event_id, only 'id'"),
        ("a.csv", b"event_id,type,occurred_at,type\n", "more than once"),
        ("a.jsonl", b'[\n{"event_id": "1"}]', "one event a line"),
        ("a.xlsx", b"PK\x03\x04", "a workbook"),
        ("a.jsonl", codecs.BOM_UTF16_LE + b"\x00", "isn't utf-16 text"),
    ],
)
def test_what_is_no_file_of_events(
    ann: CampaignClient, campaign: UUID, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=says):
        ingest(ann, file, campaign)


@pytest.mark.parametrize(
    "options",
    [{"encoding": "nope"}, {"delimiter": "ab"}, {"batch_size": 0}, {"rejects": "events.jsonl"}],
)
def test_options_that_are_wrong(
    ann: CampaignClient, campaign: UUID, tmp_path: Path, options: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.jsonl").write_text(line("a"))
    with pytest.raises(InvalidInput) as caught:
        ingest(ann, "events.jsonl", campaign, **options)
    assert caught.value.path == next(iter(options))
    assert Path("events.jsonl").read_text() == line("a")


def test_what_is_open_already(ann: CampaignClient, campaign: UUID) -> None:
    assert told(ingest(ann, io.BytesIO(line("a").encode()), campaign)) == (1, 0, 0)
    assert told(ingest(ann, io.StringIO(f"{HEADER}\na,click,{MOMENT}\n"), campaign)) == (0, 1, 0)


def test_a_file_that_breaks_off_says_how_far_it_came(
    ann: CampaignClient, campaign: UUID, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(
        "".join(line(f"e{n}") for n in range(2_000)).encode("utf-16") + b"\x00\xd8\x00"
    )
    with pytest.raises(InvalidInput, match="isn't utf-16 text") as caught:
        ingest(ann, file, campaign, batch_size=500)
    assert "new events were counted before this" in caught.value.__notes__[0]
