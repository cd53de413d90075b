"""The Supabase CLI's `config.toml`, as far as Lite knows it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from campaign_sdk._core.errors import LocalStackError

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[2] / "supabase"
_ENV = re.compile(r"env\((\w+)\)")

# Lite refuses a config with keys that it doesn't know.
_API = {"schemas", "extra_search_path", "max_rows"}
_AUTH = {
    "site_url",
    "additional_redirect_urls",
    "jwt_expiry",
    "enable_refresh_token_rotation",
    "refresh_token_reuse_interval",
    "enable_signup",
    "minimum_password_length",
    "password_requirements",
}
_EMAIL = {"enable_signup", "double_confirm_changes", "enable_confirmations", "otp_expiry"}
_GOOGLE = {"enabled", "client_id", "secret", "redirect_uri"}


def migrations_folder() -> Path:
    """Return the packaged migrations: the checkout's own, or the wheel's copy."""
    return _packaged("migrations")


def additions_folder() -> Path:
    """Return what may be added to the migrations of very large projects."""
    return _packaged("scale")


def lite_config() -> dict[str, Any]:
    """Return what `config.toml` says that Lite understands."""
    path = _packaged("config.toml")
    config = tomllib.loads(path.read_text())
    api, auth = config.get("api", {}), config.get("auth", {})
    google = _known(auth.get("external", {}).get("google", {}), _GOOGLE)
    return {
        "api": {"enabled": True, **_known(api, _API)},
        "auth": {
            "enabled": True,
            **_known(auth, _AUTH),
            "email": _known(auth.get("email", {}), _EMAIL),
            "external": {"google": google} if google.get("client_id") else {},
        },
        "db": {"migrations": {"enabled": False}},
        "storage": {"enabled": True},
        "studio": {"enabled": False},
    }


def functions_folder() -> Path:
    """Return the packaged Edge Functions: the checkout's own, or the wheel's copy."""
    return _packaged("functions")


def open_functions() -> list[str]:
    """Return the functions that `config.toml` lets be called without a session."""
    functions = tomllib.loads(_packaged("config.toml").read_text()).get("functions", {})
    return [name for name, each in functions.items() if each.get("verify_jwt") is False]


def _packaged(name: str) -> Path:
    for folder in (_HERE, _CHECKOUT):
        if (folder / name).exists():
            return folder / name
    raise LocalStackError(f"This installation of campaign-sdk lacks its {name}; install it again.")


def _known(table: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: _from_env(value) for key, value in table.items() if key in keys}


def _from_env(value: Any) -> Any:
    found = _ENV.fullmatch(value) if isinstance(value, str) else None
    return os.environ.get(found[1], "") if found else value
