"""`llms.txt` (llmstxt.org): the pages of the site as Markdown, with a table of contents."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

_TREE = re.compile(r":caption: (.+)\n(?::\w+:.*\n)*\n((?:[\w/.-]+\n)+)^:::", re.MULTILINE)
_INCLUDE = re.compile(r"^:::{include} (\S+)\n:start-line: (\d+)\n(?::.*\n)*:::$", re.MULTILINE)


def write_llms(docs: Path, out: Path) -> None:
    """Copy the pages beside the site's own, and name them in `llms.txt`."""
    index = (docs / "index.md").read_text(encoding="utf-8")
    title, summary = index.split("\n\n")[:2]
    lines = [title, "", f"> {' '.join(summary.split())}", ""]
    for caption, names in _TREE.findall(index):
        lines += [f"## {caption}", ""]
        for name in names.split():
            source = docs / f"{name}.md"
            target = out / f"{name}.md"
            target.parent.mkdir(parents=True, exist_ok=True)
            text = _INCLUDE.sub(partial(_included, docs), source.read_text(encoding="utf-8"))
            target.write_text(text, encoding="utf-8")
            lines.append(f"- [{_title(text)}]({name}.md)")
        lines.append("")
    for source in sorted(docs.glob("api/*.md")):
        (out / "api" / source.name).write_text(source.read_text(encoding="utf-8"), "utf-8")
    (out / "llms.txt").write_text("\n".join(lines), encoding="utf-8")


def _included(docs: Path, found: re.Match[str]) -> str:
    lines = (docs / found[1]).read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[int(found[2]) :])


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")
