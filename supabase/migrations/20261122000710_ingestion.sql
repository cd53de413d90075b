-- Chapter 7b. Ingestion: events as they are given, each stored once, or refused in words.

create type public.ingest_result as (
  inserted integer, duplicates integer, rejected integer[], reasons text[]
);
comment on type public.ingest_result is
  'What became of a batch of events; rejected are positions in the batch, from 0, each with its reason.';

create function campaign_private.given_events(events jsonb, owner uuid)
returns table (
  "position" integer, campaign_id uuid, event_id text, contact_id uuid, type text,
  occurred_at timestamptz, value numeric, actor text, link text, reason text
)
-- An SQL function with a search_path is planned anew at each call: most of a single event's time.
language plpgsql
stable
rows 1000
security invoker
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select (i.ordinal - 1)::integer, i.campaign_id, i.event_id, known.contact_id, i.type,
    i.occurred_at, i.value, coalesce(i.actor, 'unknown'), i.link,
    case
      when known.campaign_id is null then 'campaign_id: there is no such campaign'
      when i.contact_id is not null and known.contact_id is null and not exists (
        select from campaign_private.gone_contacts as g
        where g.user_id = owner and g.contact_id = i.contact_id
      ) then 'contact_id: there is no such contact'
      when i.event_id is null or length(i.event_id) not between 1 and 200
        then 'event_id: must have 1 to 200 characters'
      when i.type is null or i.type not in (
        'impression', 'click', 'conversion', 'delivered', 'bounced', 'complained', 'unsubscribed'
      ) then 'type: must be one of impression, click, conversion, delivered, bounced, complained, unsubscribed'
      when i.occurred_at is null then 'occurred_at: is missing'
      when i.occurred_at < '2000-01-01 00:00:00+00' or i.occurred_at > now() + interval '1 day'
        -- Where the campaign is, that year may begin some hours later.
        or i.occurred_at < '2000-01-02 00:00:00+00' and (i.occurred_at at time zone (
          select c.timezone from public.campaigns as c where c.id = i.campaign_id
        ))::date < '2000-01-01'
        then 'occurred_at: must lie between the year 2000 and tomorrow'
      when abs(i.value) > 1e15 or (i.value is not null and coalesce(scale(i.value), 31) > 30)
        then 'value: must be a finite number, at most 1e15, with at most 30 decimal places'
      when i.actor not in ('human', 'proxy', 'machine', 'unknown')
        then 'actor: must be one of human, proxy, machine, unknown'
      when length(i.link) not between 1 and 4096 then 'link: must have 1 to 4096 characters'
    end
  from rows from (
    jsonb_to_recordset(events) as (
      campaign_id uuid, event_id text, contact_id uuid, type text,
      occurred_at timestamptz, value numeric, actor text, link text
    )
  ) with ordinality as i (
    campaign_id, event_id, contact_id, type, occurred_at, value, actor, link, ordinal
  )
  -- Not joins: for a batch of unknown size the planner would read all of an owner's contacts.
  cross join lateral (
    select
      (select c.id from public.campaigns as c
       where c.id = i.campaign_id and c.user_id = owner) as campaign_id,
      (select p.id from public.contacts as p
       where p.id = i.contact_id and p.user_id = owner) as contact_id
    offset 0
  ) as known;
end
$$;
comment on function campaign_private.given_events(jsonb, uuid) is
  'The events of a batch, each with the reason why it is refused, if it is. A contact who was deleted is null.';

create function campaign_private.contradicting_events(events jsonb, owner uuid)
returns table ("position" integer, reason text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  -- Who made an event may turn out later, so that the actor is no part of the comparison.
  select g.position, 'event_id: stands already for an event with another ' || g.differences
  from (
    select given.position, (
      select concat_ws(', ',
        case when e.type <> given.type then 'type' end,
        case when e.occurred_at <> given.occurred_at then 'occurred_at' end,
        case when e.contact_id is distinct from given.contact_id then 'contact_id' end,
        case when e.value is distinct from given.value then 'value' end,
        case when e.link is distinct from given.link then 'link' end)
      from public.campaign_events as e
      where e.user_id = owner and e.campaign_id = given.campaign_id
        and e.event_id = given.event_id
    ) as differences
    from campaign_private.given_events(events, owner) as given
    where given.reason is null
  ) as g
  where g.differences <> '';
end
$$;
comment on function campaign_private.contradicting_events(jsonb, uuid) is
  'Those events of a batch whose id is taken by an event of other content, with what differs.';

create function campaign_private.refuse_contradictions(
  result public.ingest_result, events jsonb, owner uuid
)
returns public.ingest_result
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  contradictions integer;
begin
  select array_agg(r.position order by r.position), array_agg(r.reason order by r.position),
    count(*) filter (where r.contradicts)
  into result.rejected, result.reasons, contradictions
  from (
    select f.position, f.reason, false as contradicts
    from unnest(result.rejected, result.reasons) as f (position, reason)
    union all
    select c.position, c.reason, true
    from campaign_private.contradicting_events(events, owner) as c
  ) as r;
  result.rejected := coalesce(result.rejected, '{}');
  result.reasons := coalesce(result.reasons, '{}');
  result.duplicates := result.duplicates - contradictions;
  return result;
end
$$;
comment on function campaign_private.refuse_contradictions(public.ingest_result, jsonb, uuid) is
  'What became of a batch, once events are told from duplicates that only have their id.';

create function campaign_private.ingest_batch(events jsonb, owner uuid)
returns public.ingest_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.ingest_result;
begin
  with given as materialized (
    select g.* from campaign_private.given_events(events, owner) as g
  ),
  added as (
    insert into public.campaign_events (
      campaign_id, event_id, contact_id, type, occurred_at, value, actor, link
    )
    select g.campaign_id, g.event_id, g.contact_id, g.type, g.occurred_at, g.value, g.actor, g.link
    from given as g where g.reason is null
    -- One order for all writers: concurrent replays of a batch deadlock without it. Of two
    -- events of one id in a batch, the first counts.
    order by g.campaign_id, g.event_id, g.position
    on conflict do nothing
    returning 1
  )
  select (select count(*) from added),
    count(*) filter (where given.reason is null) - (select count(*) from added),
    coalesce(array_agg(given.position order by given.position)
      filter (where given.reason is not null), '{}'),
    coalesce(array_agg(given.reason order by given.position)
      filter (where given.reason is not null), '{}')
  into result
  from given;
  -- Only now, in a statement of its own, is visible what others stored in the meantime.
  if result.duplicates > 0 then
    result := campaign_private.refuse_contradictions(result, events, owner);
  end if;
  return result;
end
$$;
comment on function campaign_private.ingest_batch(jsonb, uuid) is
  'Stores a batch of events in one statement, and says of each that is refused why.';

create function public.ingest_events(events jsonb)
returns public.ingest_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  owner constant uuid := auth.uid();
  event constant jsonb := case when events -> 1 is null then events -> 0 end;
  stored record;
begin
  -- One event, as a click comes. More has to be known of it only where it is neither new nor the
  -- same again: why the table refuses it, or whether it is for a contact who is gone.
  if event is not null then
    begin
      insert into public.campaign_events (
        campaign_id, event_id, user_id, contact_id, type, occurred_at, value, actor, link
      )
      values (
        (event ->> 'campaign_id')::uuid, event ->> 'event_id', owner,
        (event ->> 'contact_id')::uuid, event ->> 'type', (event ->> 'occurred_at')::timestamptz,
        (event ->> 'value')::numeric, coalesce(event ->> 'actor', 'unknown'), event ->> 'link'
      )
      on conflict do nothing;
      if found then
        return row (1, 0, '{}'::integer[], '{}'::text[]);
      end if;
      select e.type, e.occurred_at, e.contact_id, e.value, e.link into stored
      from public.campaign_events as e
      where e.user_id = owner and e.campaign_id = (event ->> 'campaign_id')::uuid
        and e.event_id = event ->> 'event_id';
      if stored.type = event ->> 'type'
        and stored.occurred_at = (event ->> 'occurred_at')::timestamptz
        and (stored.contact_id, stored.value, stored.link) is not distinct from (
          (event ->> 'contact_id')::uuid, (event ->> 'value')::numeric, event ->> 'link'
        )
      then
        return row (0, 1, '{}'::integer[], '{}'::text[]);
      end if;
    exception
      when data_exception or integrity_constraint_violation or insufficient_privilege then
        null;
    end;
  end if;
  return campaign_private.ingest_batch(events, owner);
end
$$;
comment on function public.ingest_events(jsonb) is
  'Stores a batch of events and counts the new ones, in one statement. The same event again is a duplicate; another one under the same id is refused.';

revoke execute on function
  campaign_private.given_events(jsonb, uuid), campaign_private.contradicting_events(jsonb, uuid),
  campaign_private.ingest_batch(jsonb, uuid),
  campaign_private.refuse_contradictions(public.ingest_result, jsonb, uuid), public.ingest_events(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.given_events(jsonb, uuid), campaign_private.contradicting_events(jsonb, uuid),
  campaign_private.ingest_batch(jsonb, uuid),
  campaign_private.refuse_contradictions(public.ingest_result, jsonb, uuid)
  to authenticated, service_role;
grant execute on function public.ingest_events(jsonb) to authenticated;
