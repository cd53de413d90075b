"""Writing contacts to a CSV file, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.files import Target, written_whole
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, operation
from campaign_sdk._core.paging import PAGE, each_page
from campaign_sdk._core.requests import Blocking
from campaign_sdk.contacts._models import Contact
from campaign_sdk.contacts._reading import contact_pages
from campaign_sdk.contacts.files._export import Sheet
from campaign_sdk.rules import RulesLike


class Exports(Resource[Mode]):
    """What takes contacts away as a file."""

    @operation
    def export_csv(
        self,
        file: Target,
        rules: RulesLike | None = None,
        *,
        as_of: datetime | None = None,
        timezone: str = "UTC",
        reachable: bool = False,
        limit: int | None = None,
    ) -> Steps[int]:
        """Write contacts to a CSV file, and return how many; `import_csv` reads it as it is.

        Each attribute that any of them has is a column, `address.city` for a nested one. A
        text that a spreadsheet would run, or take for a number or a date, has an apostrophe
        in front. Memory stays flat, however many they are, and the file appears whole or not
        at all.

        Args:
            file: where to write, a path or a file that is open for writing texts. At a path,
                it is marked as UTF-8 for spreadsheets.
            rules: only those who match; all by default.
            as_of: the moment that relative dates refer to; now by default.
            timezone: the IANA time zone of relative dates.
            reachable: only those who may be written to, neither unsubscribed nor suppressed.
            limit: how many at most, the first in the order of their ids.

        Raises:
            InvalidInput: the file can't be written, or the limit is negative.
            InvalidRules: a rule is unfinished or malformed.
        """
        if limit is not None and limit < 0:
            raise InvalidInput("limit", "must not be negative")
        size = min(max(PAGE if limit is None else limit, 1), PAGE)
        pages = contact_pages(self, rules, as_of, timezone, reachable=reachable, page_size=size)
        return (yield from _export(self, pages, file, limit))


def _export(
    resource: Resource[Any], pages: PagedSteps[Contact], file: Target, limit: int | None
) -> Steps[int]:
    # Opened first: what can't be written is said before the first request.
    with Sheet() as sheet, written_whole(file, "file", encoding="utf-8-sig") as stream:
        yield from each_page(resource, pages, sheet.add, limit)
        written: int = yield Blocking(lambda: sheet.write(stream))
        return written
