"""Which project a client works with: the one that is named, else the local stack that is up."""

from __future__ import annotations

import logging
from pathlib import Path

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk._core.settings import Settings, load_settings, names_a_project, surroundings
from campaign_sdk.local._background import LocalStatus, status

_log = logging.getLogger("campaign_sdk")


def project_settings(env_file: str | Path | None = ".env") -> tuple[Settings, bool]:
    """Return the settings, and whether they are those of the local stack.

    Only where nothing names a project, whole, in part or misspelt, is the local stack meant.

    Raises:
        ConfigurationError: a project is named in part, or none is and no stack is up.
    """
    if names_a_project(surroundings(env_file=env_file)):
        return load_settings(env_file=env_file), False
    found = status()
    if not found.running:
        raise ConfigurationError(_nothing(found))
    return load_settings(found.url, found.anon_key, env_file=env_file), True


def announced(env_file: str | Path | None = ".env") -> Settings:
    """Return the settings as `project_settings` does, and log when they are the local stack's."""
    settings, is_local = project_settings(env_file)
    if is_local:
        _log.warning("no SUPABASE_URL is set: this is the local stack at %s", settings.url)
    return settings


def _nothing(found: LocalStatus) -> str:
    stack = "is stopped" if found.anon_key else "isn't there"
    return (
        f"SUPABASE_URL and SUPABASE_ANON_KEY missing, and the local stack {stack}: set both, or "
        "start the stack with `campaign local start`"
    )
