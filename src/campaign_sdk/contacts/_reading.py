"""Reading contacts, whatever their attributes are read as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import NotFound
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import NotGiven, given
from campaign_sdk._core.operation import PagedSteps, Resource, Steps
from campaign_sdk._core.paging import function_pages, table_pages
from campaign_sdk.contacts._addresses import normalize_email
from campaign_sdk.contacts._items import attributes, moment, phone
from campaign_sdk.contacts._matching import match_arguments
from campaign_sdk.contacts._models import Contact
from campaign_sdk.contacts._named import contact_id
from campaign_sdk.contacts._naming import named_rules
from campaign_sdk.rules import RulesLike


def one_contact(rows: list[Any]) -> Contact:
    """Return the contact of an answer, or raise `NotFound`."""
    if not rows:
        raise NotFound("there is no such contact, or it isn't yours")
    return Contact.from_row(rows[0])


def get_contact(resource: Resource[Any], id: UUID | str) -> Steps[Contact]:
    """Read one contact, or raise `NotFound`."""
    key = yield from contact_id(resource, id)
    response = yield resource._db.from_("contacts").select("*").eq("id", key)
    return one_contact(rows_of(response))


def find_contact(resource: Resource[Any], email: str) -> Steps[Contact | None]:
    """Read the contact with an address, or `None`."""
    address = normalize_email(email)
    # Not a filter: it would stand in the URL, and those are logged everywhere.
    rows = rows_of((yield resource._rpc("find_contact", {"email": address}, kind="read")))
    return Contact.from_row(rows[0]) if rows else None


def contact_pages(
    resource: Resource[Any],
    rules: RulesLike | None,
    as_of: datetime | None,
    timezone: str,
    *,
    reachable: bool,
    page_size: int,
) -> PagedSteps[Contact]:
    """Yield all contacts, or those who match, in the order of their ids."""
    if rules is None:
        select = partial(_select_all, resource, reachable=reachable)
        yield from table_pages(select, Contact, page_size)
    else:
        asked = yield from named_rules(resource, rules)
        arguments = match_arguments(asked, as_of, timezone, reachable=reachable)
        yield from function_pages(resource, "match_contacts", arguments, Contact, page_size)


def _select_all(resource: Resource[Any], *, reachable: bool) -> Any:
    query = resource._db.from_("contacts").select("*")
    if not reachable:
        return query
    return query.is_("unsubscribed_at", "null").is_("suppressed_at", "null")


def change_contact(
    resource: Resource[Any],
    id: UUID | str,
    *,
    email: str | NotGiven,
    phone: str | None | NotGiven,
    attributes: Mapping[str, Any] | NotGiven,
    unsubscribed_at: datetime | None | NotGiven,
) -> Steps[Contact]:
    """Change what is given of one contact, and return it."""
    values = given(email=email, phone=phone, attributes=attributes, unsubscribed_at=unsubscribed_at)
    changes = {name: _CHECKS[name](value) for name, value in values.items()}
    arguments = {"contact_id": (yield from contact_id(resource, id)), "changes": changes}
    response = yield resource._rpc("update_contact", arguments, kind="keyed")
    return one_contact(rows_of(response))


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "email": normalize_email,
    "phone": phone,
    "attributes": attributes,
    "unsubscribed_at": lambda value: moment(value, "unsubscribed_at"),
}
