"""`-` is standard input or output, wherever a command reads or writes a file."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk import CampaignClient, Contact
from campaign_sdk.cli._csv import export_contacts
from campaign_sdk.cli._interrupt import going_on

from .conftest import CUSTOMERS, LAPSED, Campaign
from .test_examples_in_help import COMMANDS


def files() -> list[Any]:
    """The options and arguments that name one file."""
    return [
        pytest.param(parameter, id=f"{name} {parameter.opts[-1]}")
        for name, command in COMMANDS.items()
        for parameter in command.params
        if is_a_path(parameter) and not is_a_folder(name, parameter.name)
    ]


def is_a_path(parameter: Any) -> bool:
    return "Path" in str(parameter.type_descriptor.annotation)


def is_a_folder(name: str, parameter: str | None) -> bool:
    return parameter in ("data", "migrations", "folder") or name.endswith("functions export")


@pytest.mark.parametrize("parameter", files())
def test_every_file_may_be_a_dash(parameter: Any) -> None:
    about = parameter.type_descriptor.parameter_info
    assert not about.exists, "typer's own check knows no dash"
    assert re.search(r"(?:- for|or|for) (?:-|standard|the screen|a png)|or -", parameter.help)


@pytest.mark.usefixtures("world")
def test_rules_and_messages_come_from_standard_input(campaign: Campaign) -> None:
    sized = campaign("segments", "size", "--rules", "-", "--json", input=json.dumps(LAPSED))
    assert json.loads(sized.stdout)["count"] == 2
    campaign("edit", "Spring", "--message-file", "-", input="From a pipe")
    assert "From a pipe" in campaign("show", "Spring").stdout
    campaign("edit", "Spring", "--html", "-", input="<p>From a pipe</p>")
    campaign("segments", "size", "--rules", "-", input="[", code=8)


def test_lists_and_bodies_come_from_standard_input(
    world: CampaignClient, campaign: Campaign
) -> None:
    added = campaign("suppressions", "add", "--file", "-", input="x@example.com\ny@example.com\n")
    assert "added" in added.stdout
    assert len(list(world.suppressions.list())) == 3
    body = Path("event.json").read_text()
    campaign("webhooks", "replay", "-", "--campaign", "Spring", input=body)
    events = Path("events.jsonl").read_text()
    campaign("analytics", "ingest", "-", "--campaign", "Spring", input=events, code=19)


@pytest.mark.usefixtures("world")
def test_an_image_comes_from_standard_input() -> None:
    program = Path(sys.executable).parent / "campaign"
    done = subprocess.run(
        [program, "assets", "upload", "Spring", "-", "--name", "a.png"],
        input=Path("hero.png").read_bytes(),
        capture_output=True,
    )
    assert b'{{ asset "a.png" }}' in done.stdout


def test_refused_rows_go_to_standard_output(client: CampaignClient, campaign: Campaign) -> None:
    done = campaign("contacts", "import", "-", "--rejects", "-", input=CUSTOMERS, code=19)
    (refused,) = csv.DictReader(io.StringIO(done.stdout))
    assert refused["line"] == "5"
    assert "created    3" in done.stderr
    assert "refused rows are above" in done.stderr
    assert client.contacts.count() == 3
    events = Path("events.jsonl").read_text()
    client.campaigns.create("Spring", rules=LAPSED, message="Hello")
    done = campaign(
        "analytics", "ingest", "-", "--campaign=Spring", "--rejects=-", input=events, code=19
    )
    assert "refused" in done.stdout
    assert "inserted" in done.stderr


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "command", ["contacts export", "segments members Lapsed", "audience Spring", "report"]
)
def test_what_is_written(command: str, campaign: Campaign, folder: Path) -> None:
    words = command.split()
    plain = campaign(*words, "-o", "-")
    campaign(*words, "-o", "out.csv")
    assert plain.stderr == ""
    assert (folder / "out.csv").read_text("utf-8-sig").splitlines() == plain.stdout.splitlines()
    assert campaign(*words, "--json", "-o", "out.json").stdout == ""
    found = json.loads((folder / "out.json").read_text())
    assert found == json.loads(campaign(*words, "--json").stdout)
    assert found == json.loads(campaign(*words, "--json", "-o", "-").stdout)


def test_a_picture_goes_to_standard_output(world: CampaignClient, campaign: Campaign) -> None:
    spring = next(one for one in world.campaigns.list() if one.name == "Spring")
    world.analytics.record(spring.id, impressions=10, clicks=2)
    done = campaign("report", "--plot", "-")
    assert done.stdout_bytes.startswith(b"\x89PNG")
    assert campaign("report", "--plot=-", "--plot-format=svg").stdout.startswith("<svg")
    assert "impressions" in done.stderr


def interrupted(done: str) -> None:
    with going_on("run it again") as account:
        account.done = done
        raise KeyboardInterrupt


def test_ctrl_c_says_what_is_done_and_how_to_go_on() -> None:
    with pytest.raises(KeyboardInterrupt, match="2 rows are read; run it again"):
        interrupted("2 rows are read")
    with pytest.raises(KeyboardInterrupt, match=r"^run it again$"):
        interrupted("")


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_in_an_export(as_json: bool, tmp_path: Path) -> None:
    def contacts() -> Iterator[Contact]:
        raise KeyboardInterrupt
        yield

    (tmp_path / "there.csv").write_text("old")
    with pytest.raises(KeyboardInterrupt, match="run it again"):
        export_contacts(contacts(), tmp_path / "there.csv", as_json=as_json)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.usefixtures("client")
def test_ctrl_c_in_an_import(folder: Path) -> None:
    lines = [f"a{number}@example.com,x\n" for number in range(200_000)]
    (folder / "many.csv").write_text("email,x\n" + "".join(lines))
    importing = subprocess.Popen(
        [sys.executable, "-c", WATCHED, "contacts", "import", "many.csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert importing.stdout is not None
    assert importing.stdout.readline() == "stored\n"
    importing.send_signal(signal.SIGINT)
    _, told = importing.communicate(timeout=30)
    assert importing.returncode == 130
    assert "contacts of them stored" in told
    assert "run it again" in told


# Says when the first batch is stored.
WATCHED = """
import sys
from campaign_sdk.cli._interrupt import Account
from campaign_sdk.cli import main
class Telling(Account):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if value:
            print("stored", flush=True)
sys.modules["campaign_sdk.cli._interrupt"].Account = Telling
main()
"""
