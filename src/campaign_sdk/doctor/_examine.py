"""`examine`: all checks, in the order in which one makes the next one possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx

from campaign_sdk._core.keys import is_secret

from . import _additions, _isolation, _project, _schema, _surroundings
from ._finding import Finding
from ._probe import Identity, Probe

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient


def examine(
    client: CampaignClient,
    *,
    ask_openai: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[Finding]:
    """Check a project, its schema, its row level security and what is beside it.

    Nothing is left behind: what is written is refused in any case.

    Args:
        client: whose project and session are looked at.
        ask_openai: whether OpenAI is asked if it knows the key and the model.
        transport: an httpx transport for the checks, for proxies and tests.
    """
    settings = client._connection.settings
    probe = Probe(settings.url, settings.key, transport)
    try:
        yield from _project_checks(client, probe)
    finally:
        probe.close()
    yield _surroundings.check_openai(client._writer.options, ask_openai)
    yield _surroundings.check_local_parts()


def _project_checks(client: CampaignClient, probe: Probe) -> Iterator[Finding]:
    reachable, health = _project.check_reachable(probe)
    yield reachable
    if health is None:
        return
    settings = client._connection.settings
    secret = is_secret(settings.key)
    key = _project.check_key(settings.key, health, secret)
    yield key
    yield _project.check_clock(health)
    if key.status == "failed":
        return
    try:
        yield from _as_nobody(probe, secret)
        yield from _as_user(client, probe)
        yield _project.check_realtime(settings.url, settings.key)
    except httpx.HTTPError as error:
        message = f"the project stopped answering ({type(error).__name__})"
        yield Finding("reachable", "failed", message, "run it again")


def _as_nobody(probe: Probe, secret: bool) -> Iterator[Finding]:
    if secret:
        message = "with a secret key, nobody in particular may do everything"
        yield Finding("schema", "skipped", message, "run it with the anon key")
        yield Finding("nobody", "skipped", message, "run it with the anon key")
        return
    yield from _schema.check_chapters(probe)
    yield _isolation.check_anonymous(probe)


def _as_user(client: CampaignClient, probe: Probe) -> Iterator[Finding]:
    given = client._connection.settings.access_token
    session, who = _project.identify(client, given)
    yield session
    if who is not None:
        checks: tuple[Callable[[Probe, Identity], Finding], ...] = (
            _schema.check_rules,
            _isolation.check_reads,
            _isolation.check_writes,
            _project.check_max_rows,
            _project.check_tick,
        )
        yield from (check(probe, who) for check in checks)
        yield from _additions.check_additions(probe, who)
