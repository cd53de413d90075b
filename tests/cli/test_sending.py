"""Handing over from the shell: what is seen, what is kept, and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from campaign_sdk import CampaignClient, everyone
from campaign_sdk.cli._live import Pace, sentence
from campaign_sdk.deliveries import SendReport
from senders.mailroom import Mailroom, Script, Talk, scripted, serving

from .conftest import Campaign


@pytest.fixture
def spring(world: CampaignClient) -> str:
    """A launched campaign of three."""
    made = world.campaigns.create("Easter", message="Hello!", subject="Hi", rules=everyone())
    world.campaigns.launch(made.id)
    return "Easter"


def status(world: CampaignClient, name: str) -> dict[str, int]:
    found = next(one for one in world.campaigns.list() if one.name == name)
    return world.deliveries.status(found.id).model_dump()


def test_a_campaign_leaves_through_smtp(spring: str, campaign: Campaign) -> None:
    room = Mailroom()
    with serving(room) as port:
        made = campaign("send", spring, "--via", f"smtp://127.0.0.1:{port}", "--json")
    report = json.loads(made.stdout)
    assert (report["sent"], report["failed"], report["pending"]) == (3, 0, 0)
    assert sorted(str(mail["To"]) for mail in room.mails) == [
        "asha@example.com",
        "ben@example.com",
        "cara@example.com",
    ]
    again = json.loads(campaign("deliveries", spring, "--json").stdout)
    assert [one["outcome"] for one in again] == ["sent"] * 3
    shown = campaign("deliveries", spring, "--outcome", "sent", "--limit", "2")
    assert "audience_size  3" in shown.stdout
    assert "more than 2" in shown.stderr


def test_subject_and_html_come_from_the_shell(
    world: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    (folder / "page.html").write_text("<p>Hello {{ city }}</p>")
    options = ["--subject", "For {{ city }}", "--html", "page.html", "--where", "everyone"]
    campaign("create", "Rich", *options)
    campaign("edit", "Rich", "--subject", "To {{ city }}")
    campaign("launch", "Rich")
    room = Mailroom()
    with serving(room) as port:
        campaign("send", "Rich", "--via", f"smtp://127.0.0.1:{port}", "--from", "Shop <s@b.de>")
    assert {str(mail["Subject"]) for mail in room.mails} >= {"To Pune", "To Delhi"}
    assert str(room.mails[0]["From"]) == "Shop <s@b.de>"
    assert room.mails[0].get_content_type() == "text/html"
    assert world.auth.user


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--via", "pigeon"], 3, "--via"),
        (["--via", "resend"], 3, "RESEND_API_KEY"),
        (["--via", "smtp://u:secret@mail.example.com"], 3, "in the clear"),
        (["--via", "fake", "--rate", "0"], 8, "rate"),
        (["--via", "fake", "--lease", "0"], 8, "lease"),
        (["--via", "smtp://localhost:1", "--unknown", "retry"], 8, "keys"),
        (["--via", "fake", "--unknown", "maybe"], 2, "unknown"),
        ([], 2, "via"),
    ],
)
def test_what_cant_work_is_said(
    spring: str,
    campaign: Campaign,
    options: list[str],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RESEND_API_KEY", raising=False)
    refused = campaign("send", spring, *options, code=code)
    assert said in refused.stderr
    assert "secret" not in refused.stderr


@pytest.mark.usefixtures("world")
def test_what_isnt_launched_isnt_sent(campaign: Campaign) -> None:
    assert "draft" in campaign("send", "Spring", "--via", "fake", code=7).stderr


def test_a_refused_login_ends_it_and_nobody_is_lost(
    spring: str, world: CampaignClient, campaign: Campaign
) -> None:
    with serving(Mailroom(), login=True) as port:
        via = f"smtp://shop:wrong-4711@127.0.0.1:{port}"
        refused = campaign("send", spring, "--via", via, code=17)
    assert "check user and password" in refused.stderr
    assert "4711" not in refused.output
    assert status(world, spring)["pending"] == 3


def test_what_failed_leads_to_its_reasons(world: CampaignClient, campaign: Campaign) -> None:
    text = "Hello {{ nickname }}"
    made = world.campaigns.create("To friends", message=text, subject="Hi", rules=everyone())
    world.campaigns.launch(made.id, force=True)
    said = campaign("send", "To friends", "--via", "folder:outbox", code=17).stderr
    assert "3 failed" in said
    assert "not one message was taken" in said
    assert "campaign deliveries 'To friends' --outcome failed" in said
    shown = campaign("deliveries", "To friends", "--outcome", "failed").stdout
    assert "nickname" in shown


def test_who_is_refused_among_others_is_no_failure(
    world: CampaignClient, campaign: Campaign
) -> None:
    made = world.campaigns.create(
        "To cities", message="Hello {{ nickname }}", subject="Hi", rules=everyone()
    )
    [ben] = [one for one in world.contacts.iterate() if one.email.startswith("ben")]
    world.contacts.update(ben.id, attributes={"nickname": "Benny"})
    world.campaigns.launch(made.id, force=True)
    done = campaign("send", "To cities", "--via", "folder:outbox")
    assert "2 failed" in done.stderr
    assert "not one" not in done.stderr


def test_nobody_to_write_to_is_no_failure(world: CampaignClient, campaign: Campaign) -> None:
    made = world.campaigns.create("To none", message="Hello", subject="Hi", rules=everyone())
    world.campaigns.launch(made.id)
    for one in world.contacts.iterate():
        world.contacts.update(one.id, unsubscribed_at=datetime.now(UTC))
    done = campaign("send", "To none", "--via", "folder:outbox", "--json")
    assert (json.loads(done.stdout)["sent"], "not one" in done.stderr) == (0, False)


@contextmanager
def on_its_way(db: psycopg.Connection, campaign: UUID) -> Iterator[None]:
    """One of the doubts is none yet: its message is on its way, by another sender."""
    change = "update campaign_batches set unknown = unknown + %s where campaign_id = %s"
    for step in (-1, 1):
        with db.transaction():
            # The table's triggers let no hand do it.
            db.execute("set local session_replication_role = replica")
            db.execute(change, [step, campaign])
        if step < 0:
            yield


@pytest.mark.usefixtures("obliging")
def test_doubts_are_told_and_resolved(
    spring: str, world: CampaignClient, campaign: Campaign, db: psycopg.Connection
) -> None:
    def hangs_up(talk: Talk) -> None:
        talk.welcome()
        talk.answer("250 ok", "250 ok", "354 go on")
        talk.content()

    with scripted(hangs_up) as port:
        said = campaign("send", spring, "--via", f"smtp://127.0.0.1:{port}", code=17)
    assert "unknown  3" in said.stdout
    assert "campaign resolve Easter --unknown failed" in said.stderr
    made = next(one for one in world.campaigns.list() if one.name == spring)
    with on_its_way(db, made.id):
        left = campaign("resolve", spring, "--unknown", "retry", code=7).stderr
    assert "2 are left" in left
    assert "3 of the doubts wait again" in campaign("resolve", spring, "--unknown", "retry").stdout
    assert status(world, spring)["pending"] == 3
    campaign("send", spring, "--via", "fake", "--unknown", "retry")
    assert json.loads(campaign("resolve", spring, "--unknown", "failed", "--json").stdout) == {
        "resolved": 0,
        "busy": 0,
    }


def test_settings_and_ticks(world: CampaignClient, campaign: Campaign) -> None:
    assert campaign("settings").stdout == "cap    none\nquiet  none\n"
    said = campaign("settings", "--cap", "2/3d", "--quiet", "22:00-07:30").stdout
    assert said == "cap    2 messages in 3 days\nquiet  22:00 to 07:30\n"
    assert json.loads(campaign("settings", "--cap", "none", "--json").stdout)["cap"] is None
    assert world.settings.get().quiet is not None
    for wrong in (["--cap", "3"], ["--quiet", "9-5"]):
        campaign("settings", *wrong, code=2)
    assert "launched" in campaign("tick").stdout


@contextmanager
def sending(name: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run `campaign send` as a process of its own."""
    program = "from campaign_sdk.cli import main; main()"
    command = [sys.executable, "-c", program, "send", name, "--json"]
    with subprocess.Popen(
        [*command, "--via", f"smtp://127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def takes_one_then(event: threading.Event, then: Script) -> Script:
    def script(talk: Talk) -> None:
        talk.welcome()
        talk.answer("250 ok", "250 ok", "354 go on")
        talk.content()
        talk.say("250 ok")
        talk.answer("250 ok", "250 ok", "354 go on")
        talk.content()
        event.set()
        then(talk)

    return script


def test_ctrl_c_settles_what_has_an_answer(spring: str, world: CampaignClient) -> None:
    """The vendor hangs; what it had answered stays, what it hadn't is in doubt."""
    hanging, over = threading.Event(), threading.Event()

    def hangs(_: Talk) -> None:
        over.wait(120)

    with scripted(takes_one_then(hanging, hangs)) as port, sending(spring, port) as process:
        assert hanging.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        over.set()
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert json.loads(out)["sent"] == 1
    found = status(world, spring)
    assert (found["sent"], found["unknown"], found["pending"], found["in_flight"]) == (1, 1, 1, 0)


def test_ctrl_c_lets_the_answer_come(spring: str, world: CampaignClient) -> None:
    """A vendor that answers soon is waited for: nothing is in doubt."""
    hanging, pressed = threading.Event(), threading.Event()

    def answers(talk: Talk) -> None:
        assert pressed.wait(30)
        talk.say("250 ok")

    with scripted(takes_one_then(hanging, answers)) as port, sending(spring, port) as process:
        assert hanging.wait(60)
        process.send_signal(signal.SIGINT)
        pressed.set()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    found = status(world, spring)
    assert (found["sent"], found["unknown"], found["pending"]) == (2, 0, 1)


def test_a_pace_is_that_of_the_last_seconds() -> None:
    pace = Pace()
    assert pace.per_second is None
    for second in range(60):
        pace.mark(float(second), second * (10 if second < 30 else 100))
    assert pace.per_second == pytest.approx(100)
    assert pace.left(3_000) == pytest.approx(30)
    report = SendReport(sent=5_000, failed=1, pending=400_000)
    assert sentence(report, pace) == "5,000 sent, 1 failed, 400,000 left, 100/s, 1:06:40 to go"
    assert sentence(SendReport(sent=1), Pace()) == "1 sent, 0 left"


def test_who_waits_for_a_server_is_told_why() -> None:
    report = SendReport(pending=4, waiting="smtp://mail.example:25 can't be reached")
    assert sentence(report, Pace()) == (
        "0 sent, 4 left; waiting: smtp://mail.example:25 can't be reached"
    )


def test_on_a_terminal_the_view_is_live(
    spring: str, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with serving(Mailroom()) as port:
        seen = campaign("send", spring, "--via", f"smtp://127.0.0.1:{port}")
    assert re.search("100%.*3 sent, 0 left", seen.stderr)


def test_ctrl_c_ends_the_waiting_for_a_server(spring: str, world: CampaignClient) -> None:
    asked = threading.Event()

    def busy(talk: Talk) -> None:
        talk.say("421 too busy")
        asked.set()

    with scripted(busy) as port, sending(spring, port) as process:
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    found = status(world, spring)
    assert (found["pending"], found["unknown"], found["in_flight"]) == (3, 0, 0)
