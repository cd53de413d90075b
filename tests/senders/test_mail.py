"""A message as an e-mail: nothing in it becomes something else."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_sdk.senders import Message
from campaign_sdk.senders._mail import Mail, Unmailable, compose, mailbox

SENDER = mailbox("Shop <shop@example.com>")
NOW = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)


def mail_of(to: str = "asha@example.com", **more: object) -> Mail:
    given: dict[str, object] = {"subject": "Hi", "text": "Hello", **more}
    return compose(Message("c/1", to, **given), SENDER, now=NOW)  # type: ignore[arg-type]


def read(mail: Mail) -> EmailMessage:
    """Read an e-mail as a mailbox does, once the server has taken the doubled dots away."""
    lines = mail.body.split(b"\r\n")
    content = b"\r\n".join(line[1:] if line.startswith(b"..") else line for line in lines)
    parsed = message_from_bytes(content, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_the_bytes_of_a_simple_one() -> None:
    assert mail_of(text="Hello\n.dot\n").body.split(b"\r\n") == [
        b"From: Shop <shop@example.com>",
        b"To: asha@example.com",
        b"Subject: Hi",
        b"Date: Wed, 25 Nov 2026 21:00:00 +0000",
        b"Message-ID: <f2a9dfa69a24871de5a0fb2aac2c9e1d5cfa6baa@example.com>",
        b"X-Campaign-Key: c/1",
        b'Content-Type: text/plain; charset="utf-8"',
        b"Content-Transfer-Encoding: 7bit",
        b"MIME-Version: 1.0",
        b"",
        b"Hello",
        b"..dot",
        b"",
    ]


def test_the_same_key_has_the_same_message_id() -> None:
    assert mail_of().id == mail_of(subject="another").id
    other = compose(Message("c/2", "asha@example.com", subject="Hi"), SENDER)
    assert other.id != mail_of().id


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=400)


@settings(max_examples=60)
@given(texts, texts, texts)
def test_whatever_is_written_arrives_and_stays_where_it_was(
    subject: str, text: str, html: str
) -> None:
    subject = f"S{subject}"
    mail = mail_of(subject=subject, text=f"T{text}", html=f"H{html}")
    assert mail.body.isascii()
    assert mail.body.endswith(b"\r\n")
    assert b"\r\n.\r\n" not in mail.body
    assert mail.body.count(b"\r") == mail.body.count(b"\n") == mail.body.count(b"\r\n")
    assert max(map(len, mail.body.split(b"\r\n"))) <= 998
    parsed = read(mail)
    names = "From To Subject Date Message-ID X-Campaign-Key MIME-Version Content-Type"
    assert sorted(parsed.keys()) == sorted(names.split())
    assert parsed["Subject"].split() == _without_controls(subject).split()
    plain, rich = (part.get_content() for part in parsed.iter_parts())
    assert _lines(plain) == _lines(f"T{text}")
    assert _lines(rich) == _lines(f"H{html}")


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def _without_controls(text: str) -> str:
    return "".join(" " if ord(c) < 32 or c in "\x7f\x85\u2028\u2029" else c for c in text)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-One": "a\r\nBcc: everyone@example.com"},
        {"X-One": "a\n"},
        {"X-One": "a\x0bb"},
        {"X-One\r\nBcc": "a"},
        {"X One": "a"},
        {"X-One:": "a"},
        {"": "a"},
        {"Größe": "a"},
        {"X-One": "a" * 1_000},
        {"Bcc": "everyone@example.com"},
        {"to": "everyone@example.com"},
        {"Content-Type": "text/html"},
        {"MIME-Version": "1.0"},
        {"Subject": "two"},
    ],
)
def test_a_header_smuggles_nothing_in(headers: dict[str, str]) -> None:
    with pytest.raises(Unmailable, match="header") as refused:
        mail_of(headers=headers)
    assert "everyone" not in str(refused.value)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "asha",
        "@example.com",
        "asha@",
        "asha@exa mple.com",
        "asha@example.com\r\nBcc: x@example.com",
        "asha@exam\nple.com",
        "asha@example.com>, <x@example.com",
        "asha@-.ü",
        "asha@[1.2.3.4",
    ],
)
def test_what_is_no_address_gets_no_mail(to: str) -> None:
    with pytest.raises(Unmailable, match="address"):
        mail_of(to)


@pytest.mark.parametrize("subject", [None, "", " \r\n"])
def test_an_email_needs_a_subject(subject: str | None) -> None:
    with pytest.raises(Unmailable, match="needs a subject"):
        mail_of(subject=subject)


def test_what_no_mail_can_hold_is_said() -> None:
    for wrong in ({"text": "half \ud800"}, {"headers": {"Reply-To": "Süß"}}):
        with pytest.raises(Unmailable, match="can't be written"):
            mail_of(**wrong)


@pytest.mark.parametrize(
    ("to", "envelope"),
    [
        ("a..b@docomo.example", "a..b@docomo.example"),
        ('"a b"@example.com', '"a b"@example.com'),
        ("o'neill+tag@example.com", "o'neill+tag@example.com"),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a@under_score.example", "a@under_score.example"),
        ("a@Straße.example", "a@xn--strae-oqa.example"),
    ],
)
def test_unusual_addresses_are_kept(to: str, envelope: str) -> None:
    mail = mail_of(to)
    assert (mail.to, mail.utf8) == (envelope, False)
    assert len(read(mail)["To"].addresses) == 1


def test_a_subject_that_looks_encoded_stays_as_it_is() -> None:
    assert read(mail_of(subject="=?utf-8?q?A?= B"))["Subject"] == "=?utf-8?q?A?= B"


def test_only_html_is_only_html() -> None:
    assert read(mail_of(text="", html="<p>x</p>")).get_content_type() == "text/html"


def test_headers_of_ones_own_may_have_any_letters() -> None:
    assert read(mail_of(headers={"X-Shop": "Bäcker"}))["X-Shop"] == "Bäcker"
    assert read(mail_of(headers={"Reply-To": "Süß <a@b.de>"}))["Reply-To"] == "Süß <a@b.de>"
