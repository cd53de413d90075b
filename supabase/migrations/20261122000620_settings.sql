-- Settings: how often, and at which hours, an owner's contacts may be written to.

create table public.campaign_settings (
  user_id uuid primary key default auth.uid() references auth.users (id) on delete cascade,
  cap_messages integer,
  cap_days integer,
  quiet_from time,
  quiet_until time,
  updated_at timestamptz not null default now(),
  constraint campaign_settings_cap_whole check (
    (cap_messages is null) = (cap_days is null)
    and cap_messages between 1 and 1000 and cap_days between 1 and 366
  ),
  constraint campaign_settings_quiet_whole check (
    (quiet_from is null) = (quiet_until is null) and quiet_from <> quiet_until
    and extract(second from quiet_from) = 0 and extract(second from quiet_until) = 0
    and greatest(quiet_from, quiet_until) < '24:00'
  )
);
comment on table public.campaign_settings is
  'How often, and at which hours, the contacts of an owner may be written to: at most one row each.';
comment on column public.campaign_settings.cap_messages is
  'At most so many messages to one contact within cap_days; null for any number.';
comment on column public.campaign_settings.cap_days is
  'The days that cap_messages is about: a window that moves, not a calendar''s.';
comment on column public.campaign_settings.quiet_from is
  'From which time of a contact''s day on nothing is sent; null for no quiet hours.';
comment on column public.campaign_settings.quiet_until is
  'Until when nothing is sent: this minute is open again.';

alter table public.campaign_settings enable row level security;
alter table public.campaign_settings force row level security;
revoke all on public.campaign_settings from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.campaign_settings to authenticated, service_role;
create policy "Owners read their settings" on public.campaign_settings
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add settings of their own" on public.campaign_settings
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their settings and keep them" on public.campaign_settings
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their settings" on public.campaign_settings
  for delete to authenticated using (user_id = (select auth.uid()));
create trigger touch_updated_at before update on public.campaign_settings
  for each row execute function campaign_private.touch_updated_at();

create function campaign_private.is_quiet(moment timestamptz, zone text, quiet_from time, quiet_until time)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  clock constant time := moment at time zone zone;
begin
  return case
    when quiet_from < quiet_until then clock >= quiet_from and clock < quiet_until
    when quiet_from > quiet_until then clock >= quiet_from or clock < quiet_until
    else false
  end;
end
$$;
comment on function campaign_private.is_quiet is
  'Whether the clocks of a zone show a time within quiet hours; false where there are none.';

create function campaign_private.quiet_ends(moment timestamptz, zone text, quiet_from time, quiet_until time)
returns timestamptz
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if not campaign_private.is_quiet(moment, zone, quiet_from, quiet_until) then
    return null;
  end if;
  -- Minute by minute, as the clocks on the wall go: on the days on which they are put
  -- forward or back, an hour is missing or comes twice, and no formula is as plain.
  return (
    select min(m.at)
    from generate_series(
        date_trunc('minute', moment) + interval '1 minute', moment + interval '28 hours', interval '1 minute'
      ) as m (at),
      lateral (select (m.at at time zone zone)::time as clock) as c
    -- is_quiet, in place: it is asked 1,680 times.
    where case when quiet_from < quiet_until then c.clock < quiet_from or c.clock >= quiet_until
               else c.clock < quiet_from and c.clock >= quiet_until end
  );
end
$$;
comment on function campaign_private.quiet_ends is
  'The first moment after quiet hours, if it is quiet now; null if it isn''t.';

revoke execute on function
  campaign_private.is_quiet(timestamptz, text, time, time),
  campaign_private.quiet_ends(timestamptz, text, time, time)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.is_quiet(timestamptz, text, time, time),
  campaign_private.quiet_ends(timestamptz, text, time, time)
  to authenticated, service_role;
