-- Chapter 2. Contacts: the people who can receive a campaign.

create table public.contacts (
  -- Random, but for its first eight digits, which are drawn four thousand times a second: what
  -- an import writes lies side by side in both indexes, and is read together later.
  id uuid primary key default (
    lpad(to_hex(hashtext(
      pg_backend_pid() || '/' || floor(date_part('epoch', clock_timestamp()) * 4000)
    )), 8, '0') || substr(gen_random_uuid()::text, 9)
  )::uuid,
  -- Refers to auth.users, as chapter 7 says.
  user_id uuid not null default auth.uid(),
  email text not null,
  phone text,
  attributes jsonb not null default '{}',
  unsubscribed_at timestamptz,
  suppressed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contacts_email_unique unique (user_id, email),
  -- What campaign_events points at: an event can't name another owner's contact.
  constraint contacts_owner_unique unique (user_id, id),
  -- Nearly all addresses are like the first pattern, which costs a tenth of what follows it.
  constraint contacts_email_normalized check (
    email ~ '^[a-z0-9][a-z0-9._%+-]*@([a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]$'
    or email = campaign_private.normalize_email(email)
  ),
  constraint contacts_email_shape check (
    length(email) <= 254 and (
      email ~ '^[a-z0-9][a-z0-9._%+-]*@([a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]$'
      or email ~ (
        '^[^@\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0022\u003a-\u003c\u003e\u005b-\u005d]+'
        '@[^\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0021-\u002c\u002e\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e\u00ab\u00b4\u00bb\u2018-\u201f\u2039\u203a\u3001\u3008-\u3011]+'
        '(\.[^\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0021-\u002c\u002e\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e\u00ab\u00b4\u00bb\u2018-\u201f\u2039\u203a\u3001\u3008-\u3011]+)+$'
      )
    )
  ),
  constraint contacts_phone_length check (length(phone) between 1 and 64),
  constraint contacts_attributes_object check (jsonb_typeof(attributes) = 'object'),
  constraint contacts_attributes_size check (octet_length(attributes::text) <= 65536),
  -- What no JSON parser reads back makes the whole page that it is on unreadable.
  constraint contacts_attributes_readable check (
    not attributes @? 'strict $.**{101}'
    and not attributes @? 'strict $.** ? (@ > 1.7976931348623157e308 || @ < -1.7976931348623157e308)'
  ),
  -- The years that Python and JavaScript know.
  constraint contacts_dates_readable check (
    least(created_at, updated_at, unsubscribed_at) >= '0001-01-02 00:00:00+00'
    and greatest(created_at, updated_at, unsubscribed_at) <= '9999-12-30 00:00:00+00'
  )
);
comment on table public.contacts is
  'The people who can receive a campaign. Whoever unsubscribed stays a contact and leaves every audience.';
comment on column public.contacts.email is 'Trimmed, NFC, lower-case; unique for its owner.';
comment on column public.contacts.attributes is
  'What is known about the contact: a JSON object, at most 64 kB; what rules and placeholders refer to.';
comment on column public.contacts.unsubscribed_at is
  'Since when the contact wants no more messages; null for a subscriber.';
comment on column public.contacts.suppressed_at is
  'Since when the contact''s address is suppressed; null if it isn''t. Kept by the chapter of suppressions.';
-- An upsert gives these as the reasons why it refuses a contact.
comment on constraint contacts_email_normalized on public.contacts is
  'email: must be trimmed, NFC and lower-case';
comment on constraint contacts_email_shape on public.contacts is
  'email: isn''t an e-mail address';
comment on constraint contacts_phone_length on public.contacts is
  'phone: must have 1 to 64 characters';
comment on constraint contacts_attributes_object on public.contacts is
  'attributes: must be an object';
comment on constraint contacts_attributes_size on public.contacts is
  'attributes: must not exceed 64 kB';
comment on constraint contacts_attributes_readable on public.contacts is
  'attributes: holds a number or a depth that JSON lacks';
comment on constraint contacts_dates_readable on public.contacts is
  'unsubscribed_at: must lie within the years 1 to 9999';

-- Few rows are in it: those that a lifted suppression may bring back.
create index contacts_suppressed_index on public.contacts (user_id) where suppressed_at is not null;

alter table public.contacts enable row level security;
alter table public.contacts force row level security;
revoke all on public.contacts from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.contacts to service_role;
grant select, delete on public.contacts to authenticated;
-- An id of the caller's choosing would tell, by a collision, whether somebody else has it.
grant insert (user_id, email, phone, attributes, unsubscribed_at, suppressed_at),
  -- What is written into suppressed_at doesn't matter: a trigger has the last word.
  update (email, phone, attributes, unsubscribed_at, suppressed_at)
  on public.contacts to authenticated;
-- The planner's statistics are of everybody's rows, and its estimates can be asked for.
alter table public.contacts
  alter column email set statistics 0, alter column phone set statistics 0;
create policy "Owners read their contacts" on public.contacts
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add contacts of their own" on public.contacts
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their contacts and keep them" on public.contacts
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their contacts" on public.contacts
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.normalize_contact()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  new.email := campaign_private.normalize_email(new.email);
  return new;
end
$$;
comment on function campaign_private.normalize_contact() is
  'Stores an address in its one form, whoever writes it.';

create trigger normalize_contact before insert or update of email on public.contacts
  -- The one form already, as nearly all are: an import writes thousands of them.
  for each row when (new.email !~ '^[a-z0-9][a-z0-9._%+-]*@([a-z0-9_-]+\.)+[a-z0-9_-]*[a-z0-9]$')
  execute function campaign_private.normalize_contact();
create trigger touch_updated_at before update on public.contacts
  for each row execute function campaign_private.touch_updated_at();

create function public.update_contact(contact_id uuid, changes jsonb)
returns setof public.contacts
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return query
  update public.contacts as c set
    email = case when changes ? 'email' then changes ->> 'email' else c.email end,
    phone = case when changes ? 'phone' then changes ->> 'phone' else c.phone end,
    attributes = campaign_private.merge_attributes(
      c.attributes, coalesce(changes -> 'attributes', '{}')
    ),
    unsubscribed_at = case
      when changes ? 'unsubscribed_at' then (changes ->> 'unsubscribed_at')::timestamptz
      else c.unsubscribed_at
    end
  where c.id = contact_id
  returning c.*;
end
$$;
comment on function public.update_contact(uuid, jsonb) is
  'Changes what is given of one contact, merging attributes name by name; no row if it isn''t the caller''s.';

create function public.find_contact(email text)
returns setof public.contacts
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return query
  select c.* from public.contacts as c
  where c.user_id = (select auth.uid())
    and c.email = campaign_private.normalize_email(find_contact.email);
end
$$;
comment on function public.find_contact(text) is
  'The caller''s contact with this address, if there is one. A function, because a filter would stand in the request''s URL, and those are logged everywhere.';

create function public.unsubscribe_contact(contact_id uuid)
returns setof public.contacts
language plpgsql
security invoker
set search_path = ''
as $$
begin
  return query
  update public.contacts as c set unsubscribed_at = coalesce(c.unsubscribed_at, now())
  where c.id = contact_id
  returning c.*;
end
$$;
comment on function public.unsubscribe_contact(uuid) is
  'Takes a contact out of every audience; the first date stands. No row if it isn''t the caller''s.';

revoke execute on function
  campaign_private.normalize_contact(), public.update_contact(uuid, jsonb),
  public.find_contact(text), public.unsubscribe_contact(uuid)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.normalize_contact() to authenticated, service_role;
grant execute on function
  public.update_contact(uuid, jsonb), public.find_contact(text), public.unsubscribe_contact(uuid)
  to authenticated;
