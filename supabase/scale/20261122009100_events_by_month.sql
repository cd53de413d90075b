-- Optional: events by month, for projects with hundreds of millions of them.
--
-- A month of events is a partition: dropping an old one takes no time, and leaves no holes. Only
-- recent months are: each costs every report and import a little, and how old an event says that it
-- is, its sender decides. All older ones lie together in the partition for all others.
-- The key, a campaign and an id chosen by the caller, can't be a partition's, which knows its
-- own rows only. So it stands in a narrow table beside them, and stays there when its month is
-- dropped, unless that is asked for: an old event that is given again doesn't count again.
--
-- For an empty database or a filled one: all events are copied, which takes room for them
-- twice and closes the table for as long. All or nothing, if it runs in one transaction.

-- A hosted project ends an administrator's statement after two minutes.
set statement_timeout = 0;

do $$
begin
  if to_regclass('public.campaign_events') is null then
    raise exception using errcode = '42P01',
      message = 'the migrations of campaign_sdk come first: this is an addition to them';
  elsif exists (
    select from pg_class as c where c.oid = 'public.campaign_events'::regclass and c.relkind = 'p'
  ) then
    raise exception using errcode = '42710',
      message = 'events are partitioned already: nothing has been changed';
  end if;
end
$$;

create table campaign_private.event_ids (
  user_id uuid not null,
  campaign_id uuid not null,
  event_id text not null,
  -- The owner first, as in the key of events: nobody learns of another's by trying their ids.
  constraint event_ids_pkey primary key (user_id, campaign_id, event_id)
);
comment on table campaign_private.event_ids is
  'The ids of all events that were ever stored, so that none counts twice, whatever its month.';
alter table campaign_private.event_ids enable row level security;
alter table campaign_private.event_ids force row level security;
revoke all on campaign_private.event_ids from public, anon, authenticated, service_role;
grant insert on campaign_private.event_ids to authenticated, service_role;
create policy "Only an event adds its id" on campaign_private.event_ids
  for insert to authenticated
  with check (pg_trigger_depth() > 0 and user_id = (select auth.uid()));

create function campaign_private.claim_event_id()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  insert into campaign_private.event_ids (user_id, campaign_id, event_id)
  values (new.user_id, new.campaign_id, new.event_id)
  on conflict do nothing;
  if found then
    return new;
  end if;
  return null;
end
$$;
comment on function campaign_private.claim_event_id() is
  'Passes over an event whose id is taken, as `on conflict do nothing` does where the key is one index.';

create function campaign_private.forget_event_ids()
returns trigger
language plpgsql
-- Nobody may take an id back: it goes with its campaign, as by a foreign key, which each event
-- would have to ask.
security definer
set search_path = ''
as $$
begin
  delete from campaign_private.event_ids as i using deleted as d
  where i.user_id = d.user_id and i.campaign_id = d.id;
  return null;
end
$$;
comment on function campaign_private.forget_event_ids() is
  'The ids of a campaign''s events go with the campaign.';

-- months ----------------------------------------------------------------------------------

create function campaign_private.event_month(month date)
returns text
language sql
immutable
security invoker
set search_path = ''
return 'campaign_events_' || to_char(month, 'YYYY_MM');
comment on function campaign_private.event_month(date) is 'The name of the partition of a month, in UTC.';

create function campaign_private.close_event_month(name text)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  uncounted name;
begin
  -- Closed by itself: it is reached through the table of all events, by the policies of that.
  execute format('alter table campaign_private.%I enable row level security', name);
  execute format('alter table campaign_private.%I force row level security', name);
  execute format(
    'revoke all on campaign_private.%I from public, anon, authenticated, service_role', name);
  -- What must not be told by the planner's statistics isn't gathered here either.
  for uncounted in
    select a.attname from pg_catalog.pg_attribute as a
    where a.attrelid = 'public.campaign_events'::regclass and a.attstattarget = 0
  loop
    execute format('alter table campaign_private.%I alter column %I set statistics 0', name, uncounted);
  end loop;
end
$$;
comment on function campaign_private.close_event_month(text) is
  'Lets nobody read a partition, nor its statistics tell of it.';

create function campaign_private.add_event_month(month date)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
declare
  name constant text := campaign_private.event_month(month);
  "from" constant timestamptz := month::timestamp at time zone 'UTC';
  "to" constant timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
  parent constant regclass := 'public.campaign_events';
  columns constant text := (
    select string_agg(quote_ident(a.attname), ', ') from pg_catalog.pg_attribute as a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  );
begin
  if to_regclass('campaign_private.' || name) is not null then
    return false;
  end if;
  execute format(
    'create table campaign_private.%I (
       like %s including defaults including constraints including generated
     )', name, parent);
  perform campaign_private.close_event_month(name);
  -- The key by itself, or the planner would expect many rows of one id.
  execute format(
    'alter table campaign_private.%I add primary key (user_id, campaign_id, event_id)', name);
  -- Events of months that had no partition lie in the one for all others.
  lock table campaign_private.campaign_events_default in access exclusive mode;
  execute format(
    'with moved as (
       delete from campaign_private.campaign_events_default as e
       where e.occurred_at >= %1$L and e.occurred_at < %2$L returning e.*
     )
     insert into campaign_private.%3$I (%4$s) select %4$s from moved', "from", "to", name, columns);
  execute format(
    'alter table %s attach partition campaign_private.%I for values from (%L) to (%L)',
    parent, name, "from", "to");
  execute format('comment on table campaign_private.%I is %L', name, 'Events of one month, in UTC.');
  return true;
end
$$;
comment on function campaign_private.add_event_month(date) is
  'Makes the partition of a month, which begins on the day given, and moves its events there; false if it is there.';

create function campaign_private.event_months_behind()
returns integer
language sql
immutable
security invoker
set search_path = ''
return 36;
comment on function campaign_private.event_months_behind() is
  'How many months before this one have a partition of their own unless told otherwise.';

create function campaign_private.oldest_event_month(behind integer)
returns date
language sql
stable
security invoker
set search_path = ''
return (date_trunc('month', now() at time zone 'UTC') - make_interval(months => greatest(behind, 0)))::date;
comment on function campaign_private.oldest_event_month(integer) is
  'The first of the months that have a partition of their own; all older events lie together.';

create function campaign_private.make_event_months(
  ahead integer default 2, behind integer default campaign_private.event_months_behind()
)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  oldest constant date := campaign_private.oldest_event_month(behind);
  wanted date;
  made integer := 0;
begin
  -- Two at once would make the same.
  perform pg_advisory_xact_lock(hashtextextended('campaign_sdk event months', 0));
  for wanted in
    select date_trunc('month', e.occurred_at at time zone 'UTC')::date
    from campaign_private.campaign_events_default as e
    where e.occurred_at >= oldest::timestamp at time zone 'UTC'
    union
    select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => n))::date
    from generate_series(0, greatest(ahead, 1)) as n
    order by 1
  loop
    made := made + campaign_private.add_event_month(wanted)::integer;
  end loop;
  return made;
end
$$;
comment on function campaign_private.make_event_months(integer, integer) is
  'Makes the partitions of this month, of the next ones, and of each of the last ones (36 unless told otherwise) that has events without one; returns how many were missing. Older events stay together, counted and found as all others. Call it as often as you like, daily for example.';

create function campaign_private.drop_event_months(before date, forget boolean default false)
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  month date;
  dropped integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('campaign_sdk event months', 0));
  for month in
    select m from public.event_months() as m where m + interval '1 month' <= before order by m
  loop
    if forget then
      execute format(
        'delete from campaign_private.event_ids as i using campaign_private.%I as e
         where i.user_id = e.user_id and i.campaign_id = e.campaign_id and i.event_id = e.event_id',
        campaign_private.event_month(month));
    end if;
    execute format('drop table campaign_private.%I', campaign_private.event_month(month));
    dropped := dropped + 1;
  end loop;
  -- Events of such months that had no partition.
  with gone as (
    delete from campaign_private.campaign_events_default as e
    where e.occurred_at < date_trunc('month', before::timestamp) at time zone 'UTC'
    returning e.user_id, e.campaign_id, e.event_id
  )
  delete from campaign_private.event_ids as i using gone as g
  where forget and i.user_id = g.user_id and i.campaign_id = g.campaign_id and i.event_id = g.event_id;
  return dropped;
end
$$;
comment on function campaign_private.drop_event_months(date, boolean) is
  'Drops the months that end before a day, with their events, and deletes the events of such months that had no partition; returns how many were dropped. Counters and ids stay: what was counted stays counted, once. To forget the ids as well takes as long as to delete the events, and one that is given again counts again.';

create function public.event_months()
returns setof date
language sql
stable
rows 100
security invoker
set search_path = ''
as $$
  select to_date(right(c.relname::text, 7), 'YYYY_MM')
  from pg_catalog.pg_inherits as i join pg_catalog.pg_class as c on c.oid = i.inhrelid
  where i.inhparent = 'public.campaign_events'::regclass and c.relname ~ '^campaign_events_\d{4}_\d\d$'
  order by 1
$$;
comment on function public.event_months() is
  'The months, in UTC, that have a partition of events: by it, `campaign doctor` knows this addition.';

create function campaign_private.schedule_event_months()
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if not exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_cron') then
    return false;
  end if;
  execute $job$
    select cron.schedule(
      'campaign_sdk event months', '7 0 * * *', 'select campaign_private.make_event_months()')
  $job$;
  return true;
end
$$;
comment on function campaign_private.schedule_event_months() is
  'Has pg_cron make the next months each day, if the project has pg_cron.';

revoke execute on function
  campaign_private.claim_event_id(), campaign_private.forget_event_ids(),
  campaign_private.event_month(date), campaign_private.close_event_month(text),
  campaign_private.add_event_month(date), campaign_private.event_months_behind(),
  campaign_private.oldest_event_month(integer),
  campaign_private.make_event_months(integer, integer), campaign_private.drop_event_months(date, boolean),
  campaign_private.schedule_event_months(), public.event_months()
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.claim_event_id(), campaign_private.forget_event_ids()
  to authenticated, service_role;
grant execute on function public.event_months() to authenticated;

-- the table --------------------------------------------------------------------------------

do $$
declare
  old constant regclass := 'public.campaign_events';
  -- What stands on the table is said by the catalog: this knows none of it by heart.
  told constant text := obj_description(old, 'pg_class');
  columns constant text := (
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute as a
    where a.attrelid = old and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  );
  again constant text[] := array(
    select format('alter table public.campaign_events add constraint %I %s', c.conname, pg_get_constraintdef(c.oid))
    from pg_constraint as c where c.conrelid = old and c.contype = 'f' order by c.oid
  ) || array(
    select pg_get_indexdef(i.indexrelid) from pg_index as i
    where i.indrelid = old and not i.indisprimary order by i.indexrelid
  ) || array(
    select pg_get_triggerdef(t.oid) from pg_trigger as t
    where t.tgrelid = old and not t.tgisinternal order by t.tgname
  ) || array(
    select format('create policy %I on public.campaign_events as %s for %s to %s %s %s',
      p.policyname, p.permissive, p.cmd,
      (select string_agg(quote_ident(r), ', ') from unnest(p.roles) as r),
      'using (' || p.qual || ')', 'with check (' || p.with_check || ')')
    from pg_policies as p where p.schemaname = 'public' and p.tablename = 'campaign_events'
    order by p.policyname
  ) || array(
    select format('grant %s on public.campaign_events to %s', g.privilege_type, g.grantee::regrole)
    from pg_class as c, aclexplode(c.relacl) as g where c.oid = old and g.grantee <> c.relowner
    union all
    select format('grant %s (%I) on public.campaign_events to %s', g.privilege_type, a.attname, g.grantee::regrole)
    from pg_attribute as a, aclexplode(a.attacl) as g where a.attrelid = old
    union all
    select format('alter table public.campaign_events alter column %I set statistics %s', a.attname, a.attstattarget)
    from pg_attribute as a where a.attrelid = old and a.attnum > 0 and a.attstattarget >= 0
    union all
    select format('alter table public.campaign_events alter column %I set (%s)', a.attname, array_to_string(a.attoptions, ', '))
    from pg_attribute as a where a.attrelid = old and a.attoptions is not null
  );
  plausible constant text[] := array(
    select format('alter table public.campaign_events_shape add constraint %I %s', c.conname,
      regexp_replace(pg_get_constraintdef(c.oid), '\mVALUE\M', 'occurred_at', 'g'))
    from pg_constraint as c join pg_attribute as a on a.atttypid = c.contypid
    where a.attrelid = old and a.attname = 'occurred_at' and c.contype = 'c'
  );
  month date;
  statement text;
  reader regprocedure;
begin
  -- Whoever is held by policies would copy only what these let through: an error instead.
  perform set_config('row_security', 'off', true);
  lock table public.campaign_events in access exclusive mode;
  alter table public.campaign_events rename to campaign_events_before;
  create table public.campaign_events_shape (
    like public.campaign_events_before
      including defaults including constraints including generated including comments
  );
  -- A plain moment with the domain's constraints: where months to come begin isn't a moment that
  -- an event may have.
  alter table public.campaign_events_shape alter column occurred_at type timestamptz;
  foreach statement in array plausible loop
    execute statement;
  end loop;
  create table public.campaign_events (
    like public.campaign_events_shape
      including defaults including constraints including generated including comments
  ) partition by range (occurred_at);
  drop table public.campaign_events_shape;
  create table campaign_private.campaign_events_default partition of public.campaign_events default;
  alter table campaign_private.campaign_events_default
    add primary key (user_id, campaign_id, event_id);
  comment on table campaign_private.campaign_events_default is
    'Events of months that have no partition: make_event_months() moves those of recent ones, and older ones stay.';
  for month in
    select distinct date_trunc('month', e.occurred_at at time zone 'UTC')::date
    from public.campaign_events_before as e
    where e.occurred_at
      >= campaign_private.oldest_event_month(campaign_private.event_months_behind())::timestamp at time zone 'UTC'
  loop
    perform campaign_private.add_event_month(month);
  end loop;
  execute format(
    'insert into public.campaign_events (%1$s) select %1$s from public.campaign_events_before', columns);
  insert into campaign_private.event_ids (user_id, campaign_id, event_id)
  select e.user_id, e.campaign_id, e.event_id from public.campaign_events_before as e
  order by e.user_id, e.campaign_id, e.event_id;
  drop table public.campaign_events_before;
  revoke all on public.campaign_events from public, anon, authenticated, service_role;
  foreach statement in array again loop
    execute statement;
  end loop;
  execute format('comment on table public.campaign_events is %L', told);
  alter table public.campaign_events enable row level security;
  alter table public.campaign_events force row level security;
  perform campaign_private.close_event_month('campaign_events_default');
  for month in select m from public.event_months() as m loop
    perform campaign_private.close_event_month(campaign_private.event_month(month));
  end loop;
  -- The last one of those before: what another refuses takes no id.
  create trigger z_claim_event_id before insert on public.campaign_events
    for each row when (num_nulls(new.user_id, new.campaign_id, new.event_id) = 0)
    execute function campaign_private.claim_event_id();
  create trigger forget_event_ids after delete on public.campaigns
    referencing old table as deleted
    for each statement execute function campaign_private.forget_event_ids();
  -- Written again as it is, each is read again by the sessions that know the table of before.
  for reader in
    select p.oid from pg_proc as p join pg_language as l on l.oid = p.prolang
    where p.pronamespace in ('public'::regnamespace, 'campaign_private'::regnamespace)
      and l.lanname = 'plpgsql' and strpos(p.prosrc, 'campaign_events') > 0
  loop
    execute pg_get_functiondef(reader);
  end loop;
end
$$;
select campaign_private.make_event_months();
select campaign_private.schedule_event_months();
