"""The Supabase that tests run against, if it isn't the local stack: named by the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

NAMES = {
    "url": "CAMPAIGN_TEST_URL",
    "anon_key": "CAMPAIGN_TEST_ANON_KEY",
    "service_key": "CAMPAIGN_TEST_SERVICE_KEY",
    "db_url": "CAMPAIGN_TEST_DB_URL",
}


@dataclass(frozen=True)
class Elsewhere:
    """Whatever takes a `LocalSupabase` takes this: it is there already, and stays.

    Attributes:
        url: the project's address.
        anon_key: its anon or publishable key.
        service_key: its secret key.
        db_url: its database, as a superuser, or as `postgres` on a hosted project.
    """

    url: str
    anon_key: str = field(repr=False)
    service_key: str = field(repr=False)
    db_url: str = field(repr=False)

    def running(self) -> bool:
        """Tell that it is up: the first request will say if not."""
        return True


def elsewhere(environment: Mapping[str, str] = os.environ) -> Elsewhere | None:
    """Return the Supabase that the environment names, if it names one."""
    found = {name: environment.get(variable) for name, variable in NAMES.items()}
    if not found["url"]:
        return None
    missing = [NAMES[name] for name, value in found.items() if not value]
    if missing:
        raise ValueError(f"CAMPAIGN_TEST_URL is set, but not {', '.join(missing)}")
    return Elsewhere(**{name: value or "" for name, value in found.items()})
