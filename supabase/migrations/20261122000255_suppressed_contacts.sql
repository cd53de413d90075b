-- Chapter 2g. Suppressed contacts: contacts.suppressed_at says what the suppressions say.

create function campaign_private.await_suppressions()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Before the first row is locked: later would be a deadlock with who suppresses it.
  perform pg_advisory_xact_lock_shared(campaign_private.suppression_lock(auth.uid()))
  where auth.uid() is not null;
  return null;
end
$$;
comment on function campaign_private.await_suppressions() is
  'Lets no suppression of the caller''s be added while contacts are.';

create function campaign_private.await_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(campaign_private.suppression_lock(auth.uid()))
  where auth.uid() is not null;
  return null;
end
$$;
comment on function campaign_private.await_contacts() is
  'Lets no contact of the caller''s be added while a suppression is lifted.';

create function campaign_private.suppress_contact()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  new.suppressed_at := campaign_private.is_suppressed_since(new.user_id, new.email);
  return new;
end
$$;
comment on function campaign_private.suppress_contact() is
  'Whatever somebody writes into suppressed_at, what is stored is what the suppressions say.';

create function campaign_private.suppress_added_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  hit record;
begin
  -- Once for a statement: most owners have no suppressions, and imports are large.
  if not exists (
    select from (select distinct a.user_id from added as a) as o
    where exists (select from public.suppressions as s where s.user_id = o.user_id)
  ) then
    return null;
  end if;
  -- One by one, and not as a join: each address and each contact is looked up, however many
  -- there are, and whatever the planner knew of them when this was planned.
  for hit in
    select a.user_id, a.id, a.since
    from (
      select h.user_id, h.id, (
        select s.since from public.suppressions as s
        where s.user_id = h.user_id and s.address = h.address
      ) as since
      from (
        select a.user_id, a.id, campaign_private.hash_address(a.email, k) as address
        from added as a join campaign_private.address_keys as k on k.user_id = a.user_id
        offset 0
      ) as h
    ) as a
    where a.since is not null
  loop
    update public.contacts as c set suppressed_at = hit.since
    where c.user_id = hit.user_id and c.id = hit.id;
  end loop;
  return null;
end
$$;
comment on function campaign_private.suppress_added_contacts() is
  'Marks those of one statement''s new contacts whose address is suppressed.';

create function campaign_private.lift_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  owner uuid;
begin
  for owner in select distinct l.user_id from lifted as l loop
    -- With an account everything goes; who deletes it may do nothing else here.
    if has_table_privilege('auth.users', 'select') then
      continue when not exists (select from auth.users as u where u.id = owner);
    end if;
    update public.contacts as c set suppressed_at = null
    where c.user_id = owner and c.suppressed_at is not null
      and campaign_private.is_suppressed_since(c.user_id, c.email) is null;
  end loop;
  return null;
end
$$;
comment on function campaign_private.lift_contacts() is
  'Once a suppression is gone, its contact may be written to again.';

create function campaign_private.remember_deleted_contacts()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  gone record;
begin
  for gone in
    select d.user_id as owner, array_agg(d.email) as emails
    from deleted as d where d.unsubscribed_at is not null group by d.user_id
  loop
    -- What goes with its account leaves no memory behind; who deletes that may do nothing
    -- else here. Whoever can't look acts for themselves, and so has an account.
    if has_table_privilege('auth.users', 'select') then
      continue when not exists (select from auth.users as u where u.id = gone.owner);
    end if;
    perform campaign_private.store_suppressions(gone.owner, gone.emails, 'unsubscribed', 'contact');
  end loop;
  return null;
end
$$;
comment on function campaign_private.remember_deleted_contacts() is
  'Whoever unsubscribed and is deleted stays out: their address is suppressed.';

create function campaign_private.remember_former_address()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  perform campaign_private.store_suppressions(
    old.user_id, array[old.email], 'unsubscribed', 'contact'
  );
  return null;
end
$$;
comment on function campaign_private.remember_former_address() is
  'Whoever unsubscribed and gets another address stays out under the former one as well.';

create trigger await_suppressions before insert or update of email on public.contacts
  for each statement execute function campaign_private.await_suppressions();
-- By name after normalize_contact: the address is in its stored form.
create trigger suppress_contact before insert on public.contacts
  for each row when (new.suppressed_at is not null)
  execute function campaign_private.suppress_contact();
create trigger suppress_changed_contact before update on public.contacts
  for each row when (
    old.suppressed_at is distinct from new.suppressed_at or old.email is distinct from new.email
  )
  execute function campaign_private.suppress_contact();
create trigger suppress_added_contacts after insert on public.contacts
  referencing new table as added
  for each statement execute function campaign_private.suppress_added_contacts();
create trigger remember_deleted_contacts after delete on public.contacts
  referencing old table as deleted
  for each statement execute function campaign_private.remember_deleted_contacts();
create trigger remember_former_address after update on public.contacts
  for each row when (old.email is distinct from new.email and old.unsubscribed_at is not null)
  execute function campaign_private.remember_former_address();
create trigger await_contacts before delete on public.suppressions
  for each statement execute function campaign_private.await_contacts();
create trigger lift_contacts after delete on public.suppressions
  referencing old table as lifted
  for each statement execute function campaign_private.lift_contacts();

revoke execute on function
  campaign_private.await_suppressions(), campaign_private.await_contacts(),
  campaign_private.suppress_contact(), campaign_private.suppress_added_contacts(),
  campaign_private.lift_contacts(), campaign_private.remember_deleted_contacts(),
  campaign_private.remember_former_address()
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.await_suppressions(), campaign_private.await_contacts(),
  campaign_private.suppress_contact(), campaign_private.suppress_added_contacts(),
  campaign_private.lift_contacts(), campaign_private.remember_deleted_contacts(),
  campaign_private.remember_former_address()
  to authenticated, service_role;
