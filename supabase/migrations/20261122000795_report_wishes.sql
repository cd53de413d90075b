-- Chapter 7d. Wishes: what is asked of a report, checked, and the zone of its days.

create type campaign_private.report_wish as (
  owner uuid, campaign_ids uuid[], timezone text, is_abroad boolean, since date, until date,
  bucket text, by_campaign boolean, by_segment boolean
);
comment on type campaign_private.report_wish is
  'What is asked of a report: whose campaigns, or which of them; which days, of which zone, and whether those of a campaign may be another''s; by what its lines are.';

create function campaign_private.report_zones(campaign_ids uuid[], segment uuid)
returns text[]
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  zones text[];
  found_ids bigint;
begin
  if segment is not null
    and not exists (select from public.audience_segments as s where s.id = segment) then
    raise exception using errcode = 'PT404', message = 'there is no such segment';
  end if;
  select array_agg(distinct c.timezone), count(*) into zones, found_ids
  from public.campaigns as c
  where c.user_id = auth.uid()
    and (campaign_ids is null or c.id = any (campaign_ids))
    and (segment is null or campaign_ids is not null or c.segment_id = segment);
  if found_ids < (select count(distinct i) from unnest(campaign_ids) as i) then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
  return zones;
end
$$;
comment on function campaign_private.report_zones(uuid[], uuid) is
  'The zones of a report''s campaigns, each once. PT404: a campaign or the segment isn''t the caller''s.';

create function campaign_private.read_report_wish(
  campaign_ids uuid[], segment uuid, since date, until date, bucket text,
  by_campaign boolean, by_segment boolean, zone text
)
returns campaign_private.report_wish
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  asked campaign_private.report_wish;
  zones text[];
begin
  if zone is not null and not campaign_private.is_timezone(zone) then
    raise exception using errcode = '22023', message = 'isn''t a known IANA time zone', detail = 'timezone';
  end if;
  zones := campaign_private.report_zones(campaign_ids, segment);
  if bucket not in ('day', 'week', 'month') then
    raise exception using errcode = '22023', message = 'must be day, week or month', detail = 'group_by';
  end if;
  if since < '2000-01-01' or until > '2100-01-02' or until <= since then
    raise exception using errcode = '22023', detail = 'start',
      message = 'must lie before end, and both between the years 2000 and 2100';
  end if;
  asked := row (
    auth.uid(), campaign_ids, coalesce(zone, case when cardinality(zones) = 1 then zones[1] end, 'UTC'),
    null, since, until, bucket, coalesce(by_campaign, false), coalesce(by_segment, false)
  );
  -- Without days there is nothing that a time zone could move.
  asked.is_abroad := coalesce(bucket, since::text, until::text) is not null
    and not coalesce(zones, '{}') <@ array[asked.timezone];
  if segment is not null then
    asked.campaign_ids := array(
      select c.id from public.campaigns as c
      where c.user_id = asked.owner and c.segment_id = segment
        and (campaign_ids is null or c.id = any (campaign_ids))
    );
  end if;
  return asked;
end
$$;
comment on function campaign_private.read_report_wish(uuid[], uuid, date, date, text, boolean, boolean, text) is
  'What is asked of a report, in its zone: the one asked for, or the one that all its campaigns share, or UTC. 22023: a bad argument (its detail); PT404: not the caller''s.';

revoke execute on function
  campaign_private.report_zones(uuid[], uuid),
  campaign_private.read_report_wish(uuid[], uuid, date, date, text, boolean, boolean, text)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.report_zones(uuid[], uuid),
  campaign_private.read_report_wish(uuid[], uuid, date, date, text, boolean, boolean, text)
  to authenticated, service_role;
