-- Chapter 10b. Visits: what people, and machines, do with links; and how they unsubscribe.
--
-- The functions granted to anon here run with their owner's rights, because whoever opens a
-- link is nobody to the database: the token is the proof, and is read before anything else.

-- noting what happened ----------------------------------------------------------------

create function campaign_private.label_visit(
  visit campaign_private.link, at timestamptz, actor text, rule text
)
returns text[]
language sql
stable
security invoker
set search_path = ''
return case
  when actor in ('machine', 'proxy') then array[actor, rule]
  when exists (
    select from public.campaign_deliveries as d
    where d.campaign_id = visit.campaign_id and d.contact_id = visit.contact_id
      and d.outcome = 'sent' and label_visit.at < d.at + interval '3 seconds'
  ) then array['machine', 'within 3 s of the hand-over']
  else array[actor, rule]
end;
comment on function campaign_private.label_visit is
  'Who made a visit, and by which rule: what the function saw, or that nobody can be so fast.';

create function campaign_private.label_burst(visit campaign_private.link, at timestamptz)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  with hits as materialized (
    select e.event_id, e.occurred_at, e.link from public.campaign_events as e
    where e.user_id = visit.owner and e.contact_id = visit.contact_id
      and e.campaign_id = visit.campaign_id and e.type = 'click' and e.event_id like 't/%'
      and e.occurred_at between label_burst.at - interval '2 seconds'
        and label_burst.at + interval '2 seconds'
  ),
  bursts as (
    select h.occurred_at as first from hits as h
    where visit.links <= (
      select count(distinct o.link) from hits as o
      where o.occurred_at between h.occurred_at and h.occurred_at + interval '2 seconds'
    )
  )
  update public.campaign_events as e
  set actor = 'machine', actor_rule = 'every link within 2 s'
  from hits as h, bursts as b
  where e.user_id = visit.owner and e.campaign_id = visit.campaign_id and e.event_id = h.event_id
    and h.occurred_at between b.first and b.first + interval '2 seconds'
    and e.actor not in ('machine', 'proxy');
end
$$;
comment on function campaign_private.label_burst is
  'Labels the clicks of one contact that took every link of a message within two seconds: a scanner''s.';

create function campaign_private.store_visit(
  visit campaign_private.link, at timestamptz, label text[]
)
returns boolean
language plpgsql
security invoker
set search_path = ''
as $$
declare
  -- A machine's visit must not stand for the person's, or another machine's, that follows
  -- within the same bucket.
  suffix constant text := case when label[1] in ('machine', 'proxy')
    then '/' || left(encode(sha256(convert_to(label[1] || coalesce(label[2], ''), 'UTF8')), 'hex'), 8)
    else '' end;
  event_name constant text := 't/' || visit.contact_id || case visit.kind
    when 'click' then '/' || left(encode(sha256(convert_to(visit.url, 'UTF8')), 'hex'), 16)
      || '/' || floor(extract(epoch from store_visit.at) / 10)
    else '/open/' || floor(extract(epoch from store_visit.at) / 3600)
  end || suffix;
begin
  insert into public.campaign_events (
    campaign_id, event_id, user_id, contact_id, type, occurred_at, actor, actor_rule, link
  )
  select c.id, event_name, c.user_id, p.id,
    case visit.kind when 'click' then 'click' else 'impression' end,
    store_visit.at, label[1], label[2], visit.url
  from public.campaigns as c
  left join public.contacts as p on p.user_id = c.user_id and p.id = visit.contact_id
  where c.id = visit.campaign_id and c.user_id = visit.owner
  on conflict do nothing;
  return found;
end
$$;
comment on function campaign_private.store_visit is
  'Stores a visit as an event, once for each ten seconds (clicks) or hour (opens); tells whether it is new.';

create function public.note_visit(token text, at timestamptz, actor text, rule text)
returns boolean
language plpgsql
-- Called by whoever has a link, as anon: what it may do is what the link proves.
security definer
set search_path = ''
as $$
declare
  visit constant campaign_private.link := campaign_private.read_link(token);
  -- A function's clock is about ours; an answer that was lost is asked for again soon.
  moment constant timestamptz := least(greatest(at, now() - interval '10 minutes'), clock_timestamp());
  label text[];
begin
  if visit.kind is null or visit.kind = 'unsubscribe' then
    return false;
  end if;
  label := campaign_private.label_visit(
    visit, moment,
    case when actor in ('human', 'proxy', 'machine') then actor else 'unknown' end,
    nullif(left(rule, 100), '')
  );
  if visit.kind = 'click' and visit.links > 1 then
    -- Hits that arrive together wouldn't see each other.
    perform pg_advisory_xact_lock(hashtextextended(visit.campaign_id || '/' || visit.contact_id, 0));
  end if;
  if campaign_private.store_visit(visit, moment, label) and visit.kind = 'click' and visit.links > 1 then
    perform campaign_private.label_burst(visit, moment);
  end if;
  return true;
end
$$;
comment on function public.note_visit(text, timestamptz, text, text) is
  'Notes that a signed link was opened or a pixel loaded; false if the link isn''t valid (any more). For anon: the token is the proof.';

-- unsubscribing -----------------------------------------------------------------------

create function public.unsubscribe_by_link(token text)
returns boolean
language plpgsql
-- Called by mail programs, as anon: what it may do is what the link proves.
security definer
set search_path = ''
as $$
declare
  visit constant campaign_private.link := campaign_private.read_link(token);
begin
  if visit.kind is distinct from 'unsubscribe' then
    return false;
  end if;
  update public.contacts as p set unsubscribed_at = now()
  where p.user_id = visit.owner and p.id = visit.contact_id and p.unsubscribed_at is null;
  insert into public.campaign_events (
    campaign_id, event_id, user_id, contact_id, type, occurred_at, actor
  )
  select c.id, 't/' || visit.contact_id || '/unsubscribe', c.user_id, p.id, 'unsubscribed', now(), 'human'
  from public.campaigns as c
  left join public.contacts as p on p.user_id = c.user_id and p.id = visit.contact_id
  where c.id = visit.campaign_id and c.user_id = visit.owner
  on conflict do nothing;
  return true;
end
$$;
comment on function public.unsubscribe_by_link(text) is
  'Unsubscribes the contact of a signed unsubscribe link, once; false if the link isn''t valid (any more). For anon: the token is the proof.';

create table public.link_settings (
  user_id uuid primary key default auth.uid() references auth.users (id) on delete cascade,
  unsubscribe_page text,
  updated_at timestamptz not null default now(),
  constraint link_settings_unsubscribe_page_is_an_address check (
    unsubscribe_page ~ '^https?://[^/?#\s\\]' and unsubscribe_page !~ '[[:cntrl:]\s]'
    and octet_length(unsubscribe_page) <= 2048
  )
);
comment on table public.link_settings is 'What an owner wants of links: at most one row each.';
comment on column public.link_settings.unsubscribe_page is
  'Where whoever opens an unsubscribe link in a browser is sent; {token} in it becomes the link''s token. Null: a few words in plain text.';
alter table public.link_settings enable row level security;
alter table public.link_settings force row level security;
revoke all on public.link_settings from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.link_settings to authenticated, service_role;
create policy "Owners read their settings of links" on public.link_settings
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add settings of links of their own" on public.link_settings
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their settings of links" on public.link_settings
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their settings of links" on public.link_settings
  for delete to authenticated using (user_id = (select auth.uid()));
create trigger touch_updated_at before update on public.link_settings
  for each row execute function campaign_private.touch_updated_at();

create function public.set_unsubscribe_page(page text)
returns public.link_settings
language sql
security invoker
set search_path = ''
as $$
  insert into public.link_settings as s (unsubscribe_page) values (set_unsubscribe_page.page)
  on conflict (user_id) do update set unsubscribe_page = excluded.unsubscribe_page
  returning s.*
$$;
comment on function public.set_unsubscribe_page(text) is
  'Sets where browsers with an unsubscribe link of the caller''s are sent; null for a few words in plain text.';

create function public.unsubscribe_page(token text)
returns text
language plpgsql
stable
-- Called by browsers, as anon: it tells one setting of the owner whose link it is.
security definer
set search_path = ''
as $$
declare
  visit constant campaign_private.link := campaign_private.read_link(token);
begin
  if visit.kind is distinct from 'unsubscribe' then
    return null;
  end if;
  return coalesce(
    (
      select replace(s.unsubscribe_page, '{token}', token)
      from public.link_settings as s where s.user_id = visit.owner
    ), ''
  );
end
$$;
comment on function public.unsubscribe_page(text) is
  'Where a browser with this unsubscribe link is sent; empty if its owner has no such page, null if the link isn''t valid. For anon.';

-- Functions are open to all roles by default.
revoke execute on function
  campaign_private.label_visit(campaign_private.link, timestamptz, text, text),
  campaign_private.label_burst(campaign_private.link, timestamptz),
  campaign_private.store_visit(campaign_private.link, timestamptz, text[]),
  public.note_visit(text, timestamptz, text, text),
  public.unsubscribe_by_link(text), public.unsubscribe_page(text),
  public.set_unsubscribe_page(text)
  from public, anon, authenticated, service_role;
grant execute on function
  public.note_visit(text, timestamptz, text, text),
  public.unsubscribe_by_link(text), public.unsubscribe_page(text)
  to anon;
grant execute on function public.set_unsubscribe_page(text) to authenticated;
