-- Chapter 2d. Previews: what an upsert would do, told beforehand.

create function campaign_private.foresee_refusal(attributes jsonb)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return case
    when octet_length(attributes::text) > 65536
      then campaign_private.constraint_words('contacts_attributes_size')
    when attributes @? 'strict $.**{101}'
      or attributes @? 'strict $.** ? (@ > 1.7976931348623157e308 || @ < -1.7976931348623157e308)'
      then campaign_private.constraint_words('contacts_attributes_readable')
  end;
end
$$;
comment on function campaign_private.foresee_refusal(jsonb) is
  'Why attributes will be refused once they are merged, which nobody can know before; null if they won''t.';

create function public.preview_contacts(contacts jsonb)
returns public.upsert_result
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  result public.upsert_result;
  held public.attribute_schemas;
begin
  select * into held from public.attribute_schemas as s where s.user_id = (select auth.uid());
  select count(*) filter (where refusal is null and c.id is null),
    count(*) filter (where refusal is null and c.id is not null and changed),
    count(*) filter (where refusal is null and c.id is not null and not changed),
    coalesce(array_agg(item.position order by item.position) filter (where refusal is not null), '{}'),
    coalesce(array_agg(refusal order by item.position) filter (where refusal is not null), '{}'),
    campaign_private.count_misfits(array_agg(m.attributes) filter (where held.mode = 'warn'))
  into result
  from campaign_private.contact_items(preview_contacts.contacts) as item
  left join public.contacts as c on c.user_id = (select auth.uid()) and c.email = item.email
  cross join lateral (
    select coalesce(item.phone, c.phone) as phone,
      case when c.id is null then item.attributes
        else campaign_private.merge_attributes(c.attributes, item.attributes) end as attributes,
      coalesce(c.unsubscribed_at, item.unsubscribed_at) as unsubscribed_at
  ) as m
  cross join lateral (
    select (c.phone, c.attributes, c.unsubscribed_at)
        is distinct from (m.phone, m.attributes, m.unsubscribed_at) as changed,
      coalesce(
        campaign_private.foresee_refusal(m.attributes),
        campaign_private.foresee_misfit(held, item.email, item.attributes)
      ) as refusal
  ) as d;
  return result;
end
$$;
comment on function public.preview_contacts(jsonb) is
  'What an upsert of these contacts would do; nothing is written.';

revoke execute on function
  campaign_private.foresee_refusal(jsonb), public.preview_contacts(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.foresee_refusal(jsonb) to authenticated, service_role;
grant execute on function public.preview_contacts(jsonb) to authenticated;
