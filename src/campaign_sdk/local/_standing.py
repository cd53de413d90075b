"""Where a database stands: which migrations it has, whose they are, and what is in the way."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from campaign_sdk._core.errors import ConfigurationError, SchemaMismatch, Unavailable
from campaign_sdk._core.installing import how_to_install
from campaign_sdk.local._config import additions_folder, migrations_folder

if TYPE_CHECKING:
    from psycopg import Connection

_FILE = re.compile(r"(\d+)_(\w+)\.sql")
_CREATED = re.compile(r"^create (?:table|type|function) public\.(\w+)", re.MULTILINE)
_HISTORY = "select version, coalesce(name, '') from supabase_migrations.schema_migrations"
# The local stack notes a file as one statement, which the Supabase CLI cuts into many.
_RUN = """
select version, statements[1] from supabase_migrations.schema_migrations
where cardinality(statements) = 1 and version = any (%s)
"""
# Tables are types as well.
_TAKEN = """
select 'schema campaign_private' from pg_namespace where nspname = 'campaign_private'
union all
select case when typrelid = 0 then 'type' else 'table' end || ' public.' || typname from pg_type
where typnamespace = 'public'::regnamespace and typname = any (%(names)s)
union all
select distinct 'function public.' || proname from pg_proc
where pronamespace = 'public'::regnamespace and proname = any (%(names)s)
order by 1
"""


@dataclass(frozen=True)
class Standing:
    """Migrations, each version with its name, and what is in the way of the first of ours.

    `additions` are those for very large projects, which nobody needs to have. `changed` are those
    that the local stack ran as they were before an update: until the first release they are edited
    in place.
    """

    applied: Mapping[str, str]
    missing: Mapping[str, str]
    foreign: Mapping[str, str]
    in_the_way: tuple[str, ...]
    changed: tuple[str, ...] = ()
    additions: Mapping[str, str] = field(default_factory=dict)

    @property
    def late(self) -> tuple[str, ...]:
        """The missing ones that come before one that is applied already.

        `supabase db push` refuses them without `--include-all`.
        """
        newest = max([*self.applied, *self.additions, *self.foreign], default="")
        return tuple(version for version in self.missing if version < newest)

    def require_whole(self, *, is_local: bool = False) -> None:
        """Raise what keeps this database from being used, with the remedy.

        Args:
            is_local: whether it is the local stack's, which runs migrations when it starts.

        Raises:
            SchemaMismatch: something is in the way, or migrations are missing or have changed.
        """
        if self.in_the_way:
            raise SchemaMismatch(
                f"names that campaign_sdk needs are taken: {', '.join(self.in_the_way)}; rename "
                "what is yours, or use a project of its own: nothing has been changed"
            )
        if self.changed and is_local:
            raise SchemaMismatch(
                f"{_so_many(self.changed, 'has', 'have')} changed since it was run here: keep "
                "your contacts with `campaign contacts export -o contacts.csv`, then `campaign "
                "local reset`"
            )
        if self.missing and is_local:
            raise SchemaMismatch(
                f"{_so_many(self.missing, 'is', 'are')} missing: `campaign local stop`, then "
                "`campaign local start` runs them; your data stays"
            )
        if self.missing:
            push = "supabase db push --include-all" if self.late else "supabase db push"
            raise SchemaMismatch(
                f"{_so_many(self.missing, 'is', 'are')} missing: `campaign migrations export` into "
                f"the folder that has the project's other migrations, then `{push}`"
            )


def _so_many(names: Collection[str], one: str, many: str) -> str:
    return f"1 migration {one}" if len(names) == 1 else f"{len(names)} migrations {many}"


def standing(url: str, folder: Path | None = None) -> Standing:
    """Ask the database at `url`, and change nothing.

    Raises:
        ConfigurationError: psycopg isn't installed, or `url` is no address of a database.
        Unavailable: the database can't be reached.
    """
    try:
        import psycopg
    except ImportError:
        raise ConfigurationError(f"this needs: {how_to_install('local')}") from None
    folder = folder or migrations_folder()
    ours, optional = _ours(folder), _ours(additions_folder())
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            history = _history(connection)
            known = sorted(ours.keys() & history.keys())
            in_the_way = () if known else _taken(connection, _names(folder))
            changed = changed_since(connection, folder, known) if known else ()
    except psycopg.ProgrammingError:
        # Its own words quote the address, which holds a password.
        raise ConfigurationError(
            "SUPABASE_DB_URL must look like postgresql://postgres:<password>@<host>:5432/postgres"
        ) from None
    except psycopg.OperationalError:
        raise Unavailable(
            "the database can't be reached, or refuses the password: copy its address from the "
            "project's page, Connect"
        ) from None
    return Standing(
        applied={version: name for version, name in history.items() if version in ours},
        missing={version: name for version, name in ours.items() if version not in history},
        foreign={v: name for v, name in history.items() if v not in ours | optional},
        additions={v: name for v, name in history.items() if v in optional},
        in_the_way=in_the_way,
        changed=changed,
    )


def _history(connection: Connection) -> dict[str, str]:
    there = "select to_regclass('supabase_migrations.schema_migrations') is not null"
    if connection.execute(there).fetchone() != (True,):
        return {}
    return dict(sorted(connection.execute(_HISTORY).fetchall()))


def _taken(connection: Connection, names: list[str]) -> tuple[str, ...]:
    return tuple(what for (what,) in connection.execute(_TAKEN, {"names": names}))


def changed_since(
    connection: Connection, folder: Path, versions: Collection[str]
) -> tuple[str, ...]:
    """Return those of the versions whose files aren't any more what the local stack ran."""
    texts = {path.name.partition("_")[0]: path for path in folder.glob("*.sql")}
    ran = connection.execute(_RUN, [[*(texts.keys() & set(versions))]]).fetchall()
    return tuple(version for version, text in ran if text != texts[version].read_text("utf-8"))


def _ours(folder: Path) -> dict[str, str]:
    files = (_FILE.fullmatch(path.name) for path in sorted(folder.iterdir()))
    return {found[1]: found[2] for found in files if found}


def _names(folder: Path) -> list[str]:
    """Return what the migrations create in the schema public."""
    texts = (path.read_text("utf-8") for path in sorted(folder.glob("*.sql")))
    return sorted({name for text in texts for name in _CREATED.findall(text)})
