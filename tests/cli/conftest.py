"""The command line in this process, in a folder of its own, for somebody new."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from campaign_sdk import CampaignClient, senders
from campaign_sdk.cli._app import app
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import PASSWORD

Campaign = Callable[..., Result]

CUSTOMERS = """\
email,phone,city,orders,last_order_at
asha@example.com,+91 1,Pune,12,2026-01-05
ben@example.com,,Delhi,3,2026-02-01
cara@example.com,,"=1+1",1,2025-12-24
not an address,,Pune,2,2026-01-01
"""
EVENTS = [
    {"event_id": "1", "type": "impression", "occurred_at": "2026-03-01T10:00:00Z"},
    {"event_id": "2", "type": "impression", "occurred_at": "2026-03-02T10:00:00+05:30"},
    {"event_id": "2", "type": "impression", "occurred_at": "2026-03-02T10:00:00+05:30"},
    {"event_id": "3", "type": "click", "occurred_at": "2026-03-02T11:00:00Z"},
]
LAPSED = {
    "combinator": "and",
    "rules": [{"field": "orders", "operator": ">=", "value": "3"}],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples name; the current one."""
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, EVENTS)) + "\nnonsense\n")
    (tmp_path / "rules.json").write_text(json.dumps(LAPSED))
    (tmp_path / "hero.png").write_bytes(b"\x89PNG\r\n\x1a\n, and pixels")
    event = {"RecordType": "Open", "MessageID": "m-1", "Recipient": "asha@example.com"}
    (tmp_path / "event.json").write_text(json.dumps(event))
    (tmp_path / "message.txt").write_text("Hello {{ city }}, we miss you!")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environment(folder: Path, stack: LocalSupabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who works with the stack of all tests."""
    for name, value in {
        "SUPABASE_URL": stack.url,
        "SUPABASE_ANON_KEY": stack.anon_key,
        "SUPABASE_DB_URL": stack.db_url,
        "CAMPAIGN_PASSWORD": PASSWORD,
        "POSTMARK_WEBHOOK_SECRET": "s3cret",
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_DATA_HOME": str(folder / "data"),
        "COLUMNS": "100",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def obliging(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--via fake` refuses nobody: whom it does, random ids decide, and whether that is all."""
    monkeypatch.setattr(senders, "Fake", partial(senders.Fake, 0.0))


@pytest.fixture
def campaign(environment: None) -> Campaign:  # noqa: ARG001 - must come before the first call
    """Run `campaign` with arguments, and insist on its exit code."""

    def run(*arguments: str, code: int = 0, input: str | None = None) -> Result:
        result = CliRunner().invoke(app, arguments, input=input)
        assert result.exit_code == code, (arguments, result.output, result.exception)
        return result

    return run


@pytest.fixture
def client(environment: None, stack: LocalSupabase) -> Iterator[CampaignClient]:  # noqa: ARG001
    """The same session through the library: what the commands do shows here."""
    store = FileStore(stack.url)
    with CampaignClient(stack.url, stack.anon_key, store=store) as client:
        client.auth.sign_up(f"cli-{uuid.uuid4().hex}@example.com", PASSWORD)
        yield client


@pytest.fixture
def world(client: CampaignClient, folder: Path) -> CampaignClient:
    """Somebody's contacts, segments and campaigns, as the examples name them."""
    client.contacts.import_csv(folder / "customers.csv")
    client.suppressions.add("gone@example.com")
    lapsed = client.segments.create("Lapsed", LAPSED)
    client.segments.create("Old", LAPSED)
    client.campaigns.create("Spring", message="Hello {{ city }}!", segment_id=lapsed.id)
    for name in ("Summer", "Old"):
        client.campaigns.create(name, message="Hello!", rules=LAPSED)
    return client
