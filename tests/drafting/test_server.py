"""Drafting behind the server: the function `draft`, in real Deno on a real stack."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from postgrest import APIError

from campaign_sdk import CampaignClient, ConfigurationError, DraftingError, DraftingOptions
from campaign_sdk.local import LocalSupabase
from clients import client_of, sign_up

from .model import (
    KEY,
    Asked,
    Model,
    Reply,
    chunk,
    completion,
    delta,
    drafts,
    ended,
    events,
    failure,
    said,
    serving,
)

BRIEF = "A note to customers who haven't ordered for a while"
PERSON = {"email": "unmistakable@example.com", "attributes": {"first_name": "Unmistakable"}}
LIMIT = 100_000


@pytest.fixture(scope="module")
def openai() -> Iterator[Model]:
    with serving() as model:
        yield model


@pytest.fixture(scope="module")
def server(openai: Model) -> Iterator[LocalSupabase]:
    secrets = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": openai.url}
    with LocalSupabase(functions_env=secrets) as stack:
        with psycopg.connect(stack.db_url) as db:
            db.execute("update campaign_private.draft_limits set tokens = %s", [LIMIT])
        yield stack


@pytest.fixture
def asked(openai: Model) -> list[Asked]:
    openai.asked.clear()
    return openai.asked


@pytest.fixture
def olga(server: LocalSupabase, asked: list[Asked]) -> Iterator[CampaignClient]:  # noqa: ARG001
    with client_of(server, drafting="server") as client:
        sign_up(client, "olga").contacts.upsert([PERSON])
        yield client


def budget(client: CampaignClient) -> dict[str, Any]:
    data: Any = client.supabase.from_("draft_budgets").select("*").execute().data
    row: dict[str, Any] = data[0]
    return row


def spent(client: CampaignClient, calls: int, tokens: int) -> None:
    """What an answer has cost is noted after it has been given."""
    ends = time.monotonic() + 60
    while (budget(client)["calls"], budget(client)["tokens"]) != (calls, tokens):
        assert time.monotonic() < ends, budget(client)
        time.sleep(0.02)


def test_the_client_has_no_key_and_sends_none(
    olga: CampaignClient, openai: Model, asked: list[Asked]
) -> None:
    openai.says(drafts({}))
    found = olga.drafting.messages(BRIEF, n=1)
    assert found.usage.total_tokens == 200
    [request] = asked
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert "apikey" not in {name.lower() for name in request.headers}
    assert request.body["store"] is False
    session = olga.auth.session
    assert session is not None
    assert session.access_token.get_secret_value() not in str(request)
    assert "nmistakable" not in request.text


def test_a_summary_is_reworded_without_a_key(
    olga: CampaignClient, openai: Model, asked: list[Asked]
) -> None:
    campaign = olga.campaigns.create("Unmistakable kettles", message="M").id
    olga.analytics.record(campaign, impressions=1_200, clicks=80)
    plain = olga.analytics.summarize(campaign).text
    openai.says(said({"text": plain.replace("was seen", "has been seen")}))
    found = olga.analytics.summarize(campaign, model=True)
    assert (found.by_model, found.why) == (True, None)
    assert "has been seen 1,200 times" in found.text
    assert "nmistakable" not in asked[0].text


def test_from_env_takes_no_key_along(
    server: LocalSupabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-this-machine")
    monkeypatch.setenv("SUPABASE_URL", server.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", server.anon_key)
    with CampaignClient.from_env(env_file=None, drafting="server") as client:
        options = client._writer.options
        assert (options.api_key, options.base_url) == (None, f"{server.url}/functions/v1/draft")
    with pytest.raises(ConfigurationError, match="server"):
        CampaignClient(server.url, server.anon_key, drafting="sever")  # type: ignore[arg-type]


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_stream_equals_the_local_path(
    olga: CampaignClient, server: LocalSupabase, openai: Model, api: Any
) -> None:
    pieces = ["Hi {{ first", "_name }}", ", ünd weiter"]
    reply = (
        events(*map(delta, pieces), ended())
        if api == "responses"
        else events(
            *map(chunk, pieces),
            chunk(None, "stop"),
            {"object": "x", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5}},
            "[DONE]",
        )
    )
    openai.says(reply)
    session = olga.auth.session
    assert session is not None
    token = session.access_token.get_secret_value()
    ways = [
        DraftingOptions(server=True, api=api),
        DraftingOptions(api_key=KEY, base_url=openai.url, api=api),
    ]
    found: list[list[str]] = []
    whole: list[Any] = []
    for options in ways:
        with client_of(server, access_token=token, drafting=options) as client:
            found.append(list(client.drafting.stream(BRIEF, done=whole.append)))
    assert found[0] == found[1] == pieces
    assert whole[0] == whole[1]
    served, direct = openai.asked[-2:]
    assert served.data == direct.data


def test_what_is_spent_is_counted(olga: CampaignClient, openai: Model) -> None:
    openai.says(drafts({}), failure(500), events(delta("Hi"), ended()))
    olga.drafting.messages(BRIEF, n=1)
    spent(olga, 1, 200)
    with pytest.raises(DraftingError):
        olga.drafting.messages(BRIEF, n=1)
    spent(olga, 2, 200)
    assert "".join(olga.drafting.stream(BRIEF)) == "Hi"
    spent(olga, 3, 400)


def test_an_answer_of_many_lines_is_counted(olga: CampaignClient, openai: Model) -> None:
    whole = json.loads(drafts({}).body)
    openai.says(Reply(body=json.dumps(whole, indent=2).encode()))
    olga.drafting.messages(BRIEF, n=1)
    spent(olga, 1, 200)


def test_a_budget_that_is_used_up_says_so(
    olga: CampaignClient, server: LocalSupabase, openai: Model, asked: list[Asked]
) -> None:
    openai.says(drafts({}))
    olga.drafting.messages(BRIEF, n=1)
    spent(olga, 1, 200)
    with psycopg.connect(server.db_url) as db:
        query = "update draft_budgets set tokens = %s where user_id = %s"
        db.execute(query, [LIMIT - 5_000, budget(olga)["user_id"]])
    asked.clear()
    with pytest.raises(DraftingError, match=r"used up.*midnight") as caught:
        olga.drafting.messages(BRIEF, n=1)
    assert (caught.value.reason, caught.value.status) == ("budget", 429)
    assert caught.value.usage is not None
    assert caught.value.usage.calls == 1
    assert asked == []


def test_the_number_of_calls_is_bounded_too(
    olga: CampaignClient, server: LocalSupabase, openai: Model
) -> None:
    openai.says(drafts({}))
    session = olga.auth.session
    assert session is not None
    with psycopg.connect(server.db_url) as db:
        query = "insert into campaign_private.draft_limits (user_id, calls) values (%s, 2)"
        db.execute(query, [session.user.id])
    for _ in range(2):
        olga.drafting.messages(BRIEF, n=1)
    with pytest.raises(DraftingError) as caught:
        olga.drafting.messages(BRIEF, n=1)
    assert caught.value.reason == "budget"


def test_nobody_writes_their_own_budget(olga: CampaignClient, openai: Model) -> None:
    openai.says(drafts({}))
    olga.drafting.messages(BRIEF, n=1)
    spent(olga, 1, 200)
    before, table = budget(olga), olga.supabase.from_("draft_budgets")
    day = {"user_id": before["user_id"], "day": "2026-01-01", "max_calls": 9, "max_tokens": 9}
    for request in (
        table.update({"tokens": 0}).eq("calls", 1),
        table.delete().eq("calls", 1),
        table.insert(day),
    ):
        with pytest.raises(APIError, match="42501"):
            request.execute()
    for tokens in (-1, 0, None, 2**31 - 1):
        with pytest.raises(APIError):
            olga.supabase.rpc("begin_draft", {"tokens": tokens}).execute()
    mine: Any = olga.supabase.rpc("begin_draft", {"tokens": 1_000}).execute().data
    for tokens in (-1_000, None):
        settle = olga.supabase.rpc("settle_draft", {"reservation": mine, "tokens": tokens})
        with pytest.raises(APIError):
            settle.execute()
    for _ in range(3):
        # Once it counts, however often it is said.
        olga.supabase.rpc("settle_draft", {"reservation": mine, "tokens": 0}).execute()
    after = budget(olga)
    assert (after["tokens"], after["calls"]) == (before["tokens"], before["calls"] + 1)


def test_a_reservation_is_its_owners(olga: CampaignClient, server: LocalSupabase) -> None:
    mine: Any = olga.supabase.rpc("begin_draft", {"tokens": 1_000}).execute().data
    with client_of(server) as client:
        other = sign_up(client, "other")
        other.supabase.rpc("settle_draft", {"reservation": mine, "tokens": 0}).execute()
    assert budget(olga)["tokens"] == 1_000


def ask(stack: LocalSupabase, body: Any, token: str | None, path: str = "responses") -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"{stack.url}/functions/v1/draft/{path}"
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(url, content=content, headers=headers, timeout=30)


def test_only_users_are_let_in(olga: CampaignClient, server: LocalSupabase, openai: Model) -> None:
    openai.says(said("x"))
    body = {"model": "m", "input": "x"}
    for token in (None, server.anon_key, "nonsense", server.service_key):
        assert ask(server, body, token).status_code == 401
    session = olga.auth.session
    assert session is not None
    token = session.access_token.get_secret_value()
    assert ask(server, body, token).status_code == 200
    assert ask(server, body, expired(server, token)).status_code == 401
    calls = len(openai.asked)
    # To the database a token stays good until it ends: only Auth knows that it was signed out.
    olga.auth.sign_out()
    assert ask(server, body, token).status_code == 401
    assert len(openai.asked) == calls


def expired(server: LocalSupabase, token: str) -> str:
    """Return a token as it would have been an hour ago, with a signature that is good."""
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(f"{body}=="))
    then = {**claims, "iat": int(time.time()) - 7_200, "exp": int(time.time()) - 3_600}
    payload = base64.urlsafe_b64encode(json.dumps(then).encode()).rstrip(b"=").decode()
    assert server._server is not None
    kept = json.loads((server._server._log.parent / "settings.json").read_text())
    secret = kept["jwt_secret"].encode()
    signature = hmac.digest(secret, f"{head}.{payload}".encode(), "sha256")
    return f"{head}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"[]",
        {},
        {"model": "m"},
        {"model": "m", "input": "x", "tools": [{"type": "web_search"}]},
        {"model": "m", "input": "x", "background": True},
        {"model": "m", "input": [{"role": "user", "content": [{"type": "input_image"}]}]},
        {"model": "m", "input": "x", "max_output_tokens": -1},
        {"model": "m", "input": "x", "max_output_tokens": "all"},
        {"model": "m\nn", "input": "x"},
        {"model": 7, "input": "x"},
        {"model": "m", "input": "x" * 200_001},
    ],
    ids=str,
)
def test_what_is_no_draft_is_refused(
    body: Any, olga: CampaignClient, server: LocalSupabase, asked: list[Asked]
) -> None:
    session = olga.auth.session
    assert session is not None
    answer = ask(server, body, session.access_token.get_secret_value())
    assert answer.status_code in (400, 413)
    assert answer.json()["error"]["code"].startswith("draft_")
    assert asked == []


def test_a_browser_may_ask(server: LocalSupabase) -> None:
    url = f"{server.url}/functions/v1/draft/responses"
    answer = httpx.options(url, headers={"origin": "https://shop.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_key_of_ours_that_is_refused_is_no_fault_of_the_session(
    olga: CampaignClient, openai: Model
) -> None:
    openai.says(failure(401, "invalid_api_key"))
    with pytest.raises(DraftingError, match="of the function draft") as caught:
        olga.drafting.messages(BRIEF, n=1)
    assert caught.value.reason == "denied"


def test_waiting_and_asking_again_stays_the_clients(
    olga: CampaignClient, openai: Model, asked: list[Asked], waits: list[float]
) -> None:
    openai.says(failure(429, "rate_limit_exceeded", retry_after="7"), drafts({}))
    assert olga.drafting.messages(BRIEF, n=1).usage.calls == 2
    assert waits == [7.0]
    assert len(asked) == 2


def test_chat_completions_too(olga: CampaignClient, server: LocalSupabase, openai: Model) -> None:
    openai.says(completion(json.loads(drafts({}).body)["output"][1]["content"][0]["text"]))
    session = olga.auth.session
    assert session is not None
    token = session.access_token.get_secret_value()
    options = DraftingOptions(server=True, api="chat")
    with client_of(server, access_token=token, drafting=options) as client:
        assert len(client.drafting.messages(BRIEF, n=1).drafts) == 1
    spent(olga, 1, 200)


def test_without_a_key_the_function_says_so() -> None:
    with LocalSupabase() as bare, client_of(bare, drafting="server") as client:
        sign_up(client, "olga").contacts.upsert([PERSON])
        with pytest.raises(DraftingError, match="no OPENAI_API_KEY"):
            client.drafting.messages(BRIEF, n=1)
