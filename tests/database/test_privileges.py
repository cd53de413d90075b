"""Who may do what, by the catalog: exactly what is meant, and nothing by default."""

from __future__ import annotations

import psycopg
import pytest

from . import catalog
from .catalog import SCHEMAS, rows
from .world import KEYS

ALL = {"SELECT", "INSERT", "UPDATE", "DELETE"}
APPEND_ONLY = {"SELECT", "INSERT"}
TABLE_GRANTS = {
    "attribute_schemas": ALL,
    "audience_segments": ALL,
    "campaign_analytics": ALL,
    "campaign_batches": APPEND_ONLY,
    "campaign_deliveries": {"SELECT", "INSERT", "DELETE"},
    "campaign_events": APPEND_ONLY,
    "campaign_failures": {"SELECT", "INSERT", "DELETE"},
    "campaign_rates": APPEND_ONLY,
    "campaign_settings": ALL,
    "campaign_status_history": APPEND_ONLY,
    "campaigns": ALL,
    "contacts": ALL,
    "campaign_assets": ALL,
    "link_keys": {"SELECT", "INSERT", "UPDATE"},
    "link_settings": ALL,
    "suppressions": {"SELECT", "INSERT", "DELETE"},
    "address_keys": APPEND_ONLY,
    "gone_contacts": APPEND_ONLY,
    "webhook_reports": ALL,
    "soft_bounces": ALL,
    "requests": ALL,
    "campaign_moves": {"SELECT"},
    "hot_fields": {"SELECT"},
    "draft_budgets": {"SELECT"},
    "ticks": {"SELECT", "INSERT", "UPDATE"},
}
# Of some tables only these columns may be changed.
COLUMN_GRANTS = {
    "campaign_batches": (
        "ahead begun claims failed lease leased_until sent skipped unknown"  # counts: by triggers
    ),
    "campaign_deliveries": "at outcome provider_id reason",
    "campaign_failures": "code last_at reason times",
    "campaign_rates": "next_at",
}
# Of these tables, those who are signed in give a new row the columns that stand first, and
# change those that stand second. The rest is the database's: ids, whose they are, and when
# something happened.
_SEGMENT = {"name", "description", "rules", "timezone"}
_CAMPAIGN = {
    *_SEGMENT,
    *("message", "subject", "preheader", "html", "channel", "status"),
    *("audience_size", "segment_id", "scheduled_at", "variants", "hold_out", "test_share"),
}
# A trigger decides what suppressed_at holds.
_CONTACT = {"email", "phone", "attributes", "unsubscribed_at", "suppressed_at"}
_COUNTS = {
    *("date", "impressions", "clicks", "conversions"),
    *("delivered", "bounced", "complained", "unsubscribed"),
    *("machine_impressions", "machine_clicks"),
}
_EVENT = {
    *("campaign_id", "event_id", "contact_id", "type", "occurred_at", "value"),
    *("actor", "actor_rule", "link"),
}
_ASSET = {"campaign_id", "name", "path", "alt", "content_type", "bytes"}
_MOVE = {"campaign_id", "from_status", "to_status"}
WRITTEN: dict[str, tuple[set[str], set[str]]] = {
    "audience_segments": ({"user_id", "request_id"} | _SEGMENT, _SEGMENT),
    "campaign_analytics": ({"user_id", "campaign_id"} | _COUNTS, _COUNTS),
    "campaign_assets": ({"user_id"} | _ASSET, _ASSET),
    "campaign_events": ({"user_id"} | _EVENT, set()),
    "campaign_status_history": ({"user_id"} | _MOVE, set()),
    "campaigns": ({"user_id", "request_id"} | _CAMPAIGN, {"frozen_at", "promoted"} | _CAMPAIGN),
    "contacts": ({"user_id"} | _CONTACT, _CONTACT),
}
# For a project's own migrations, which alter tables and schedule jobs.
FOR_MIGRATIONS = {
    ("campaign_private", "add_hot_field"),
    ("campaign_private", "drop_hot_field"),
    ("campaign_private", "schedule_tick"),
}
# For whoever has a link or a provider's report, and is nobody to the database: each reads a
# signed token or a proof first. tests/tracking/ and tests/webhooks/ try to abuse them.
FOR_ANON = {
    ("public", name)
    for name in ("note_visit", "unsubscribe_by_link", "unsubscribe_page", "receive_events")
}
# What only functions with their owner's rights call.
FOR_DEFINERS = {
    ("campaign_private", name)
    for name in (
        *("owners_link_key", "read_link", "label_visit", "label_burst", "store_visit"),
        *("owners", "owner_of_report"),
    )
}
# What runs with its owner's rights: what anon may call, and what reads the secrets.
DEFINERS = FOR_ANON | {
    ("campaign_private", "owners_link_key"),
    ("campaign_private", "own_link_key"),
    # Nobody writes what they may spend: tests/drafting/test_server.py tries to.
    ("public", "begin_draft"),
    ("public", "settle_draft"),
}
# Tables with row level security, and the commands that have a policy: one, for those who
# are signed in.
COMMANDS = {
    "attribute_schemas": {"r", "a", "w", "d"},
    "audience_segments": {"r", "a", "w", "d"},
    "campaign_analytics": {"r", "a", "w", "d"},
    "campaign_batches": {"r", "a", "w"},
    "campaign_deliveries": {"r", "a", "w", "d"},
    "campaign_events": {"r", "a"},
    "campaign_failures": {"r", "a", "w", "d"},
    "campaign_rates": {"r", "a", "w"},
    "campaign_settings": {"r", "a", "w", "d"},
    "campaign_status_history": {"r", "a"},
    "campaigns": {"r", "a", "w", "d"},
    "contacts": {"r", "a", "w", "d"},
    "campaign_assets": {"r", "a", "w", "d"},
    "link_keys": {"r", "a", "w"},
    "link_settings": {"r", "a", "w", "d"},
    "suppressions": {"r", "a", "d"},
    "address_keys": {"r", "a"},
    "gone_contacts": {"r", "a"},
    "webhook_reports": {"r", "a", "w", "d"},
    "draft_budgets": {"r"},
    "soft_bounces": {"r", "a", "w", "d"},
    "requests": {"r", "a", "w", "d"},
    "campaign_moves": {"r"},
    "ticks": {"r", "a", "w"},
}
API_ROLES = {"anon", "authenticated", "service_role"}

_TABLE_GRANTS = """
select c.relname, coalesce(r.rolname, 'public'), a.privilege_type
from pg_class as c, aclexplode(c.relacl) as a left join pg_roles as r on r.oid = a.grantee
where c.relnamespace::regnamespace::text = any (%s) and c.relkind = %s and a.grantee <> c.relowner
"""
_FUNCTION_GRANTS = """
select p.proname, n.nspname, coalesce(r.rolname, 'public')
from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace,
  aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
  left join pg_roles as r on r.oid = a.grantee
where n.nspname = any (%s) and a.grantee <> p.proowner
"""
_COLUMN_GRANTS = """
select c.relname, p.privilege_type, array_agg(distinct a.attname::text),
  array_agg(distinct p.grantee::regrole::text)
from pg_class as c join pg_attribute as a on a.attrelid = c.oid, aclexplode(a.attacl) as p
where c.relnamespace::regnamespace::text = any (%s)
group by 1, 2
"""
_DEFAULTS = """
select d.defaclobjtype::text, coalesce(r.rolname, 'public') from pg_default_acl as d,
  aclexplode(d.defaclacl) as a left join pg_roles as r on r.oid = a.grantee
where d.defaclnamespace = 'campaign_private'::regnamespace
"""
# postgres owns what migrations create, and has what it owns.
OWNERS = {"postgres", "supabase_admin"}


def table_grants(db: psycopg.Connection, kind: str) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for table, role, privilege in rows(db, _TABLE_GRANTS, SCHEMAS, kind):
        if role not in OWNERS:
            found.setdefault((table, role), set()).add(privilege)
    return found


def test_tables_are_for_the_signed_in_and_the_service(db: psycopg.Connection) -> None:
    meant = {
        (table, role): granted
        for table, granted in TABLE_GRANTS.items()
        for role in ("authenticated", "service_role")
    }
    for table in WRITTEN:
        meant[table, "authenticated"] = TABLE_GRANTS[table] & {"SELECT", "DELETE"}
    assert table_grants(db, "r") == meant


def test_the_signed_in_write_the_columns_that_are_theirs_to_write(db: psycopg.Connection) -> None:
    meant = {
        (table, "UPDATE"): (set(columns.split()), ["authenticated", "service_role"])
        for table, columns in COLUMN_GRANTS.items()
    }
    meant |= {
        (table, command): (columns, ["authenticated"])
        for table, both in WRITTEN.items()
        for command, columns in zip(("INSERT", "UPDATE"), both, strict=True)
        if columns
    }
    assert {
        (table, command): (set(columns), roles)
        for table, command, columns, roles in rows(db, _COLUMN_GRANTS, SCHEMAS)
    } == meant


def test_what_is_new_among_the_helpers_is_closed(db: psycopg.Connection) -> None:
    assert [found for found in rows(db, _DEFAULTS) if found[1] not in OWNERS] == []
    with db.transaction(force_rollback=True):
        db.execute("set local role postgres")
        db.execute("create table campaign_private.careless (id integer)")
        for role in API_ROLES:
            query = "select has_table_privilege(%s, 'campaign_private.careless', 'select')"
            assert rows(db, query, role) == [(False,)], role


def test_nobody_of_the_api_makes_temporary_tables(db: psycopg.Connection) -> None:
    """A trigger on such a table could act as one of ours does."""
    query = "select has_database_privilege(%s, current_database(), 'temporary')"
    for role in API_ROLES:
        assert rows(db, query, role) == [(False,)], role
    assert rows(db, query, "postgres") == [(True,)]


def test_sequences_are_for_nobody(db: psycopg.Connection) -> None:
    assert table_grants(db, "S") == {}


def test_functions_are_for_the_signed_in_and_helpers_for_the_service_too(
    db: psycopg.Connection,
) -> None:
    meant = {"public": {"authenticated"}, "campaign_private": {"authenticated", "service_role"}}
    granted: dict[tuple[str, str], set[str]] = {
        (schema, name): set() for schema in SCHEMAS for name in catalog.functions(db, schema)
    }
    for name, schema, role in rows(db, _FUNCTION_GRANTS, SCHEMAS):
        if role not in OWNERS:
            granted[schema, name].add(role)
    # It stands before every request, whoever sends it.
    assert granted.pop(("public", "refuse_estimates")) == API_ROLES
    for name in granted:
        apart = {"anon"} if name in FOR_ANON else set[str]()
        is_apart = name in FOR_ANON | FOR_MIGRATIONS | FOR_DEFINERS
        assert granted[name] == (apart if is_apart else meant[name[0]]), name


def test_nobody_of_the_api_may_create_anything(db: psycopg.Connection) -> None:
    query = "select has_schema_privilege(%s, %s, 'create')"
    for role in API_ROLES:
        for schema in [*SCHEMAS, "auth", "extensions"]:
            assert rows(db, query, role, schema) == [(False,)], (role, schema)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        catalog.acting_as(db, "authenticated"),
    ):
        db.execute("create table public.mine (id integer)")


def test_the_private_schema_is_closed_to_who_is_not_signed_in(db: psycopg.Connection) -> None:
    query = "select has_schema_privilege(%s, 'campaign_private', 'usage')"
    usage = {role for role in API_ROLES if rows(db, query, role) == [(True,)]}
    assert usage == {"authenticated", "service_role"}


def test_the_status_machine_can_be_read_and_not_rewired(db: psycopg.Connection) -> None:
    with catalog.acting_as(db, "authenticated"):
        assert rows(db, "select count(*) from campaign_private.campaign_moves") == [(11,)]
    statements = (
        "insert into campaign_private.campaign_moves values ('undo', 'archived', 'draft')",
        "update campaign_private.campaign_moves set to_status = 'draft'",
        "delete from campaign_private.campaign_moves",
    )
    for statement in statements:
        for role in ("authenticated", "service_role"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                catalog.acting_as(db, role),
            ):
                db.execute(statement.encode())


def test_row_level_security_is_on_everywhere_and_binds_the_owner_too(
    db: psycopg.Connection,
) -> None:
    query = """
        select relname, relrowsecurity, relforcerowsecurity from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    """
    assert set(rows(db, query)) == {(table, True, True) for table in KEYS}


def test_one_policy_for_each_table_and_command(db: psycopg.Connection) -> None:
    query = """
        select c.relname, p.polcmd::text, p.polroles = array['authenticated'::regrole::oid],
          p.polpermissive,
          p.polcmd not in ('a', 'w') or p.polwithcheck is not null,
          p.polcmd = 'a' or p.polqual is not null
        from pg_policy as p join pg_class as c on c.oid = p.polrelid
        where c.relnamespace::regnamespace::text = any (%s)
    """
    meant = [
        (table, command, True, True, True, True)
        for table, commands in COMMANDS.items()
        for command in commands
    ]
    assert sorted(rows(db, query, SCHEMAS)) == sorted(meant)


def test_functions_run_as_their_caller_with_an_empty_search_path(db: psycopg.Connection) -> None:
    query = """
        select pronamespace::regnamespace::text, proname, prosecdef, proconfig from pg_proc
        where pronamespace::regnamespace::text = any (%s)
    """
    for schema, name, definer, settings in rows(db, query, SCHEMAS):
        assert definer == ((schema, name) in DEFINERS), (schema, name)
        assert 'search_path=""' in (settings or []), (schema, name)


def test_what_forbids_the_planner_something_forbids_llvm(db: psycopg.Connection) -> None:
    query = """
        select proname, proconfig from pg_proc
        where pronamespace::regnamespace::text = any (%s)
          and (prosrc like '%%enable\\_%%' or proconfig::text like '%%enable\\_%%')
    """
    found = rows(db, query, SCHEMAS)
    assert len(found) >= 9
    assert [name for name, settings in found if "jit=off" not in settings] == []


def test_everything_says_what_it_is_for(db: psycopg.Connection) -> None:
    query = """
        select 'table', oid::regclass::text, obj_description(oid, 'pg_class') from pg_class
        where relnamespace::regnamespace::text = any (%(schemas)s) and relkind in ('r', 'v', 'p')
        union all
        select 'type', t.oid::regtype::text,
          coalesce(obj_description(t.oid, 'pg_type'), obj_description(t.typrelid, 'pg_class'))
        from pg_type as t left join pg_class as c on c.oid = t.typrelid
        where t.typnamespace::regnamespace::text = any (%(schemas)s)
          and t.typelem = 0 and c.relkind is distinct from 'r'
        union all
        select 'function', oid::regprocedure::text, obj_description(oid, 'pg_proc') from pg_proc
        where pronamespace::regnamespace::text = any (%(schemas)s)
    """
    found = db.execute(query.encode(), {"schemas": SCHEMAS}).fetchall()
    assert {kind for kind, _, _ in found} == {"table", "type", "function"}
    assert [(kind, name) for kind, name, comment in found if not comment] == []


def test_the_migrations_need_no_superuser(db: psycopg.Connection) -> None:
    """As on a hosted project: `postgres` owns the schema, and somebody else owns auth."""
    query = """
        select r.rolname, r.rolsuper from pg_class as c join pg_roles as r on r.oid = c.relowner
        where c.oid = to_regclass(%s)
    """
    assert rows(db, query, "public.contacts") == [("postgres", False)]
    assert rows(db, query, "auth.users") == [("supabase_admin", True)]
