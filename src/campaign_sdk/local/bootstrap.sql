-- What a hosted Supabase project has before its first migration: roles, schemas, default
-- privileges, the auth helpers, and PostgREST's notices of DDL. Run once per database, as
-- its superuser, after Lite has created its tables for auth and storage. The launcher sets
-- the password of `postgres`.

-- roles -------------------------------------------------------------------------------

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator nologin noinherit;
create role postgres login createrole createdb replication bypassrls;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

-- schemas -----------------------------------------------------------------------------

alter database postgres owner to postgres;
alter database postgres set search_path = "$user", public, extensions;

create schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres;

grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to postgres;

-- What migrations create is closed to the API roles until it is granted, as on hosted
-- projects since 30 October 2026: there is nothing that opens it, and functions lose what
-- PostgreSQL itself gives everybody.
alter default privileges for role postgres, supabase_admin revoke execute on functions from public;

-- auth --------------------------------------------------------------------------------

grant usage on schema auth to anon, authenticated, service_role, postgres;
grant all on all tables in schema auth to postgres;
grant all on all tables in schema auth to service_role;

create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;

create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
  )::text
$$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

-- storage -----------------------------------------------------------------------------

grant usage on schema storage to anon, authenticated, service_role, postgres;
grant all on all tables in schema storage to anon, authenticated, service_role, postgres;
grant execute on all functions in schema storage to anon, authenticated, service_role, postgres;
-- A hosted project lets `postgres` write policies for these without owning them.
alter table storage.buckets owner to postgres;
alter table storage.objects owner to postgres;

-- notices of DDL ----------------------------------------------------------------------

create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
begin
  -- A function's temporary table is nobody else's business.
  if not exists (select from pg_event_trigger_ddl_commands() where schema_name = 'pg_temp') then
    notify pgrst, 'reload schema';
  end if;
end
$$;

create event trigger pgrst_ddl_watch on ddl_command_end
  execute function extensions.pgrst_ddl_watch();
