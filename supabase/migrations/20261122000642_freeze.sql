-- The freeze: a launch puts its members into batches, in one statement where they fit.
--
-- Otherwise in chunks by id, and whoever comes next goes on with what was cut off. Rules are
-- evaluated as of the launch, whatever the chunk.

create function campaign_private.freeze_members(campaign public.campaigns)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
set work_mem = '64MB'
as $$
declare
  -- Tests make both small. A hosted project ends a statement after eight seconds.
  patience constant interval := coalesce(
    nullif(current_setting('campaign_sdk.freeze_patience', true), ''), '2.5 seconds')::interval;
  chunk constant integer := coalesce(
    nullif(current_setting('campaign_sdk.freeze_chunk', true), ''), '100000')::integer;
begin
  if campaign.rules is null then
    campaign.frozen_at := clock_timestamp();
  end if;
  while campaign.frozen_at is null and clock_timestamp() < statement_timestamp() + patience loop
    campaign := campaign_private.freeze_chunk(campaign, chunk);
  end loop;
  return campaign;
end
$$;
comment on function campaign_private.freeze_members is
  'Freezes members until all are frozen or the statement has taken long enough; whoever comes next goes on after frozen_through.';

create function campaign_private.freeze_chunk(campaign public.campaigns, chunk integer)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
declare
  settings public.campaign_settings;
  range text := format('c.user_id = %L', campaign.user_id);
  last uuid;
  frozen bigint;
begin
  select s.* into settings from public.campaign_settings as s where s.user_id = campaign.user_id;
  if campaign.frozen_through is not null then
    range := range || format(' and c.id > %L', campaign.frozen_through);
  end if;
  execute format(
    'select c.id from public.contacts as c where %s order by c.id offset %s limit 1', range, chunk - 1
  ) into last;
  if last is not null then
    range := range || format(' and c.id <= %L', last);
  end if;
  if campaign.launched_at < now() then
    -- Whoever came since the launch isn't a member, though the freeze still goes on.
    range := range || format(' and c.created_at <= %L', campaign.launched_at);
  end if;
  execute campaign_private.freeze_query(campaign, settings, range) into frozen;
  campaign.audience_size := campaign.audience_size + frozen;
  campaign.frozen_through := last;
  if last is null then
    campaign.frozen_at := clock_timestamp();
  end if;
  return campaign;
end
$$;
comment on function campaign_private.freeze_chunk is
  'Freezes whoever of the next so many contacts matches and can be reached.';

create function campaign_private.freeze_query(
  campaign public.campaigns, settings public.campaign_settings, range text
) returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  -- Without quiet hours all zones are one, and without an experiment there is one arm.
  by_zone constant boolean := settings.quiet_from is not null;
  by_arm constant boolean := campaign.variants is not null or campaign.hold_out > 0;
  names text[];
begin
  if by_arm then
    names := array(
      select a.name from campaign_private.arms(campaign.variants, campaign.hold_out, campaign.test_share)
        as a where a.arm > 0 order by a.arm
    );
  end if;
  return format(
    $query$
    with zone as materialized (%s),
    member as (
      select c.id, %s as timezone, %s as arm,
        row_number() over (partition by %s order by c.id) - 1 as place
      from public.contacts as c %s %s
      where %s and c.unsubscribed_at is null and c.suppressed_at is null and %s
    ),
    part as (
      select m.timezone, m.arm, array_agg(m.id order by m.id) as ids
      from member as m group by m.timezone, m.arm, m.place / 1000
    ),
    due as materialized (
      select p.timezone, campaign_private.quiet_ends(%L, coalesce(p.timezone, %L), %L, %L) as not_before
      from part as p group by p.timezone
    ),
    frozen as (
      insert into public.campaign_batches
        (campaign_id, batch, user_id, variant, held_out, timezone, not_before, contact_ids)
      select %L, %s + row_number() over (order by p.ids), %L, (%L::text[])[p.arm], p.arm = -1,
        p.timezone, due.not_before, p.ids
      from part as p join due on due.timezone is not distinct from p.timezone
      returning size
    )
    select coalesce(sum(frozen.size), 0) from frozen
    $query$,
    case when by_zone then
      'select z.name from pg_catalog.pg_timezone_names as z where campaign_private.is_timezone(z.name)'
    else 'select null::text as name' end,
    case when by_zone then 'zone.name' else 'null::text' end,
    case when by_arm then campaign_private.arm_expression(
      campaign.variants, campaign.hold_out, campaign.test_share, 'drawn.bucket') else '0' end,
    concat_ws(', ', case when by_zone then 'zone.name' end, case when by_arm then
      campaign_private.arm_expression(
        campaign.variants, campaign.hold_out, campaign.test_share, 'drawn.bucket') end,
      'null::text'),
    case when by_zone then 'left join zone on zone.name = c.attributes ->> ''timezone''' end,
    case when by_arm then format(
      'cross join lateral (select %s as bucket from (
         select encode(sha256((%L || '':'' || c.id)::bytea), ''hex'') as digest offset 0
       ) as d offset 0) as drawn', campaign_private.bucket_expression('d.digest'), campaign.id) end,
    range, campaign_private.compile_rules(campaign.rules, campaign.launched_at, campaign.timezone),
    campaign.launched_at, campaign.timezone, settings.quiet_from, settings.quiet_until,
    campaign.id,
    (select coalesce(max(b.batch), 0) from public.campaign_batches as b where b.campaign_id = campaign.id),
    campaign.user_id, names
  );
end
$$;
comment on function campaign_private.freeze_query is
  'The statement that freezes the members within a range of ids: in batches, by time zone if there are quiet hours.';

create function campaign_private.frozen_campaign(campaign_id uuid)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
declare
  campaign public.campaigns;
begin
  select * into campaign from public.campaigns as c where c.id = campaign_id;
  if not found then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  elsif campaign.launched_at is null then
    raise exception using errcode = 'CMP06', detail = campaign.status,
      message = format('a campaign that is %s has nobody to be sent to yet', campaign.status),
      hint = 'launch it first';
  elsif campaign.frozen_at is null then
    perform campaign_private.press_on(campaign_id);
    select * into campaign from public.campaigns as c where c.id = campaign_id;
  end if;
  return campaign;
end
$$;
comment on function campaign_private.frozen_campaign(uuid) is
  'A launched campaign, whose freeze goes on if it was cut off.';

create function campaign_private.press_on(campaign_id uuid)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform from public.campaigns as c
  where c.id = campaign_id and c.frozen_at is null for no key update skip locked;
  if found then
    update public.campaigns as c set frozen_at = now() where c.id = campaign_id;
  end if;
end
$$;
comment on function campaign_private.press_on(uuid) is
  'Goes on with a freeze, unless somebody else is at it.';

create function public.freeze_campaign(campaign_id uuid)
returns setof public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform campaign_private.press_on(freeze_campaign.campaign_id);
  return query select * from public.campaigns as c where c.id = freeze_campaign.campaign_id;
end
$$;
comment on function public.freeze_campaign(uuid) is
  'Goes on with the freeze of a launched campaign: call it until frozen_at is set.';

revoke execute on function
  campaign_private.freeze_members(public.campaigns),
  campaign_private.freeze_chunk(public.campaigns, integer),
  campaign_private.freeze_query(public.campaigns, public.campaign_settings, text),
  campaign_private.frozen_campaign(uuid),
  campaign_private.press_on(uuid),
  public.freeze_campaign(uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.freeze_members(public.campaigns),
  campaign_private.freeze_chunk(public.campaigns, integer),
  campaign_private.freeze_query(public.campaigns, public.campaign_settings, text),
  campaign_private.frozen_campaign(uuid),
  campaign_private.press_on(uuid)
  to authenticated, service_role;
grant execute on function
  public.freeze_campaign(uuid)
  to authenticated;
