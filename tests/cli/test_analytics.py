from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient

from .conftest import Campaign

pytestmark = pytest.mark.usefixtures("world")


def test_the_same_file_counts_once(campaign: Campaign) -> None:
    ingest = ("analytics", "ingest", "events.jsonl", "--campaign", "Spring")
    first = campaign(*ingest, code=19).stdout
    assert "inserted    3" in first
    assert "duplicates  1" in first
    assert "rejected    1" in first
    again = json.loads(campaign(*ingest, "--json", code=19).stdout)
    assert (again["inserted"], again["duplicates"], again["rejected"]) == (0, 4, 1)
    total = json.loads(campaign("analytics", "summary", "Spring", "--json").stdout)
    assert (total["impressions"], total["clicks"], total["ctr"]) == (2, 1, 0.5)
    assert "50.0%" in campaign("analytics", "summary", "Spring").stdout
    assert "every count" in campaign("analytics", "reconcile", "Spring").stdout.lower()


def test_events_from_csv(world: CampaignClient, campaign: Campaign, folder: Path) -> None:
    spring = next(one for one in world.campaigns.list() if one.name == "Spring")
    (folder / "events.csv").write_text(
        "campaign_id,event_id,type,occurred_at,value\n"
        f"{spring.id},1,conversion,2026-03-01T00:00:00Z,12.50\n"
        f"{spring.id},2,conversion,2026-03-01T00:00:00Z,much\n"
    )
    report = json.loads(campaign("analytics", "ingest", "events.csv", "--json", code=19).stdout)
    assert (report["inserted"], report["rejected"]) == (1, 1)
    assert report["problems"][0]["path"] == "value"
    assert world.analytics.summary(spring.id).value == 12.5


def test_foreign_bytes_and_refused_events(campaign: Campaign, folder: Path) -> None:
    ingest = ("analytics", "ingest", "--campaign", "Spring")
    row = "event_id,type,occurred_at\n{},click,2026-03-01T00:00:00Z\n"
    (folder / "utf16.csv").write_bytes(row.format("u1").encode("utf-16"))
    (folder / "cp1252.csv").write_bytes(row.format("Zo\u00eb").encode("cp1252"))
    assert "inserted    1" in campaign(*ingest, "utf16.csv").stdout
    assert "name the encoding" in campaign(*ingest, "cp1252.csv", code=8).stdout
    assert "inserted    1" in campaign(*ingest, "cp1252.csv", "--encoding", "cp1252").stdout
    (folder / "bad.csv").write_text(row.format("b1").replace("click", "opened"))
    refused = campaign(*ingest, "bad.csv", "--rejects", "kept.csv", code=8)
    assert "kept.csv" in refused.stderr
    assert "2  type" in refused.stdout
    assert (folder / "kept.csv").read_text().startswith("line,column,reason,event_id")
    campaign(*ingest, "nowhere.csv", code=8)


def test_record_twice_adds_twice(campaign: Campaign) -> None:
    record = ("analytics", "record", "Spring", "--impressions", "1000", "--on", "2026-03-01")
    campaign(*record)
    assert "2,000" in campaign(*record).stdout
    differ = campaign("analytics", "reconcile", "Spring").stdout
    assert "+2,000" in differ
    assert campaign("analytics", "record", "Spring", "--clicks", "-1", code=2)


def test_report(campaign: Campaign, folder: Path) -> None:
    campaign("analytics", "ingest", "events.jsonl", "--campaign", "Spring", code=19)
    shown = campaign("analytics", "report", "--campaign", "Spring").stdout
    assert "2026-03-02" in shown
    assert "100.00%" in shown
    assert "total" in shown
    assert "█" in shown
    by = ("--by", "campaign", "--metrics", "impressions,ctr")
    assert "Spring" in campaign("analytics", "report", *by).stdout
    campaign("analytics", "report", *by, "--output", "r.csv", "--plot", "r.svg")
    with (folder / "r.csv").open() as stream:
        counted = {row["campaign_name"]: row["impressions"] for row in csv.DictReader(stream)}
    assert counted["Spring"] == "2"
    assert "<svg" in (folder / "r.svg").read_text()
    answer = json.loads(campaign("analytics", "report", "--segment", "Lapsed", "--json").stdout)
    assert answer["totals"]["impressions"] == 2
    assert "joy" in campaign("analytics", "report", "--metrics", "joy", code=8).stderr
    campaign("analytics", "report", "--by", "hour", code=8)


def test_compare_is_honest(campaign: Campaign) -> None:
    for name, clicks in (("Spring", "60"), ("Summer", "6")):
        campaign("analytics", "record", name, "--impressions", "1000", "--clicks", clicks)
    shown = campaign("analytics", "compare", "Spring", "Summer").stdout
    assert "a is higher" in shown
    assert "points" in shown
    answer = json.loads(campaign("analytics", "compare", "Spring", "Summer", "--json").stdout)
    assert answer["verdict"] == "a"
    campaign("create", "Quiet", "--where", "everyone", "--message", "Hi")
    nothing = campaign("analytics", "compare", "Spring", "Quiet", "--metric", "cvr").stdout
    assert "inconclusive" in nothing
    assert "- to -" not in nothing


def test_counts_that_contradict_each_other_are_pointed_at(campaign: Campaign) -> None:
    odd = "ctr is not defined: 5 clicks of 0 impressions"
    assert odd in campaign("record", "Spring", "--clicks", "5").stderr
    assert odd in campaign("analytics", "summary", "Spring").stderr
    assert campaign("report", "--campaign", "Spring").stderr.count("is not defined") == 1


def test_watch_in_a_pipe(campaign: Campaign) -> None:
    watched = campaign("analytics", "watch", "Spring", "--changes", "1")
    assert watched.stdout == "impressions=0 clicks=0 conversions=0\n"
    line = campaign("analytics", "watch", "Spring", "--changes", "1", "--json").stdout
    assert json.loads(line)["impressions"] == 0
