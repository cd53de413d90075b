"""Handing over to real SMTP servers, and to some that die."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from campaign_sdk import ConfigurationError, Unavailable
from campaign_sdk.senders import LoginRefused, Message, NotSent, Smtp, async_sender

from .certificates import make
from .mailroom import PASSWORD, USER, Mailroom, Script, Talk, nobody, parts, scripted, serving

SENDER = "Shop <shop@example.com>"
HEADERS = {
    "List-Unsubscribe": f"<https://example.com/u/{'x' * 300}>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def a_message(to: str = "asha@example.com", key: str = "c/1", **more: object) -> Message:
    given: dict[str, object] = {"subject": "Hi", "text": "Hello", **more}
    return Message(key, to, {"email": to}, **given)  # type: ignore[arg-type]


def url(port: int, login: bool = False, scheme: str = "smtp") -> str:
    who = f"{USER}:{quote(PASSWORD, safe='')}@" if login else ""
    return f"{scheme}://{who}127.0.0.1:{port}"


def test_a_message_arrives_as_it_was_written() -> None:
    room = Mailroom()
    text = "Grüße, Аша\n.\n..zwei\nQUIT\nend"
    message = a_message(
        subject="Grüße ✓", text=text, html="<p>Grüße &amp; mehr</p>", headers=HEADERS
    )
    with serving(room) as port, Smtp(url(port), '"Süß, Köln" <shop@example.com>') as smtp:
        [receipt] = smtp([message])
    assert (receipt.key, receipt.outcome, receipt.provider_id) == ("c/1", "sent", "Q0000001")
    [mail], [envelope] = room.mails, room.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("shop@example.com", ["asha@example.com"])
    assert (mail["From"], mail["To"]) == ('"Süß, Köln" <shop@example.com>', "asha@example.com")
    assert mail["Subject"] == "Grüße ✓"
    assert mail["X-Campaign-Key"] == "c/1"
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Message-ID"].endswith("@example.com>")
    assert {name: mail[name] for name in HEADERS} == HEADERS
    assert mail.get_content_type() == "multipart/alternative"
    assert parts(mail) == [
        ("text/plain", text + "\n"),
        ("text/html", "<p>Grüße &amp; mehr</p>\n"),
    ]


def test_one_connection_serves_many() -> None:
    room = Mailroom()
    with serving(room) as port, Smtp(url(port)) as smtp:
        for n in range(20):
            assert smtp([a_message(key=f"c/{n}")])[0].outcome == "sent"
    assert (len(room.envelopes), room.connections) == (20, 1)
    assert len({mail["Message-ID"] for mail in room.mails}) == 20


def test_each_refusal_is_told_apart_and_stands_in_nobodys_way() -> None:
    room = Mailroom()
    names = ["nobody", "later", "spam", "full", "asha"]
    with serving(room) as port, Smtp(url(port), SENDER, batch_size=9) as smtp:
        receipts = smtp([a_message(f"{name}@example.com", name) for name in names])
    assert [(each.key, each.outcome, each.retry) for each in receipts] == [
        ("nobody", "failed", False),
        ("later", "failed", True),
        ("spam", "failed", False),
        ("full", "failed", True),
        ("asha", "sent", False),
    ]
    assert receipts[0].reason == "550 5.1.1 <address>: no such user here"
    assert room.connections == 1


def test_the_password_goes_through_tls(tmp_path: Path) -> None:
    server, client = make(tmp_path)
    room = Mailroom()
    with serving(room, login=True, ssl=server) as port:
        address = url(port, login=True, scheme="smtps")
        with Smtp(address, SENDER, context=client) as smtp:
            assert smtp([a_message()])[0].outcome == "sent"
        with pytest.raises(NotSent, match="isn't who it should be") as stranger:
            Smtp(address, SENDER)([a_message()])
    assert not stranger.value.retry
    assert len(room.envelopes) == 1


def test_starttls_is_asked_for_and_insisted_on(tmp_path: Path) -> None:
    server, client = make(tmp_path)
    room = Mailroom()
    with serving(room, login=True, tls_context=server, require_starttls=True) as port:
        address = f"{url(port, login=True)}?starttls"
        with Smtp(address, SENDER, context=client) as smtp:
            assert smtp([a_message()])[0].outcome == "sent"
    with serving(Mailroom()) as port, pytest.raises(NotSent, match="offers no STARTTLS") as plain:
        Smtp(f"{url(port)}?starttls", SENDER)([a_message()])
    assert not plain.value.retry


def test_a_refused_login_has_a_remedy_and_keeps_the_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(Mailroom(), login=True) as port:
        smtp = Smtp(f"smtp://{USER}:guess-4711@127.0.0.1:{port}", SENDER)
        with pytest.raises(LoginRefused, match=r"\(535\): check user and password") as refused:
            smtp([a_message()])
    shown = f"{refused.value} {refused.value!r} {smtp!r} {refused.value.__cause__} {caplog.text}"
    assert "guess" not in shown
    assert USER not in repr(smtp)
    assert not refused.value.retry


def test_a_server_that_wants_a_login_says_so_in_time() -> None:
    with serving(Mailroom(), login=True) as port, pytest.raises(LoginRefused):
        Smtp(url(port), SENDER)([a_message()])


def test_who_isnt_there_has_taken_nothing() -> None:
    with nobody() as port, pytest.raises(NotSent, match="can't be reached") as gone:
        Smtp(url(port), SENDER)([a_message()])
    assert gone.value.retry


def dies(*answers: str, after_data: bool = False) -> Script:
    """Answer so many commands of the first message, then hang up."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.answer(*answers)
        if after_data:
            talk.content()

    return script


@pytest.mark.parametrize(
    "script",
    [
        lambda _: None,
        lambda talk: talk.say("554 go away"),
        lambda talk: talk.say("421 too busy"),
        dies(),
        dies("250 ok"),
        dies("250 ok", "250 ok"),
        dies("421 closing"),
        dies("250 ok", "421 closing"),
        dies("250 ok", "250 ok", "421 closing"),
        dies("550 who are you"),
        dies("451 not now", "250 reset"),
    ],
)
def test_a_server_that_dies_before_it_has_all_has_sent_nothing(script: Script) -> None:
    with scripted(script) as port, pytest.raises(NotSent):
        Smtp(url(port), SENDER, timeout=5)([a_message()])


@pytest.mark.parametrize("last", [None, "2", "354 more?\r\n", "nonsense\r\n"])
def test_a_server_that_dies_with_the_message_leaves_it_in_doubt(last: str | None) -> None:
    def script(talk: Talk) -> None:
        dies("250 ok", "250 ok", "354 go on", after_data=True)(talk)
        if last:
            talk.wfile.write(last.encode())

    with scripted(script) as port, pytest.raises(Unavailable) as doubt:
        Smtp(url(port), SENDER, timeout=5)([a_message()])
    assert doubt.value.maybe_applied


def test_a_server_that_never_answers_leaves_it_in_doubt() -> None:
    release = threading.Event()

    def script(talk: Talk) -> None:
        dies("250 ok", "250 ok", "354 go on", after_data=True)(talk)
        release.wait(20)

    with scripted(script) as port:
        # Long enough for a busy machine to get as far as the message.
        with pytest.raises(Unavailable) as doubt:
            Smtp(url(port), SENDER, timeout=1.5)([a_message()])
        release.set()
    assert doubt.value.maybe_applied


def drips(talk: Talk, answer: str) -> None:
    """Say something a byte at a time: each well before a timeout, and all of it long after."""
    for letter in f"{answer}\r\n":
        talk.wfile.write(letter.encode())
        time.sleep(0.03)


@pytest.mark.parametrize("slow", ["220 hello", "250 mail", "354 data"])
def test_a_server_that_drips_has_as_long_as_one_that_is_silent(slow: str) -> None:
    def script(talk: Talk) -> None:
        with suppress(OSError):
            for answer in ("220 hello", "250 ehlo", "250 mail", "250 rcpt", "354 data"):
                if answer != "220 hello":
                    talk.hear()
                (drips if answer == slow else Talk.say)(talk, answer)
            talk.content()
            talk.say("250 ok")

    with scripted(script) as port, pytest.raises(NotSent):
        Smtp(url(port), SENDER, timeout=0.2)([a_message()])


def test_a_name_that_is_never_found_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    with pytest.raises(NotSent, match="TimeoutError"):
        Smtp("smtp://slow.example.com", SENDER, timeout=0.2)([a_message()])
    over.set()


def test_an_address_that_leads_nowhere_isnt_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def find(host: str, port: int, *rest: Any, **options: Any) -> Any:
        hosts = ("127.0.0.9", "127.0.0.1") if host == "localhost" else (host,)
        return [found for each in hosts for found in real(each, port, *rest, **options)]

    with scripted(takes) as port:
        monkeypatch.setattr(socket, "getaddrinfo", find)
        with Smtp(f"smtp://localhost:{port}", SENDER, timeout=5) as smtp:
            assert [each.outcome for each in smtp([a_message()])] == ["sent"]


def takes(talk: Talk, count: int = 1) -> None:
    talk.welcome()
    for _ in range(count):
        talk.answer("250 ok", "250 ok", "354 go on")
        talk.content()
        talk.say("250 ok")


def test_one_in_doubt_is_left_out_and_the_others_go_on() -> None:
    def dies_at_the_second(talk: Talk) -> None:
        takes(talk)
        talk.answer("250 ok", "250 ok", "354 go on")
        talk.content()

    with scripted(dies_at_the_second, takes) as port, Smtp(url(port), SENDER, timeout=5) as smtp:
        receipts = smtp([a_message(key=f"c/{n}") for n in range(3)])
    assert [(each.key, each.outcome) for each in receipts] == [("c/0", "sent"), ("c/2", "sent")]


def test_what_could_not_be_handed_over_any_more_is_tried_again() -> None:
    def gone(_: Talk) -> None:
        return None

    with scripted(takes, gone) as port, Smtp(url(port), SENDER, timeout=5) as smtp:
        receipts = smtp([a_message(key=f"c/{n}") for n in range(3)])
    assert [(each.key, each.outcome, each.retry) for each in receipts] == [
        ("c/0", "sent", False),
        ("c/1", "failed", True),
        ("c/2", "failed", True),
    ]


def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    with scripted(takes, takes) as port, Smtp(url(port), SENDER, timeout=5) as smtp:
        assert smtp([a_message(key="c/0")])[0].outcome == "sent"
        assert smtp([a_message(key="c/1")])[0].outcome == "sent"


def test_no_end_of_the_message_before_its_end() -> None:
    """A server that dies within the content can't have taken it."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.answer("250 ok", "250 ok", "354 go on")
        talk.rfile.read(1_000)

    big = a_message(text="line\n" * 2_000_000)
    with scripted(script) as port, pytest.raises(NotSent):
        Smtp(url(port), SENDER, timeout=5)([big])


def test_addresses_in_unicode_need_a_server_that_takes_them() -> None:
    room = Mailroom()
    with serving(room) as port, Smtp(url(port), SENDER) as smtp:
        [receipt] = smtp([a_message("jürgen@bücher.example", subject="Grüße")])
        assert smtp([a_message("asha@bücher.example")])[0].outcome == "sent"
    assert receipt.outcome == "sent"
    assert room.envelopes[0].rcpt_tos == ["jürgen@xn--bcher-kva.example"]
    assert (room.mails[0]["Subject"], room.mails[1]["To"]) == (
        "Grüße",
        "asha@xn--bcher-kva.example",
    )
    with scripted(takes) as port, Smtp(url(port), SENDER) as smtp:
        [refused] = smtp([a_message("jürgen@bücher.example")])
    assert (refused.outcome, refused.retry) == ("failed", False)


async def test_it_serves_the_asynchronous_client_from_a_thread() -> None:
    room = Mailroom()
    with serving(room) as port, Smtp(url(port), SENDER) as smtp:
        [receipt] = await async_sender(smtp)([a_message()])
    assert receipt.outcome == "sent"


async def test_the_thread_ends_with_the_task() -> None:
    hanging, over = threading.Event(), threading.Event()
    connections: list[Talk] = []

    def hangs(talk: Talk) -> None:
        connections.append(talk)
        dies("250 ok", "250 ok", "354 go on", after_data=True)(talk)
        hanging.set()
        over.wait(30)

    with scripted(hangs) as port:
        smtp = Smtp(url(port), SENDER, batch_size=3)
        messages = [a_message(key=f"c/{n}") for n in range(3)]
        task = asyncio.create_task(smtp.asend(messages))
        await asyncio.to_thread(hanging.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 25)
        assert not over.is_set()
        over.set()
    assert len(connections) == 1


async def test_a_task_that_is_cancelled_leaves_those_beside_it_alone() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Mailroom):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            begun.set()
            await asyncio.to_thread(go_on.wait, 30)
            return await super().handle_DATA(server, session, envelope)

    with serving(Slow()) as port, Smtp(url(port), SENDER, batch_size=2) as smtp:
        first = asyncio.create_task(smtp.asend([a_message(key=f"c/{n}") for n in range(2)]))
        await asyncio.to_thread(begun.wait, 30)
        second = asyncio.create_task(smtp.asend([a_message(key="d/1")]))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert [receipt.outcome for receipt in await first] == ["sent", "sent"]
        with pytest.raises(asyncio.CancelledError):
            await second
        [receipt] = await smtp.asend([a_message(key="e/1")])
        assert receipt.outcome == "sent"


@pytest.mark.parametrize(
    ("address", "shown", "who"),
    [
        ("smtps://u:p@mail.example.com", "smtps://mail.example.com:465", "u@mail.example.com"),
        ("smtp://me%40x.org:p@h.example?starttls", "smtp://h.example:587", "me@x.org"),
        ("smtp://localhost", "smtp://localhost:25", "campaign@localhost"),
        ("smtp://[::1]:1025/", "smtp://[::1]:1025", "campaign@localhost"),
    ],
)
def test_addresses_of_servers(address: str, shown: str, who: str) -> None:
    smtp = Smtp(address)
    assert repr(smtp) == f"<Smtp {shown}>"
    assert smtp._sender.addr_spec == who
    assert (smtp.batch_size, smtp.honours_keys) == (1, False)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "smtp://",
        "http://host",
        "smtps://u:secr/et@host",
        "smtps://u:secr#et@host",
        "smtps://u:secret@host:0",
        "smtps://u:secret@host:99999",
        "smtp://u:secret@mail.example.com",
        "smtp://u:secret@localhost?tls",
        "smtps://u:secret@host?starttls",
        "smtps://[u:secret@host",
        None,
    ],
)
def test_what_is_no_address_of_a_server_is_refused_and_not_quoted(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^smtp: ") as refused:
        Smtp(address, SENDER)
    assert "secr" not in f"{refused.value}{refused.value.__cause__}"


@pytest.mark.parametrize(
    "sender", ["nobody", "a@b, c@d", "A <a@b>\r\nBcc: x@y.z", "<>", "a@", " ", "a@b@c", "ü@b.de"]
)
def test_what_is_no_sender_is_refused(sender: str) -> None:
    with pytest.raises(ConfigurationError, match="from_: "):
        Smtp("smtp://localhost", sender)
    with pytest.raises(ConfigurationError, match="from_: "):
        Smtp("smtp://mail.example.com")
