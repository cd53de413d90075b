"""Edge Functions in real Deno behind the stack's own address."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from supabase import Client

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk._core.installing import how_to_install
from campaign_sdk.local import LocalSupabase, _config, _functions

from .conftest import MIGRATIONS
from .test_stack import processes

Visit = Callable[[LocalSupabase], AbstractContextManager[Client]]

FUNCTIONS = Path(__file__).parent / "functions"
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def serving() -> Iterator[LocalSupabase]:
    environment = {"OWN_SECRET": "kept", "ELSEWHERE": "http://127.0.0.1:9/path"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPABASE_SERVICE_ROLE_KEY", "not for functions")
        with LocalSupabase(
            migrations=MIGRATIONS, functions=FUNCTIONS, functions_env=environment
        ) as stack:
            yield stack


@pytest.fixture(scope="module")
def token(serving: LocalSupabase) -> str:
    """Somebody's access token."""
    answer = httpx.post(
        f"{serving.url}/auth/v1/signup",
        json={"email": "f@example.com", "password": PASSWORD},
        headers={"apikey": serving.anon_key},
    )
    return str(answer.json()["access_token"])


@pytest.fixture
def http(serving: LocalSupabase, token: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {token}"}
    base = f"{serving.url}/functions/v1/"
    with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
        yield client


def test_an_unmodified_client_reaches_them(serving: LocalSupabase, visit: Visit) -> None:
    with visit(serving) as client:
        client.auth.sign_up({"email": "invoker@example.com", "password": PASSWORD})
        said: Any = client.functions.invoke(
            "echo", {"body": {"a": "ü"}, "headers": {"x-mine": "1"}, "responseType": "json"}
        )
    assert (said["method"], said["path"], said["body"]) == ("POST", "/echo", '{"a":"ü"}')
    assert said["headers"]["x-mine"] == "1"


def test_paths_queries_and_redirects_come_through_byte_for_byte(http: httpx.Client) -> None:
    said = http.get("echo/c/%C3%A9%2F..%2Fx?a=%20b&a=c").json()
    assert (said["path"], said["search"]) == ("/echo/c/%C3%A9%2F..%2Fx", "?a=%20b&a=c")
    answer = http.get("echo?status")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://example.com/%C3%A9")


def test_a_function_has_its_own_environment_and_few_permissions(
    http: httpx.Client, serving: LocalSupabase
) -> None:
    said = http.get("echo").json()
    told = said["environment"]
    assert told.pop("DENO_SERVE_ADDRESS").startswith("tcp:127.0.0.1:")
    for of_deno_itself in ("PATH", "DENO_NODE_SHIM_ACTIVE"):
        told.pop(of_deno_itself, None)
    assert set(told) == {
        *("SUPABASE_URL", "SUPABASE_ANON_KEY", "OWN_SECRET", "ELSEWHERE"),
        *("DENO_DIR", "DENO_NO_UPDATE_CHECK", "NO_COLOR"),
    }
    assert told["SUPABASE_URL"] == serving.url
    assert serving.service_key not in told.values()
    states = said["permissions"]
    assert {name for name, state in states.items() if state == "granted"} == {"stack", "named"}


def test_without_a_session_the_gate_is_shut(http: httpx.Client, serving: LocalSupabase) -> None:
    head, body, signature = http.headers["authorization"].removeprefix("Bearer ").split(".")
    forged = ["", "Basic eA==", f"Bearer {serving.anon_key}", f"Bearer {head}.{body}."]
    forged += [f"Bearer {head}.{body}.{signature[:-4]}AAAA", "Bearer a.b.c"]
    for header in forged:
        assert http.get("echo", headers={"authorization": header}).status_code == 401, header
    assert http.options("echo", headers={"authorization": ""}).status_code == 200


def test_open_functions_are_those_of_the_config() -> None:
    assert set(_config.open_functions()) == {"t", "hook"}


def test_who_crashes_comes_back_and_takes_nobody_along(
    http: httpx.Client, serving: LocalSupabase
) -> None:
    assert http.post("crash").text == "here"
    answer = http.post("crash", content="crash")
    assert (answer.status_code, answer.json()["code"]) == (502, "WORKER_ERROR")
    assert http.post("crash").text == "here"
    assert http.get("echo").status_code == 200
    assert serving.running()


def test_what_does_not_start_says_so(http: httpx.Client, serving: LocalSupabase) -> None:
    for _ in range(2):
        answer = http.get("broken")
        assert (answer.status_code, answer.json()["code"]) == (503, "BOOT_ERROR")
    assert serving._server is not None
    assert "the last words" in serving._server._log.read_text()


@pytest.mark.parametrize("name", ["nothing", "_shared", "..%2Fecho", "echo%2F", ""])
def test_what_is_not_there_is_a_404(http: httpx.Client, name: str) -> None:
    assert http.get(name).status_code == 404


def test_answers_are_streamed(http: httpx.Client) -> None:
    with http.stream("GET", "stream") as answer:
        parts = answer.iter_bytes()
        assert next(parts) == b"first"
        assert http.post("stream").status_code == 204
        assert b"".join(parts) == b"second"


def test_large_bodies_come_through(http: httpx.Client) -> None:
    body = "ä" * 2_000_000
    assert http.post("echo", content=body.encode()).json()["body"] == body


def test_functions_end_with_their_stack() -> None:
    with LocalSupabase(migrations=MIGRATIONS, functions=FUNCTIONS) as stack:
        assert stack._server is not None
        server = stack._server._process
        httpx.options(f"{stack.url}/functions/v1/crash", timeout=30)
        [child] = children(server.pid)
        server.kill()
        server.wait()
        deadline = time.monotonic() + 30
        while child in processes(str(FUNCTIONS)):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def children(pid: int) -> list[int]:
    return [
        process
        for process in processes(str(FUNCTIONS))
        if f"\nPPid:\t{pid}\n" in Path(f"/proc/{process}/status").read_text()
    ]


def test_without_deno_the_stack_runs_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_functions, "deno", lambda: None)
    with LocalSupabase(migrations=MIGRATIONS) as stack:
        answer = httpx.get(f"{stack.url}/functions/v1/t/x")
        assert answer.status_code == 503
        assert how_to_install("local") in answer.json()["message"]


def test_a_broken_installation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_config, "_HERE", tmp_path)
    monkeypatch.setattr(_config, "_CHECKOUT", tmp_path)
    with pytest.raises(LocalStackError, match="functions"):
        _config.functions_folder()
