"""The two clients, from which everything else hangs."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from campaign_sdk._core.connection import AsyncConnection, SyncConnection
from campaign_sdk._core.operation import Async, Sync
from campaign_sdk._core.settings import Settings as Known
from campaign_sdk._core.settings import load_settings, names_a_project, surroundings
from campaign_sdk._nouns import Drafter, Nouns
from campaign_sdk.stores import MemoryStore, SessionStore

if TYPE_CHECKING:
    import httpx
    import supabase

# Seconds that one request may take in all, retries included.
TIMEOUT = 30.0


def _found(env_file: str | Path | None) -> Known:
    if names_a_project(surroundings(env_file=env_file)):
        return load_settings(env_file=env_file)
    # A stack's parts needn't be loaded for a project that is named.
    from campaign_sdk.local._project import announced

    return announced(env_file)


class CampaignClient(Nouns[Sync]):
    """A client for one Supabase project. Close it, or use it as a context manager.

    It may be used by several threads.

    Args:
        url: the project's URL; by default from the environment (see `from_env`).
        key: its anon or publishable key; by default from the environment.
        store: where the session outlives the client; see `campaign_sdk.stores`. By
            default it doesn't.
        access_token: a user's token to act with, instead of a session: for a web
            application that has it from the request, or a job.
        anonymous: let requests go out though nobody is signed in.
        keep_provider_tokens: store Google's own tokens with the session.
        timeout: seconds that one request may take in all, retries included.
        drafting: the language model, and what it may cost; see `DraftingOptions`. "server"
            asks the project's Edge Function `draft`, which has the key.
        transport: an httpx transport to use beneath ours, for proxies and tests.

    Raises:
        ConfigurationError: the URL or the key is missing or malformed.
    """

    _connection: SyncConnection

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        store: SessionStore | None = None,
        access_token: str | None = None,
        anonymous: bool = False,
        keep_provider_tokens: bool = False,
        timeout: float = TIMEOUT,
        drafting: Drafter = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = SyncConnection(
            load_settings(url, key),
            timeout=timeout,
            transport=transport,
            store=store or MemoryStore(),
            access_token=access_token,
            anonymous=anonymous,
            keep_provider_tokens=keep_provider_tokens,
        )
        self._wire_up(drafting)

    @classmethod
    def from_env(cls, env_file: str | Path | None = ".env", **options: Any) -> Self:
        """Make a client from the environment and a `.env` file.

        Where nothing names a project, it is the local stack, if that is up: a warning in the
        log of `campaign_sdk` says so, and `url` tells which. With `CAMPAIGN_ACCESS_TOKEN` it
        acts with that token, as a job in CI does.

        Args:
            env_file: a dotenv file, read if it exists.
            options: further arguments of the constructor.

        Raises:
            ConfigurationError: `SUPABASE_URL` or `SUPABASE_ANON_KEY` is missing, misspelt or
                malformed; or neither is there, and no local stack is up.
        """
        settings = _found(env_file)
        options.setdefault("access_token", settings.access_token)
        client = cls(settings.url, settings.key, **options)
        client._wire_up(options.get("drafting"), settings)
        return client

    @property
    def supabase(self) -> supabase.Client:
        """The supabase-py client beneath, with the same session."""
        return self._connection.supabase

    def close(self) -> None:
        """Close the connections."""
        try:
            self._connection.http.close()
        finally:
            if "_writer" in vars(self):
                self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CampaignClient({self.url!r})"


class AsyncCampaignClient(Nouns[Async]):
    """A client for one Supabase project whose operations are awaited.

    The same arguments, names and errors as `CampaignClient`. Close it with `aclose`, or
    use it with `async with`.
    """

    _connection: AsyncConnection

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        store: SessionStore | None = None,
        access_token: str | None = None,
        anonymous: bool = False,
        keep_provider_tokens: bool = False,
        timeout: float = TIMEOUT,
        drafting: Drafter = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection = AsyncConnection(
            load_settings(url, key),
            timeout=timeout,
            transport=transport,
            store=store or MemoryStore(),
            access_token=access_token,
            anonymous=anonymous,
            keep_provider_tokens=keep_provider_tokens,
        )
        self._wire_up(drafting)

    @classmethod
    def from_env(cls, env_file: str | Path | None = ".env", **options: Any) -> Self:
        """Make a client from the environment and a `.env` file; see `CampaignClient.from_env`."""
        settings = _found(env_file)
        options.setdefault("access_token", settings.access_token)
        client = cls(settings.url, settings.key, **options)
        client._wire_up(options.get("drafting"), settings)
        return client

    @property
    def supabase(self) -> supabase.AsyncClient:
        """The supabase-py client beneath, with the same session."""
        return self._connection.supabase

    async def aclose(self) -> None:
        """Close the connections."""
        try:
            await self._connection.http.aclose()
        finally:
            if "_writer" in vars(self):
                await self._writer.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncCampaignClient({self.url!r})"
