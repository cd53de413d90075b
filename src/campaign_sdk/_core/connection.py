"""One connection to a project: supabase-py on our wire, with the session."""

from __future__ import annotations

import asyncio
import ssl
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from campaign_sdk._core.deadline import bounded, check_timeout
from campaign_sdk._core.errors import NotAuthenticated
from campaign_sdk._core.exchange import Exchange
from campaign_sdk._core.proxy import proxy_for
from campaign_sdk._core.session import SessionKeeper
from campaign_sdk._core.settings import Settings, require_secure
from campaign_sdk._core.storage import AsyncStorage, Storage
from campaign_sdk._core.transport import AsyncHttp, AsyncWire, Http, Wire

if TYPE_CHECKING:
    import supabase


class Connection:
    """What all resources of a client share."""

    is_async: bool
    wire: Wire | AsyncWire

    def __init__(self, settings: Settings, keeper: SessionKeeper, supabase: Any) -> None:
        self.settings = settings
        self.keeper = keeper
        self.supabase = supabase

    def renew(self) -> Any:
        """Renew the session now; in the asynchronous mode, return what is to be awaited."""
        return self.wire.renew()

    def identity(self) -> dict[str, str]:
        """Return the headers that tell the project who asks, where our wire doesn't.

        Raises:
            NotAuthenticated: nobody is signed in.
        """
        bearer = self.keeper.bearer
        if bearer is None:
            raise NotAuthenticated("nobody is signed in; sign in first")
        return {"apikey": self.settings.key, "Authorization": f"Bearer {bearer}"}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.settings.url}>"


class SyncConnection(Connection):
    """The connection of a `CampaignClient`."""

    is_async = False
    supabase: supabase.Client

    def __init__(
        self,
        settings: Settings,
        *,
        timeout: float,
        transport: httpx.BaseTransport | None,
        **session: Any,
    ) -> None:
        from supabase import Client
        from supabase.lib.client_options import SyncClientOptions

        if transport is None:
            require_secure(settings.url)
            proxy = proxy_for(settings.url)
            transport = httpx.HTTPTransport(verify=_tls(), limits=_LIMITS, proxy=proxy)
        keeper = SessionKeeper(settings.url, settings.key, threading.Lock(), **session)
        self.wire = Wire(
            bounded(transport, httpcore),
            Exchange(keeper, check_timeout(timeout)),
        )
        self.http = Http(self.wire)
        options = SyncClientOptions(httpx_client=self.http, storage=Storage(keeper), **_OPTIONS)
        super().__init__(settings, keeper, Client(settings.url, settings.key, options))


class AsyncConnection(Connection):
    """The connection of an `AsyncCampaignClient`."""

    is_async = True
    supabase: supabase.AsyncClient

    def __init__(
        self,
        settings: Settings,
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
        **session: Any,
    ) -> None:
        from supabase import AsyncClient
        from supabase.lib.client_options import AsyncClientOptions

        if transport is None:
            require_secure(settings.url)
            proxy = proxy_for(settings.url)
            transport = httpx.AsyncHTTPTransport(verify=_tls(), limits=_ASYNC_LIMITS, proxy=proxy)
        keeper = SessionKeeper(settings.url, settings.key, asyncio.Lock(), **session)
        self.wire = AsyncWire(
            bounded(transport, httpcore),
            Exchange(keeper, check_timeout(timeout)),
        )
        self.http = AsyncHttp(self.wire)
        options = AsyncClientOptions(
            httpx_client=self.http, storage=AsyncStorage(keeper), **_OPTIONS
        )
        super().__init__(settings, keeper, AsyncClient(settings.url, settings.key, options))


@cache
def _tls() -> ssl.SSLContext:
    # Reading all the world's certificates takes longer than all the rest of a new client.
    return httpx.create_ssl_context()


_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32)
# One thread keeps no more of them busy, and looks through all of them for each request.
_ASYNC_LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=16)

# The wire retries and renews: a second loop below it would do both twice. A link in a mail is
# opened in some browser, which doesn't know the secret of a PKCE flow that began here.
_OPTIONS: dict[str, Any] = {
    "auto_refresh_token": False,
    "postgrest_client_retry": False,
    "flow_type": "implicit",
}
