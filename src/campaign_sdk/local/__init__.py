"""A real Supabase on this machine, without Docker; it takes the extra `local`."""

from campaign_sdk.local._background import (
    LocalStatus,
    default_data,
    logs,
    reset,
    start_background,
    status,
    stop_background,
)
from campaign_sdk.local._mailbox import LocalMailbox
from campaign_sdk.local._stack import LocalSupabase

__all__ = [
    "LocalMailbox",
    "LocalStatus",
    "LocalSupabase",
    "default_data",
    "logs",
    "reset",
    "start_background",
    "status",
    "stop_background",
]
