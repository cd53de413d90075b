from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from campaign_sdk import CampaignClient
from campaign_sdk.cli._app import app

from .conftest import Campaign


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def test_import_accounts_for_every_row(
    client: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    result = campaign("contacts", "import", "customers.csv", "--rejects", "rejects.csv", code=19)
    assert "read       4" in result.stdout
    assert "created    3" in result.stdout
    assert "rejected   1" in result.stdout
    assert "5  email" in " ".join(result.stdout.split("\n")[-3:]) or "email" in result.stdout
    assert "rejects.csv" in result.stderr
    assert rows(folder / "rejects.csv")[0]["line"] == "5"
    assert client.contacts.count() == 3
    again = json.loads(campaign("contacts", "import", "customers.csv", "--json", code=19).stdout)
    assert (again["read"], again["unchanged"], again["rejected"]) == (4, 3, 1)


def test_import_takes_types(client: CampaignClient, campaign: Campaign, folder: Path) -> None:
    (folder / "zips.csv").write_text("email;zip\na@example.com;1234\n")
    campaign("contacts", "import", "zips.csv", "--delimiter", ";", "--type", "zip=text")
    contact = client.contacts.find("a@example.com")
    assert contact is not None
    assert contact.attributes == {"zip": "1234"}
    assert "zip=text" in campaign("contacts", "import", "zips.csv", "--type", "x", code=2).stderr


@pytest.mark.usefixtures("world")
def test_list_says_when_there_is_more(campaign: Campaign) -> None:
    result = campaign("contacts", "list", "--limit", "2")
    assert result.stdout.count("@example.com") == 2
    assert "more than 2" in result.stderr
    everyone = campaign("contacts", "list", "--limit", "0")
    assert everyone.stdout.count("@example.com") == 3
    assert everyone.stderr == ""
    assert len(json.loads(campaign("contacts", "list", "--json").stdout)) == 3
    assert json.loads(campaign("contacts", "list", "--json", "--where", "nobody").stdout) == []


@pytest.mark.usefixtures("world")
def test_find(campaign: Campaign) -> None:
    assert "Pune" in campaign("contacts", "find", "ASHA@example.com").stdout
    found = json.loads(campaign("contacts", "find", "asha@example.com", "--json").stdout)
    assert found["attributes"]["orders"] == 12
    missing = campaign("contacts", "find", "nobody@example.com", code=6)
    assert missing.stdout == ""
    assert missing.stderr.count("\n") == 1


@pytest.mark.usefixtures("world")
def test_export_is_safe_in_a_spreadsheet(campaign: Campaign, folder: Path) -> None:
    campaign("contacts", "export", "--output", "out.csv")
    found = {row["email"]: row for row in rows(folder / "out.csv")}
    assert found["cara@example.com"]["city"] == "'=1+1"
    assert found["asha@example.com"]["orders"] == "12"
    on_screen = campaign("contacts", "export", "--where", "orders > 10").stdout
    assert on_screen.splitlines()[0] == "email,phone,unsubscribed_at,city,last_order_at,orders"
    assert len(on_screen.splitlines()) == 2


def test_export_flattens_and_keeps_lists(client: CampaignClient, campaign: Campaign) -> None:
    attributes = {"address": {"city": "Pune"}, "tags": ["a", "b"], "gone": None, "vip": True}
    client.contacts.upsert([{"email": "a@example.com", "attributes": attributes}])
    header, line = csv.reader(campaign("contacts", "export").stdout.splitlines())
    assert header[3:] == ["address.city", "tags", "vip"]
    assert line[3:] == ["Pune", '["a", "b"]', "true"]


@pytest.mark.usefixtures("world")
def test_fields_and_unsubscribe(campaign: Campaign) -> None:
    shown = campaign("contacts", "fields").stdout
    assert "last_order_at" in shown
    assert "100.0%" in shown
    assert json.loads(campaign("contacts", "fields", "--json").stdout)[0]["name"] == "city"
    campaign("contacts", "unsubscribe", "ben@example.com")
    assert (
        '"unsubscribed_at": null'
        not in campaign("contacts", "find", "ben@example.com", "--json").stdout
    )


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    client: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    (folder / "brevo.csv").write_text(
        "EMAIL;SMS;EMAIL_BLACKLISTED;PLZ\nann@example.com;336;No;01067\ncy@example.com;;Yes;1\nx;;;\n"
    )
    shown = campaign("contacts", "import", "brevo.csv", "--dry-run", "--rejects", "out.csv")
    for part in ("created    2", "rejected   1", "opted out  1", "EMAIL_BLACKLISTED", "consent"):
        assert part in shown.stdout
    assert "ann@example.com" in shown.stdout
    assert "Brevo" in shown.stderr
    assert "nothing was written" in shown.stderr
    assert client.contacts.count() == 0
    assert not (folder / "out.csv").exists()
    told = json.loads(campaign("contacts", "import", "brevo.csv", "--dry-run", "--json").stdout)
    assert (told["program"], told["delimiter"], told["created"]) == ("brevo", ";", 2)
    assert told["columns"][1] == {"header": "SMS", "field": "phone", "type": "text"}


def test_import_is_told_what_columns_are(
    client: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    (folder / "odd.csv").write_text(
        "Who\tTown\tNewsletter\tSpent\tSince\nann@example.com\tPune\tno\t1.234,5\t20/11/2026\n"
    )
    refused = campaign("contacts", "import", "odd.csv", code=8).stderr
    assert "--consent Newsletter=" in refused
    campaign(
        *("contacts", "import", "odd.csv", "--delimiter", r"\t", "--email-column", "Who"),
        *("--map", "Town=address.city", "--consent", "Newsletter=no,never", "--decimal", ","),
        *("--type", "Since=date:%d/%m/%Y"),
    )
    contact = client.contacts.find("ann@example.com")
    assert contact is not None
    assert not contact.is_subscribed
    assert contact.attributes == {
        "address": {"city": "Pune"},
        "Spent": 1234.5,
        "Since": "2026-11-20",
    }
    still = campaign("contacts", "subscribe", "ann@example.com", code=18, input="n\n")
    assert "nothing was changed" in still.stderr
    campaign("contacts", "subscribe", "ann@example.com", "--consent")
    found = client.contacts.find("ann@example.com")
    assert found is not None
    assert found.is_subscribed
    for consent in ("Newsletter=ignore", "ignore"):
        campaign("contacts", "import", "odd.csv", "--map", "Who=email", "--consent", consent)


def test_standard_input_is_a_file_too(client: CampaignClient, campaign: Campaign) -> None:
    campaign("contacts", "import", "-", input="email;x\nann@example.com;1\n")
    assert client.contacts.find("ann@example.com") is not None


@pytest.mark.usefixtures("client")
def test_an_import_of_nothing_but_refusals_isnt_done(campaign: Campaign, folder: Path) -> None:
    (folder / "bad.csv").write_text("email\nx\ny\n")
    assert "rejected   2" in campaign("contacts", "import", "bad.csv", code=8).stdout
    (folder / "empty.csv").write_text("email\n")
    campaign("contacts", "import", "empty.csv")


@pytest.mark.usefixtures("world")
def test_an_export_appears_whole_or_not_at_all(campaign: Campaign, folder: Path) -> None:
    campaign("contacts", "export", "--output", "out.csv")
    assert (folder / "out.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    assert (folder / "out.csv").stat().st_mode & 0o777 == 0o600
    assert "can't be written" in campaign("contacts", "export", "-o", "no/out.csv", code=8).stderr
    if Path("/dev/full").exists():
        full = campaign("contacts", "export", "--output", "/dev/full", code=8).stderr
        assert "/dev/full can't be written (No space left on device)" in full


@pytest.mark.usefixtures("world")
def test_one_contact_by_hand(client: CampaignClient, campaign: Campaign) -> None:
    dora = ("contacts", "add", "dora@example.com", "--set", "city=Pune", "--set", "orders=3")
    assert "dora@example.com is created" in campaign(*dora).stdout
    assert "is unchanged" in campaign(*dora).stdout
    assert "is updated" in campaign(*dora, "--set", "shop.vip=true", "--phone", "+91 2").stdout
    campaign("contacts", "update", "dora@example.com", "--set", 'zip="01234"', "--unset", "city")
    found = client.contacts.find("dora@example.com")
    assert found is not None
    assert found.phone == "+91 2"
    assert found.attributes == {
        "city": None,
        "orders": 3,
        "shop": {"vip": True},
        "zip": "01234",
    }
    moved = campaign("contacts", "update", "dora@example.com", "--email", "d@example.com", "--json")
    assert json.loads(moved.stdout)["email"] == "d@example.com"
    campaign("contacts", "update", "d@example.com", code=2)
    campaign("contacts", "add", "nobody", code=8)
    assert "city=Pune" in campaign("contacts", "add", "e@example.com", "--set", "x", code=2).stderr
    campaign("contacts", "delete", "d@example.com", code=18, input="n\n")
    campaign("contacts", "delete", "d@example.com", "--yes")
    assert client.contacts.find("d@example.com") is None


def test_what_a_person_may_ask_for(
    client: CampaignClient, campaign: Campaign, folder: Path
) -> None:
    campaign("contacts", "add", "asha@example.com", "--set", "city=Pune")
    campaign("contacts", "export-person", "asha@example.com", "-o", "asha.json")
    told = json.loads((folder / "asha.json").read_text())
    assert told["contact"]["attributes"] == {"city": "Pune"}
    campaign("contacts", "unsubscribe", "asha@example.com")
    assert (
        "Erase asha@example.com"
        in campaign("contacts", "erase-person", "asha@example.com", input="n\n", code=18).output
    )
    said = campaign("contacts", "erase-person", "asha@example.com", "--yes").stdout
    assert "stays suppressed" in said
    assert client.contacts.find("asha@example.com") is None
    assert client.suppressions.check("asha@example.com") is not None
    campaign("contacts", "export-person", "asha@example.com", code=6)


def test_who_can_be_written_to(client: CampaignClient, campaign: Campaign) -> None:
    client.contacts.upsert([{"email": f"{name}@example.com"} for name in "abc"])
    campaign("contacts", "unsubscribe", "a@example.com")
    client.suppressions.add("b@example.com")
    for command in (
        ("contacts", "list", "--json"),
        ("contacts", "export", "--json"),
        ("contacts", "list", "--json", "--where", "everyone"),
        ("segments", "members", "--json", "--where", "everyone"),
    ):
        assert len(json.loads(campaign(*command).stdout)) == 3
        reached = json.loads(campaign(*command, "--reachable").stdout)
        assert [one["email"] for one in reached] == ["c@example.com"]


def test_wide_contacts_are_readable(client: CampaignClient, campaign: Campaign) -> None:
    attributes = {f"field_{number}": number for number in range(30)}
    client.contacts.upsert([{"email": "a@example.com", "attributes": attributes}])
    shown = campaign("contacts", "list")
    assert len(shown.stdout.splitlines()) <= 5
    assert "and 18 more" in shown.stdout
    assert "contacts find" in shown.stderr
    assert "field_29" in campaign("contacts", "find", "a@example.com").stdout


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


STEERING = "\x1b]0;owned\x07\x1b[2J\r\u202e"


@pytest.mark.usefixtures("environment")
def test_nothing_that_steers_a_terminal_is_exported_to_one(
    client: CampaignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.contacts.upsert([{"email": "a@example.com", "attributes": {"note": STEERING}}])
    campaign = client.campaigns.create(STEERING, rules="everyone", message="Hello")
    client.analytics.record(campaign.id, impressions=1)
    for command in ("contacts export", "contacts export --json", "report --by campaign -o -"):
        terminal = Terminal(io.BytesIO(), encoding="utf-8")
        monkeypatch.setattr("sys.stdout", terminal)
        app(command.split(), standalone_mode=False)
        terminal.seek(0)
        text = terminal.read()
        assert "owned" in text
        assert [char for char in text if not char.isprintable() and char != "\n"] == []


def test_a_pipe_is_given_the_data_as_it_is(client: CampaignClient, campaign: Campaign) -> None:
    client.contacts.upsert([{"email": "a@example.com", "attributes": {"note": STEERING}}])
    (row,) = csv.DictReader(io.StringIO(campaign("contacts", "export").stdout_bytes.decode()))
    assert row["note"] == STEERING


def test_so_many_are_exported(client: CampaignClient, campaign: Campaign) -> None:
    client.contacts.upsert({"email": f"c{n}@x.de"} for n in range(5))
    lines = {
        words: len(campaign(*words.split()).stdout.splitlines()) - 1
        for words in (
            "contacts export",
            "contacts export --limit 3",
            "contacts export --limit 0",
            "segments members --where everyone --limit 2",
        )
    }
    assert list(lines.values()) == [5, 3, 5, 2]
