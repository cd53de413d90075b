-- Chapter 1. Foundations: a private schema for what the API must not expose,
-- and the helpers that every later chapter leans on.

create schema campaign_private;
comment on schema campaign_private is
  'Helpers of campaign_sdk. Not exposed by the API; callable by signed-in users only through public functions, triggers and constraints.';
revoke all on schema campaign_private from public;
-- The service role writes to the same tables, whose constraints and triggers live here.
grant usage on schema campaign_private to authenticated, service_role;
-- What later chapters put here is closed until they grant it.
alter default privileges in schema campaign_private
  revoke all on tables from public, anon, authenticated, service_role;
alter default privileges in schema campaign_private
  revoke all on sequences from public, anon, authenticated, service_role;
alter default privileges in schema campaign_private
  revoke all on functions from public, anon, authenticated, service_role;

create function campaign_private.touch_updated_at()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  new.updated_at := pg_catalog.now();
  return new;
end
$$;
comment on function campaign_private.touch_updated_at() is
  'Keeps updated_at. Attached with a WHEN clause, so that a write that changes nothing leaves it alone.';

create function campaign_private.is_timezone(name text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  -- AT TIME ZONE takes more than names: "UTC+3" and even "Foo/Bar+3" are POSIX offsets,
  -- with the sign turned around. Hence no digits but those of Etc. And it takes any case,
  -- which Python doesn't.
  if name is null or name !~ (
    '^(UTC|[A-Z][A-Za-z_-]*(/[A-Z][A-Za-z_-]*)+'
    '|Etc/GMT-(1[0-4]|[1-9])|Etc/GMT\+(1[0-2]|[1-9]))$'
  ) then
    return false;
  end if;
  perform pg_catalog.now() at time zone name;
  return true;
exception
  when invalid_parameter_value then
    return false;
end
$$;
comment on function campaign_private.is_timezone(text) is
  'Whether a text is UTC or an Area/City name of the IANA time zone database.';

do $$
declare
  other record;
begin
  -- Whoever may make tables of their own, with triggers on them, may act from within one. The
  -- API's callers have no use for it; everybody else keeps what they had.
  execute format('revoke temporary on database %I from public', current_database());
  for other in
    select r.rolname from pg_roles as r
    where r.rolname !~ '^pg_' and r.rolname not in ('anon', 'authenticated', 'service_role', 'authenticator')
  loop
    execute format('grant temporary on database %I to %I', current_database(), other.rolname);
  end loop;
end
$$;

revoke execute on all functions in schema campaign_private from public;
grant execute on function
  campaign_private.touch_updated_at(), campaign_private.is_timezone(text)
  to authenticated, service_role;
