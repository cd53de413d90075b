"""The project itself: is it there, with the right key, time and limits?"""

from __future__ import annotations

import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from campaign_sdk._core.errors import CampaignError, NotAuthenticated
from campaign_sdk._core.proxy import proxy_for

from ._finding import Finding
from ._probe import PATIENCE, Answer, Identity, Probe

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient

# Tokens live for an hour: a clock that is a minute off doesn't matter yet.
SKEW = 60
# What the SDK's longest page asks for.
_PAGE = 1000

# A cron that is called each minute may be late once.
_LATE = 150

_HEALTH = "/auth/v1/health"


def check_reachable(probe: Probe) -> tuple[Finding, Answer | None]:
    """Ask the project for a sign of life; return the answer, too."""
    try:
        answer = probe.get(_HEALTH)
    except httpx.HTTPError as error:
        message = f"{probe.url} doesn't answer ({type(error).__name__})"
        remedy = "check SUPABASE_URL and the network; a paused project is restored in its dashboard"
        return Finding("reachable", "failed", message, remedy), None
    if not isinstance(answer.body, dict) or answer.status >= 500:
        message = f"{probe.url} answers, but not as Supabase does (HTTP {answer.status})"
        remedy = "SUPABASE_URL must be the project's API URL, not its website or dashboard"
        return Finding("reachable", "failed", message, remedy), None
    return Finding("reachable", "ok", f"{probe.url} answers"), answer


def check_key(key: str, health: Answer, is_secret: bool) -> Finding:
    """Is it this project's key, and one that may be shown to users?"""
    source = "take the anon or publishable key from Project Settings, API Keys"
    if health.status in (401, 403):
        return Finding("key", "failed", "the project doesn't know this key", source)
    if is_secret:
        message = "this is a service-role (secret) key: row level security doesn't hold it"
        return Finding("key", "warning", message, f"{source}, and keep this one on servers only")
    kind = "publishable" if key.startswith("sb_publishable_") else "anon"
    return Finding("key", "ok", f"the {kind} key of this project")


def check_clock(health: Answer) -> Finding:
    """Compare this machine's clock with the server's."""
    try:
        there = parsedate_to_datetime(health.date or "").timestamp()
    except ValueError:
        return Finding("clock", "skipped", "the server doesn't tell its time")
    apart = round(abs(time.time() - there))
    if apart <= SKEW:
        return Finding("clock", "ok", "agrees with the server's")
    remedy = "synchronize this machine's clock (NTP): relative dates and tokens depend on it"
    return Finding("clock", "warning", f"{apart:,} s apart from the server's", remedy)


def identify(client: CampaignClient, given: str | None) -> tuple[Finding, Identity | None]:
    """Find out who is signed in, with a token that is good for the next minutes."""
    try:
        user = client.auth.profile()
    except NotAuthenticated as error:
        message = f"{error.message.partition(';')[0]}: what needs a user isn't checked"
        return Finding("session", "warning", message, "sign in with `campaign auth login`"), None
    except CampaignError as error:
        remedy = "run it again later; the session is kept"
        return Finding("session", "failed", error.message, remedy), None
    session = client.auth.session
    token = given or (session.access_token.get_secret_value() if session else "")
    return Finding("session", "ok", "signed in"), Identity(str(user.id), token)


def check_max_rows(probe: Probe, who: Identity) -> Finding:
    """Notice how many rows the API returns at most; the SDK asks for pages in any case."""
    query: dict[str, Any] = {"select": "id", "order": "id", "limit": str(2 * _PAGE)}
    held = probe.get("/rest/v1/contacts", who, **query).body
    rows = len(held) if isinstance(held, list) else 0
    more = probe.get("/rest/v1/contacts", who, **{**query, "limit": "1", "offset": str(rows)}).body
    if not rows or not more:
        return Finding("max rows", "ok", "not noticed: all contacts come in one answer")
    if rows >= _PAGE:
        return Finding("max rows", "ok", f"{rows:,} or more at once")
    message = f"{rows:,} at once: long lists take more requests than they need"
    return Finding("max rows", "ok", message, "raise Max rows in Project Settings, Data API")


def check_tick(probe: Probe, who: Identity) -> Finding:
    """When did anything last launch what is due?"""
    answer = probe.post("/rest/v1/rpc/last_tick", {}, who)
    if answer.status != 200:
        return Finding("tick", "skipped", "the project doesn't say when it last ran")
    remedy = (
        "switch pg_cron on and run `select campaign_private.schedule_tick()` in a migration, or "
        "have a cron of yours run `campaign tick` each minute"
    )
    if not isinstance(answer.body, str):
        return Finding("tick", "warning", "it never ran: nothing scheduled is launched", remedy)
    try:
        ago = round(time.time() - datetime.fromisoformat(answer.body).timestamp())
    except (ValueError, OverflowError):
        return Finding("tick", "skipped", "the project says nonsense of when it last ran")
    if ago <= _LATE:
        return Finding("tick", "ok", f"it last ran {max(ago, 0)} s ago")
    return Finding("tick", "warning", f"it last ran {ago:,} s ago: a cron has stopped", remedy)


def check_realtime(url: str, key: str) -> Finding:
    """Open a socket, as `watch` does, and close it again."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    query = urlencode({"apikey": key, "vsn": "1.0.0"})
    address = f"ws{url.removeprefix('http')}/realtime/v1/websocket?{query}"
    try:
        with connect(address, open_timeout=PATIENCE, close_timeout=1, proxy=proxy_for(url)):
            return Finding("realtime", "ok", "reachable")
    except (OSError, WebSocketException):
        return Finding("realtime", "skipped", "not reachable: polling will be used")
