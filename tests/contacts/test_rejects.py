"""The file of refused rows: corrected and imported as it is, it stores what was meant."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient, InvalidInput, Unavailable
from campaign_sdk._core.cells import is_formula


def corrected(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_bytes().decode("utf-8-sig")
    for wrong, right in changes:
        assert wrong in text
        text = text.replace(wrong, right)
    path.write_bytes(text.encode("utf-8-sig"))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_corrected_file_is_simply_imported(
    ann: CampaignClient, tmp_path: Path, encoding: str
) -> None:
    source, rejects = tmp_path / "source.csv", tmp_path / "rejects.csv"
    source.write_bytes(
        "email;zip;city;plus;Newsletter\r\n"
        "a@example.com;01067;Köln;+5;no\r\n"
        "b@@example.com;10115;Köln;-1;yes\r\n"
        "c@@example.com;'02;=1+1;2;no\r\n".encode(encoding)
    )
    consent = {"column": "Newsletter", "opted_out": ["no"]}
    report = ann.contacts.import_csv(source, rejects=rejects, consent=consent)
    assert (report.created, report.rejected, report.opted_out) == (1, 2, 1)
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert (rejects.read_bytes()[:3] == b"\xef\xbb\xbf") == (encoding != "utf-8")
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    assert rows[0] == ["line", "column", "reason", "email", "zip", "city", "plus", "Newsletter"]
    assert all(not is_formula(cell) for row in rows for cell in row if cell not in ("-1", "+5"))
    corrected(rejects, ("b@@", "b@"), ("c@@", "c@"))
    report = ann.contacts.import_csv(rejects, consent=consent)
    assert (report.created, report.rejected) == (2, 0)
    assert "rejects" in {note.kind for note in report.notes}
    found = {each.email[0]: each for each in ann.contacts.iterate()}
    assert found["b"].attributes == {"zip": "10115", "city": "Köln", "plus": "-1"}
    assert found["c"].attributes == {"zip": "02", "city": "=1+1", "plus": "2"}
    assert {name for name, each in found.items() if not each.is_subscribed} == {"a", "c"}


def test_rejects_of_rejects_have_their_columns_once(ann: CampaignClient, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    (tmp_path / "source.csv").write_text("email,x\nnobody,1\n")
    ann.contacts.import_csv(tmp_path / "source.csv", rejects=first)
    ann.contacts.import_csv(first, rejects=second)
    assert first.read_text().replace(",2,", ",") == second.read_text().replace(",2,", ",")


def test_an_import_that_fails_leaves_the_old_rejects(
    ann: CampaignClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source.csv").write_text("email\nnobody\na@example.com\n")
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("old")

    def fail(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("campaign_sdk.contacts._import.Tally.stored", fail)
    with pytest.raises(Unavailable):
        ann.contacts.import_csv(tmp_path / "source.csv", rejects=rejects)
    assert rejects.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rejects.csv", "source.csv"]


def test_a_name_that_no_file_has_is_refused(ann: CampaignClient, tmp_path: Path) -> None:
    (tmp_path / "source.csv").write_text("email\nnobody\n")
    with pytest.raises(InvalidInput, match=r"^rejects: "):
        ann.contacts.import_csv(tmp_path / "source.csv", rejects="\0")
