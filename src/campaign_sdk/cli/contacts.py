"""`campaign contacts`: the people who can receive a campaign."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk._core.errors import InvalidInput, NotFound
from campaign_sdk.cli import _show
from campaign_sdk.cli._attributes import attributes_of
from campaign_sdk.cli._connect import connect
from campaign_sdk.cli._csv import export_contacts
from campaign_sdk.cli._import import import_contacts
from campaign_sdk.cli._options import (
    SHOWN,
    Json,
    Limit,
    Most,
    Output,
    Reachable,
    RulesFile,
    Where,
    Yes,
    example,
    page_of,
    rules_given,
    warn_of_fields,
)
from campaign_sdk.cli._people import print_contacts
from campaign_sdk.cli._persons import erase_person, export_person
from campaign_sdk.cli._schema import show_schema

if TYPE_CHECKING:
    from campaign_sdk import CampaignClient, Contact

app = typer.Typer(
    name="contacts", help="Import, find, change and export contacts.", no_args_is_help=True
)
Email = Annotated[str, typer.Argument(help="The contact's address.")]
Phone = Annotated[str | None, typer.Option(help="As people write it.")]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="An attribute, such as city=Pune, orders=3 or vip=true. Repeatable.",
    ),
]

app.command("import", epilog=example("campaign contacts import customers.csv"))(import_contacts)
app.command("schema", epilog=example("campaign contacts schema --python Customer"))(show_schema)


@app.command("list", epilog=example("campaign contacts list --where 'orders >= 3' --limit 5"))
def list_(
    where: Where = None,
    rules: RulesFile = None,
    reachable: Reachable = False,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List contacts: the first 20, or with --json all."""
    chosen = rules_given(where, rules)
    with connect() as client:
        warn_of_fields(client, chosen)
        found = client.contacts.iterate(chosen, reachable=reachable)
        if as_json:
            _show.print_json_list(islice(found, limit or None))
        else:
            print_contacts(found, SHOWN if limit is None else limit)


@app.command(epilog=example("campaign contacts find asha@example.com"))
def find(email: Email, as_json: Json = False) -> None:
    """Show one contact."""
    with connect() as client:
        contact = _found(client, email)
    _print(contact, as_json)


def _print(contact: Contact, as_json: bool) -> None:
    if as_json:
        _show.print_json(contact)
    else:
        columns = contact.model_dump(exclude={"attributes"})
        _show.print_facts({**columns, **contact.attributes})


@app.command(epilog=example("campaign contacts history asha@example.com"))
def history(email: Email, as_json: Json = False) -> None:
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
def export(
    where: Where = None,
    rules: RulesFile = None,
    reachable: Reachable = False,
    limit: Most = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Write contacts as CSV, an attribute a column; safe to open in a spreadsheet. Or as JSON."""
    chosen = rules_given(where, rules)
    with connect() as client:
        warn_of_fields(client, chosen)
        found = client.contacts.iterate(chosen, reachable=reachable, page_size=page_of(limit))
        export_contacts(found, output, as_json=as_json, limit=limit)


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


@app.command(epilog=example("campaign contacts add dora@example.com --set city=Pune"))
def add(email: Email, phone: Phone = None, values: Values = None, as_json: Json = False) -> None:
    """Store a contact; one that is there already is given what is new."""
    item: dict[str, Any] = {"email": email, "attributes": attributes_of(values or [])}
    if phone is not None:
        item["phone"] = phone
    with connect() as client:
        report = client.contacts.upsert([item])
    if report.problems:
        raise InvalidInput(report.problems[0].column, report.problems[0].reason)
    became = "created" if report.created else "updated" if report.updated else "unchanged"
    _show.print_json(report) if as_json else _show.say("{} is {}.", email, became)


@app.command(epilog=example("campaign contacts update asha@example.com --set orders=13"))
def update(
    email: Email,
    new_email: Annotated[str | None, typer.Option("--email", help="Another address.")] = None,
    phone: Phone = None,
    values: Values = None,
    unset: Annotated[
        list[str] | None, typer.Option(help="An attribute to blank. Repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change what is given of a contact; the rest stays."""
    given: dict[str, Any] = {"email": new_email, "phone": phone}
    changes = {name: value for name, value in given.items() if value is not None}
    if values or unset:
        blanks = [f"{name}=null" for name in unset or []]
        changes["attributes"] = attributes_of([*(values or []), *blanks])
    if not changes:
        raise typer.BadParameter("say what to change: --set, --unset, --phone, --email")
    with connect() as client:
        contact = client.contacts.update(_found(client, email).id, **changes)
    _print(contact, as_json)


@app.command(epilog=example("campaign contacts delete asha@example.com --yes"))
def delete(email: Email, yes: Yes = False) -> None:
    """Delete a contact; what was counted stays counted."""
    with connect() as client:
        found = _found(client, email)
        if not yes:
            typer.confirm(f"Delete {found.email}?", abort=True)
        client.contacts.delete(found.id)
    _show.say("Deleted.")


@app.command(epilog=example("campaign contacts unsubscribe asha@example.com"))
def unsubscribe(email: Email) -> None:
    """Take a contact out of every audience, until the person asks to be back."""
    with connect() as client:
        contact = client.contacts.unsubscribe(_found(client, email).id)
    _show.say("{} gets no more messages.", contact.email)


@app.command(epilog=example("campaign contacts subscribe asha@example.com --consent"))
def subscribe(
    email: Email,
    consent: Annotated[
        bool, typer.Option("--consent", help="The person has asked for it; asked for otherwise.")
    ] = False,
) -> None:
    """Take a contact back into audiences, because the person has asked for it.

    Nobody else's word is enough: without --consent it asks you to say so.
    """
    with connect() as client:
        found = _found(client, email)
        if not consent:
            typer.confirm(f"Has {found.email} asked to be written to again?", abort=True)
        client.contacts.subscribe(found.id)
    _show.say("{} gets messages again.", found.email)


app.command("export-person", epilog=example("campaign contacts export-person asha@example.com"))(
    export_person
)
app.command(
    "erase-person", epilog=example("campaign contacts erase-person asha@example.com --yes")
)(erase_person)
