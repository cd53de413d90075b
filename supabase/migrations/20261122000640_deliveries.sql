-- Deliveries: who is written to is frozen by the launch, and what became of it is appended.
--
-- A row for each member, taken through its states by updates, is the obvious design and
-- takes five times as long. So members stand in arrays of up to 1,000, in order; `begun`
-- says how far a sender has begun with one; and only an outcome is a row. Whoever is
-- within `begun` and has no outcome is in flight; whoever is beyond it and has none waits.
-- The counts in campaign_batches are kept by triggers in the transaction of each outcome,
-- so that all states add up to the audience at every instant.
--
-- Both tables refer to the campaign alone, and triggers see to it that the owner is the
-- campaign's: an index on (user_id, campaign_id) beside the keys would be the one that the
-- planner takes, as long as it has no statistics, and each look at a member would read all.

create table public.campaign_batches (
  campaign_id uuid not null,
  batch integer not null,
  user_id uuid not null default auth.uid(),
  variant text,
  held_out boolean not null default false,
  timezone text,
  not_before timestamptz,
  contact_ids uuid[] not null,
  size integer not null generated always as (cardinality(contact_ids)) stored,
  begun integer not null default 0,
  ahead integer not null default 0,
  sent integer not null default 0,
  failed integer not null default 0,
  skipped integer not null default 0,
  unknown integer not null default 0,
  in_flight integer not null
    generated always as (begun - (sent + failed + skipped + unknown - ahead)) stored,
  pending integer not null generated always as (cardinality(contact_ids) - begun - ahead) stored,
  lease uuid,
  leased_until timestamptz,
  claims integer not null default 0,
  constraint campaign_batches_pkey primary key (campaign_id, batch),
  constraint campaign_batches_campaign_id_fkey foreign key (campaign_id)
    references public.campaigns (id) on delete cascade,
  constraint campaign_batches_members check (
    size between 1 and 1000 and array_ndims(contact_ids) = 1 and array_lower(contact_ids, 1) = 1
    and array_position(contact_ids, null) is null
  ),
  constraint campaign_batches_counts check (
    least(begun, ahead, sent, failed, skipped, unknown, claims) >= 0
    and ahead <= sent + failed + skipped + unknown
    -- in_flight and pending
    and sent + failed + skipped + unknown - ahead <= begun
    and begun + ahead <= cardinality(contact_ids)
  ),
  constraint campaign_batches_lease_whole check ((lease is null) = (leased_until is null)),
  constraint campaign_batches_held_out check (not held_out or begun = 0)
)
-- Counts and leases change all the time, and aren't in an index: let them stay on their page.
with (fillfactor = 60);
comment on table public.campaign_batches is
  'The members of launched campaigns, frozen: up to 1,000 in a row, in the order of their ids.';
comment on column public.campaign_batches.variant is 'Which variant of the campaign they get; null if it has none.';
comment on column public.campaign_batches.held_out is 'Members for comparison only: never handed over.';
comment on column public.campaign_batches.timezone is
  'The time zone of their quiet hours; null for the campaign''s.';
comment on column public.campaign_batches.not_before is 'Not to be handed over before; null for at once.';
comment on column public.campaign_batches.size is 'How many members there are.';
comment on column public.campaign_batches.begun is
  'With how many of them a sender has begun, from the first on: noted before each request to a vendor. It goes back only with doubts that are to be tried again.';
comment on column public.campaign_batches.ahead is 'How many beyond begun have an outcome already.';
comment on column public.campaign_batches.in_flight is 'How many were begun with and have no outcome yet.';
comment on column public.campaign_batches.pending is 'How many still wait.';
comment on column public.campaign_batches.lease is 'Who works on it: a name that each claim makes anew; null for nobody.';
comment on column public.campaign_batches.leased_until is 'When the lease is over unless another part is begun before.';
comment on column public.campaign_batches.claims is 'How often it was claimed.';

create table public.campaign_deliveries (
  campaign_id uuid not null,
  contact_id uuid not null,
  user_id uuid not null default auth.uid(),
  batch integer not null,
  variant text,
  outcome text not null,
  reason text,
  provider_id text,
  at timestamptz not null default now(),
  constraint campaign_deliveries_pkey primary key (campaign_id, contact_id),
  constraint campaign_deliveries_campaign_id_fkey foreign key (campaign_id)
    references public.campaigns (id) on delete cascade,
  constraint campaign_deliveries_outcome_known check (
    outcome in ('sent', 'failed', 'skipped', 'unknown')
  ),
  constraint campaign_deliveries_reason_length check (length(reason) between 1 and 500),
  constraint campaign_deliveries_reason_given check (outcome = 'sent' or reason is not null),
  constraint campaign_deliveries_provider_id_length check (length(provider_id) between 1 and 500),
  constraint campaign_deliveries_at_plausible check (
    at between '2000-01-01 00:00:00+00' and '9999-12-30 00:00:00+00'
  )
);
create index campaign_deliveries_contact_id_index
  on public.campaign_deliveries (user_id, contact_id, at);
create index campaign_deliveries_provider_id_index
  on public.campaign_deliveries (user_id, provider_id) where provider_id is not null;
comment on table public.campaign_deliveries is
  'What became of each member of a campaign: at most one row each, so that nobody gets two.';
comment on column public.campaign_deliveries.contact_id is
  'The member. No foreign key: what was sent stays known when a contact is deleted.';
comment on column public.campaign_deliveries.outcome is
  'sent: a vendor took it; failed: a vendor refused it, or there was no message; skipped: it was never handed over; unknown: it may have been.';
comment on column public.campaign_deliveries.reason is 'Why, unless it was sent; of what was sent, that it bounced.';
comment on column public.campaign_deliveries.provider_id is 'The vendor''s own name for the message.';
comment on column public.campaign_deliveries.at is 'When the outcome was noted.';

alter table public.campaign_batches enable row level security;
alter table public.campaign_batches force row level security;
revoke all on public.campaign_batches from public, anon, authenticated, service_role;
-- Nobody deletes a batch, and there is nothing to change but how far it is and whose.
grant select, insert on public.campaign_batches to authenticated, service_role;
grant update (begun, ahead, sent, failed, skipped, unknown, lease, leased_until, claims)
  on public.campaign_batches to authenticated, service_role;
create policy "Owners read the batches of their campaigns" on public.campaign_batches
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Only a freeze adds batches" on public.campaign_batches
  for insert to authenticated
  with check (pg_trigger_depth() > 0 and user_id = (select auth.uid()));
create policy "Owners work on the batches of their campaigns" on public.campaign_batches
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

alter table public.campaign_deliveries enable row level security;
alter table public.campaign_deliveries force row level security;
revoke all on public.campaign_deliveries from public, anon, authenticated, service_role;
grant select, insert, delete on public.campaign_deliveries to authenticated, service_role;
grant update (outcome, reason, provider_id, at)
  on public.campaign_deliveries to authenticated, service_role;
create policy "Owners read the deliveries of their campaigns" on public.campaign_deliveries
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add deliveries to their campaigns" on public.campaign_deliveries
  for insert to authenticated with check (
    user_id = (select auth.uid())
    -- The foreign key says so too, but later than the primary key, which would tell whether
    -- another owner's campaign has a delivery to that contact. By its key: of a list, each
    -- statement would read all of the owner's campaigns.
    and exists (
      select from public.campaigns as c
      where c.id = campaign_deliveries.campaign_id and c.user_id = (select auth.uid())
    )
  );
create policy "Owners change the outcomes of their campaigns" on public.campaign_deliveries
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners take back the doubts of their campaigns" on public.campaign_deliveries
  for delete to authenticated using (user_id = (select auth.uid()));


-- what is known -----------------------------------------------------------------------------

create type public.delivery_counts as (
  audience_size integer, pending bigint, in_flight bigint, sent bigint, failed bigint,
  skipped bigint, unknown bigint, held_out bigint, frozen boolean, next_due timestamptz
);
comment on type public.delivery_counts is
  'How far a campaign is: pending, in_flight, sent, failed, skipped, unknown and held_out add up to audience_size; next_due is when the next of those that wait for their hour are due.';

create function public.delivery_status(campaign_id uuid)
returns setof public.delivery_counts
language sql
stable
security invoker
rows 1
set search_path = ''
as $$
  -- One statement is one snapshot.
  select c.audience_size, b.pending, b.in_flight, b.sent, b.failed, b.skipped, b.unknown, b.held_out,
    c.frozen_at is not null, b.next_due
  from public.campaigns as c, lateral (
    select coalesce(sum(b.pending) filter (where not b.held_out), 0) as pending,
      coalesce(sum(b.in_flight), 0) as in_flight,
      coalesce(sum(b.sent), 0) as sent, coalesce(sum(b.failed), 0) as failed,
      coalesce(sum(b.skipped), 0) as skipped, coalesce(sum(b.unknown), 0) as unknown,
      coalesce(sum(b.size) filter (where b.held_out), 0) as held_out,
      min(b.not_before) filter (where b.begun < b.size and b.not_before > now()) as next_due
    from public.campaign_batches as b where b.campaign_id = c.id
  ) as b
  where c.id = delivery_status.campaign_id and c.launched_at is not null
$$;
comment on function public.delivery_status(uuid) is
  'How far a launched campaign is, in one snapshot; no row if it isn''t launched, or isn''t the caller''s.';

create type public.campaign_member as (batch integer, place integer, contact json);
comment on type public.campaign_member is 'A frozen member: its batch, its place in it, and the contact as it is now.';

create function public.campaign_members(
  campaign_id uuid, after uuid default null, from_batch integer default null, page integer default 1000
) returns setof public.campaign_member
language plpgsql
stable
security invoker
set search_path = ''
set enable_seqscan = off set jit = off
as $$
declare
  held public.campaign_batches;
  members uuid[];
  done integer;
  left_over integer := page;
  given integer;
begin
  if after is not null and from_batch is null then
    select b.batch into from_batch from public.campaign_batches as b
    where b.campaign_id = campaign_members.campaign_id and after = any (b.contact_ids);
    if not found then
      raise exception using errcode = '22023', detail = 'after',
        message = 'isn''t a member of this campaign';
    end if;
  end if;
  for held in
    select * from public.campaign_batches as b
    where b.campaign_id = campaign_members.campaign_id and not b.held_out
      and b.batch >= coalesce(from_batch, 0)
    order by b.batch
  loop
    members := held.contact_ids;
    done := case when held.batch = from_batch then width_bucket(after, members) else 0 end;
    return query
    select held.batch, width_bucket(c.id, members), to_json(c)
    from public.contacts as c
    where c.user_id = held.user_id and c.id = any (members[done + 1 :])
      and c.unsubscribed_at is null and c.suppressed_at is null
    order by c.id limit left_over;
    get diagnostics given = row_count;
    left_over := left_over - given;
    exit when left_over <= 0;
  end loop;
end
$$;
comment on function public.campaign_members is
  'The frozen members of a campaign who may still be written to, in their order: one page after a contact (which is faster with its batch).';

revoke execute on function
  public.delivery_status(uuid),
  public.campaign_members(uuid, uuid, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function
  public.delivery_status(uuid),
  public.campaign_members(uuid, uuid, integer, integer)
  to authenticated;
