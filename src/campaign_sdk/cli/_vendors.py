"""The sender that `--via` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_sdk._core.errors import ConfigurationError

if TYPE_CHECKING:
    from campaign_sdk.senders import Sender

_RESEND_KEY = "RESEND_API_KEY"
_FOLDER = "folder:"


def sender_named(via: str, from_: str | None, *, unknown: str) -> Sender:
    """Return a sender.

    Args:
        via: `smtp://…`, `smtps://…`, `resend`, `folder:PATH` or `fake`.
        from_: who writes.
        unknown: what is done about doubts; to try them again takes keys.

    Raises:
        ConfigurationError: there is no such sender, or it can't work like that.
    """
    from campaign_sdk import senders

    if via.startswith(("smtp://", "smtps://")):
        return senders.Smtp(via, from_)
    if via == "fake":
        return senders.Fake(honours_keys=unknown == "retry")
    if via.startswith(_FOLDER):
        path = via.removeprefix(_FOLDER)
        return senders.Folder(path, from_) if from_ else senders.Folder(path)
    if via == "resend":
        # Only keys of single messages outlive a process.
        size = 1 if unknown == "retry" else 100
        return senders.Resend(_resend_key(), from_, batch_size=size)
    raise ConfigurationError("--via: must be smtp://…, smtps://…, resend, folder:PATH or fake")


def _resend_key() -> str:
    from campaign_sdk._core.settings import surroundings

    key = surroundings().get(_RESEND_KEY)
    if not key:
        raise ConfigurationError(
            f"{_RESEND_KEY} missing: set the environment, or write a .env file"
        )
    return key
