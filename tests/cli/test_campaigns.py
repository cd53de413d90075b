from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from campaign_sdk import CampaignClient, everyone, field

from .conftest import Campaign

pytestmark = pytest.mark.usefixtures("world")


def status_of(world: CampaignClient, name: str) -> str:
    return next(one.status for one in world.campaigns.list() if one.name == name)


def test_the_main_job(campaign: Campaign) -> None:
    made = ["create", "Launch", "--message-file", "message.txt", "--segment", "Lapsed"]
    assert "[draft]" in campaign(*made).stdout
    assert "Ready for 2 contacts" in campaign("preflight", "Launch").stdout
    assert "Hello Pune" in campaign("messages", "Launch").stdout
    launched = campaign("launch", "Launch").stdout
    assert "[active]" in launched
    assert "Launch is launched for 2 contacts." in launched
    campaign("pause", "Launch")
    campaign("resume", "Launch")
    campaign("complete", "Launch")
    campaign("archive", "Launch")
    moves = json.loads(campaign("history", "Launch", "--json").stdout)
    assert [move["to_status"] for move in moves] == [
        "active", "paused", "active", "completed", "archived",
    ]  # fmt: skip
    assert "completed" in campaign("history", "Launch").stdout


def test_a_message_that_is_not_ready(campaign: Campaign) -> None:
    campaign("edit", "Spring", "--message", "Hi {{ frist_name }}")
    found = campaign("preflight", "Spring", code=7)
    assert "error: message" in found.stdout
    answer = json.loads(campaign("preflight", "Spring", "--json", code=7).stdout)
    assert answer["ok"] is False
    assert "frist_name" in answer["problems"][0]["reason"]
    campaign("create", "Empty", "--where", "everyone")
    refused = campaign("launch", "Empty", code=7)
    assert "preflight" in refused.stderr


def test_the_noun_may_stand_before_the_verb(campaign: Campaign) -> None:
    assert campaign("campaigns", "show", "Spring").stdout == campaign("show", "Spring").stdout
    assert "No such command" in campaign("campaigns", "fly", code=2).stderr
    assert "No such command" in campaign("campaigns", "--help", code=2).stderr


def test_illegal_moves(campaign: Campaign) -> None:
    refused = campaign("resume", "Spring", code=7)
    assert refused.stderr == "error: can't resume a campaign that is draft\n"


def test_schedule(world: CampaignClient, campaign: Campaign) -> None:
    said = campaign("schedule", "Spring", "--at", "2100-01-01T09:00", "--timezone", "Asia/Kolkata")
    assert "2100-01-01 03:30 UTC" in said.stdout
    assert status_of(world, "Spring") == "scheduled"
    campaign("unschedule", "Spring")
    too_late = campaign("schedule", "Spring", "--at", "2020-01-01", code=8)
    assert "future" in too_late.stderr


@pytest.fixture
def kolkata(world: CampaignClient) -> Iterator[UUID]:
    made = world.campaigns.create(
        "Diwali", message="x", rules=everyone(), timezone="Asia/Kolkata"
    ).id
    yield made
    world.campaigns.delete(made)


def test_a_moment_without_an_offset_is_in_the_campaigns_zone(
    world: CampaignClient, campaign: Campaign, kolkata: UUID
) -> None:
    said = campaign("schedule", "Diwali", "--at", "2100-03-01T09:00")
    assert "2100-03-01 09:00 Asia/Kolkata" in said.stdout
    assert world.campaigns.get(kolkata).scheduled_at == datetime(2100, 3, 1, 3, 30, tzinfo=UTC)
    shown = " ".join(campaign("show", "Diwali").stdout.split())
    assert "scheduled_at 2100-03-01 09:00 Asia/Kolkata" in shown
    campaign("schedule", "Diwali", "--at", "2100-03-01T09:00+00:00")
    assert world.campaigns.get(kolkata).scheduled_at == datetime(2100, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "says", "moment"),
    [
        ("2030-03-31T02:30", "leave out 02:30 that day: taken as 03:30", "2030-03-31T01:30Z"),
        ("2030-10-27T02:30", "show 02:30 twice that day", "2030-10-27T00:30Z"),
        ("2030-10-27T04:30", "", "2030-10-27T03:30Z"),
    ],
)
def test_gaps_and_doubled_hours_are_said(
    world: CampaignClient, campaign: Campaign, kolkata: UUID, at: str, says: str, moment: str
) -> None:
    said = campaign("schedule", "Diwali", "--at", at, "--timezone", "Europe/Berlin")
    assert says in " ".join(said.stderr.split())
    assert bool(said.stderr) is bool(says)
    assert world.campaigns.get(kolkata).scheduled_at == datetime.fromisoformat(moment)


def test_a_launch_and_a_schedule_ask_the_preflight(campaign: Campaign) -> None:
    campaign("create", "Abroad", "--message", "Hi", "--where", "not ctiy is 'Delhi'")
    found = campaign("preflight", "Abroad", code=7)
    assert "did you mean 'city'" in found.stdout
    refused = campaign("launch", "Abroad", code=7)
    assert "did you mean 'city'" in refused.stderr
    assert "--force" in refused.stderr
    # What no launch can do without isn't overruled.
    campaign("create", "Bare", "--where", "everyone")
    bare = campaign("launch", "Bare", code=7).stderr
    assert "no message" in bare
    assert "campaign preflight" in bare
    assert "--force" not in bare
    later = ("schedule", "Abroad", "--at", "2100-01-01")
    assert "--force" in campaign(*later, code=7).stderr
    assert "[scheduled]" in campaign(*later, "--force").stdout
    assert "[active]" in campaign("launch", "Abroad", "--force").stdout


def test_a_test_of_two_messages(campaign: Campaign, client: CampaignClient) -> None:
    client.contacts.upsert([{"email": f"{n}@example.com"} for n in range(3)])
    two = ("--variant", "plain=It is red.", "--variant", "story=When = my grandmother")
    who = ("--where", "everyone", "--subject", "A kettle")
    shown = campaign("create", "Kettles", *who, *two, "--hold-out", "0.05", "--test-share", "0.5")
    assert "plain, story" in shown.stdout
    made = client.campaigns.get("Kettles")
    assert [(each.name, each.message) for each in made.variants] == [
        ("plain", "It is red."),
        ("story", "When = my grandmother"),
    ]
    assert (made.hold_out, made.test_share) == (0.05, 0.5)
    campaign("create", "x", *who, "--variant", "no message", code=2)
    campaign("create", "x", *who, "--test-share", "0.5", code=8)


def editor(folder: Path, code: str) -> str:
    script = folder / "editor.py"
    script.write_text(f"import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n{code}\n")
    return f"{sys.executable} {script}"


def test_edit_in_the_editor(
    campaign: Campaign, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    change = "file.write_text(file.read_text().replace('Hello', 'Goodbye'))"
    monkeypatch.setenv("EDITOR", editor(folder, change))
    assert "Goodbye {{ city }}!" in campaign("edit", "Spring").stdout


def test_a_refused_text_is_not_lost(
    campaign: Campaign, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("VISUAL", editor(folder, "file.write_text('long work {{')"))
    refused = campaign("edit", "Spring", code=8)
    kept = refused.stderr.split("kept in ")[1].split("error:")[0]
    assert Path("".join(kept.split())).read_text() == "long work {{"


@pytest.mark.parametrize("command", ["no-such-editor", "false"])
def test_an_editor_that_fails(
    command: str, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", command)
    assert command in campaign("edit", "Spring", code=3).stderr


def test_list_and_show(campaign: Campaign) -> None:
    campaign("launch", "Spring")
    assert "active" in campaign("list", "--status", "active").stdout
    [spring] = json.loads(campaign("list", "--status", "active", "--json").stdout)
    assert spring["audience_size"] == 2
    assert json.loads(campaign("show", "Spring", "--json").stdout) == spring
    assert "must be one of draft" in campaign("list", "--status", "x", code=8).stderr


def test_messages_stream_to_whatever_sends_them(campaign: Campaign) -> None:
    rendered = json.loads(campaign("messages", "Spring", "--json").stdout)
    assert {one["email"]: one["message"] for one in rendered} == {
        "asha@example.com": "Hello Pune!",
        "ben@example.com": "Hello Delhi!",
    }
    assert campaign("messages", "Spring", "--limit", "1").stdout.count("Hello") == 1


def test_the_audience_as_csv_and_as_json(
    world: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    world.contacts.unsubscribe(next(world.contacts.iterate(field("orders") > 3)).id)
    reached = json.loads(campaign("audience", "Spring", "--json").stdout)
    campaign("audience", "Spring", "--output", "spring.csv")
    lines = (folder / "spring.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(reached) == len(lines) - 1 == 1


def test_duplicate_and_delete(world: CampaignClient, campaign: Campaign) -> None:
    campaign("duplicate", "Spring")
    assert status_of(world, "Copy of Spring") == "draft"
    campaign("delete", "Copy of Spring", "--yes")
    assert "Copy of Spring" not in [one.name for one in world.campaigns.list()]


def test_names_are_shown_as_they_are(world: CampaignClient, campaign: Campaign) -> None:
    name = "[bold]Sale[/] \x1b[31m 50 %"
    world.campaigns.create(name, message="Hello", rules=everyone())
    shown = campaign("list").stdout
    assert "[bold]Sale[/]" in shown
    assert "\x1b" not in shown
    assert "[bold]Sale[/]" in campaign("launch", name).stdout


def test_a_message_that_is_html_only_is_shown(world: CampaignClient, campaign: Campaign) -> None:
    (Path("only.html")).write_text("<p>Hello {{ city }}</p>")
    campaign("create", "Html", "--segment", "Lapsed", "--subject", "Hi", "--html", "only.html")
    assert "<p>Hello {{ city }}</p>" in campaign("show", "Html").stdout
    assert "<p>Hello Pune</p>" in campaign("messages", "Html").stdout
    assert world.campaigns.get("Html").message is None
