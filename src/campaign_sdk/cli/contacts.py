"""`campaign contacts`: the people who can receive a campaign."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk._core.errors import NotFound
from campaign_sdk.cli import _show
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._csv import export_contacts
from campaign_sdk.cli._import import import_contacts
from campaign_sdk.cli._options import (
    SHOWN,
    Json,
    Limit,
    Output,
    RulesFile,
    Where,
    example,
    rules_given,
    warn_of_fields,
)

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient, Contact

app = typer.Typer(
    name="contacts", help="Import, find, export and unsubscribe contacts.", no_args_is_help=True
)
app.command("import", epilog=example("campaign contacts import customers.csv"))(import_contacts)


@app.command("list", epilog=example("campaign contacts list --where 'orders >= 3' --limit 5"))
def list_(
    where: Where = None, rules: RulesFile = None, limit: Limit = None, as_json: Json = False
) -> None:
    """List contacts: the first 20, or with --json all."""
    chosen = rules_given(where, rules)
    with connect() as client:
        warn_of_fields(client, chosen)
        found = client.contacts.iterate(chosen)
        if as_json:
            _show.print_json_list(islice(found, limit or None))
        else:
            print_contacts(found, SHOWN if limit is None else limit)


def print_contacts(found: Any, limit: int) -> None:
    """Print contacts as a table, and say so if there are more."""
    made = _show.table("email", "phone", "subscribed", "attributes")
    for contact in islice(found, limit or None):
        subscribed = "yes" if contact.is_subscribed else "no"
        attributes = _show.plain(_show.attributes(contact.attributes))
        made.add_row(_show.plain(contact.email), _show.plain(contact.phone), subscribed, attributes)
    _show.console().print(made)
    if limit and next(found, None) is not None:
        _show.note(f"there are more than {limit}: --limit 0 shows all")


@app.command(epilog=example("campaign contacts find asha@example.com"))
def find(
    email: Annotated[str, typer.Argument(help="The contact's address.")], as_json: Json = False
) -> None:
    """Show one contact."""
    with connect() as client:
        contact = _found(client, email)
    if as_json:
        _show.print_json(contact)
    else:
        columns = contact.model_dump(exclude={"attributes"})
        _show.print_facts({**columns, **contact.attributes})


@app.command(epilog=example("campaign contacts history asha@example.com"))
def history(
    email: Annotated[str, typer.Argument(help="The contact's address.")], as_json: Json = False
) -> None:
    """Show what happened with one contact in all campaigns."""
    with connect() as client:
        found = client.contacts.history(_found(client, email).id)
    if as_json:
        _show.print_json_list(found)
        return
    made = _show.table("when", "what", "campaign", "by", "about")
    for one in found:
        about = one.link or one.reason or one.value
        cells = (one.at, one.type, one.campaign_name, one.actor, about)
        made.add_row(*map(_show.plain, cells))
    _show.console().print(made)


def _found(client: CampaignClient, email: str) -> Contact:

    contact = client.contacts.find(email)
    if contact is None:
        raise NotFound(f"no contact has the address {email}")
    return contact


@app.command(epilog=example("campaign contacts export --where 'orders >= 3' --output regulars.csv"))
def export(where: Where = None, rules: RulesFile = None, output: Output = None) -> None:
    """Write contacts as CSV, an attribute a column; safe to open in a spreadsheet."""
    chosen = rules_given(where, rules)
    with connect() as client:
        warn_of_fields(client, chosen)
        export_contacts(client.contacts.iterate(chosen), output)


@app.command(epilog=example("campaign contacts fields"))
def fields(as_json: Json = False) -> None:
    """List the attributes that rules and placeholders can name."""
    with connect() as client:
        known = client.contacts.fields()
    if as_json:
        _show.print_json_list(known)
        return
    made = _show.table("field", "types", "coverage", "examples", numbers=("coverage",))
    for one in known:
        examples = _show.plain(", ".join(one.examples))
        types = ", ".join(one.types)
        made.add_row(_show.plain(one.name), types, _show.share(one.coverage), examples)
    _show.console().print(made)


@app.command(epilog=example("campaign contacts unsubscribe asha@example.com"))
def unsubscribe(email: Annotated[str, typer.Argument(help="The contact's address.")]) -> None:
    """Take a contact out of every audience, until the person asks to be back."""
    with connect() as client:
        contact = client.contacts.unsubscribe(_found(client, email).id)
    _show.say("{} gets no more messages.", contact.email)


@app.command(epilog=example("campaign contacts subscribe asha@example.com"))
def subscribe(email: Annotated[str, typer.Argument(help="The contact's address.")]) -> None:
    """Take a contact back into audiences, because the person has asked for it."""
    with connect() as client:
        contact = client.contacts.subscribe(_found(client, email).id)
    _show.say("{} gets messages again.", contact.email)
