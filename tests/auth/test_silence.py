"""No secret, token or e-mail address in logs, however talkative they are made."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth.clocks import Clocks
from auth.tap import Tap, failing
from campaign_sdk import CampaignClient, CampaignError
from campaign_sdk.local import LocalSupabase
from campaign_sdk.stores import FileStore
from clients import PASSWORD, Mode, client_of

HOUR = 3600
EMAIL, CONTACT, PHONE = "secretive@example.com", "hush@private.example", "+49 30 1234567"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged by anybody."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)r %(exc_text)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def spoken(client: CampaignClient, known: set[str]) -> None:
    """Note the tokens of the moment."""
    session = client._connection.keeper.session
    assert session is not None
    known |= {session.access_token, session.refresh_token}


def test_logs_of_a_working_day(
    stack: LocalSupabase, mode: Mode, log: io.StringIO, clocks: Clocks, tmp_path: Path
) -> None:
    known = {EMAIL, EMAIL.replace("@", "%40"), "secretive", CONTACT, "hush", PHONE, PASSWORD}
    known |= {stack.anon_key, stack.service_key}
    address = f"{mode}-{EMAIL}"
    with client_of(stack, mode, store=FileStore(stack.url, tmp_path)) as client:
        client.auth.sign_up(address, PASSWORD)
        spoken(client, known)
        client.auth.sign_in_with_password(address, PASSWORD)
        spoken(client, known)
        work(client)
        clocks.pass_by(HOUR)
        client.contacts.count()
        spoken(client, known)
        client.auth.change_password(f"{PASSWORD} of late")
        client.auth.send_recovery(address)
        client.auth.sign_out()
    told = log.getvalue()
    assert "HTTP Request: POST" in told
    assert "httpcore" in told
    assert [each for each in known if each in told] == []


def work(client: CampaignClient) -> None:
    client.contacts.upsert([{"email": CONTACT, "phone": PHONE}])
    found = client.contacts.find(CONTACT)
    assert found is not None
    for shown in (repr(found), str(found), repr([found])):
        assert CONTACT not in shown
        assert PHONE not in shown
    client.contacts.update(found.id, phone=PHONE)
    segment = client.segments.create(
        "x", {"combinator": "and", "rules": [{"field": "email", "operator": "=", "value": CONTACT}]}
    )
    assert client.segments.size(segment.id).count == 1
    assert [each.email for each in client.segments.members(segment.id)] == [CONTACT]
    assert [each.email for each in client.contacts.iterate()] == [CONTACT]
    campaign = client.campaigns.create("x", message="{{ email }}", segment_id=segment.id)
    assert client.campaigns.render(campaign.id, found)


def test_logs_of_a_bad_day(
    stack: LocalSupabase, mode: Mode, log: io.StringIO, clocks: Clocks
) -> None:
    known = {EMAIL, "secretive", PASSWORD}
    tap = Tap()
    with client_of(stack, mode, transport=tap, timeout=5) as client:
        client.auth.sign_up(f"bad-{mode}-{EMAIL}", PASSWORD)
        spoken(client, known)
        clocks.pass_by(HOUR)
        for failure in (
            httpx.Response(200, json={"access_token": "x", "user": {"email": EMAIL}}),
            httpx.Response(502, text=EMAIL),
            httpx.ConnectError("no"),
            httpx.Response(400, json={"error_code": "refresh_token_not_found", "msg": EMAIL}),
        ):
            tap.answer = failing(failure)
            logged(client.contacts.count)
        for attempt in (EMAIL, "nobody"):
            logged(lambda attempt=attempt: client.auth.sign_in_with_password(attempt, PASSWORD))
    told = log.getvalue()
    assert told.count("Traceback") >= 6
    assert [each for each in known if each in told] == []


def logged(operation: Any) -> None:
    """Fail, and log the error as applications do."""
    with pytest.raises(CampaignError) as caught:
        operation()
    logging.getLogger("application").error("failed", exc_info=caught.value)
