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
18  stopped at a question           19   a part was refused, the rest is stored
                                   130   interrupted (Ctrl-C)
"""

from __future__ import annotations

from collections.abc import Sequence

from campaign_sdk._core import errors

BUG = 1
AGAINST = 7
INVALID = 8
UNHEALTHY = 15
UNTAKEN = 17
ABORTED = 18
PARTLY = 19
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
    errors.NotReady: "see what it lacks with `campaign preflight`",
    errors.TimedOut: "run it again; what was done stays done",
    errors.SchemaMismatch: "`campaign migrations export`, then `supabase db push --include-all`",
    errors.LocalStackError: "look into `campaign local logs`",
}

# By the database's own word, where there is one: for a hosted project, and for a local stack.
_STATES: dict[str, tuple[str, str]] = {
    "25006": (
        "see its disk in the project's dashboard (Settings, Compute and Disk)",
        "make room on this machine's disk, then start the stack anew",
    ),
    "28": (
        "restart the project in its dashboard, or reset its database password there",
        "`campaign local reset` begins anew",
    ),
    "40": ("run it again", "run it again"),
    "53300": ("run it again when less is going on", "run it again when less is going on"),
    "53": (
        "see disk and memory in the project's dashboard (Observability)",
        "make room on this machine",
    ),
    "57": (
        "wait until the project is up, as its dashboard says, then run it again",
        "see `campaign local status`, and start the stack with `campaign local start`",
    ),
    "": (
        "see the project's health and logs in its dashboard; is SUPABASE_URL right?",
        "see `campaign local status` and `campaign local logs`, or `campaign local start`",
    ),
}
# Where one sees whether a command was carried out that would do it again; all the others may
# be run again.
_LOOKS: dict[tuple[str, ...], str] = {
    **dict.fromkeys((("create",), ("duplicate",)), "list"),
    **dict.fromkeys((("record",), ("analytics", "record")), "report"),
    **{(verb,): "show" for verb in ("schedule", "launch", "unschedule", "pause", "resume")},
    **{(verb,): "show" for verb in ("complete", "archive", "promote", "edit", "delete")},
    ("draft",): "show",
    ("segments", "create"): "segments list",
    ("segments", "delete"): "segments list",
    ("tracking", "rotate"): "tracking keys",
    ("tracking", "revoke"): "tracking keys",
    ("auth", "signup"): "auth login",
}

# A stack on this machine knows no Google, and after a reset no account.
_AT_HOME = (
    "sign in with `campaign auth login --email you@example.com`, or make an account with "
    "`campaign auth signup --email you@example.com`"
)


def exit_code(error: errors.CampaignError) -> int:
    """Return the exit code of an error's family."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), BUG)


def one_line(error: errors.CampaignError, words: Sequence[str] = ()) -> str:
    """Return what happened and the remedy, on one line.

    Args:
        error: what happened.
        words: the command that was given.
    """
    message = " ".join(error.message.split())
    # The library names Python calls; in a shell the command is the remedy.
    for library_says in ("; sign in first", "; sign in again"):
        message = message.partition(library_says)[0]
    remedy = _remedy(error, words)
    return f"{message.removesuffix('.')}; {remedy}" if remedy else message


def _remedy(error: errors.CampaignError, words: Sequence[str]) -> str | None:
    if isinstance(error, errors.RateLimited) and error.retry_after:
        return f"try again in {error.retry_after:.0f} s"
    if getattr(error, "maybe_applied", False) and not hasattr(error, "__notes__"):
        return _look(words)
    if any(remedy in error.message for remedy in ("`campaign ", "install", "give a")):
        return None
    if isinstance(error, errors.NotAuthenticated) and _is_local():
        return _AT_HOME
    if isinstance(error, errors.NotReady) and "force" in (error.hint or ""):
        return "see it all with `campaign preflight`; --force overrules its errors"
    if isinstance(error, errors.SchemaMismatch) and _is_local():
        # Its own migrations are never pushed.
        return "`campaign migrations check` says what the local stack lacks, and what helps"
    if isinstance(error, errors.Unavailable) and not isinstance(error, errors.TimedOut):
        found = next(
            each for state, each in _STATES.items() if (error.code or "").startswith(state)
        )
        return found[_is_local()]
    return next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), None)


def _look(words: Sequence[str]) -> str:
    """Say what to do about a write of which nobody knows whether it was carried out."""
    known = (tuple(words[:2]), tuple(words[:1]))
    look = next((_LOOKS[given] for given in known if given in _LOOKS), None)
    if not words:
        return "it may have been done all the same: look first, then run it again"
    if look is None:
        return "it may have been done all the same: run it again, that changes nothing twice"
    return f"it may have been done all the same: look first with `campaign {look}`"


def _is_local() -> bool:
    from campaign_sdk._core.settings import is_loopback
    from campaign_sdk.cli._connect import settings

    try:
        return is_loopback(settings().url)
    except errors.CampaignError:
        return False
