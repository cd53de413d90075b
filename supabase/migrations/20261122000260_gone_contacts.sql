-- Chapter 2h. Contacts who are gone: nothing but their ids, so that what is heard of them
-- afterwards (a click, a purchase) still counts, and a mistyped id doesn't.

create table campaign_private.gone_contacts (
  user_id uuid not null references auth.users (id) on delete cascade,
  contact_id uuid not null,
  constraint gone_contacts_pkey primary key (user_id, contact_id)
);
comment on table campaign_private.gone_contacts is
  'The ids of contacts that were deleted. Not exposed by the API; nothing about a person is in it.';
alter table campaign_private.gone_contacts enable row level security;
alter table campaign_private.gone_contacts force row level security;
revoke all on campaign_private.gone_contacts from public, anon, authenticated, service_role;
grant select, insert on campaign_private.gone_contacts to authenticated, service_role;
create policy "Owners see which contacts are gone" on campaign_private.gone_contacts
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Only a deletion adds to them" on campaign_private.gone_contacts
  for insert to authenticated
  with check (pg_trigger_depth() > 0 and user_id = (select auth.uid()));

create function campaign_private.remember_gone_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  owner uuid;
begin
  for owner in select distinct d.user_id from deleted as d loop
    -- With an account everything goes. Whoever can't look acts for themselves, and so has one.
    if has_table_privilege('auth.users', 'select') then
      continue when not exists (select from auth.users as u where u.id = owner);
    end if;
    insert into campaign_private.gone_contacts (user_id, contact_id)
    select d.user_id, d.id from deleted as d where d.user_id = owner
    on conflict do nothing;
  end loop;
  return null;
end
$$;
comment on function campaign_private.remember_gone_contacts() is
  'Keeps the ids of the contacts that one statement deleted.';
create trigger remember_gone_contacts after delete on public.contacts
  referencing old table as deleted
  for each statement execute function campaign_private.remember_gone_contacts();

revoke execute on function campaign_private.remember_gone_contacts()
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.remember_gone_contacts() to authenticated, service_role;
