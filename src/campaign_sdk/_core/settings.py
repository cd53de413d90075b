"""Where the settings come from: arguments, then the environment, then a `.env` file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from campaign_sdk._core.errors import ConfigurationError

URL = ("SUPABASE_URL", "VITE_SUPABASE_URL")
KEY = (
    "SUPABASE_ANON_KEY",
    "SUPABASE_PUBLISHABLE_KEY",
    "VITE_SUPABASE_ANON_KEY",
    "VITE_SUPABASE_PUBLISHABLE_KEY",
)
ACCESS_TOKEN = ("CAMPAIGN_ACCESS_TOKEN",)
OPENAI_KEY = ("OPENAI_API_KEY", "VITE_OPENAI_API_KEY")
OPENAI_MODEL = ("OPENAI_MODEL",)
OPENAI_BASE_URL = ("OPENAI_BASE_URL",)
OPENAI_API = ("CAMPAIGN_OPENAI_API",)


# No more than an address: a password or a key in it would be shown wherever the URL is.
_URL = re.compile(
    r"https?://(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~/-]*)?"
)


@dataclass(frozen=True)
class Settings:
    """What a client needs to know.

    Attributes:
        url: the address of the Supabase project, without a trailing slash.
        key: its anon or publishable key.
        access_token: a user's token to act with, as in CI; `None` for a session.
        openai_api_key: for drafting; `None` if there is none.
        openai_model: the model that drafts; `None` for the default.
        openai_base_url: a compatible server; `None` for OpenAI's.
        openai_api: "responses" or "chat"; `None` for the default.
    """

    url: str
    key: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    openai_api_key: str | None = field(default=None, repr=False)
    openai_model: str | None = None
    openai_base_url: str | None = None
    openai_api: str | None = None


def load_settings(
    url: str | None = None,
    key: str | None = None,
    *,
    openai_api_key: str | None = None,
    env: Mapping[str, str] | None = None,
    env_file: str | Path | None = ".env",
) -> Settings:
    """Return the settings: each from its argument, the environment, or the `.env` file.

    Args:
        url: the project's URL; else `SUPABASE_URL`, then `VITE_SUPABASE_URL`.
        key: the anon key; else `SUPABASE_ANON_KEY`, `SUPABASE_PUBLISHABLE_KEY`, and the
            same with `VITE_` in front.
        openai_api_key: else `OPENAI_API_KEY`, then `VITE_OPENAI_API_KEY`.
        env: the environment; the process's own by default.
        env_file: a dotenv file, read if it exists; `None` for none.

    Raises:
        ConfigurationError: a setting is missing or malformed; names all that are missing.
    """
    known = surroundings(env, env_file)
    found_url = url or _first(known, URL)
    found_key = key or _first(known, KEY)
    missing = [names[0] for names, value in ((URL, found_url), (KEY, found_key)) if not value]
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} missing: set the environment, write a .env file, "
            "or pass url and key"
        )
    return Settings(
        check_url(found_url or ""),
        check_key(found_key or ""),
        _checked_token(_first(known, ACCESS_TOKEN)),
        openai_api_key or _first(known, OPENAI_KEY),
        _first(known, OPENAI_MODEL),
        _first(known, OPENAI_BASE_URL),
        _first(known, OPENAI_API),
    )


def surroundings(
    env: Mapping[str, str] | None = None, env_file: str | Path | None = ".env"
) -> dict[str, str]:
    """Return what the environment and the `.env` file say; the former counts.

    Raises:
        ConfigurationError: the file can't be read.
    """
    environment = os.environ if env is None else env
    return {**_from_file(env_file), **{name: text for name, text in environment.items() if text}}


def check_url(url: str) -> str:
    """Return the URL of a project without a trailing slash.

    Raises:
        ConfigurationError: it isn't an http or https address.
    """
    url = url.strip()
    if not is_address(url):
        raise ConfigurationError(
            "SUPABASE_URL must look like https://<project>.supabase.co or http://127.0.0.1:54321"
        )
    return url.rstrip("/")


def is_address(url: str) -> bool:
    """Whether a text is an http or https address, and no more than that."""
    try:
        return _URL.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:
        return False


def check_key(key: str) -> str:
    """Return the API key.

    Raises:
        ConfigurationError: it can't be a key; the message doesn't show it.
    """
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "SUPABASE_ANON_KEY must be the anon or publishable key of the project "
            "(Project Settings, API Keys)"
        )
    return key


def _checked_token(token: str | None) -> str | None:
    if token is None:
        return None
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("CAMPAIGN_ACCESS_TOKEN must be a user's access token")
    return token or None


def _first(known: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((known[name] for name in names if known.get(name)), None)


def _from_file(path: str | Path | None) -> dict[str, str]:
    if path is None or not Path(path).is_file():
        return {}
    from dotenv import dotenv_values

    try:
        values = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: can't be read ({type(error).__name__})") from None
    return {name: value for name, value in values.items() if value}
