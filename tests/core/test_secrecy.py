"""What a person trusted us with is in no error: not in its text, its parts or its causes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from campaign_sdk import CampaignClient, CampaignError, InvalidInput, everyone
from campaign_sdk.contacts import Contact
from campaign_sdk.local import LocalSupabase
from clients import PASSWORD, Mode, client_of
from wire import ACCESS, KEY, REFRESH, Both, answers, session

# Never written out below: a traceback quotes the lines of this file.
EMAIL, PHONE, SECRET, HALF = "hush@private.example", "+49 30 1234567", "swordfish", "hush"
KNOWN = [EMAIL, PHONE, SECRET, HALF, PASSWORD, ACCESS, REFRESH, KEY]
ATTRIBUTES = {"pet": SECRET}


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def assert_silent(error: BaseException) -> None:
    """Look at what a log would hold: the traceback, and each error's repr and arguments."""
    told = "".join(traceback.format_exception(error))
    for each in causes(error):
        told += f"{each!r} {each} {each.args!r} {getattr(each, 'message', '')}"
        if isinstance(each, CampaignError):
            told += repr(vars(each))
    assert [known for known in KNOWN if known in told] == []


def refused(action: Callable[[], Any]) -> CampaignError:
    with pytest.raises(CampaignError) as caught:
        action()
    assert_silent(caught.value)
    return caught.value


def test_violations_dont_quote_the_row(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": EMAIL, "phone": PHONE, "attributes": ATTRIBUTES}])
    ann.contacts.upsert([{"email": "other@private.example", "attributes": ATTRIBUTES}])
    other = ann.contacts.find("other@private.example")
    assert other is not None
    table = ann.supabase.from_("contacts")
    refused(lambda: ann.contacts.update(other.id, email=EMAIL))
    for row in (
        {"email": EMAIL},
        {"email": HALF, "phone": PHONE},
        {"email": f"x{EMAIL}", "phone": PHONE * 9},
        {"email": f"x{EMAIL}", "phone": PHONE, "attributes": [SECRET]},
        {"email": None, "phone": PHONE, "attributes": ATTRIBUTES},
        {"email": f"x{EMAIL}", "unsubscribed_at": SECRET},
    ):
        refused(lambda row=row: _through(ann, table.insert(row)))  # type: ignore[misc]


def _through(client: CampaignClient, request: Any) -> Any:
    """Carry out a request of supabase-py as an operation would."""
    from campaign_sdk._core.operation import _aexecute, _execute

    if client._connection.is_async:
        answer = client._runner.run(_aexecute(request))  # type: ignore[attr-defined]
    else:
        answer = _execute(request)
    if answer[1] is not None:
        raise answer[1]
    return answer[0]


def test_what_is_refused_here_isnt_quoted_either(ann: CampaignClient, tmp_path: Path) -> None:
    refused(lambda: ann.contacts.upsert([{"email": HALF, "phone": PHONE}]))
    refused(lambda: ann.contacts.upsert([{"email": EMAIL, "attributes": {"pet": SECRET + "\0"}}]))
    refused(lambda: ann.contacts.find(HALF))
    refused(lambda: ann.auth.sign_in_with_password(EMAIL, PASSWORD))
    refused(lambda: ann.auth.sign_up(EMAIL, "x"))
    path = tmp_path / "contacts.csv"
    path.write_text(f"email,phone,pet\n{HALF},{PHONE},{SECRET}\n{EMAIL},{PHONE},{SECRET},more\n")
    report = ann.contacts.import_csv(path)
    assert report.rejected == 2
    assert not [known for known in KNOWN if known in repr(report)]


def test_a_message_that_cant_be_rendered(ann: CampaignClient) -> None:
    campaign = ann.campaigns.create("x", message="{{ pet | date: '%Y' }}", rules=everyone())
    contact = {"email": EMAIL, "attributes": {"pet": {"name": SECRET}}}
    assert isinstance(refused(lambda: ann.campaigns.render(campaign.id, contact)), InvalidInput)


def test_a_row_that_a_model_cant_read() -> None:
    row = {"id": SECRET, "email": EMAIL, "phone": [PHONE]}
    assert "id" in str(refused(lambda: Contact.from_row(row)))
    with pytest.raises(ValidationError) as caught:
        Contact.model_validate(row)
    assert_silent(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"access_token": ACCESS, "user": {"email": EMAIL}}),
        httpx.Response(200, json=[EMAIL]),
        httpx.Response(400, json={"msg": f'"{EMAIL}" is invalid', "error_code": "x"}),
        httpx.Response(400, html=f"<p>{EMAIL} {PASSWORD}</p>"),
        httpx.Response(500, json={"msg": f"{EMAIL} {PASSWORD}"}),
        httpx.Response(502, text=EMAIL),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.headers['content-type']}",
)
def test_an_auth_server_that_repeats_what_it_got(mode: Mode, answer: httpx.Response) -> None:
    both = Both(mode, answers(answer)[0], timeout=0.1)
    auth = both.client.auth
    refused(lambda: both.result(auth.sign_in_with_password(EMAIL, PASSWORD)))
    refused(lambda: both.result(auth.sign_up(EMAIL, PASSWORD)))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=[{"id": SECRET, "email": EMAIL}]),
        httpx.Response(200, json={"message": EMAIL}),
        httpx.Response(200, text=f'[{{"email": "{EMAIL}"', headers={"Content-Type": "a/json"}),
        httpx.Response(400, html=f"<p>{EMAIL} {SECRET}</p>"),
        httpx.Response(404, json={"message": {"row": EMAIL}}),
        httpx.Response(409, json={"code": "23505", "message": "x", "details": f"({EMAIL})"}),
        httpx.Response(400, json={"code": "22P02", "message": f"invalid: {EMAIL}"}),
        httpx.Response(400, json={"code": "PGRST100", "message": f"can't parse eq.{EMAIL}"}),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.text[:12]}",
)
def test_a_database_that_repeats_what_it_got(mode: Mode, answer: httpx.Response) -> None:
    both = Both(mode, answers(answer)[0], signed_in=session())
    refused(lambda: both.result(both.client.contacts.find(EMAIL)))


def test_clients_and_settings_show_no_secret(mode: Mode, stack: LocalSupabase) -> None:
    with client_of(stack, mode) as client:
        client.auth.sign_up(f"quiet-{mode}@example.com", PASSWORD)
        connection = client._connection
        shown = f"{connection!r} {connection.settings!r} {connection.keeper!r} {client!r}"
        secrets = [stack.anon_key, str(connection.keeper.token), PASSWORD]
        assert not [secret for secret in secrets if secret in shown]
