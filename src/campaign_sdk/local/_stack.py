"""One local Supabase: PostgreSQL and Supabase Lite, with a project's migrations applied."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import Timeout

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local import _orphans
from campaign_sdk.local._cluster import DATABASE_FOLDER
from campaign_sdk.local._config import lite_config, migrations_folder
from campaign_sdk.local._files import locked
from campaign_sdk.local._folder import FILES_FOLDER, LOCK, POSTGRES_LOG, SERVER_LOG, take
from campaign_sdk.local._functions import secrets, serving
from campaign_sdk.local._migrate import migrate
from campaign_sdk.local._node import Server
from campaign_sdk.local._postgres import Postgres, give_away
from campaign_sdk.local._settings import Settings
from campaign_sdk.local._ticker import Ticker

_BOOTSTRAP = Path(__file__).parent / "bootstrap.sql"
# `status` probes the lock for a moment.
_LOCK_SECONDS = 1


class LocalSupabase:
    """A real Supabase on loopback, without Docker: `with LocalSupabase() as stack: ...`.

    Without arguments it applies the packaged migrations and throws its data away at the
    end. With `data` the folder keeps the database and the keys, and the next start applies
    only what is new in `migrations`.

    It runs on Linux and macOS, as any user, and stops with its process, whatever the way.

    Attributes:
        url: the project's URL, for `CampaignClient` or any Supabase client.
        anon_key: the publishable key.
        service_key: the secret key, which row level security doesn't hold.
        db_url: PostgreSQL's address, as a superuser.
    """

    url: str
    anon_key: str
    service_key: str
    db_url: str

    def __init__(
        self,
        data: Path | str | None = None,
        migrations: Path | str | None = None,
        *,
        max_rows: int | None = None,
        jwt_expiry: int | None = None,
        google_url: str | None = None,
        functions: Path | str | None = None,
        functions_env: Mapping[str, str] | None = None,
    ) -> None:
        """Describe a stack; `start` or `with` brings it up.

        Args:
            data: the folder to keep the data in; by default it is thrown away.
            migrations: the folder of migrations; by default the SDK's own.
            max_rows: the longest result, instead of `config.toml`'s.
            jwt_expiry: the life of an access token in seconds, instead of `config.toml`'s.
            google_url: for tests: a server on loopback in place of Google's four OAuth
                endpoints, with the paths /authorize, /token, /certs and /userinfo.
            functions: the folder of Edge Functions; by default the SDK's own.
            functions_env: what they find in their environment beside the stack's URL, its
                publishable key and the secrets that it makes for them. They may talk to the
                hosts of the URLs in it.
        """
        self.url = self.anon_key = self.service_key = self.db_url = ""
        self._data = Path(data).expanduser().resolve() if data is not None else None
        self._migrations = Path(migrations) if migrations is not None else None
        self._max_rows = max_rows
        self._jwt_expiry = jwt_expiry
        self._google_url = google_url
        self._functions = Path(functions).resolve() if functions is not None else None
        self._functions_env = dict(functions_env or {})
        self._running = ExitStack()
        self._postgres: Postgres | None = None
        self._server: Server | None = None

    def start(self) -> Self:
        """Bring the stack up, or raise `LocalStackError` and leave nothing behind."""
        if self.db_url:
            raise LocalStackError("This stack is running already.")
        with _in_order():
            try:
                self._start()
            except BaseException:
                self.stop()
                raise
        return self

    def stop(self) -> None:
        """Stop what was started, and throw the data away unless it is kept."""
        self.url = self.db_url = ""
        self._postgres = self._server = None
        self._running.close()

    def running(self) -> bool:
        """Tell whether both servers are up."""
        servers = (self._postgres, self._server)
        return all(server is not None and server.running() for server in servers)

    def log(self) -> str:
        """Return what Supabase Lite and the functions have written since the start."""
        return self._server.log() if self._server else ""

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _start(self) -> None:
        folder = self._folder()
        settings = Settings.of(folder).save(folder, pid=0)
        for log in (SERVER_LOG, POSTGRES_LOG):
            (folder / log).unlink(missing_ok=True)
        # Node loads its modules while PostgreSQL starts.
        server = self._server = Server(folder / SERVER_LOG, _environment(self._data is None))
        self._running.callback(server.stop)
        postgres = self._start_postgres(folder, settings)
        self._prepare(folder, server, postgres, settings)
        environment = {**secrets(postgres.url()), **self._functions_env}
        functions = serving(settings, self._functions, environment)
        answer = server.ask("listen", port=settings.port, functions=functions)
        settings.save(folder, port=answer["port"], db_port=postgres.port, pid=os.getpid())
        self.anon_key, self.service_key = settings.anon_key, settings.service_key
        self.url, self.db_url = f"http://127.0.0.1:{answer['port']}", postgres.url()
        ticker = Ticker(postgres.url("postgres"))
        self._running.callback(ticker.stop)
        ticker.start()

    def _folder(self) -> Path:
        _orphans.sweep()
        if self._data is None:
            folder = Path(tempfile.mkdtemp(prefix=_orphans.PREFIX))
            self._running.callback(shutil.rmtree, folder, ignore_errors=True)
            self._running.enter_context(locked(folder / LOCK))
            give_away(folder)
            return folder
        take(self._data)
        try:
            self._running.enter_context(locked(self._data / LOCK, wait=_LOCK_SECONDS))
        except Timeout:
            raise LocalStackError(
                f"Another local stack is using {self._data}: stop it, or give another folder."
            ) from None
        return self._data

    def _start_postgres(self, folder: Path, settings: Settings) -> Postgres:
        self._postgres = Postgres(
            folder / DATABASE_FOLDER,
            settings.db_password,
            folder / POSTGRES_LOG,
            remove=folder if self._data is None else None,
        )
        self._running.callback(self._postgres.stop)
        self._postgres.start(settings.db_port)
        return self._postgres

    def _prepare(
        self, folder: Path, server: Server, postgres: Postgres, settings: Settings
    ) -> None:
        fresh = _is_fresh(postgres.url())
        server.ask(
            "prepare",
            database=postgres.url(),
            app=self._app(settings),
            fresh=fresh,
            google=self._google_url,
            files=str(folder / FILES_FOLDER),
        )
        if fresh:
            _bootstrap(postgres.url(), settings.db_password)
        migrate(postgres.url("postgres"), self._migrations or migrations_folder())

    def _app(self, settings: Settings) -> dict[str, Any]:
        app = lite_config()
        app["auth"] |= {
            "jwt_secret": settings.jwt_secret,
            "publishable_key": settings.anon_key,
            "secret_key": settings.service_key,
        }
        if self._max_rows is not None:
            app["api"]["max_rows"] = self._max_rows
        if self._jwt_expiry is not None:
            app["auth"]["jwt_expiry"] = self._jwt_expiry
        if self._google_url:
            fake = {"enabled": True, "client_id": "local", "secret": "local"}
            app["auth"]["external"]["google"] = fake
        return app


@contextmanager
def _in_order() -> Iterator[None]:
    """Let SIGTERM end what is begun, where nobody else has a say about it."""
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _environment(throw_away: bool) -> dict[str, str]:
    # Passwords of users that live for minutes needn't take 100 ms each.
    cost = {"LITE_AUTH_BCRYPT_COST": "4"} if throw_away else {}
    return {"LITE_TELEMETRY": "0", "DO_NOT_TRACK": "1", "EXPERIMENTAL_STORAGE": "1", **cost}


def _is_fresh(url: str) -> bool:
    import psycopg

    with psycopg.connect(url) as connection:
        return connection.execute("select to_regrole('anon') is null").fetchone() == (True,)


def _bootstrap(url: str, password: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute(_BOOTSTRAP.read_bytes())
        connection.execute(psycopg.sql.SQL("alter role postgres password {}").format(password))
