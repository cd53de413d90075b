-- What is tested here is the server, so everything is open, as it was on every project before
-- October 2026.
alter default privileges in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public
  grant all on functions to anon, authenticated, service_role;

-- A table with one column for each type that Lite writes its own way.
create table public.things (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null default '',
  at timestamptz,
  local_at timestamp,
  amount numeric,
  big bigint,
  bytes bytea,
  body jsonb
);
alter table public.things enable row level security;
create policy "own things" on public.things to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
revoke all on public.things from anon;
revoke truncate on public.things from authenticated;

create table public.parents (id integer primary key);
create table public.children (
  id integer primary key,
  parent_id integer not null references public.parents (id) deferrable initially deferred,
  age integer constraint children_age_check check (age >= 0)
);

create function public.who() returns jsonb language sql stable as $$
  select jsonb_build_object('uid', auth.uid(), 'email', auth.email(), 'role', auth.role(),
    'jwt_sub', auth.jwt() ->> 'sub', 'user', current_user)
$$;

create function public.json_kind(body jsonb) returns text language sql immutable as $$
  select jsonb_typeof(body)
$$;

create function public.timeouts() returns text language sql stable as $$
  select current_setting('statement_timeout')
$$;

create function public.sleep(seconds double precision) returns void language sql as $$
  select pg_sleep(seconds)
$$;

create function public.fail(code text) returns void language plpgsql as $$
begin
  raise exception 'it failed' using errcode = code, detail = 'the detail', hint = 'the hint';
end
$$;
