"""Notes the migrations of a release: from then on projects have run them.

python tests/database/released.py > supabase/released.txt
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "supabase" / "migrations"
NOTED = ROOT / "supabase" / "released.txt"
_HEAD = """\
# The migrations that were released, with their SHA-256: they are never edited again.
# Made by `python tests/database/released.py > supabase/released.txt`, with each release.
"""


def noted(text: str) -> dict[str, str]:
    """Return the released files, each with its checksum."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: digest for digest, name in lines}


def changed(released: Mapping[str, str], folder: Path) -> list[str]:
    """Return the released files that aren't there as they were."""
    return [name for name, digest in released.items() if checksum(folder / name) != digest]


def before(released: Mapping[str, str], folder: Path) -> list[str]:
    """Return the files that come before a released one and weren't there."""
    newest = max(released, default="")
    return [
        each.name for each in sorted(folder.glob("*.sql")) if newest > each.name not in released
    ]


def checksum(file: Path) -> str | None:
    """Return the SHA-256 of a file, if it is there."""
    return sha256(file.read_bytes()).hexdigest() if file.exists() else None


if __name__ == "__main__":
    files = sorted(MIGRATIONS.glob("*.sql"))
    sys.stdout.write(_HEAD + "".join(f"{checksum(file)}  {file.name}\n" for file in files))
