-- Chapter 6a. Status history: every move that exists, and every one that was made.

create table campaign_private.campaign_moves (
  move text not null,
  from_status text not null,
  to_status text not null,
  primary key (move, from_status),
  unique (from_status, to_status)
);
comment on table campaign_private.campaign_moves is
  'The status machine as data: every move that exists. What isn''t here is illegal.';
insert into campaign_private.campaign_moves (move, from_status, to_status) values
  ('schedule', 'draft', 'scheduled'),
  ('schedule', 'scheduled', 'scheduled'),
  ('unschedule', 'scheduled', 'draft'),
  ('launch', 'draft', 'active'),
  ('launch', 'scheduled', 'active'),
  ('pause', 'active', 'paused'),
  ('resume', 'paused', 'active'),
  ('complete', 'active', 'completed'),
  ('complete', 'paused', 'completed'),
  ('archive', 'draft', 'archived'),
  ('archive', 'completed', 'archived');
alter table campaign_private.campaign_moves enable row level security;
create policy "Everyone signed in may read the status machine" on campaign_private.campaign_moves
  for select to authenticated using (true);
revoke all on campaign_private.campaign_moves from public, anon;
grant select on campaign_private.campaign_moves to authenticated, service_role;

create table public.campaign_status_history (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid(),
  campaign_id uuid not null,
  from_status text not null,
  to_status text not null,
  changed_at timestamptz not null default now(),
  changed_by uuid default auth.uid(),
  constraint campaign_status_history_campaign_id_fkey foreign key (user_id, campaign_id)
    references public.campaigns (user_id, id) on delete cascade
);
-- The owner first: nobody's reading passes by the rows of others.
create index campaign_status_history_campaign_id_index
  on public.campaign_status_history (user_id, campaign_id, id);
comment on table public.campaign_status_history is
  'Every move that a campaign made: append-only, written by a trigger.';
comment on column public.campaign_status_history.changed_by is
  'Who moved it: a user''s id, or null for a job of the database.';

alter table public.campaign_status_history enable row level security;
alter table public.campaign_status_history force row level security;
revoke all on public.campaign_status_history from public, anon, authenticated, service_role;
revoke all on sequence public.campaign_status_history_id_seq
  from public, anon, authenticated, service_role;
grant select, insert on public.campaign_status_history to service_role;
grant select on public.campaign_status_history to authenticated;
grant insert (user_id, campaign_id, from_status, to_status)
  on public.campaign_status_history to authenticated;
alter table public.campaign_status_history alter column user_id set (n_distinct = -0.001);
create policy "Owners read the history of their campaigns" on public.campaign_status_history
  for select to authenticated
  using (user_id = (select auth.uid()));
-- The trigger runs as its caller, who therefore needs the privilege; the depth keeps
-- everybody from writing history by hand.
create policy "Only the trigger adds to the history" on public.campaign_status_history
  for insert to authenticated
  with check (pg_trigger_depth() > 0 and user_id = (select auth.uid()));

create function campaign_private.record_move()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  insert into public.campaign_status_history (user_id, campaign_id, from_status, to_status)
  values (new.user_id, new.id, old.status, new.status);
  return null;
end
$$;
comment on function campaign_private.record_move() is 'Writes the history.';

create function campaign_private.fit_history()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  before constant text := coalesce(
    (select h.to_status from public.campaign_status_history as h
     where h.user_id = new.user_id and h.campaign_id = new.campaign_id and h.id < new.id
     order by h.id desc limit 1),
    'draft'
  );
  now_is constant text := (select c.status from public.campaigns as c where c.id = new.campaign_id);
begin
  if (new.from_status, new.to_status) is distinct from (before, now_is) or not exists (
    select from campaign_private.campaign_moves as m
    where m.from_status = new.from_status and m.to_status = new.to_status
  ) then
    raise exception using errcode = 'CMP01', detail = 'status',
      message = format('a campaign that was %s and is %s has no history from %s to %s',
        before, now_is, new.from_status, new.to_status);
  end if;
  return null;
end
$$;
comment on function campaign_private.fit_history() is
  'A line of history begins where the one before it ended, is a move that exists, and ends where the campaign stands.';

revoke execute on function
  campaign_private.record_move(), campaign_private.fit_history()
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.record_move(), campaign_private.fit_history()
  to authenticated, service_role;

create trigger fit_history after insert on public.campaign_status_history
  for each row execute function campaign_private.fit_history();
create trigger record_move after update on public.campaigns
  for each row when (old.status is distinct from new.status)
  execute function campaign_private.record_move();
