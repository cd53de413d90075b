"""The reference of the command line as Markdown, out of the commands themselves.

`python -m campaign_sdk.cli.reference > docs/cli.md` writes it; a test compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import typer
from typer.core import TyperGroup

from campaign_sdk.cli import _errors
from campaign_sdk.cli._app import app

_MARKUP = re.compile(r"(?<!\\)\[/?[a-z ]*\]")

_INTRODUCTION = """\
# The command line

Made from the commands by `python -m campaign_sdk.cli.reference > docs/cli.md`; don't edit it.

`SUPABASE_URL` and `SUPABASE_ANON_KEY` name the project, from the process or a `.env` file;
without them, the local stack is used while it runs. `CAMPAIGN_PASSWORD` answers the question
for a password; `CAMPAIGN_ACCESS_TOKEN` stands for a session.

Results go to stdout, everything else to stderr. `--json` prints what the library returns, with
the same names. An error is one line with the remedy; `campaign --debug …` shows where.
`campaign --install-completion` completes commands in your shell. `NO_COLOR` is heeded.

## Exit codes
"""


def reference() -> str:
    """Return the whole page."""
    root: Any = typer.main.get_command(app)
    codes = _codes(_errors.__doc__ or "")
    parts = [_INTRODUCTION, *_table(("code", "means"), codes), ""]
    for panel, members in groupby(root.commands.items(), _panel):
        parts.extend((f"## {panel}", ""))
        for words, command in _commands(members):
            parts.extend(_group(words, command) if _is_group(command) else _command(words, command))
    return "\n".join(parts).rstrip() + "\n"


def _codes(doc: str) -> Iterator[tuple[str, str]]:
    # Two columns in the docstring: told by the numbers, in their order.
    found = re.findall(r"(?:^|\s{2,})(\d+)\s{2,}(\S.*?)(?=\s{2,}|$)", doc, re.MULTILINE)
    yield from sorted(found, key=lambda each: int(each[0]))


def _panel(named: tuple[str, Any]) -> str:
    return str(named[1].rich_help_panel)


def _commands(members: Iterable[tuple[str, Any]]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in members:
        yield (name,), command
        if _is_group(command):
            yield from (((name, verb), child) for verb, child in command.commands.items())


def _is_group(command: Any) -> bool:
    return isinstance(command, TyperGroup)


def _group(words: tuple[str, ...], command: Any) -> Iterator[str]:
    yield from (f"### {' '.join(words)}", "", _plain(command.help), "")


def _command(words: tuple[str, ...], command: Any) -> Iterator[str]:
    level = "#" * (2 + len(words))
    yield from (f"{level} {' '.join(words)}", "", _plain(command.help), "")
    example = _plain((command.epilog or "").replace("[bold]Example:[/] ", ""))
    yield from ("```text", _usage(words, command), "", f"$ {example}", "```", "")
    shown = [each for each in command.params if not each.hidden and each.name != "help"]
    if shown:
        rows = ((_names(each), _plain(each.help), _default(each)) for each in shown)
        yield from (*_table(("option", "is", "by default"), rows), "")


def _usage(words: tuple[str, ...], command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    pieces = [_argument(each) for each in arguments]
    return " ".join(("campaign", *words, "[OPTIONS]", *pieces))


def _argument(argument: Any) -> str:
    name = argument.metavar or (argument.name or "").upper()
    several = "..." if argument.nargs != 1 else ""
    return f"{name}{several}" if argument.required else f"[{name}]{several}"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    return ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or isinstance(value, bool) or callable(value):
        return ""
    return f"`{value}`"


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _plain(text: str | None) -> str:
    """Return help as text: no markup of rich's, no line breaks within a paragraph."""
    paragraphs = (text or "").replace("\f", "").split("\n\n")
    told = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    return _MARKUP.sub("", told).replace("\\[", "[").strip()


if __name__ == "__main__":
    sys.stdout.write(reference())
