"""Which token is one of this stack's: `jwt.mjs` by itself, and the stack as a whole."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from supabase import Client

from campaign_sdk.local import LocalSupabase, _node

SCRIPT = Path(_node.__file__).with_name("jwt.mjs")
SECRET = "a secret of thirty-two characters"
ASK = """
const { claimsOf } = await import(process.argv[1]);
const asked = JSON.parse(process.argv[3]);
console.log(JSON.stringify(asked.map((header) => claimsOf(process.argv[2], header) ?? null)));
"""


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(claims: Any, *, head: Any = None, secret: str = SECRET, digest: str = "sha256") -> str:
    said = f"{part(head or {'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    return f"{said}.{part(hmac.new(secret.encode(), said.encode(), digest).digest())}"


def read(*headers: str) -> list[Any]:
    node = ["--input-type=module", "-e", ASK, SCRIPT.as_uri(), SECRET, json.dumps(headers)]
    done = subprocess.run([_node._node(), *node], capture_output=True, check=True)
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_a_good_token_is_read() -> None:
    now = time.time()
    claims = {"sub": "me", "role": "authenticated", "exp": now + 60, "iat": now - 1}
    assert read(f"Bearer {token(claims)}", f"bearer {token({})}") == [claims, {}]


def test_nothing_else_is() -> None:
    good, now = token({"sub": "me"}), time.time()
    headers = [
        good,
        f"Basic {good}",
        f"Bearer {good} x",
        f"Bearer {good}.x",
        f"Bearer {good[:-2]}",
        f"Bearer {good.rpartition('.')[0]}.",
        f"Bearer {token({'sub': 'me'}, secret='another')}",
        f"Bearer {token({'sub': 'me'}, digest='sha512')}",
        f"Bearer {token({'sub': 'me'}, head={'alg': 'none'})}",
        f"Bearer {token({'sub': 'me'}, head={'alg': 'HS512'})}",
        f"Bearer {token({'sub': 'me', 'exp': now - 1})}",
        f"Bearer {token({'sub': 'me', 'nbf': now + 60})}",
        f"Bearer {token({'sub': 'me', 'iat': now + 60})}",
        f"Bearer {token({'sub': 'me', 'exp': 'soon'})}",
        f"Bearer {token(b'no JSON')}",
        f"Bearer {token(['no', 'object'])}",
        f"Bearer {token(None)}",
        "Bearer",
        "",
    ]
    assert read(*headers) == [None] * len(headers)


def test_a_forged_signature_opens_nothing(stack: LocalSupabase, alice: Client) -> None:
    session = alice.auth.get_session()
    assert session is not None
    said, _, signature = session.access_token.rpartition(".")
    forged = f"{said}.{signature[:-4]}{'AAAA' if signature[-4:] != 'AAAA' else 'BBBB'}"
    headers = {"apikey": stack.anon_key, "Authorization": f"Bearer {forged}"}
    answer = httpx.post(f"{stack.url}/rest/v1/rpc/who", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST301")


@pytest.mark.parametrize("key", ["", "sb_publishable_wrong"])
def test_a_good_token_is_no_key(stack: LocalSupabase, alice: Client, key: str) -> None:
    session = alice.auth.get_session()
    assert session is not None
    headers = {
        "Authorization": f"Bearer {session.access_token}",
        **({"apikey": key} if key else {}),
    }
    answer = httpx.post(f"{stack.url}/rest/v1/rpc/who", json={}, headers=headers)
    assert answer.status_code == 401
