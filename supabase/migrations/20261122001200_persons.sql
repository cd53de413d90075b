-- Chapter 12. Persons: all that there is about one, to be handed over or erased.

create function campaign_private.require_contact(contact_id uuid)
returns public.contacts
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  contact public.contacts;
begin
  select c.* into contact from public.contacts as c
  where c.id = require_contact.contact_id and c.user_id = auth.uid();
  if contact.id is null then
    raise exception using errcode = 'PT404', message = 'there is no such contact';
  end if;
  return contact;
end
$$;
comment on function campaign_private.require_contact(uuid) is
  'A contact of the caller''s; PT404 if there is none.';

create function public.export_person(contact_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  contact constant public.contacts := campaign_private.require_contact(contact_id);
begin
  return jsonb_build_object(
    'exported_at', now(),
    'contact', to_jsonb(contact) - 'user_id',
    'suppression', (
      select to_jsonb(s) - 'user_id' - 'address' from public.find_suppression(contact.email) as s
    ),
    'soft_bounces', (
      select coalesce(to_jsonb(b.moments), '[]') from (select) as one
      left join campaign_private.address_keys as k on k.user_id = contact.user_id
      left join campaign_private.soft_bounces as b on b.user_id = contact.user_id
        and b.address = campaign_private.hash_address(contact.email, k)
    ),
    'events', (
      select coalesce(
        jsonb_agg(
          to_jsonb(e) - 'user_id' - 'contact_id' || jsonb_build_object('campaign', c.name)
          order by e.occurred_at, e.event_id
        ), '[]'
      )
      from public.campaign_events as e join public.campaigns as c on c.id = e.campaign_id
      where e.user_id = contact.user_id and e.contact_id = contact.id
    ),
    'deliveries', (
      select coalesce(
        jsonb_agg(
          to_jsonb(d) - 'user_id' - 'contact_id' - 'batch'
          || jsonb_build_object('campaign', c.name) order by d.at, d.campaign_id
        ), '[]'
      )
      from public.campaign_deliveries as d join public.campaigns as c on c.id = d.campaign_id
      where d.user_id = contact.user_id and d.contact_id = contact.id
    )
  );
end
$$;
comment on function public.export_person(uuid) is
  'All that is stored about one contact of the caller''s, as one JSON object. PT404: there is none.';

create type public.erasure as (events integer, deliveries integer, suppressed boolean);
comment on type public.erasure is
  'What an erasure left behind: events and deliveries that are counted without the person, and whether the address, which nobody can read, stays suppressed.';

create function public.erase_person(contact_id uuid, request_id uuid default null)
returns public.erasure
language plpgsql
security invoker
set search_path = ''
as $$
declare
  contact public.contacts;
  result public.erasure;
  -- Who it was can't be told from what is kept of the request.
  earlier constant campaign_private.requests := campaign_private.note_request(
    erase_person.request_id, concat('erase ', erase_person.contact_id)
  );
begin
  if earlier.request_id is not null then
    return jsonb_populate_record(null::public.erasure, earlier.answer);
  end if;
  contact := campaign_private.require_contact(erase_person.contact_id);
  select count(*) into result.events from public.campaign_events as e
  where e.user_id = contact.user_id and e.contact_id = contact.id;
  delete from campaign_private.soft_bounces as b
  using campaign_private.address_keys as k
  where k.user_id = contact.user_id and b.user_id = k.user_id
    and b.address = campaign_private.hash_address(contact.email, k);
  -- That a message was sent stays known; whose it was leads to nobody any more. A vendor's
  -- own words may hold the address.
  update public.campaign_deliveries as d set
    provider_id = null,
    reason = case d.outcome
      when 'sent' then substring(d.reason from '^bounced') when 'failed' then 'erased' else d.reason
    end
  where d.user_id = contact.user_id and d.contact_id = contact.id;
  get diagnostics result.deliveries = row_count;
  delete from public.contacts as c where c.id = contact.id;
  result.suppressed := exists (select from public.find_suppression(contact.email));
  perform campaign_private.keep_answer(erase_person.request_id, to_jsonb(result));
  return result;
end
$$;
comment on function public.erase_person(uuid, uuid) is
  'Erases one contact of the caller''s with all that could be told of the person, in one transaction. What was counted stays counted; who may not be written to stays so. The same request again answers as the first one did. PT404: there is none.';

revoke execute on function
  campaign_private.require_contact(uuid), public.export_person(uuid), public.erase_person(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.require_contact(uuid) to authenticated, service_role;
grant execute on function public.export_person(uuid), public.erase_person(uuid, uuid) to authenticated;
