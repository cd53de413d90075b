-- Chapter 2c. Upserts: many contacts at once, of which none blocks the others.

create function campaign_private.constraint_words(constraint_name text)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select coalesce(pg_catalog.obj_description(c.oid, 'pg_constraint'), 'row: breaks ' || c.conname)
    from pg_catalog.pg_constraint as c
    where c.conrelid = 'public.contacts'::regclass and c.conname = constraint_name
  );
end
$$;
comment on function campaign_private.constraint_words(text) is
  'What a constraint of contacts asks for, as "field: reason": its comment.';

create function campaign_private.refusal_words(
  code text, message text, detail text, constraint_name text, column_name text
)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return coalesce(
    campaign_private.constraint_words(constraint_name),
    nullif(column_name, '') || ': must not be empty',
    -- Of a trigger: what is wrong, and as the detail where.
    case when code ~ '^(CMP|P0001)' or (code = '22023' and detail <> '')
      then coalesce(nullif(detail, ''), 'row') || ': ' || message end,
    -- PostgreSQL's own words quote the row, and nobody's data belongs into a log.
    'row: the database can''t store this value'
  );
end
$$;
comment on function campaign_private.refusal_words(text, text, text, text, text) is
  'Why a contact was refused, as "field: reason", without anything of the contact.';

create function campaign_private.try_contacts(contacts jsonb)
returns public.upsert_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  refused public.upsert_result;
  code text;
  message text;
  detail text;
  breach text;
  empty text;
begin
  return campaign_private.merge_contacts(contacts);
exception
  -- What one contact may be refused for. Whatever else goes wrong does so for all.
  when data_exception or check_violation or not_null_violation or unique_violation
    or exclusion_violation or program_limit_exceeded or raise_exception or sqlstate 'CM000'
  then
    get stacked diagnostics
      code = returned_sqlstate, message = message_text, detail = pg_exception_detail,
      breach = constraint_name, empty = column_name;
    refused.reasons := array[
      campaign_private.refusal_words(code, message, detail, breach, empty)
    ];
    return refused;
end
$$;
comment on function campaign_private.try_contacts(jsonb) is
  'Stores contacts, all or none: if none, created is null, and there is one reason.';

create function campaign_private.keep_refusals_of_mail(contacts jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  gone constant jsonb := jsonb_path_query_array(contacts, '$[*] ? (@.unsubscribed_at != null)');
begin
  perform public.unsubscribe_contacts(gone);
exception
  -- The moment itself may be what is wrong with it.
  when data_exception or check_violation then
    perform public.unsubscribe_contacts(
      (select jsonb_agg(g.item - 'unsubscribed_at') from jsonb_array_elements(gone) as g (item))
    );
end
$$;
comment on function campaign_private.keep_refusals_of_mail(jsonb) is
  'Who has said no has said it, though the contact that says so can''t be stored.';

create function campaign_private.store_apart(people jsonb[], positions integer[])
returns public.upsert_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  -- Halves while few are to blame; of a few people each alone.
  step constant integer :=
    case when cardinality(people) > 16 then (cardinality(people) + 1) / 2 else 1 end;
  result public.upsert_result := row (0, 0, 0, '{}'::integer[], '{}'::text[], null);
  part public.upsert_result;
begin
  -- The first ones first: all writers take their contacts in one order.
  for i in 1 .. cardinality(people) by step loop
    part := campaign_private.try_contacts(
      jsonb_path_query_array(to_jsonb(people[i:i + step - 1]), '$[*][*]')
    );
    if part.created is null and step = 1 then
      perform campaign_private.keep_refusals_of_mail(people[i]);
      part := row (0, 0, 0, positions[i:i], part.reasons, null);
    elsif part.created is null then
      part := campaign_private.store_apart(people[i:i + step - 1], positions[i:i + step - 1]);
    end if;
    result := row (
      result.created + part.created, result.updated + part.updated,
      result.unchanged + part.unchanged,
      result.rejected || part.rejected, result.reasons || part.reasons, null
    );
  end loop;
  return result;
end
$$;
comment on function campaign_private.store_apart(jsonb[], integer[]) is
  'Stores people of whom some are refused, part by part until it is known who: each with all that is given of one address, and the position of its first.';

create function campaign_private.store_some(contacts jsonb)
returns public.upsert_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.upsert_result;
  people jsonb[];
  positions integer[];
  misfits jsonb[];
  misplaced integer[];
  refusals text[];
  held public.attribute_schemas;
begin
  select * into held from public.attribute_schemas as s
  where s.user_id = (select auth.uid()) and s.mode = 'refuse';
  -- What breaks the owner's schema by itself is known without trying.
  select array_agg(p.items order by p.email) filter (where p.refusal is null),
    array_agg(p.position order by p.email) filter (where p.refusal is null),
    array_agg(p.items order by p.email) filter (where p.refusal is not null),
    array_agg(p.position order by p.email) filter (where p.refusal is not null),
    array_agg(p.refusal order by p.email) filter (where p.refusal is not null)
  into people, positions, misfits, misplaced, refusals
  from (
    select g.email, jsonb_agg(g.item order by g.position) as items, min(g.position) as position,
      (array_agg(campaign_private.foresee_misfit(held, g.email, g.item -> 'attributes')
        order by g.position))[1] as refusal
    from (
      select campaign_private.normalize_email(i.item ->> 'email') as email,
        i.item, (i.position - 1)::integer as position
      from jsonb_array_elements(contacts) with ordinality as i (item, position)
    ) as g
    -- Without an address everybody is somebody else.
    group by g.email, case when g.email is null then g.position end
  ) as p;
  perform campaign_private.keep_refusals_of_mail(m) from unnest(misfits) as m;
  result := campaign_private.store_apart(coalesce(people, '{}'), positions);
  select coalesce(array_agg(r.position order by r.position), '{}'),
    coalesce(array_agg(r.reason order by r.position), '{}')
  into result.rejected, result.reasons
  from unnest(result.rejected || misplaced, result.reasons || refusals) as r (position, reason);
  return result;
end
$$;
comment on function campaign_private.store_some(jsonb) is
  'Stores contacts of whom some are refused.';

create function campaign_private.count_stored_misfits(contacts jsonb)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
-- The planner knows nothing of addresses: told of a thousand, it would read all contacts.
set plan_cache_mode = force_generic_plan
as $$
declare
  addresses text[];
begin
  if not exists (
    select from public.attribute_schemas as s
    where s.user_id = (select auth.uid()) and s.mode = 'warn'
  ) then
    return null;
  end if;
  addresses := array(
    select campaign_private.normalize_email(i ->> 'email') from jsonb_array_elements(contacts) as i
  );
  return campaign_private.count_misfits(array(
    select c.attributes from public.contacts as c
    where c.user_id = (select auth.uid()) and c.email = any (addresses)
  ));
end
$$;
comment on function campaign_private.count_stored_misfits(jsonb) is
  'How many of these contacts break the caller''s schema now, by what is wrong, if it warns.';

create function public.upsert_contacts(contacts jsonb)
returns public.upsert_result
language plpgsql
security invoker
set search_path = ''
as $$
declare
  result public.upsert_result := campaign_private.try_contacts(contacts);
begin
  if result.created is null then
    result := campaign_private.store_some(contacts);
  end if;
  result.misfits := campaign_private.count_stored_misfits(contacts);
  return result;
end
$$;
comment on function public.upsert_contacts(jsonb) is
  'Creates contacts, or merges into those with the same address: a given phone replaces, attributes are merged name by name, an unsubscription stays. One that is refused doesn''t keep the others.';

revoke execute on function
  campaign_private.constraint_words(text),
  campaign_private.refusal_words(text, text, text, text, text),
  campaign_private.try_contacts(jsonb), campaign_private.keep_refusals_of_mail(jsonb),
  campaign_private.store_apart(jsonb[], integer[]), campaign_private.store_some(jsonb),
  campaign_private.count_stored_misfits(jsonb), public.upsert_contacts(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.constraint_words(text),
  campaign_private.refusal_words(text, text, text, text, text),
  campaign_private.try_contacts(jsonb), campaign_private.keep_refusals_of_mail(jsonb),
  campaign_private.store_apart(jsonb[], integer[]), campaign_private.store_some(jsonb),
  campaign_private.count_stored_misfits(jsonb)
  to authenticated, service_role;
grant execute on function public.upsert_contacts(jsonb) to authenticated;
