-- Chapter 1. Foundations: a private schema for what the API must not expose,
-- and the helpers that every later chapter leans on.

create schema private;
comment on schema private is
  'Helpers of campaign_sdk. Not exposed by the API; callable by signed-in users only through public functions, triggers and constraints.';
revoke all on schema private from public;
-- The service role writes to the same tables, whose constraints and triggers live here.
grant usage on schema private to authenticated, service_role;

create function private.touch_updated_at()
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
comment on function private.touch_updated_at() is
  'Keeps updated_at. Attached with a WHEN clause, so that a write that changes nothing leaves it alone.';

create function private.is_timezone(name text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  -- An offset such as UTC+3 is also accepted by AT TIME ZONE, with the POSIX sign
  -- turned around: only names from the IANA list mean what people think.
  if name is null or name !~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$' then
    return false;
  end if;
  if name <> 'UTC' and name !~ '/' then
    return false;
  end if;
  perform pg_catalog.now() at time zone name;
  return true;
exception
  when invalid_parameter_value then
    return false;
end
$$;
comment on function private.is_timezone(text) is
  'Whether a text is UTC or an Area/City name of the IANA time zone database.';

create function private.is_finite(value numeric)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return value is null or value not in ('NaN', 'Infinity', '-Infinity');
comment on function private.is_finite(numeric) is
  'numeric accepts NaN and infinities, and one of them poisons every sum.';

revoke execute on all functions in schema private from public;
grant execute on function
  private.touch_updated_at(), private.is_timezone(text), private.is_finite(numeric)
  to authenticated, service_role;
