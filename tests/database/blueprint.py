"""All that a migrated database consists of, so that two of them can be compared."""

from __future__ import annotations

from typing import Any

import psycopg

from .catalog import SCHEMAS, rows

_OURS = "relnamespace::regnamespace::text = any (%s)"
_PARTS = {
    "history": """
        select version, name from supabase_migrations.schema_migrations
        where cardinality(%s::text[]) > 0 order by 1
    """,
    "columns": """
        select table_name, column_name, data_type, column_default, is_nullable
        from information_schema.columns where table_schema = any (%s) order by 1, 2
    """,
    "constraints": """
        select conname, conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
        where connamespace::regnamespace::text = any (%s) order by 1, 2
    """,
    "indexes": """
        select indexname, indexdef from pg_indexes where schemaname = any (%s) order by 1
    """,
    "policies": """
        select tablename, policyname, roles::text, cmd, qual, with_check from pg_policies
        where schemaname = any (%s) order by 1, 2
    """,
    "triggers": f"""
        select t.tgname, pg_get_triggerdef(t.oid) from pg_trigger as t
        join pg_class as c on c.oid = t.tgrelid
        where not t.tgisinternal and c.{_OURS} order by 1, 2
    """,
    "functions": """
        select oid::regprocedure::text, pg_get_functiondef(oid), obj_description(oid, 'pg_proc')
        from pg_proc where pronamespace::regnamespace::text = any (%s) order by 1
    """,
    "tables": f"""
        select relname, relkind::text, relrowsecurity, relforcerowsecurity,
          obj_description(oid, 'pg_class')
        from pg_class where {_OURS} order by 1
    """,
    # What an owner has, and what Supabase's other administrator is given by default, isn't
    # the migrations' doing.
    "grants": f"""
        select c.relname, a.grantee::regrole::text, a.privilege_type
        from pg_class as c, aclexplode(c.relacl) as a
        where c.{_OURS} and a.grantee::regrole::text not in ('postgres', 'supabase_admin')
        union all
        select p.oid::regprocedure::text, a.grantee::regrole::text, a.privilege_type
        from pg_proc as p, aclexplode(p.proacl) as a
        where p.pronamespace::regnamespace::text = any (%s)
          and a.grantee::regrole::text not in ('postgres', 'supabase_admin')
        order by 1, 2, 3
    """,
}


def blueprint(db: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return each kind of object, in order and without ids."""
    return {part: rows(db, query, *[SCHEMAS] * query.count("%s")) for part, query in _PARTS.items()}
