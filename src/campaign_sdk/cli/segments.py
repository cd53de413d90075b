"""`campaign segments`: audiences described by rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaign_sdk.cli import _complete, _show
from campaign_sdk.cli._connect import connect, find_segment
from campaign_sdk.cli._csv import export_contacts
from campaign_sdk.cli._options import (
    AsOf,
    Json,
    Most,
    Output,
    Reachable,
    RulesFile,
    Timezone,
    Where,
    Yes,
    audience_given,
    example,
    moment_given,
    page_of,
    rules_given,
    rules_needed,
)
from campaign_sdk.cli.drafting import described

if TYPE_CHECKING:
    from campaign_sdk import AudiencePreview, AudienceSize, CampaignClient, Rules, Segment

app = typer.Typer(
    name="segments", help="Describe, size and preview audiences.", no_args_is_help=True
)

Named = Annotated[
    str,
    typer.Argument(metavar="SEGMENT", help="Its name or id.", autocompletion=_complete.segments),
]
MaybeNamed = Annotated[
    str | None,
    typer.Argument(
        metavar="SEGMENT",
        help="Its name or id; or give rules.",
        autocompletion=_complete.segments,
    ),
]


@app.command(epilog=example("campaign segments create Regulars --where 'orders >= 3'"))
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    where: Where = None,
    rules: RulesFile = None,
    describe: Annotated[
        str | None, typer.Option(help="The audience in words; OpenAI writes the rules.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    timezone: Timezone = None,
    as_json: Json = False,
) -> None:
    """Store an audience under a name."""
    if describe is not None and (where is not None or rules is not None):
        raise typer.BadParameter("give --describe, --where or --rules, not two of them")
    given = rules_needed(where, rules) if describe is None else None
    with connect() as client:
        wanted = described(client, describe or "", timezone) if given is None else given
        if any(other.name == name for other in client.segments.list()):
            _show.note(f"there is another segment called {name!r}: from now on give their ids")
        segment = client.segments.create(
            name, wanted, description=description, timezone=timezone or "UTC"
        )
    _warn(segment.warnings)
    _show.print_json(segment) if as_json else _print(segment)


@app.command("list", epilog=example("campaign segments list"))
def list_(as_json: Json = False) -> None:
    """List the segments."""
    with connect() as client:
        segments = client.segments.list()
    if as_json:
        _show.print_json_list(segments)
        return
    made = _show.table("id", "name", "rules")
    for segment in segments:
        made.add_row(str(segment.id)[:8], _show.plain(segment.name), _show.explained(segment))
    _show.console().print(made)


@app.command(epilog=example("campaign segments show Lapsed"))
def show(segment: Named, as_json: Json = False) -> None:
    """Show one segment."""
    with connect() as client:
        found = find_segment(client, segment)
    _show.print_json(found) if as_json else _print(found)


def _print(segment: Segment) -> None:
    known = segment.model_dump(exclude={"wire", "warnings"}, exclude_none=True)
    _show.print_facts({**known, "rules": _show.explained(segment)})


@app.command(epilog=example("campaign segments edit Lapsed --where 'orders >= 4'"))
def edit(
    segment: Named,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    where: Where = None,
    rules: RulesFile = None,
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    timezone: Timezone = None,
    as_json: Json = False,
) -> None:
    """Change what is given; launched campaigns keep their audience."""
    given = {"name": name, "description": description, "timezone": timezone}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    wanted = rules_given(where, rules)
    if wanted is not None:
        changes["rules"] = wanted
    if not changes:
        raise typer.BadParameter("say what to change: --name, --where, --rules ...")
    with connect() as client:
        edited = client.segments.update(find_segment(client, segment).id, **changes)
    _warn(edited.warnings)
    _show.print_json(edited) if as_json else _print(edited)


@app.command(epilog=example("campaign segments size --where 'orders >= 3'"))
def size(
    segment: MaybeNamed = None,
    where: Where = None,
    rules: RulesFile = None,
    as_of: AsOf = None,
    timezone: Timezone = None,
    as_json: Json = False,
) -> None:
    """Count an audience."""
    moment = moment_given(as_of, timezone)
    with connect() as client:
        target = audience_given(client, segment, where, rules)
        counted = client.segments.size(target, as_of=moment, timezone=timezone)
    _show.print_json(counted) if as_json else _show.print_facts(_counts(counted))


def _counts(size: AudienceSize) -> dict[str, object]:
    if size.count is None:
        return {"contacts": "not counted", "reason": size.reason}
    return {"contacts": size.count, "reachable": size.reachable}


@app.command(epilog=example("campaign segments preview Lapsed --sample 3"))
def preview(
    segment: MaybeNamed = None,
    where: Where = None,
    rules: RulesFile = None,
    sample: Annotated[int, typer.Option(min=0, max=1_000, help="How many to show.")] = 5,
    as_of: AsOf = None,
    timezone: Timezone = None,
    as_json: Json = False,
) -> None:
    """Show an audience's size, what each rule costs it, and a few of its members."""
    moment = moment_given(as_of, timezone)
    with connect() as client:
        target = audience_given(client, segment, where, rules)
        found = client.segments.preview(target, sample=sample, as_of=moment, timezone=timezone)
        if not as_json:
            _print_preview(client, target, found)
    if as_json:
        _show.print_json(found)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        _show.note(warning)


def _print_preview(client: CampaignClient, target: Segment | Rules, found: AudiencePreview) -> None:
    from campaign_sdk.cli._people import print_contacts
    from campaign_sdk.rules import Rules
    from campaign_sdk.segments import Segment

    rules = target if isinstance(target, Rules) else target.rules
    if isinstance(target, Segment):
        _warn(found.warnings)
    screen = _show.console()
    _show.print_facts(_counts(found.size))
    screen.print("", _show.funnel(rules, found.funnel, client.contacts.count()), sep="\n")
    if found.sample:
        screen.print()
        print_contacts(iter(found.sample), 0)


@app.command(epilog=example("campaign segments members Lapsed --output lapsed.csv"))
def members(
    segment: MaybeNamed = None,
    where: Where = None,
    rules: RulesFile = None,
    as_of: AsOf = None,
    timezone: Timezone = None,
    reachable: Reachable = False,
    limit: Most = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Write all members as CSV (or JSON)."""
    moment = moment_given(as_of, timezone)
    with connect() as client:
        target = audience_given(client, segment, where, rules)
        found = client.segments.members(
            target,
            as_of=moment,
            timezone=timezone,
            reachable=reachable,
            page_size=page_of(limit),
        )
        export_contacts(found, output, as_json=as_json, limit=limit)


@app.command(epilog=example("campaign segments delete Old --yes"))
def delete(
    segment: Named,
    yes: Yes = False,
) -> None:
    """Delete a segment; the contacts stay."""
    with connect() as client:
        found = find_segment(client, segment)
        if not yes:
            typer.confirm(f"Delete the segment {found.name!r}?", abort=True)
        client.segments.delete(found.id)
    _show.say("Deleted.")
