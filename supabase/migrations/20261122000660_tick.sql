-- The tick: what has come due is done, whoever calls, as often as you like, and at once.

create table public.campaign_failures (
  campaign_id uuid not null,
  action text not null,
  user_id uuid not null default auth.uid(),
  code text not null,
  reason text not null,
  times integer not null default 1,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  constraint campaign_failures_pkey primary key (campaign_id, action),
  constraint campaign_failures_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade,
  constraint campaign_failures_action_known check (
    action in ('schedule', 'launch', 'freeze', 'expire', 'complete')
  ),
  constraint campaign_failures_code_length check (length(code) between 1 and 10),
  constraint campaign_failures_reason_length check (length(reason) between 1 and 500)
);
create index campaign_failures_campaign_id_index on public.campaign_failures (user_id, campaign_id);
comment on table public.campaign_failures is
  'What a job couldn''t do for a campaign, and why: one row for each action, until it succeeds.';
comment on column public.campaign_failures.action is 'What was to be done: schedule, launch, freeze, expire or complete.';
comment on column public.campaign_failures.code is 'The SQLSTATE.';
comment on column public.campaign_failures.times is 'How often it was tried in vain.';

alter table public.campaign_failures enable row level security;
alter table public.campaign_failures force row level security;
revoke all on public.campaign_failures from public, anon, authenticated, service_role;
grant select, insert, delete on public.campaign_failures to authenticated, service_role;
grant update (code, reason, times, last_at)
  on public.campaign_failures to authenticated, service_role;
create policy "Owners read the failures of their campaigns" on public.campaign_failures
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add failures to their campaigns" on public.campaign_failures
  for insert to authenticated with check (
    user_id = (select auth.uid())
    and exists (
      select from public.campaigns as c
      where c.id = campaign_failures.campaign_id and c.user_id = (select auth.uid())
    )
  );
create policy "Owners change the failures of their campaigns" on public.campaign_failures
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners dismiss the failures of their campaigns" on public.campaign_failures
  for delete to authenticated using (user_id = (select auth.uid()));

create table campaign_private.ticks (
  caller uuid primary key,
  last_at timestamptz not null
);
comment on table campaign_private.ticks is
  'When a tick last ran: for each user who called it, and (as the nil UUID) for a job of the database.';
alter table campaign_private.ticks enable row level security;
revoke all on campaign_private.ticks from public, anon, authenticated, service_role;
grant select, insert, update on campaign_private.ticks to authenticated, service_role;
create policy "Everyone sees their own ticks and those of jobs" on campaign_private.ticks
  for select to authenticated
  using (caller in ((select auth.uid()), '00000000-0000-0000-0000-000000000000'));
create policy "Everyone notes ticks of their own" on campaign_private.ticks
  for insert to authenticated with check (caller = (select auth.uid()));
create policy "Everyone notes ticks of their own again" on campaign_private.ticks
  for update to authenticated
  using (caller = (select auth.uid())) with check (caller = (select auth.uid()));

create function campaign_private.note_failure(
  campaign public.campaigns, target text, code text, reason text
) returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  insert into public.campaign_failures as f (campaign_id, action, user_id, code, reason)
  values (
    campaign.id,
    case target when 'scheduled' then 'schedule' when 'active' then 'launch' else target end,
    campaign.user_id, note_failure.code, left(note_failure.reason, 500)
  )
  on conflict (campaign_id, action) do update set
    code = excluded.code, reason = excluded.reason, last_at = excluded.last_at, times = f.times + 1;
end
$$;
comment on function campaign_private.note_failure is 'Notes what couldn''t be done for a campaign.';

create type public.tick_report as (
  launched integer, failed integer, frozen integer, doubts integer, completed integer
);
comment on type public.tick_report is
  'What a tick did: campaigns launched, failed, frozen to the end and completed, and doubts named.';

create function campaign_private.tick(moment timestamptz default now())
returns public.tick_report
language plpgsql
security invoker
set search_path = ''
as $$
declare
  report public.tick_report := (0, 0, 0, 0, 0);
  campaign public.campaigns;
  doubts integer;
begin
  for campaign in
    select * from public.campaigns as c
    where c.status = 'scheduled' and c.scheduled_at <= moment
    order by c.scheduled_at, c.id for no key update skip locked
  loop
    exit when clock_timestamp() > statement_timestamp() + interval '4 seconds';
    if campaign_private.tick_launch(campaign) then
      report.launched := report.launched + 1;
    else
      report.failed := report.failed + 1;
    end if;
  end loop;
  for campaign in
    select * from public.campaigns as c
    where c.status in ('active', 'paused')
      or (c.status = 'completed' and c.completed_at > moment - interval '1 day')
    order by c.id
  loop
    exit when clock_timestamp() > statement_timestamp() + interval '4 seconds';
    begin
      if campaign.frozen_at is null and campaign.status <> 'completed' then
        perform campaign_private.press_on(campaign.id);
        select * into campaign from public.campaigns as c where c.id = campaign.id;
        report.frozen := report.frozen + (campaign.frozen_at is not null)::integer;
      end if;
      doubts := campaign_private.expire_leases(campaign.id);
      report.doubts := report.doubts + doubts;
      report.completed := report.completed + campaign_private.tick_complete(campaign)::integer;
    exception
      when others then
        perform campaign_private.note_failure(campaign, 'freeze', sqlstate, sqlerrm);
        report.failed := report.failed + 1;
    end;
  end loop;
  perform campaign_private.note_tick();
  return report;
end
$$;
comment on function campaign_private.tick(timestamptz) is
  'Launches what is due, goes on with freezes, names the doubts of leases that are over, and completes what has nothing left. It looks at how things are, not at what was missed: call it at any time, also twice at once. What fails is noted in campaign_failures and stops nobody else.';

create function campaign_private.tick_launch(campaign public.campaigns)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
declare
  reached text;
begin
  update public.campaigns as c set status = 'active' where c.id = campaign.id
  returning c.status into reached;
  return reached = 'active';
exception
  when others then
    perform campaign_private.note_failure(campaign, 'launch', sqlstate, sqlerrm);
    return false;
end
$$;
comment on function campaign_private.tick_launch is 'Launches one campaign that is due, or notes why not.';

create function campaign_private.tick_complete(campaign public.campaigns)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Somebody who was never handed over to anybody, or is in doubt, is left.
  if campaign.status <> 'active' or campaign.frozen_at is null or campaign.audience_size = 0 or exists (
    select from public.campaign_batches as b
    where b.campaign_id = campaign.id and not b.held_out
      and (b.begun < b.size or b.unknown > 0 or b.in_flight > 0)
  ) then
    return false;
  end if;
  perform from public.campaigns as c
  where c.id = campaign.id and c.status = 'active' for no key update skip locked;
  if not found then
    return false;
  end if;
  update public.campaigns as c set status = 'completed' where c.id = campaign.id;
  return true;
end
$$;
comment on function campaign_private.tick_complete is
  'Completes a campaign all of whose members have an outcome that is sure.';

create function campaign_private.note_tick()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  who constant uuid := coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000');
begin
  insert into campaign_private.ticks (caller, last_at) values (who, clock_timestamp())
  on conflict (caller) do nothing;
  perform from campaign_private.ticks as t where t.caller = who for no key update skip locked;
  if found then
    update campaign_private.ticks as t set last_at = clock_timestamp() where t.caller = who;
  end if;
end
$$;
comment on function campaign_private.note_tick() is 'Notes that a tick ran, for campaign doctor.';

create function public.tick_campaigns()
returns public.tick_report
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return campaign_private.tick();
end
$$;
comment on function public.tick_campaigns() is
  'One tick for the caller''s campaigns, from any cron: see campaign_private.tick.';

create function public.last_tick()
returns timestamptz
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (select max(t.last_at) from campaign_private.ticks as t);
end
$$;
comment on function public.last_tick() is
  'When the caller''s campaigns last had a tick, from a job of the database or from the caller; null if never.';

create function campaign_private.schedule_tick()
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
    select cron.schedule('campaign_sdk tick', '* * * * *', 'select campaign_private.tick()')
  $job$;
  return true;
end
$$;
comment on function campaign_private.schedule_tick() is
  'Has pg_cron call the tick each minute, if the project has pg_cron. For whoever switches it on after these migrations.';
select campaign_private.schedule_tick();

revoke execute on function
  campaign_private.note_failure, campaign_private.tick, campaign_private.tick_launch,
  campaign_private.tick_complete, campaign_private.note_tick, campaign_private.schedule_tick,
  public.tick_campaigns, public.last_tick
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.note_failure, campaign_private.tick, campaign_private.tick_launch,
  campaign_private.tick_complete, campaign_private.note_tick
  to authenticated, service_role;
grant execute on function public.tick_campaigns, public.last_tick to authenticated;
