"""Edge Functions in real Deno: what the stack's Node front needs to serve them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from campaign_sdk._core.installing import how_to_install
from campaign_sdk.local._config import functions_folder, open_functions
from campaign_sdk.local._settings import Settings

_GUARD = Path(__file__).parent / "guard.ts"
# Where a function may go beside the hosts that its environment names.
_HOSTS = {"draft": ["api.openai.com:443"], "hook": ["*.amazonaws.com:443"]}
_SECRETS = "select name, value from campaign_private.function_secrets"


def serving(
    settings: Settings, folder: Path | None, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Say which functions there are, what runs them, and what they may know: no secret key."""
    return {
        "folder": str(folder or functions_folder()),
        "deno": deno(),
        "remedy": how_to_install("local"),
        "guard": str(_GUARD),
        "cache": str(user_cache_path("campaign-sdk") / "deno"),
        "environment": {"SUPABASE_ANON_KEY": settings.anon_key, **environment},
        "hosts": _HOSTS,
        "open": open_functions(),
        "secret": settings.jwt_secret,
    }


def deno() -> str | None:
    """Return where Deno is; without it a stack runs, and its functions answer why they don't."""
    try:
        from deno import find_deno_bin
    except ImportError:
        return None
    return str(find_deno_bin())


def secrets(db_url: str) -> dict[str, str]:
    """Return the functions' own secrets, which the migrations have made in the database."""
    import psycopg

    with psycopg.connect(db_url) as connection:
        made = connection.execute("select to_regclass('campaign_private.function_secrets')")
        if made.fetchone() == (None,):
            return {}
        return dict(connection.execute(_SECRETS).fetchall())
