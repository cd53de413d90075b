"""How a message leaves: what a sender is given and answers, and the senders there are."""

from campaign_sdk._core.errors import LoginRefused, NotSent
from campaign_sdk.senders._fake import Fake
from campaign_sdk.senders._folder import Folder
from campaign_sdk.senders._message import (
    AnySender,
    AsyncSender,
    Message,
    Receipt,
    Sender,
    async_sender,
    batch_size,
    honours_keys,
    sync_sender,
)
from campaign_sdk.senders._resend import Resend
from campaign_sdk.senders._smtp import Smtp

__all__ = [
    "AnySender",
    "AsyncSender",
    "Fake",
    "Folder",
    "LoginRefused",
    "Message",
    "NotSent",
    "Receipt",
    "Resend",
    "Sender",
    "Smtp",
    "async_sender",
    "batch_size",
    "honours_keys",
    "sync_sender",
]
