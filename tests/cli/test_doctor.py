"""The doctor: silent about a healthy project, and each planted fault is found."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import psycopg
import pytest
from websockets.sync.server import serve

from campaign_sdk import CampaignClient, LocalSupabase
from campaign_sdk._core.keys import is_secret
from campaign_sdk.doctor import Finding, examine
from campaign_sdk.doctor._probe import Answer, Identity, Probe
from campaign_sdk.doctor._project import check_clock, check_max_rows, check_realtime, identify
from campaign_sdk.doctor._schema import CHAPTERS, TABLES
from campaign_sdk.stores import FileStore
from clients import PASSWORD

from .conftest import EVENTS, Campaign

Found = dict[str, dict[str, Any]]
Doctor = Callable[..., Found]

OFF = "alter table public.{0} disable row level security"
ON = "alter table public.{0} enable row level security"
DROPPED = 'alter policy "{0}" on public.{1} to service_role'
BACK = 'alter policy "{0}" on public.{1} to authenticated'
RENAMED = "alter table public.{0} rename to moved_away"
RENAMED_BACK = "alter table public.moved_away rename to {0}"
OWN = "(user_id = (select auth.uid()))"


@pytest.fixture(scope="module")
def sick() -> Iterator[LocalSupabase]:
    """A stack of its own for what would make the others fail."""
    with LocalSupabase() as running:
        yield running


@pytest.fixture
def stack(sick: LocalSupabase) -> LocalSupabase:
    return sick


@pytest.fixture
def doctor(campaign: Campaign) -> Doctor:
    """Run the doctor; return what was found, by what was checked."""

    def run(code: int = 0, *options: str) -> Found:
        told = json.loads(campaign("doctor", "--json", *options, code=code).stdout)
        return {each["name"]: each for each in told}

    return run


@pytest.fixture(scope="module")
def others(sick: LocalSupabase) -> None:
    """Somebody else, with a row in every table."""
    with CampaignClient(sick.url, sick.anon_key) as other:
        other.auth.sign_up(f"other-{uuid.uuid4().hex}@example.com", PASSWORD)
        other.contacts.upsert([{"email": "asha@example.com"}])
        rules = {"combinator": "and", "rules": [{"field": "orders", "operator": "null"}]}
        other.segments.create("Theirs", rules)
        made = other.campaigns.create("Theirs", message="Hello!", rules=rules)
        other.campaigns.launch(made.id, force=True)
        events = [{**event, "campaign_id": str(made.id)} for event in EVENTS]
        other.analytics.ingest(events)


def faults(found: Found) -> set[str]:
    return {name for name, each in found.items() if each["status"] in ("warning", "failed")}


def rows(db: psycopg.Connection) -> list[int]:
    counts = (db.execute(f"select count(*) from public.{table}").fetchone() for table in TABLES)
    return [count[0] for count in counts if count]


@pytest.mark.usefixtures("others", "world")
def test_it_is_silent_about_a_healthy_project_and_leaves_nothing_behind(
    doctor: Doctor, campaign: Campaign, db: psycopg.Connection
) -> None:
    before = rows(db)
    found = doctor()
    assert faults(found) == set()
    assert found["session"]["status"] == found["own writes"]["status"] == "ok"
    assert found["realtime"]["message"] == "not reachable: polling will be used"
    assert "ok       nobody: " in campaign("doctor").stdout
    assert rows(db) == before


def test_the_names_are_those_of_our_migrations(db: psycopg.Connection) -> None:
    tables = db.execute(
        "select table_name, string_agg(column_name, ' ' order by ordinal_position) "
        "from information_schema.columns where table_schema = 'public' group by 1"
    ).fetchall()
    functions = db.execute(
        "select proname, coalesce(array_to_string(proargnames[1:pronargs], ' '), '') "
        "from pg_proc where pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert dict(tables) == {k: v for each in CHAPTERS.values() for k, v in each.tables.items()}
    assert dict(functions) == {
        k: v for each in CHAPTERS.values() for k, v in each.functions.items()
    }


PLANTED = {
    "no RLS on contacts": (
        OFF.format("contacts"),
        ON.format("contacts"),
        {"own rows", "own writes"},
    ),
    "no RLS on counters": (
        OFF.format("campaign_analytics"),
        ON.format("campaign_analytics"),
        {"own rows", "own writes"},
    ),
    "no RLS on history": (
        OFF.format("campaign_status_history"),
        ON.format("campaign_status_history"),
        {"own rows", "own writes"},
    ),
    "reading is open": (
        'alter policy "Owners read their contacts" on public.contacts using (true)',
        f'alter policy "Owners read their contacts" on public.contacts using {OWN}',
        {"own rows"},
    ),
    "writing is open": (
        'alter policy "Owners add segments of their own" on public.audience_segments '
        "with check (true)",
        'alter policy "Owners add segments of their own" on public.audience_segments '
        f"with check {OWN}",
        {"own writes"},
    ),
    "no policy to write by": (
        DROPPED.format("Owners add contacts of their own", "contacts"),
        BACK.format("Owners add contacts of their own", "contacts"),
        {"own writes"},
    ),
    "no policy to read by": (
        DROPPED.format("Owners read their campaigns", "campaigns"),
        BACK.format("Owners read their campaigns", "campaigns"),
        # Nor whose its counters and history are can be seen then: they are hidden as well.
        {"own writes"},
    ),
    "a table is missing": (
        RENAMED.format("campaign_events"),
        RENAMED_BACK.format("campaign_events"),
        {"schema: events"},
    ),
    "a column is missing": (
        "alter table public.contacts rename phone to telephone",
        "alter table public.contacts rename telephone to phone",
        {"schema: contacts"},
    ),
    "a function is missing": (
        "alter function public.move_campaign rename to moved_away",
        "alter function public.moved_away rename to move_campaign",
        {"schema: campaigns"},
    ),
    "a function of another version": (
        "alter function public.update_contact rename to kept; "
        "create function public.update_contact(contact_id uuid) returns void "
        "language sql as 'select'",
        "drop function public.update_contact; alter function public.kept rename to update_contact",
        {"schema: contacts"},
    ),
    "rules aren't compiled": (
        "alter function campaign_private.compile_rules rename to moved_away",
        "alter function campaign_private.moved_away rename to compile_rules",
        {"schema: rules"},
    ),
    "nobody may read": (
        "grant select on public.campaigns to anon",
        "revoke select on public.campaigns from anon",
        {"nobody"},
    ),
    "nobody may write": (
        "grant insert on public.campaign_analytics to anon; "
        'create policy "Open" on public.campaign_analytics for insert to anon with check (true)',
        'drop policy "Open" on public.campaign_analytics; '
        "revoke insert on public.campaign_analytics from anon",
        {"nobody"},
    ),
}


@contextmanager
def planted(db: psycopg.Connection, name: str) -> Iterator[set[str]]:
    fault, cure, expected = PLANTED[name]
    db.execute(fault)
    try:
        yield expected
    finally:
        db.execute(cure)


@pytest.mark.usefixtures("others", "client")
@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_in_the_database_is_found(
    name: str, doctor: Doctor, db: psycopg.Connection
) -> None:
    before = rows(db)
    with planted(db, name) as expected:
        found = doctor(15)
    assert faults(found) == expected
    assert all(found[each]["remedy"] for each in expected)
    assert rows(db) == before


def test_a_wrong_key(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_ANON_KEY", "sb_publishable_of_another_project")
    assert faults(doctor(15)) == {"key"}


@pytest.mark.usefixtures("client")
def test_a_service_key(
    doctor: Doctor, stack: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_ANON_KEY", stack.service_key)
    found = doctor()
    assert faults(found) == {"key"}
    assert "service-role" in found["key"]["message"]
    assert found["nobody"]["status"] == "skipped"


def test_secret_keys_of_both_kinds_are_told() -> None:
    role = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"
    assert is_secret(role)
    assert is_secret("sb_secret_x")
    assert not any(map(is_secret, ("sb_publishable_x", "a.b.c", "a.bnVsbA.c", "é")))


def test_an_unreachable_host(
    doctor: Doctor, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_URL", "http://127.0.0.1:9")
    assert faults(doctor(15)) == {"reachable"}
    assert "> check SUPABASE_URL" in campaign("doctor", code=15).stdout


@contextmanager
def server(body: bytes, kind: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


def test_a_website_in_place_of_supabase(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(b"<!doctype html>Welcome", "text/html") as url:
        monkeypatch.setenv("SUPABASE_URL", url)
        found = doctor(15)
    assert faults(found) == {"reachable"}
    assert "not as Supabase does" in found["reachable"]["message"]


def test_not_signed_in(doctor: Doctor) -> None:
    found = doctor()
    assert faults(found) == {"session"}
    assert "campaign auth login" in found["session"]["remedy"]


class Skewed(httpx.HTTPTransport):
    """A server whose clock is wrong."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.headers["date"] = "Thu, 01 Jan 2026 00:00:00 GMT"
        return response


class Failing(httpx.HTTPTransport):
    """A server that goes away after its first answers."""

    answers = 3

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.answers -= 1
        if self.answers < 0:
            raise httpx.ConnectError("gone", request=request)
        return super().handle_request(request)


class Murky(httpx.HTTPTransport):
    """A server that answers every table with a failure of its own."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/rest/v1/") and "/rpc/" not in request.url.path:
            return httpx.Response(503, json={"code": "PGRST000"})
        return super().handle_request(request)


def looked_at(client: CampaignClient, transport: httpx.BaseTransport) -> dict[str, Finding]:
    wrong = ("warning", "failed")
    found = examine(client, transport=transport)
    return {each.name: each for each in found if each.status in wrong}


def test_clocks_that_are_apart(client: CampaignClient) -> None:
    found = looked_at(client, Skewed())
    assert found.keys() == {"clock"}
    assert "s apart from the server's" in found["clock"].message


def test_a_server_that_goes_away(client: CampaignClient) -> None:
    found = looked_at(client, Failing())
    assert found["reachable"].message == "the project stopped answering (ConnectError)"


def test_no_clear_answer_is_no_clean_bill(client: CampaignClient) -> None:
    found = looked_at(client, Murky())
    assert {"nobody", "own rows", "own writes"} <= found.keys()
    assert "no clear answer about attribute_schemas, audience" in found["nobody"].message


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "VITE_OPENAI_API_KEY"])
def test_the_language_model_is_asked_only_on_demand(
    name: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "secret-of-mine")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    assert doctor()["openai"]["status"] == "ok"
    found = doctor(15, "--openai")
    assert found["openai"]["status"] == "failed"
    assert "secret-of-mine" not in str(found)
    with server(b'{"id": "gpt", "object": "model", "created": 1, "owned_by": "x"}',
                "application/json") as url:  # fmt: skip
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert doctor(0, "--openai")["openai"]["status"] == "ok"


def test_a_malformed_setting_of_the_language_model(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "nonsense")
    assert "OPENAI_BASE_URL must look like" in doctor(15, "--openai")["openai"]["message"]


def test_the_limit_of_rows_is_noticed(doctor: Doctor, client: CampaignClient) -> None:
    client.contacts.upsert([{"email": f"{n}@example.com"} for n in range(1_001)])
    assert doctor()["max rows"]["message"] == "1,000 or more at once"


@pytest.mark.usefixtures("client")
def test_a_token_of_a_job_will_do(
    stack: LocalSupabase, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CampaignClient(stack.url, stack.anon_key, store=FileStore(stack.url)) as held:
        session = held.auth.session
        assert session is not None
        monkeypatch.setenv("CAMPAIGN_ACCESS_TOKEN", session.access_token.get_secret_value())
    assert doctor()["session"]["status"] == "ok"


def test_a_low_limit_of_rows_has_a_remedy() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[{"id": n} for n in range(5)])

    probe = Probe("http://project.test", "key", httpx.MockTransport(answer))
    found = check_max_rows(probe, Identity("me", "token"))
    assert found.message.startswith("5 at once")
    assert found.remedy


def test_a_server_without_a_clock_is_no_fault() -> None:
    assert check_clock(Answer(200, {}, None)).status == "skipped"


def test_realtime_is_told_from_a_server_without() -> None:
    with serve(lambda _: None, "127.0.0.1", 0) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{http.socket.getsockname()[1]}"
        assert check_realtime(url, "key").status == "ok"
        http.shutdown()
        thread.join()


def test_an_auth_server_that_is_away_is_a_fault(stack: LocalSupabase) -> None:
    away = httpx.MockTransport(lambda _: httpx.Response(400, json={"msg": "no"}))
    with CampaignClient(stack.url, stack.anon_key, access_token="x", transport=away) as client:
        found, who = identify(client, "x")
    assert (found.status, who) == ("failed", None)
