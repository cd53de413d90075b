"""What a user can say of a file, checked before the file is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import timezone_name
from campaign_sdk.contacts.files._columns import checked_program
from campaign_sdk.contacts.files._consent import Consent, Named, named_consent
from campaign_sdk.contacts.files._dialect import checked_delimiter
from campaign_sdk.contacts.files._numbers import Decimal, checked_decimal
from campaign_sdk.contacts.files._types import checked_type


@dataclass(frozen=True)
class Options:
    """What a user says of a file; what is left out is found out.

    Attributes:
        delimiter: what stands between two cells.
        encoding: of the text.
        names: what columns are: "email", an attribute's name, or `None` to leave one out.
        preset: the program that wrote it.
        types: of columns.
        decimal: the decimal mark.
        zone: of date-times without an offset.
        ignores_consent: whether nothing is to be read as consent.
        consent: the columns of consent that are named.
    """

    delimiter: str | None
    encoding: str | None
    names: Mapping[str, str | None]
    preset: str | None
    types: Mapping[str, str]
    decimal: Decimal | None
    zone: ZoneInfo
    ignores_consent: bool
    consent: tuple[Named, ...]

    @classmethod
    def of(
        cls,
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        email_column: str | None = None,
        preset: str | None = None,
        types: Mapping[str, str] | None = None,
        decimal: str | None = None,
        timezone: str = "UTC",
        consent: Consent | None = None,
    ) -> Options:
        """Check what is said.

        Raises:
            InvalidInput: something can't be meant.
        """
        ignores, named = named_consent(consent)
        return cls(
            delimiter=None if delimiter is None else checked_delimiter(delimiter),
            encoding=encoding,
            names=_names(columns, email_column),
            preset=checked_program(preset),
            types={name: checked_type(kind) for name, kind in (types or {}).items()},
            decimal=checked_decimal(decimal),
            zone=ZoneInfo(timezone_name(timezone)),
            ignores_consent=ignores,
            consent=tuple(named),
        )


def _names(
    columns: Mapping[str, str | None] | None, email_column: str | None
) -> dict[str, str | None]:
    names = {name: target or None for name, target in (columns or {}).items()}
    if email_column is not None:
        names[email_column] = "email"
    for target in ("email", "phone", "unsubscribed_at"):
        if list(names.values()).count(target) > 1:
            raise InvalidInput("columns", f"names two columns for {target}")
    return names
