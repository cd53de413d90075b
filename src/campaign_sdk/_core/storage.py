"""The session as supabase-py reads and writes it.

It never gets to see a session as expired, so that nobody but the wire spends the refresh token,
which is good for one use only.
"""

from __future__ import annotations

import time

from supabase_auth import AsyncSupportedStorage, SyncSupportedStorage
from supabase_auth.types import Session

from campaign_sdk._core.session import SessionKeeper

_A_DAY = 86_400
# Between the two halves of an OAuth sign-in; ours are kept elsewhere.
_VERIFIER = "-code-verifier"


class Storage(SyncSupportedStorage):
    """The keeper's session, behind the storage protocol of supabase-py."""

    def __init__(self, keeper: SessionKeeper) -> None:
        self._keeper = keeper

    def get_item(self, key: str) -> str | None:
        """Return what supabase-py stored under a key."""
        session = self._keeper.session
        if key.endswith(_VERIFIER) or session is None:
            return None
        lasting = {"expires_at": round(time.time()) + _A_DAY}
        return session.model_copy(update=lasting).model_dump_json()

    def set_item(self, key: str, value: str) -> None:
        """Store what supabase-py asks to be stored."""
        if not key.endswith(_VERIFIER):
            self._keeper.accept(Session.model_validate_json(value))

    def remove_item(self, key: str) -> None:
        """Remove what supabase-py stored under a key."""
        if self._keeper.session is not None and not key.endswith(_VERIFIER):
            self._keeper.forget()


class AsyncStorage(AsyncSupportedStorage):
    """The same storage, as the asynchronous supabase-py wants it."""

    def __init__(self, keeper: SessionKeeper) -> None:
        self._storage = Storage(keeper)

    async def get_item(self, key: str) -> str | None:
        """Return what supabase-py stored under a key."""
        return self._storage.get_item(key)

    async def set_item(self, key: str, value: str) -> None:
        """Store what supabase-py asks to be stored."""
        self._storage.set_item(key, value)

    async def remove_item(self, key: str) -> None:
        """Remove what supabase-py stored under a key."""
        self._storage.remove_item(key)
