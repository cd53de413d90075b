"""Messages that are only looked at: in a folder, and in a mailbox on this machine."""

from __future__ import annotations

import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from campaign_sdk import ConfigurationError, LocalMailbox, LocalStackError
from campaign_sdk.senders import Folder, Message, Smtp, honours_keys

FIRST = Message(
    "c/1", "ann@example.com", subject="Zoë", text="Hello\n.hidden\n", html="<p>Hello</p>"
)
SECOND = Message("c/2", "ben@example.com", subject="Hi", text="Hi")


def test_each_message_is_a_file(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "outbox", "Shop <shop@example.com>")
    assert honours_keys(folder)
    for _ in range(2):
        receipts = folder([FIRST, SECOND])
        assert [each.outcome for each in receipts] == ["sent", "sent"]
    files = sorted((tmp_path / "outbox").iterdir())
    assert [file.name for file in files] == ["c_1.eml", "c_2.eml"]
    mail = message_from_bytes(files[0].read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("ann@example.com", "Zoë")
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == ["Hello", ".hidden"]


def test_what_is_no_mail(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="from_"):
        Folder(tmp_path, "nobody")
    (refused,) = Folder(tmp_path)([Message("c/3", "ann@example.com", text="no subject")])
    assert (refused.outcome, refused.key) == ("failed", "c/3")
    assert list(tmp_path.iterdir()) == []


def test_a_mailbox_keeps_what_it_gets() -> None:
    with LocalMailbox() as mailbox:
        with Smtp(mailbox.url, "Shop <shop@example.com>") as smtp:
            assert [each.outcome for each in smtp([FIRST, SECOND])] == ["sent", "sent"]
        first, second = mailbox.messages
    assert (first["To"], first["From"]) == ("ann@example.com", "Shop <shop@example.com>")
    assert second.get_content().strip() == "Hi"


def test_a_mailbox_takes_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.controller", None)
    with pytest.raises(LocalStackError, match=r"\[local\]"), LocalMailbox():
        pass
