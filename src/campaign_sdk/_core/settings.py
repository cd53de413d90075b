"""Where the settings come from: arguments, then the environment, then a `.env` file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address
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
# What other tools read, or a client of ours mustn't: alike, and no mistake.
_OTHERS = {"SUPABASE_DB_URL", "SUPABASE_ACCESS_TOKEN", "SUPABASE_JWT_SECRET", "SUPABASE_PROJECT_ID"}
# What is meant by names that no measure of likeness finds.
_MEANT = {
    "SUPABASE_SERVICE_ROLE_KEY": KEY[0],
    "SUPABASE_SERVICE_KEY": KEY[0],
    "SUPABASE_SECRET_KEY": KEY[0],
    "SUPABASE_ANON": KEY[0],
    "SUPABASE_PROJECT_URL": URL[0],
    "SUPABASE_API_URL": URL[0],
    "SUPABASE_HOST": URL[0],
}
# What front ends put before the names of what a browser may see.
_PREFIX = re.compile(r"^(?:VITE|NEXT_PUBLIC|REACT_APP|EXPO_PUBLIC|NUXT_PUBLIC|PUBLIC)_")
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
        from_file: the attributes above that the `.env` file gave.
    """

    url: str
    key: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    openai_api_key: str | None = field(default=None, repr=False)
    openai_model: str | None = None
    openai_base_url: str | None = None
    openai_api: str | None = None
    from_file: frozenset[str] = frozenset()


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
        ConfigurationError: a setting is missing or malformed; names all that are missing. Or
            the environment's token would go to an address that the file gives.
    """
    known = surroundings(env, env_file)
    outside = {name: text for name, text in (os.environ if env is None else env).items() if text}
    found_url = url or _first(known, URL)
    found_key = key or _first(known, KEY)
    if not found_url or not found_key:
        raise ConfigurationError(_incomplete(known, found_url, found_key))
    named = {
        "url": (url, URL),
        "key": (key, KEY),
        "access_token": (None, ACCESS_TOKEN),
        "openai_api_key": (openai_api_key, OPENAI_KEY),
        "openai_base_url": (None, OPENAI_BASE_URL),
    }
    from_file = frozenset(
        name for name, (given, names) in named.items() if not given and not _first(outside, names)
    )
    token = _checked_token(_first(known, ACCESS_TOKEN))
    if token and "url" in from_file and "access_token" not in from_file:
        raise ConfigurationError(stays_home("CAMPAIGN_ACCESS_TOKEN", "SUPABASE_URL"))
    return Settings(
        check_url(found_url or ""),
        check_key(found_key or ""),
        token,
        openai_api_key or _first(known, OPENAI_KEY),
        _first(known, OPENAI_MODEL),
        _first(known, OPENAI_BASE_URL),
        _first(known, OPENAI_API),
        from_file,
    )


def stays_home(secret: str, address: str) -> str:
    """Say that a secret of the environment doesn't go where a file of the folder points."""
    return (
        f"{secret} comes from the environment and {address} from the .env file: a secret "
        f"isn't sent to an address that a file gives; set {address} in the environment as well"
    )


def names_a_project(known: Mapping[str, str]) -> bool:
    """Whether the surroundings name a project, or mean to: in part, or by a misspelt name."""
    return any(known.get(name) for name in (*URL, *KEY)) or bool(_misspelt(known))


def _incomplete(known: Mapping[str, str], url: str | None, key: str | None) -> str:
    """Say what is missing, what is there, and which name was meant for another."""
    pairs = ((URL, url), (KEY, key))
    missing = [names[0] for names, value in pairs if not value]
    there = [names[0] for names, value in pairs if value]
    though = f", though {there[0]} is set" if there else ""
    meant = "".join(
        f"; {name} is set and isn't read: did you mean {right}?"
        for name, right in _misspelt(known).items()
        if right not in there
    )
    return (
        f"{' and '.join(missing)} missing{though}: a project takes both, from the environment, "
        f"a .env file, or as url and key{meant}"
    )


def _misspelt(known: Iterable[str]) -> dict[str, str]:
    """Return names that look like ours, each with the one that was meant."""
    right = (*URL, *KEY)
    found = {}
    for name in sorted(set(known) - {*right, *_OTHERS}):
        plain = _PREFIX.sub("", name.upper().replace("-", "_"))
        near = [_MEANT[plain]] if plain in _MEANT else get_close_matches(plain, right, 1, 0.8)
        if near and plain not in _OTHERS:
            found[name] = near[0]
    return found


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


def require_secure(url: str, name: str = "SUPABASE_URL") -> None:
    """Refuse an address to which tokens would travel in the clear.

    Raises:
        ConfigurationError: it is plain http, to another machine than this one, and
            `CAMPAIGN_ALLOW_HTTP=1` isn't in the environment.
    """
    if urlsplit(url).scheme == "http" and not is_loopback(url) and not _allows_http():
        raise ConfigurationError(
            f"{name} is plain http, and everybody on the way could read the tokens: use https, "
            "or set CAMPAIGN_ALLOW_HTTP=1 in the environment if you know the way"
        )


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _allows_http() -> bool:
    return os.environ.get("CAMPAIGN_ALLOW_HTTP") == "1"


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
        # Without filling in ${NAME}: that would be another way out for the environment.
        values = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: can't be read ({type(error).__name__})") from None
    return {name: value for name, value in values.items() if value}
