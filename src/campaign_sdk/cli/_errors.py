"""What a shell learns from an error: one line with the remedy, and an exit code by family.

0   done                             8   a value is refused
1   a bug of ours                    9   too many requests
2   the command line is wrong       10   no usable answer, or none in time
3   a setting is missing            11   an answer that makes no sense
4   nobody is signed in             12   the database lacks our migrations
5   not allowed                     13   the language model gave no usable draft
6   no such thing                   14   the local stack couldn't be started
7   the state stands against it     15   the doctor found a fault
16  a webhook isn't proven          17   a sender took nothing
                                   130   interrupted (Ctrl-C)
"""

from __future__ import annotations

from campaign_sdk._core import errors

BUG = 1
UNHEALTHY = 15
INTERRUPTED = 130

# The first that fits counts.
EXIT_CODES: dict[type[errors.CampaignError], int] = {
    errors.ConfigurationError: 3,
    errors.NotAuthenticated: 4,
    errors.PermissionDenied: 5,
    errors.NotFound: 6,
    errors.Conflict: 7,
    errors.InvalidInput: 8,
    errors.RateLimited: 9,
    errors.Unavailable: 10,
    errors.ProtocolError: 11,
    errors.SchemaMismatch: 12,
    errors.DraftingError: 13,
    errors.LocalStackError: 14,
    errors.WebhookRefused: 16,
    errors.NotSent: 17,
}

# What to do about it in a shell, where the library's own words don't say it.
_REMEDIES: dict[type[errors.CampaignError], str] = {
    errors.ConfigurationError: "see `campaign --help`, Environment",
    errors.NotAuthenticated: "sign in with `campaign auth login`",
    errors.StaleState: "look at it again with `campaign show`, then decide",
    errors.NotReady: "see it all with `campaign preflight`; --force overrules its errors",
    errors.TimedOut: "run it again; what was done stays done",
    errors.Unavailable: "check SUPABASE_URL, or start a stack with `campaign local start`",
    errors.SchemaMismatch: "write them to a folder with `campaign migrations export`",
    errors.LocalStackError: "look into `campaign local logs`",
}

# A stack on this machine knows no Google, and after a reset no account.
_AT_HOME = (
    "sign in with `campaign auth login --email you@example.com`, or make an account with "
    "`campaign auth signup --email you@example.com`"
)


def exit_code(error: errors.CampaignError) -> int:
    """Return the exit code of an error's family."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), BUG)


def one_line(error: errors.CampaignError) -> str:
    """Return what happened and the remedy, on one line."""
    message = " ".join(error.message.split())
    # The library names Python calls; in a shell the command is the remedy.
    message = message.partition("; sign in first")[0]
    remedy = _remedy(error)
    return f"{message}; {remedy}" if remedy else message


def _remedy(error: errors.CampaignError) -> str | None:
    if isinstance(error, errors.RateLimited) and error.retry_after:
        return f"try again in {error.retry_after:.0f} s"
    if "`campaign " in error.message or "install" in error.message:
        return None
    if isinstance(error, errors.NotAuthenticated) and _is_local():
        return _AT_HOME
    return next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), None)


def _is_local() -> bool:
    from campaign_sdk._core.settings import is_loopback
    from campaign_sdk.cli._connect import settings

    try:
        return is_loopback(settings().url)
    except errors.CampaignError:
        return False
