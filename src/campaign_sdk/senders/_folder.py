"""Messages as files: to be looked at in a mail program, and handed to nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from campaign_sdk._core.files import write_bytes_whole
from campaign_sdk.senders._mail import Unmailable, compose, mailbox
from campaign_sdk.senders._message import Message, Receipt

_UNFIT = re.compile(r"[^\w.-]")
_DOUBLED = re.compile(rb"^\.\.", re.MULTILINE)


class Folder:
    """Writes each message into a folder, as an .eml file, and sends nothing.

    The same key is the same file, so trying again changes nothing.

    Args:
        path: the folder; made if there is none.
        from_: who writes, such as `Shop <shop@example.com>`.

    Raises:
        ConfigurationError: `from_` isn't an address.
    """

    honours_keys = True
    batch_size = 100

    def __init__(self, path: str | Path, from_: str = "Shop <shop@example.com>") -> None:
        self.path = Path(path)
        self._sender = mailbox(from_)

    def __repr__(self) -> str:
        return f"<Folder {self.path}>"

    def __call__(self, messages: Sequence[Message], /) -> list[Receipt]:
        """Write the messages."""
        self.path.mkdir(parents=True, exist_ok=True)
        return [self._written(message) for message in messages]

    def _written(self, message: Message) -> Receipt:
        try:
            mail = compose(message, self._sender)
        except Unmailable as why:
            return Receipt.failed(message.key, str(why))
        # SMTP doubles dots; a file has them as they are.
        content = _DOUBLED.sub(b".", mail.body)
        write_bytes_whole(self.path / f"{_UNFIT.sub('_', message.key)}.eml", content)
        return Receipt.sent(message.key, provider_id=mail.id)
