"""The site builds without a warning, and its reference says what each public name is for."""

from __future__ import annotations

import builtins
import inspect
import pydoc
import re
import subprocess
import sys
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

import campaign_sdk
from campaign_sdk._core import errors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import site_api  # noqa: E402 - a module of the docs
import site_docstring  # noqa: E402

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# What operations are made of, which nobody who calls one wants to see.
MACHINERY = re.compile(r"\b(?:Paged)?Steps\b|operation object|object at 0x")
URL = "http://127.0.0.1:9"
# Others may raise what isn't ours, by their own names.
FOREIGN = {"httpx", "click"}

ENTRIES = site_api.public_entries()
FUNCTIONS = [
    pytest.param(entry.value, id=f"{entry.page}.{entry.name}")
    for entry in ENTRIES
    if inspect.isroutine(entry.value)
]
CALLS = [
    pytest.param(member, id=f"{entry.page}.{entry.name}.{name}")
    for entry in ENTRIES
    if isinstance(entry.value, type)
    for name, member in site_api.members(entry.value).items()
    if not isinstance(member, property | cached_property)
]


class Read(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    @classmethod
    def of(cls, page: Path) -> Read:
        found = cls()
        found.feed(page.read_text(encoding="utf-8"))
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src") and tag != "link":
                self.links.append(value)
            if value and name == "id":
                self.anchors.add(value)

    def leads_somewhere(self, page: Path, link: str, read: dict[Path, Read]) -> bool:
        path, anchor = urldefrag(link)
        if "://" in path or path.startswith(("mailto:", "data:")):
            return True
        target = (page.parent / unquote(path.partition("?")[0])).resolve() if path else page
        return target.exists() and (
            not anchor or target not in read or unquote(anchor) in read[target].anchors
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    told = ["-q", "-W", "--keep-going", "-d", str(out / "kept"), str(DOCS), str(out / "html")]
    done = subprocess.run([sys.executable, "-m", "sphinx", *told], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return out / "html"


def test_every_page_is_there_for_people_and_for_models(site: Path) -> None:
    pages = [page.relative_to(DOCS) for page in [*DOCS.glob("*.md"), *DOCS.glob("api/*.md")]]
    assert len(pages) > 40
    assert [page for page in pages if not (site / page).with_suffix(".html").exists()] == []
    listed = LINK.findall((site / "llms.txt").read_text(encoding="utf-8"))
    top = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    assert {Path(link).name for link in listed} >= top
    assert [link for link in listed if not (site / link).exists()] == []
    assert "Set-up" in (site / "contributing.md").read_text(encoding="utf-8")


def test_no_link_of_the_site_is_dead_and_no_machinery_shows(site: Path) -> None:
    read = {page.resolve(): Read.of(page) for page in site.rglob("*.html")}
    dead = [
        (page.name, link)
        for page, found in read.items()
        for link in found.links
        if not found.leads_somewhere(page, link, read)
    ]
    assert dead == []
    assert sum(len(found.links) for found in read.values()) > 5_000
    shown = {page.name: page.read_text(encoding="utf-8") for page in read}
    assert [name for name, text in shown.items() if MACHINERY.search(text)] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda each: f"{each.page}.{each.name}")
def test_every_attribute_is_ours_and_has_a_type(entry: Any) -> None:
    table = [line for line in site_api._entry(entry) if line.startswith("| `")]
    for name, kind in (re.findall(r"`([^`]*)`", row)[:2] for row in table):
        assert not name.startswith("_"), name
        assert kind, name


def test_help_shows_what_a_call_returns() -> None:
    sync, awaited = (
        pydoc.plain(pydoc.render_doc(client(URL, "key").segments.size))
        for client in (campaign_sdk.CampaignClient, campaign_sdk.AsyncCampaignClient)
    )
    assert ") -> AudienceSize" in sync
    assert ") -> Awaitable[AudienceSize]" in awaited
    for shown in (sync, awaited):
        assert "Count an audience." in shown
        assert not MACHINERY.search(shown)


def test_the_reference_has_every_public_name(site: Path) -> None:
    shown = (site / "api" / "index.html").read_text(encoding="utf-8")
    names = {name for name in campaign_sdk.__all__ if not name.startswith("__")}
    assert [name for name in names if f">{name}</" not in shown] == []


def test_a_client_leads_to_the_pages_of_its_nouns(site: Path) -> None:
    shown = (site / "api" / "client.html").read_text(encoding="utf-8")
    for noun in ("auth", "contacts", "campaigns", "settings", "drafting"):
        assert f'href="{noun}.html#{noun}"' in shown, noun


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda each: f"{each.page}.{each.name}")
def test_every_name_says_what_it_is(entry: Any) -> None:
    assert len(site_api.meaning(entry)) > 8


@pytest.mark.parametrize("member", [*CALLS, *FUNCTIONS])
def test_every_call_says_what_it_takes_gives_and_raises(member: Any) -> None:
    shown = site_api.signature(member.__name__, member, bound=True)
    assert " -> " in shown
    assert not re.search(r"Steps|object at|<", shown.replace("<built-in", ""))
    told = site_docstring.sections(member.__doc__)
    assert told[""]
    parameters = re.findall(r"(\w+)[:=]", shown)
    for name in site_docstring.items(told.get("Args", "")):
        assert name.strip("*`") in (*parameters, *re.findall(r"\*+(\w+)", shown)), name
    for name in site_docstring.items(told.get("Raises", "")):
        assert hasattr(errors, name) or hasattr(builtins, name) or name.split(".")[0] in FOREIGN


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_no_link_of_the_checkout_is_dead(page: str) -> None:
    """Sphinx looks after those between the pages."""
    for link in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if "://" in link or not path:
            continue
        target = ROOT / path
        assert target.exists(), link
        if anchor:
            assert anchor in map(slug, HEADING.findall(target.read_text(encoding="utf-8"))), link


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
