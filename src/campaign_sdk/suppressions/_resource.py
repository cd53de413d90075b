"""Addresses that are never written to again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import get_args

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import text
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, operation, pages
from campaign_sdk._core.paging import PAGE, table_pages
from campaign_sdk._core.writing import new_request_id
from campaign_sdk.contacts._addresses import normalize_email
from campaign_sdk.suppressions._models import Reason, Suppression, SuppressionReport

BATCH = 1_000


class Suppressions(Resource[Mode]):
    """Suppressing addresses, and lifting a suppression.

    A suppressed address is in no audience and is handed to no sender, whatever is
    imported. Bounces and complaints suppress by themselves.
    """

    @operation
    def add(
        self,
        emails: str | Iterable[str],
        *,
        reason: Reason = "manual",
        source: str | None = None,
    ) -> Steps[SuppressionReport]:
        """Never write to these addresses again, whether or not they are contacts.

        All are checked before the first is sent. Of an address that is suppressed
        already, the first reason and date stand.

        Args:
            emails: one address, or many.
            reason: why; see `Suppression`.
            source: who said so.

        Raises:
            InvalidInput: an address is refused; the path is its position.
        """
        if reason not in get_args(Reason):
            raise InvalidInput("reason", f"must be one of {', '.join(get_args(Reason))}")
        source = text(source, "source", longest=100)
        addresses = list(dict.fromkeys(_checked(emails)))
        added = 0
        for start in range(0, len(addresses), BATCH):
            some = addresses[start : start + BATCH]
            arguments = {"emails": some, "reason": reason, "source": source or None}
            response = yield self._rpc("suppress_addresses", arguments, kind="keyed")
            added += SuppressionReport.from_row(response.data).added
        return SuppressionReport(added=added, unchanged=len(addresses) - added)

    @pages
    def list(self, *, page_size: int = PAGE) -> PagedSteps[Suppression]:
        """Yield every suppression exactly once, in the order of their ids, page by page.

        Args:
            page_size: suppressions in one request. The server's own limit may be lower.
        """
        select = partial(self._db.from_("suppressions").select, "*")
        yield from table_pages(select, Suppression, page_size)

    @operation
    def check(self, email: str) -> Steps[Suppression | None]:
        """Return the suppression of an address, or `None` if there is none.

        Raises:
            InvalidInput: it isn't an address.
        """
        # Not a filter: it would stand in the URL, and those are logged everywhere.
        arguments = {"email": normalize_email(email)}
        rows = rows_of((yield self._rpc("find_suppression", arguments, kind="read")))
        return Suppression.from_row(rows[0]) if rows else None

    @operation
    def lift(self, email: str) -> Steps[Suppression]:
        """Let an address be written to again, and return what was lifted.

        An unsubscription of the contact stays: that is the contact's, not the address's.

        Raises:
            NotFound: the address isn't suppressed.
            InvalidInput: it isn't an address.
        """
        arguments = {"email": normalize_email(email), "request_id": new_request_id()}
        rows = rows_of((yield self._rpc("lift_suppression", arguments, kind="keyed")))
        if not rows:
            raise NotFound("this address isn't suppressed")
        return Suppression.from_row(rows[0])


def _checked(emails: str | Iterable[str]) -> Iterable[str]:
    if isinstance(emails, str):
        yield normalize_email(emails)
        return
    for position, email in enumerate(emails):
        try:
            yield normalize_email(email)
        except InvalidInput as error:
            raise InvalidInput(f"$[{position}]", error.reason) from None
