"""Contacts whose attributes are of a class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypedDict, TypeVar
from uuid import UUID

from campaign_sdk._core.connection import Connection
from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import NOT_GIVEN, NotGiven
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, operation, pages
from campaign_sdk._core.paging import PAGE, map_pages
from campaign_sdk.attributes import Attributes
from campaign_sdk.attributes._schema import schema_of
from campaign_sdk.attributes._stored import as_stored, read_attributes
from campaign_sdk.contacts._import import ImportReport
from campaign_sdk.contacts._importing import BATCH, upsert_items
from campaign_sdk.contacts._models import Contact, TypedContact
from campaign_sdk.contacts._reading import change_contact, contact_pages, find_contact, get_contact
from campaign_sdk.rules import RulesLike

A = TypeVar("A", bound=Attributes)


class TypedItem(TypedDict, Generic[A], total=False):
    """One contact to be stored, as `ContactItem` is.

    Attributes:
        email: required.
        phone: as people write it.
        attributes: an instance; what it was given is stored, and not what is a default.
        unsubscribed_at: since when the contact wants no messages; true for now.
    """

    email: str
    phone: str | None
    attributes: A
    unsubscribed_at: datetime | str | bool | None


class TypedContacts(Resource[Mode], Generic[Mode, A]):
    """Storing and reading contacts whose attributes are of a class; see `Contacts.of`."""

    def __init__(self, connection: Connection, attributes: type[A]) -> None:
        super().__init__(connection)
        schema_of(attributes)  # refuses a class that contacts can't be read as
        self._attributes = attributes

    @operation
    def get(self, id: UUID | str) -> Steps[TypedContact[A]]:
        """Return one contact.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
            InvalidInput: what is stored doesn't fit the class; the path is the field.
        """
        return typed((yield from get_contact(self, id)), self._attributes)

    @operation
    def find(self, email: str) -> Steps[TypedContact[A] | None]:
        """Return the contact with this address, or `None`.

        Raises:
            InvalidInput: it isn't an address, or what is stored doesn't fit the class.
        """
        found = yield from find_contact(self, email)
        return None if found is None else typed(found, self._attributes)

    @operation
    def upsert(
        self, items: Iterable[TypedItem[A]], *, batch_size: int = BATCH
    ) -> Steps[ImportReport]:
        """Create contacts, or merge into those with the same address, as `Contacts.upsert` does.

        Of an instance only what it was given is stored: `Customer(plan="pro")` leaves the
        orders that are there.

        Raises:
            InvalidInput: an item is refused; the path is its position and field.
        """
        return (yield from upsert_items(self, map(_untyped, items), batch_size))

    @operation
    def update(
        self,
        id: UUID | str,
        *,
        email: str | NotGiven = NOT_GIVEN,
        phone: str | None | NotGiven = NOT_GIVEN,
        attributes: A | NotGiven = NOT_GIVEN,
        unsubscribed_at: datetime | None | NotGiven = NOT_GIVEN,
    ) -> Steps[TypedContact[A]]:
        """Change what is given, and return the contact.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
            AlreadyExists: another contact has the address.
            InvalidInput: a value is refused.
        """
        changed = yield from change_contact(
            self,
            id,
            email=email,
            phone=phone,
            attributes=attributes if isinstance(attributes, NotGiven) else as_stored(attributes),
            unsubscribed_at=unsubscribed_at,
        )
        return typed(changed, self._attributes)

    @pages
    def iterate(
        self,
        rules: RulesLike | None = None,
        *,
        as_of: datetime | None = None,
        timezone: str = "UTC",
        reachable: bool = False,
        page_size: int = PAGE,
        skip_misfits: bool = False,
    ) -> PagedSteps[TypedContact[A]]:
        """Yield each contact exactly once, in the order of their ids, page by page.

        Args:
            rules: only those who match; all by default.
            as_of: the moment that relative dates refer to; now by default.
            timezone: the IANA time zone of relative dates.
            reachable: only those who may be written to, neither unsubscribed nor suppressed.
            page_size: contacts in one request. The server's own limit may be lower.
            skip_misfits: leave out contacts whose attributes don't fit the class.

        Raises:
            InvalidInput: what is stored of a contact doesn't fit the class, and isn't to be
                left out; the path is the field.
        """

        def read(page: Sequence[Contact]) -> Sequence[TypedContact[A]]:
            return list(_readable(page, self._attributes, skip_misfits))

        steps = contact_pages(
            self, rules, as_of, timezone, reachable=reachable, page_size=page_size
        )
        yield from map_pages(read, steps)


def typed(contact: Contact, attributes: type[A]) -> TypedContact[A]:
    """Return a contact with attributes of a class, or raise `InvalidInput`."""
    read = read_attributes(attributes, contact.attributes, f"contact {contact.id}")
    return TypedContact[A].model_construct(**{**dict(contact), "attributes": read})


def _readable(
    page: Sequence[Contact], attributes: type[A], skip: bool
) -> Iterator[TypedContact[A]]:
    for contact in page:
        try:
            yield typed(contact, attributes)
        except InvalidInput:
            if not skip:
                raise


def _untyped(item: Any) -> Mapping[str, Any]:
    held = item.get("attributes") if isinstance(item, Mapping) else None
    return {**item, "attributes": as_stored(held)} if isinstance(held, Attributes) else item
