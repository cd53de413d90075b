"""The database's own words: SQLSTATEs that none of our SQL raises, by class.

PostgreSQL lists them in its appendix A. A code that is in no class of PostgreSQL is of the
project's own triggers and functions, and so are the words that come with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from postgrest.exceptions import APIError

from campaign_sdk._core.errors import (
    CampaignError,
    Conflict,
    InvalidInput,
    PermissionDenied,
    SchemaMismatch,
    Unavailable,
)

Words = Callable[[APIError], CampaignError]

MIGRATE = "apply the migrations of campaign_sdk to this project (supabase db push)"


def without_data(error: APIError) -> None:
    """Remove the row that PostgreSQL quotes: tracebacks print the cause as well."""
    error.details = None
    error._raw_error = {"code": error.code}
    if not (error.code or "").startswith("23"):
        error.message = None
    error.args = (error.code,)


def _unavailable(what: str) -> Words:
    def name(error: APIError) -> CampaignError:
        without_data(error)
        return Unavailable(f"{what} ({error.code})", code=error.code)

    return name


def _schema(what: str) -> Words:
    def name(error: APIError) -> CampaignError:
        without_data(error)
        return SchemaMismatch(f"{what}; {MIGRATE}", code=error.code)

    return name


def _unsupported(error: APIError) -> CampaignError:
    if "cached plan" in (error.message or ""):
        return _unavailable("the database was just changed: try again")(error)
    return _schema("the database can't do this: PostgreSQL 15 or later is needed")(error)


def _overlapping(error: APIError) -> CampaignError:
    without_data(error)
    return Conflict("it stands against something that is there already", code=error.code)


def _outside(error: APIError) -> CampaignError:
    without_data(error)
    return InvalidInput(
        "row", "the view that it is written through doesn't show it", code=error.code
    )


def _forbidden(error: APIError) -> CampaignError:
    without_data(error)
    return PermissionDenied("the role of the request may not do this", code=error.code)


def by_their_own(error: APIError) -> CampaignError:
    """Name what a trigger or function of the project's own refuses, in its own words."""
    return InvalidInput(str(error.details or "row"), error.message or "refused", code=error.code)


failed = _unavailable("the database failed")

# The longest prefix that fits counts.
STATES: dict[str, Words] = {
    "08": _unavailable("the connection to the database was lost"),
    "0A": _unsupported,
    "0L": _forbidden,
    "0P": _forbidden,
    "23P01": _overlapping,
    "25": _unavailable("the database's session was broken off"),
    "25006": _unavailable("the database only reads now, as one does whose disk is full"),
    "26": _unavailable("a pooler mixed up the database's sessions"),
    "28": _unavailable("the server can't log in to its own database"),
    "3D": _schema("the server's database isn't there"),
    "3F": _schema("a schema isn't there"),
    "40": _unavailable("others changed the same at the same moment: nothing was done"),
    "42": _schema("the database doesn't have what was asked for"),
    "44": _outside,
    "53": _unavailable("the database has no room left"),
    "53300": _unavailable("the database has no connection left"),
    "57": _unavailable("the database is stopping or starting"),
    "58": _unavailable("the database can't use its disk"),
    "P0": by_their_own,
    "XX": _unavailable("the database failed inside"),
}
# Those of appendix A.
_CLASS = re.compile("0[0-389ABFLPZ]|2[0-8BDF]|3[489BDF]|4[024]|5[34578]|72|F0|HV|P0|XX")


def unlisted(error: APIError) -> CampaignError | None:
    """Name an error whose SQLSTATE stands nowhere; `None` if its code isn't one."""
    code = error.code or ""
    if len(code) != 5 or not code.isascii() or not code.isalnum():
        return None
    return failed(error) if _CLASS.match(code) else by_their_own(error)


# What may go well a moment later. Nothing was done, or nobody knows.
PASSING = ("08", "25P02", "40001", "40P01", "53300", "57P")
# Of these nobody knows: the session ended, perhaps between the commit and the answer.
IN_DOUBT = ("08", "57P")
