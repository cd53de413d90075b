"""The API reference, out of the objects themselves: a page for each public module."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from site_docstring import items, markdown, sections

import campaign_sdk
from campaign_sdk import CampaignError
from campaign_sdk._core import errors
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource

# Programs, which nobody imports.
_PROGRAMS = {"cli", "demo"}
_CLIENTS = ("CampaignClient", "AsyncCampaignClient")
_WIDE = 88
_QUOTED = re.compile(r"""(: |-> |\[|, )(['"])([^'"]*)\2""")
_ADDRESS = re.compile(r"<[\w-]+ (?:\w+ )?([\w.]+)(?: at 0x[0-9a-f]+)?>")
_EVERY = (
    "Each operation may besides raise what any request can: `NotAuthenticated`, "
    "`PermissionDenied`, `RateLimited`, `Unavailable`, `TimedOut`, `ProtocolError` and "
    "`SchemaMismatch`. With `AsyncCampaignClient` it returns what is to be awaited, and an "
    "iterator is an asynchronous one."
)


@dataclass(frozen=True)
class Entry:
    """A public name: the page that describes it, and what it stands for."""

    page: str
    name: str
    value: Any

    @property
    def link(self) -> str:
        """Where it is described, for another page of the reference."""
        return f"[`{self.name}`]({self.page}.md#{self.name.lower()})"


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in pages().items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the pages, each by its name."""
    entries = public_entries()
    made = {"index": "\n".join(_index(entries))}
    for page in dict.fromkeys(entry.page for entry in entries):
        made[page] = "\n".join(_page(page, [each for each in entries if each.page == page]))
    return made


def public_entries() -> list[Entry]:
    """Return every public name once, where it is at home."""
    found = {name: Entry("client", name, getattr(campaign_sdk, name)) for name in _CLIENTS}
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, CampaignError):
            found[name] = Entry("errors", name, value)
    for module in _modules():
        page = module.__name__.rpartition(".")[2]
        for name in module.__all__:
            value = getattr(module, name)
            known = found.get(name)
            if known is None or (known.value is not value and known.page != page):
                key = name if known is None else f"{page}.{name}"
                found[key] = Entry(page, name, value)
            elif known.page not in ("errors", "client") and _home(value) == page:
                found[name] = Entry(page, name, value)
    return sorted(found.values(), key=_order)


def _order(entry: Entry) -> tuple[bool, str, bool]:
    """Clients first, and on each page what can be called before what comes back."""
    called = inspect.isclass(entry.value) and issubclass(entry.value, Resource)
    return entry.page != "client", entry.page, not called


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(campaign_sdk.__path__):
        if not found.name.startswith("_") and found.name not in _PROGRAMS:
            yield import_module(f"campaign_sdk.{found.name}")


def _home(value: Any) -> str:
    return (getattr(value, "__module__", None) or "").removeprefix("campaign_sdk.").split(".")[0]


def _index(entries: list[Entry]) -> Iterator[str]:
    names = list(dict.fromkeys(entry.page for entry in entries))
    yield from ("# The API", "", "Made from the code, by `make docs`.", "", _EVERY, "")
    yield from ("| name | is |", "|---|---|")
    for entry in sorted(entries, key=lambda each: each.name.lower()):
        said = meaning(entry).split("\n\n")[0]
        yield f"| {entry.link} | {_cell(said)} |"
    yield from ("", ":::{toctree}", ":hidden:", "", *names, ":::", "")


def meaning(entry: Entry) -> str:
    """Return what is said of a name: its docstring, or the one beneath an assignment."""
    if inspect.isclass(entry.value) or inspect.isroutine(entry.value):
        return sections(entry.value.__doc__)[""]
    return _assigned(entry)[1]


def _page(page: str, entries: list[Entry]) -> Iterator[str]:
    module = errors if page == "errors" else import_module(f"campaign_sdk.{_file_of(page)}")
    title, _, rest = (inspect.getdoc(module) or "").partition("\n\n")
    yield from (f"# {page}", "", title, "")
    if page == "errors":
        yield from ("```text", textwrap.dedent(rest.split("::", 1)[-1]).strip("\n"), "```", "")
    for entry in entries:
        yield from (f"## {entry.name}", "")
        yield from _entry(entry)


def _file_of(page: str) -> str:
    return "_client" if page == "client" else page


def _entry(entry: Entry) -> Iterator[str]:
    value = entry.value
    if not inspect.isclass(value) and not inspect.isroutine(value):
        definition, said = _assigned(entry)
        yield from (*_code(definition), said, "")
    elif inspect.isroutine(value):
        yield from (*_code(signature(entry.name, value)), *markdown(value.__doc__))
    elif issubclass(value, Resource):
        yield from (*markdown(value.__doc__), _EVERY, "")
        yield from _members(value, f"client.{entry.page}.")
    else:
        if not _is_data(value) and not issubclass(value, BaseException):
            yield from _code(signature(entry.name, value))
        yield from _described(value)
        yield from _resources(value)
        yield from _members(value, "")


def _is_data(value: type) -> bool:
    return issubclass(value, Model) or hasattr(value, "__required_keys__")


def _described(value: type) -> Iterator[str]:
    """Yield a class's docstring, its attributes with their types."""
    kinds = _annotations(value)
    text, *_ = re.split(r"^\s*Attributes:$", value.__doc__ or "", flags=re.MULTILINE)
    yield from markdown(text)
    told: dict[str, str] = {}
    for owner in reversed(value.__mro__):
        # What pydantic says of its own is no attribute of ours.
        if owner.__module__.startswith("campaign_sdk"):
            told |= items(sections(owner.__doc__).get("Attributes", ""))
    if told:
        yield from ("| attribute | type | is |", "|---|---|---|")
        yield from (
            f"| `{n}` | `{_cell(kinds.get(n, ''))}` | {_cell(s)} |" for n, s in told.items()
        )
        yield ""


def _resources(value: type) -> Iterator[str]:
    """Yield what a client has, with links to their pages."""
    kinds = {
        name: _kind(member)
        for owner in value.__mro__
        for name, member in vars(owner).items()
        if isinstance(member, cached_property) and _kind(member).endswith("[Mode]")
    }
    if kinds:
        yield from ("**Resources**", "")
        for name, kind in kinds.items():
            noun = kind.removesuffix("[Mode]")
            yield f"- `client.{name}`: [`{noun}`]({name}.md#{noun.lower()})"
        yield ""


def _kind(member: property | cached_property[Any]) -> str:
    function: Any = member.fget if isinstance(member, property) else member.func
    return str(inspect.signature(function).return_annotation)


def _annotations(value: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for owner in reversed(value.__mro__):
        if owner.__module__.startswith("campaign_sdk"):
            # An error says of what type its attributes are where it takes them.
            made = inspect.get_annotations(vars(owner).get("__init__", int))
            for name, kind in {**made, **inspect.get_annotations(owner)}.items():
                found[name] = str(getattr(kind, "__forward_arg__", kind))
    return found


def _members(value: type, before: str) -> Iterator[str]:
    for name, member in members(value).items():
        yield from (f"### {before}{name}", "")
        if isinstance(member, property | cached_property):
            yield from _code(f"{name}: {_kind(member)}")
            yield from markdown(member.__doc__)
        else:
            yield from (*_code(signature(name, member, bound=True)), *markdown(member.__doc__))


def members(value: type) -> dict[str, Any]:
    """Return the public methods and properties of a class that say what they do."""
    found: dict[str, Any] = {}
    for owner in reversed(value.__mro__):
        if owner.__module__.startswith("campaign_sdk") and owner not in (Model, Resource):
            for name, member in vars(owner).items():
                is_value = isinstance(member, property | cached_property)
                shown = member if is_value else getattr(value, name)
                # A client's resources have pages of their own.
                is_resource = is_value and _kind(member).endswith("[Mode]")
                if not (name.startswith("_") or is_resource) and (is_value or callable(shown)):
                    found[name] = shown
    return dict(sorted(found.items()))


def signature(name: str, function: Any, *, bound: bool = False) -> str:
    """Return a signature as one reads it, broken where it is wide."""
    found = inspect.signature(function)
    given = list(found.parameters.values())
    if bound and given and given[0].name in ("self", "cls"):
        found = found.replace(parameters=given[1:])
    plain = _ADDRESS.sub(r"\1", _QUOTED.sub(r"\1\3", f"{name}{found}"))
    if len(plain) <= _WIDE or not found.parameters:
        return plain
    kinds = [_ADDRESS.sub(r"\1", _QUOTED.sub(r"\1\3", str(each))) for each in _starred(found)]
    returned = plain[plain.rfind(" -> ") :] if " -> " in plain else ""
    return f"{name}(\n" + "".join(f"    {kind},\n" for kind in kinds) + f"){returned}"


def _starred(found: inspect.Signature) -> Iterator[object]:
    """Yield the parameters, with the star before those that go by keyword only."""
    was = None
    for each in found.parameters.values():
        if each.kind is each.KEYWORD_ONLY and was not in (each.KEYWORD_ONLY, each.VAR_POSITIONAL):
            yield "*"
        was = each.kind
        yield each


def _code(text: str) -> Iterator[str]:
    yield from ("```python", text, "```", "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _assigned(entry: Entry) -> tuple[str, str]:
    """Return the assignment of a name that is no class, and the text beneath it."""
    for file in _files(entry.page):
        found = _assignments(file).get(entry.name)
        if found:
            return found
    raise LookupError(f"{entry.page}.{entry.name} isn't assigned anywhere")


def _files(page: str) -> Iterator[Path]:
    root = Path(campaign_sdk.__path__[0])
    yield from sorted(root.glob(f"{page}.py")) + sorted(root.glob(f"{page}/**/*.py"))
    yield from sorted(root.glob("**/*.py"))


@cache
def _assignments(file: Path) -> dict[str, tuple[str, str]]:
    source = file.read_text(encoding="utf-8")
    if "= " not in source:
        return {}
    found = {}
    body = ast.parse(source).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        text = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = str(after.value.value)
        for target in targets:
            if isinstance(target, ast.Name):
                code = ast.get_source_segment(source, node) or ""
                shown = code if len(code) < 600 else f"{target.id} = ..."
                found[target.id] = (shown, inspect.cleandoc(text))
    return found
