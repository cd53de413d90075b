"""Everything that can go wrong, as one tree.

    CampaignError
    ├── ConfigurationError      a setting is missing or malformed
    ├── NotAuthenticated        nobody is signed in, or the session has ended
    ├── PermissionDenied        signed in, but not allowed
    ├── NotFound                no such thing, or it belongs to somebody else
    ├── Conflict                the state of the data stands against it
    │   ├── IllegalTransition   a campaign can't make that move from its status
    │   ├── StaleState          somebody else moved it first
    │   ├── NotReady            a campaign lacks what its launch, or its sending, needs
    │   ├── NotActive           a campaign isn't being sent: not yet, paused, or no more
    │   ├── LeaseLost           a batch has gone to another sender
    │   └── AlreadyExists       it must be unique, and isn't
    ├── InvalidInput            a value is refused; `path` says which
    │   └── InvalidRules        a rule is unfinished or malformed
    ├── RateLimited             too many requests; `retry_after` in seconds
    ├── Unavailable             no usable answer; `maybe_applied` for writes
    │   ├── TimedOut            no answer before the deadline
    │   └── AuthUnavailable     the session is kept, but can't be renewed now
    ├── ProtocolError           an answer that makes no sense; `maybe_applied` likewise
    ├── SchemaMismatch          the database lacks our migrations
    ├── NotSent                 a sender says that nothing has left; `retry` says what next
    │   └── LoginRefused        a mail server or vendor doesn't take the password or key
    ├── WebhookRefused          a webhook isn't who it claims to be; `reason` says why
    ├── DraftingError           the language model gave no usable draft; `reason` says why
    └── LocalStackError         the local stack couldn't be started or used

Messages never hold tokens, keys or a contact's data.
"""

from __future__ import annotations

from typing import Any, Literal

from campaign_sdk._core.cost import Cost

WebhookReason = Literal[
    "unsigned",
    "signature",
    "age",
    "replay",
    "topic",
    "certificate",
    "address",
    "malformed",
    "size",
]

DraftingReason = Literal[
    "refused",
    "truncated",
    "invalid",
    "rate_limited",
    "quota",
    "budget",
    "timeout",
    "unavailable",
    "denied",
    "unsupported",
]


class CampaignError(Exception):
    """The root of every error that this package raises on purpose.

    Attributes:
        message: what happened and, where there is one, the remedy.
        code: the machine-readable code of whoever refused (SQLSTATE, PostgREST,
            Auth), or `None`.
        hint: the database's own hint, or `None`.
        details: the database's own details, or `None`.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.details = details


class ConfigurationError(CampaignError):
    """A setting is missing or malformed; the message names it."""


class NotAuthenticated(CampaignError):
    """Nobody is signed in, the password is wrong, or the session has ended."""


class PermissionDenied(CampaignError):
    """The signed-in user may not do this."""


class NotFound(CampaignError):
    """There is no such thing, or it belongs to somebody else."""


class Conflict(CampaignError):
    """The state of the data stands against the request."""


class IllegalTransition(Conflict):
    """A campaign can't make that move from the status it has."""


class StaleState(Conflict):
    """Somebody else changed it first: read it again, then decide."""


class NotReady(Conflict):
    """A campaign lacks something that its launch can't do without; the message names it."""


class NotActive(Conflict):
    """A campaign isn't being sent: it isn't launched, was paused, or has ended.

    `details` is its status, where that is known.
    """


class LeaseLost(Conflict):
    """The lease of a batch was over: another sender may be at work on it."""


class AlreadyExists(Conflict):
    """It must be unique, and there is one already."""


class InvalidInput(CampaignError):
    """A value is refused before anything is stored.

    Attributes:
        path: where the value is, as a field name or a JSON path (`$.rules[1].value`).
        reason: what is wrong with it, and what would be right.
    """

    def __init__(self, path: str, reason: str, *, code: str | None = None) -> None:
        super().__init__(f"{path}: {reason}", code=code)
        self.path = path
        self.reason = reason


class InvalidRules(InvalidInput):
    """Rules are unfinished or malformed; `path` is a JSON path from `$`."""


class RateLimited(CampaignError):
    """Too many requests.

    Attributes:
        retry_after: seconds to wait as the server asked, or `None` if it didn't say.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(CampaignError):
    """The server gave no usable answer.

    Attributes:
        maybe_applied: whether the request may have been carried out all the same.
            Always `False` for reads.
    """

    def __init__(
        self, message: str, *, maybe_applied: bool = False, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.maybe_applied = maybe_applied


class TimedOut(Unavailable):
    """There was no whole answer before the deadline."""


class AuthUnavailable(Unavailable):
    """The session can't be renewed now. It is kept: try again when the server is back."""


class ProtocolError(CampaignError):
    """The server's answer isn't what it claims to be (an HTML page, cut JSON …).

    Attributes:
        maybe_applied: whether something may have been carried out all the same, as for
            `Unavailable`. Always `False` if there were only reads.
    """

    def __init__(
        self, message: str, *, maybe_applied: bool = False, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.maybe_applied = maybe_applied


class SchemaMismatch(CampaignError):
    """The database lacks a table or function of ours: apply `supabase/migrations`."""


class NotSent(CampaignError):
    """What a sender raises if nothing at all has left: no message of the call is in doubt.

    Attributes:
        retry: whether the same may work later; `False` ends the whole sending.
        retry_after: seconds to wait as the vendor asked, or `None` if it didn't say.
    """

    def __init__(
        self, message: str, *, retry: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after = retry_after


class LoginRefused(NotSent):
    """The vendor or its server doesn't take the password or key that it was given."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry=False)


class WebhookRefused(CampaignError):
    """A webhook isn't proven, and nothing of it was used. Answer it with 401 and no more.

    Attributes:
        reason: `unsigned`, if the proof is missing; `signature`, if it is wrong; `age`, if it
            is too old or from the future; `replay`, if it was used for something else;
            `topic`, if it is nobody's that you named; `certificate`, if that isn't Amazon's;
            `address`, if it asks for a confirmation elsewhere; `malformed`; `size`.
    """

    def __init__(self, reason: WebhookReason) -> None:
        super().__init__(f"the webhook is refused ({reason})", code=reason)
        self.reason: WebhookReason = reason


class DraftingError(CampaignError):
    """The language model gave no usable draft, and nothing was saved.

    Attributes:
        reason: `refused` by the model or its filter; `truncated`, if the answer ends too
            soon; `invalid`, if it breaks its schema or can't be used; `rate_limited` (see
            `retry_after`); `quota`, if the account's is used up; `budget`, if the
            user's is for today, behind the project's server; `timeout`; `unavailable`;
            `denied`, if the key is wrong or may not use the model; `unsupported`, if the
            server doesn't know the model or takes no such request.
        status: the HTTP status, if it wasn't a success.
        retry_after: seconds to wait as the server asked, or `None` if it didn't say.
        usage: what the operation cost all the same; `None` if nothing was sent.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: DraftingReason,
        status: int | None = None,
        retry_after: float | None = None,
        usage: Cost | None = None,
        code: str | None = None,
        hint: str | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint, details=details)
        self.reason: DraftingReason = reason
        self.status = status
        self.retry_after = retry_after
        self.usage = usage


class LocalStackError(CampaignError):
    """The local stack couldn't be started, or something it needs is missing."""
