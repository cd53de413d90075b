"""The database's own words: each SQLSTATE has a class, an exit code and a remedy."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg.errors
import pytest
from postgrest.exceptions import APIError

from campaign_sdk import (
    CampaignError,
    Conflict,
    InvalidInput,
    PermissionDenied,
    ProtocolError,
    SchemaMismatch,
    TimedOut,
    Unavailable,
)
from campaign_sdk._core.failures import translate
from campaign_sdk.cli import _errors
from campaign_sdk.cli._errors import exit_code, one_line
from clients import Mode
from wire import Both, Clock, answers, session

SECRET = "jane@example.com"

STATES: list[tuple[str, type[CampaignError], int, str]] = [
    ("08006", Unavailable, 10, "connection"),
    ("0A000", SchemaMismatch, 12, "PostgreSQL 15"),
    ("0LP01", PermissionDenied, 5, "may not"),
    ("0P000", PermissionDenied, 5, "may not"),
    ("21000", InvalidInput, 8, "twice"),
    ("22012", InvalidInput, 8, "can't store"),
    ("23000", InvalidInput, 8, "refuses"),
    ("23P01", Conflict, 7, "already"),
    ("25001", Unavailable, 10, "session"),
    ("25006", Unavailable, 10, "only reads"),
    ("25P02", Unavailable, 10, "session"),
    ("26000", Unavailable, 10, "pooler"),
    ("28000", Unavailable, 10, "log in"),
    ("28P01", Unavailable, 10, "log in"),
    ("38000", Unavailable, 10, "failed"),
    ("3D000", SchemaMismatch, 12, "isn't there"),
    ("3F000", SchemaMismatch, 12, "schema"),
    ("40001", Unavailable, 10, "nothing was done"),
    ("40P01", Unavailable, 10, "nothing was done"),
    ("42601", SchemaMismatch, 12, "doesn't have"),
    ("42704", SchemaMismatch, 12, "doesn't have"),
    ("42804", SchemaMismatch, 12, "doesn't have"),
    ("42P10", SchemaMismatch, 12, "doesn't have"),
    ("44000", InvalidInput, 8, "view"),
    ("53100", Unavailable, 10, "no room"),
    ("53300", Unavailable, 10, "no connection"),
    ("54001", InvalidInput, 8, "can't store"),
    ("55P03", TimedOut, 10, "somebody else"),
    ("57P01", Unavailable, 10, "stopping"),
    ("57P03", Unavailable, 10, "stopping"),
    ("58030", Unavailable, 10, "disk"),
    ("72000", Unavailable, 10, "failed"),
    ("F0000", Unavailable, 10, "failed"),
    ("HV000", Unavailable, 10, "failed"),
    ("XX000", Unavailable, 10, "inside"),
    ("XX001", Unavailable, 10, "inside"),
    ("PGRSTX00", ProtocolError, 11, "inside"),
    ("PGRST999", ProtocolError, 11, "inside"),
]


def refusal(code: str, message: str = f"no: {SECRET}", details: str | None = SECRET) -> APIError:
    return APIError({"code": code, "message": message, "details": details, "hint": None})


def named(error: APIError) -> CampaignError:
    found = translate(error)
    assert isinstance(found, CampaignError)
    return found


@pytest.mark.parametrize(("code", "kind", "status", "word"), STATES)
def test_a_state_has_a_class_an_exit_code_and_words(
    code: str, kind: type[CampaignError], status: int, word: str
) -> None:
    # Of a constraint the message holds its name only, and says which value it is.
    message = 'violates constraint "x"' if code.startswith("23") else f"no: {SECRET}"
    error = named(refusal(code, message))
    assert type(error) is kind
    assert error.code == code
    assert word in str(error)
    assert exit_code(error) == status
    assert SECRET not in f"{error} {error.__cause__} {error.__cause__!r} {vars(error)}"


@pytest.mark.parametrize("is_local", [False, True])
@pytest.mark.parametrize("state", [state for state in STATES if state[1] is Unavailable])
def test_a_remedy_fits_the_place(
    state: tuple[str, type[CampaignError], int, str],
    is_local: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_errors, "_is_local", lambda: is_local)
    _, _, remedy = one_line(named(refusal(state[0]))).partition("; ")
    assert remedy
    assert is_local or "campaign local" not in remedy
    assert not is_local or "dashboard" not in remedy


def test_what_may_have_been_done_is_looked_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_errors, "_is_local", lambda: False)
    for kind in (Unavailable, TimedOut):
        assert "look first" in one_line(kind("gone", maybe_applied=True))
        assert "look first" not in one_line(kind("gone"))
    # One that says how to go on, as an import does, says it better.
    error = Unavailable("gone", maybe_applied=True)
    error.add_note("Run it again.")
    assert "look first" not in one_line(error)


def test_no_state_of_postgresql_is_a_bug_of_ours() -> None:
    states = {
        each.sqlstate
        for each in vars(psycopg.errors).values()
        if isinstance(each, type) and issubclass(each, psycopg.Error) and each.sqlstate
    }
    assert len(states) > 200
    for state in states:
        assert type(named(refusal(state))) is not CampaignError, state


@pytest.mark.parametrize("code", ["P0001", "MY001", "PT402"])
def test_a_trigger_of_the_project_has_its_own_words(code: str) -> None:
    error = named(refusal(code, "Adults only.", "age"))
    assert (type(error), str(error)) == (InvalidInput, "age: Adults only.")
    assert str(named(refusal(code, "Adults only.", None))) == "row: Adults only."


def test_a_plan_of_yesterday_is_no_missing_feature() -> None:
    error = named(refusal("0A000", "cached plan must not change result type"))
    assert (type(error), exit_code(error)) == (Unavailable, 10)


def refused(code: str, status: int = 500) -> httpx.Response:
    body = {"code": code, "message": "no", "details": None, "hint": None}
    return httpx.Response(status, json=body)


FINE = httpx.Response(200, json=[])
PASSING = [
    (refused("40001"), True),
    (refused("40P01"), True),
    (refused("25P02"), True),
    (refused("53300", 503), True),
    (refused("57P01", 503), True),
    (refused("08006", 503), True),
    (refused("PGRST003", 504), True),
    (refused("25006", 405), False),
    (refused("XX000"), False),
    (refused("57014"), False),
    (refused("55P03"), False),
    (refused("23514", 400), False),
]


@pytest.mark.parametrize(("answer", "passes"), PASSING)
@pytest.mark.parametrize("kind", ["read", "keyed", "write"])
def test_what_passes_is_tried_again(
    mode: Mode, answer: httpx.Response, passes: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock().replace_clocks(monkeypatch)
    handle, seen = answers(answer, FINE)
    both = Both(mode, handle, signed_in=session())
    in_doubt = answer.json()["code"] in ("57P01", "08006") and kind == "write"
    if in_doubt:
        with pytest.raises(Unavailable) as caught:
            both.send("POST", "/rest/v1/rpc/f", kind=kind)
        assert caught.value.maybe_applied
        assert caught.value.code == answer.json()["code"]
    else:
        response = both.send("POST", "/rest/v1/rpc/f", kind=kind)
        tried_again = passes and kind != "write"
        assert response.status_code == (200 if tried_again else answer.status_code)
    assert len(seen) == (2 if passes and kind != "write" else 1)


@pytest.mark.parametrize("body", [b"[1]", b"nonsense", b'{"code": 7}', b'{"code": "no such"}'])
def test_a_refusal_without_a_state_is_a_gateways(mode: Mode, body: bytes) -> None:
    head: Any = {"content-type": "application/json"}
    handle, _ = answers(httpx.Response(503, headers=head, content=body))
    both = Both(mode, handle, signed_in=session())
    with pytest.raises(Unavailable, match="503"):
        both.send("POST", "/rest/v1/rpc/f", kind="write")


def test_the_database_says_which_it_is(mode: Mode) -> None:
    handle, _ = answers(refused("25006", 405))
    both = Both(mode, handle, signed_in=session())
    with pytest.raises(Unavailable, match="only reads") as caught:
        both.result(both.client.campaigns.create("c"))
    assert (caught.value.code, caught.value.maybe_applied) == ("25006", False)
