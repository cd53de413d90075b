-- Chapter 6. Campaigns: a message for an audience, and the machine of its status.

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

create table public.campaigns (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  description text,
  message text,
  subject text,
  preheader text,
  html text,
  channel text not null default 'email',
  rules jsonb,
  status text not null default 'draft',
  audience_size integer not null default 0,
  segment_id uuid,
  timezone text,
  request_id uuid,
  variants jsonb,
  hold_out numeric not null default 0,
  test_share numeric,
  promoted text,
  scheduled_at timestamptz,
  launched_at timestamptz,
  frozen_at timestamptz,
  frozen_through uuid,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- What a child row points at, so that it can't belong to another owner.
  constraint campaigns_owner_unique unique (user_id, id),
  -- A segment in use stays. With its account it can go: the check comes after all cascades.
  constraint campaigns_segment_id_fkey foreign key (user_id, segment_id)
    references public.audience_segments (user_id, id) on delete no action,
  constraint campaigns_request_unique unique (user_id, request_id),
  constraint campaigns_name_length check (length(btrim(name)) >= 1 and length(name) <= 200),
  constraint campaigns_description_size check (octet_length(description) <= 102400),
  constraint campaigns_message_size check (octet_length(message) <= 102400),
  -- Both become headers, or stand where a header's text does: one line each.
  constraint campaigns_subject_line check (
    length(btrim(subject)) >= 1 and length(subject) <= 998 and subject !~ '[[:cntrl:]]'
  ),
  constraint campaigns_preheader_line check (
    length(btrim(preheader)) >= 1 and length(preheader) <= 998 and preheader !~ '[[:cntrl:]]'
  ),
  constraint campaigns_html_size check (octet_length(html) <= 524288),
  constraint campaigns_channel_known check (channel in ('email', 'sms', 'push', 'whatsapp')),
  constraint campaigns_status_known check (
    status in ('draft', 'scheduled', 'active', 'paused', 'completed', 'archived')
  ),
  constraint campaigns_scheduled_has_date check (
    status <> 'scheduled' or scheduled_at is not null
  ),
  constraint campaigns_variants_shape check (campaign_private.is_variants(variants)),
  constraint campaigns_hold_out_bounded check (
    hold_out between 0 and 0.5 and scale(trim_scale(hold_out)) <= 4
  ),
  constraint campaigns_test_share_bounded check (
    test_share is null or (
      test_share between 0.01 and 0.99 and scale(trim_scale(test_share)) <= 4
      and variants is not null
    )
  ),
  constraint campaigns_promoted_tested check (
    promoted is null or (
      test_share is not null and jsonb_path_exists(
        variants, 'strict $[*] ? (@.name == $name)', jsonb_build_object('name', promoted)
      )
    )
  ),
  constraint campaigns_audience_size_positive check (audience_size >= 0),
  constraint campaigns_timezone_known check (campaign_private.is_timezone(timezone)),
  constraint campaigns_dates_readable check (
    least(created_at, updated_at, scheduled_at) >= '0001-01-02 00:00:00+00'
    and greatest(created_at, updated_at, scheduled_at) <= '9999-12-30 00:00:00+00'
  )
);
create index campaigns_segment_id_index on public.campaigns (user_id, segment_id);
create index campaigns_due_index on public.campaigns (scheduled_at) where status = 'scheduled';
create index campaigns_running_index on public.campaigns (id) where status in ('active', 'paused');
comment on table public.campaigns is
  'A message for an audience. The audience is described by rules or by a segment until the launch freezes it.';
comment on column public.campaigns.message is
  'The text that is sent, with placeholders; beside html, its plain form.';
comment on column public.campaigns.subject is 'The subject of an e-mail, with placeholders: one line.';
comment on column public.campaigns.preheader is
  'What an inbox shows after the subject, with placeholders: one line.';
comment on column public.campaigns.html is 'The message as HTML, with placeholders; at most 512 kB.';
comment on column public.campaigns.channel is 'By which way it is sent: email, sms, push or whatsapp.';
comment on column public.campaigns.request_id is
  'Made by the client: a creation that is repeated, because its answer was lost, finds it taken.';
comment on column public.campaigns.variants is
  'The messages to be compared, [{"name", "weight", "message", "subject", "preheader", "html"}]; what one leaves out is the campaign''s own.';
comment on column public.campaigns.hold_out is
  'The share of the audience that gets nothing, for comparison; in steps of 0.0001.';
comment on column public.campaigns.test_share is
  'The share of the rest that the variants are tested on; the others wait until one is promoted. Null tests on all.';
comment on column public.campaigns.promoted is
  'The variant that a person chose for those who waited; once, and for good.';
comment on column public.campaigns.rules is
  'The audience, if it isn''t a segment''s; after the launch, the rules that were launched. Null means nobody yet.';
comment on column public.campaigns.audience_size is
  'How many contacts the launch froze; before it, whatever estimate the owner stored.';
comment on column public.campaigns.timezone is
  'The IANA time zone of the campaign''s days and relative dates; by default its segment''s, then UTC.';
comment on column public.campaigns.launched_at is
  'When it first became active: the moment at which its rules are evaluated from then on.';

comment on column public.campaigns.frozen_at is
  'When the last of its members was frozen into campaign_batches. Nothing is handed over before.';
comment on column public.campaigns.frozen_through is
  'While the audience is being frozen: the last contact looked at, after whom it goes on.';

alter table public.campaigns enable row level security;
alter table public.campaigns force row level security;
revoke all on public.campaigns from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.campaigns to service_role;
grant select, delete on public.campaigns to authenticated;
grant insert (
    user_id, name, description, message, subject, preheader, html, channel, rules, status,
    audience_size, segment_id, timezone, request_id, variants, hold_out, test_share, scheduled_at
  ),
  update (
    name, description, message, subject, preheader, html, channel, rules, status,
    audience_size, segment_id, timezone, variants, hold_out, test_share, promoted, scheduled_at,
    -- Whoever sets it has the freeze continued; what is stored is when it ended.
    frozen_at
  )
  on public.campaigns to authenticated;
alter table public.campaigns
  alter column name set statistics 0, alter column description set statistics 0,
  alter column message set statistics 0, alter column subject set statistics 0,
  alter column preheader set statistics 0, alter column html set statistics 0,
  alter column user_id set (n_distinct = -0.001);
create policy "Owners read their campaigns" on public.campaigns
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners add campaigns of their own" on public.campaigns
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners change their campaigns and keep them" on public.campaigns
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners delete their campaigns" on public.campaigns
  for delete to authenticated using (user_id = (select auth.uid()));

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

create function campaign_private.begin_campaign()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if new.status is distinct from 'draft' then
    raise exception using errcode = 'CMP01',
      message = format('a campaign begins as a draft, not as %s', new.status),
      detail = 'status';
  end if;
  new.timezone := coalesce(
    new.timezone,
    (select s.timezone from public.audience_segments as s where s.id = new.segment_id),
    'UTC'
  );
  new.launched_at := null;
  new.promoted := null;
  new.frozen_at := null;
  new.frozen_through := null;
  new.completed_at := null;
  return new;
end
$$;
comment on function campaign_private.begin_campaign() is
  'Every campaign begins as a draft, in the time zone of its segment unless told otherwise.';

create function campaign_private.guard_campaign()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if old.launched_at is not null and (
    (new.rules, new.segment_id, new.timezone, new.channel, new.audience_size, new.launched_at,
      new.variants, new.hold_out, new.test_share)
    is distinct from
    (old.rules, old.segment_id, old.timezone, old.channel, old.audience_size, old.launched_at,
      old.variants, old.hold_out, old.test_share)
  ) then
    raise exception using errcode = 'CMP04',
      message = 'the audience, the channel, the variants and the time zone of a campaign are frozen by its launch',
      hint = 'duplicate the campaign, and change the copy';
  end if;
  if (new.message, new.subject, new.preheader, new.html)
      is distinct from (old.message, old.subject, old.preheader, old.html)
    and old.status in ('active', 'completed', 'archived') then
    raise exception using errcode = 'CMP04',
      message = format('the message of a campaign that is %s can''t be changed', old.status),
      hint = 'pause the campaign first, or duplicate it';
  end if;
  if old.launched_at is null then
    new.launched_at := null;
  end if;
  if new.promoted is distinct from old.promoted
    and (old.promoted is not null or old.status not in ('active', 'paused')) then
    raise exception using errcode = 'CMP04', detail = 'promoted',
      message = 'a variant is promoted once, while the campaign is active or paused';
  end if;
  new.completed_at := old.completed_at;
  new.frozen_through := old.frozen_through;
  -- To set it on what is launched and not yet frozen is to ask for more of the freeze.
  if old.launched_at is null or old.frozen_at is not null then
    new.frozen_at := old.frozen_at;
  end if;
  return new;
end
$$;
comment on function campaign_private.guard_campaign() is
  'What a launch froze stays as it was; the moments of the status machine can''t be set by hand.';

create function campaign_private.move_status()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if not exists (
    select from campaign_private.campaign_moves as m
    where m.from_status = old.status and m.to_status = new.status
  ) then
    raise exception using errcode = 'CMP01',
      message = format('a campaign can''t go from %s to %s', old.status, new.status),
      detail = 'status';
  end if;
  if new.status = 'draft' then
    new.scheduled_at := null;
  elsif new.status = 'completed' then
    new.completed_at := now();
  elsif new.status = 'scheduled' or (new.status = 'active' and old.launched_at is null) then
    new := campaign_private.moved_if_ready(old, new);
  end if;
  return new;
end
$$;
comment on function campaign_private.move_status() is
  'Refuses a move that isn''t in campaign_private.campaign_moves (SQLSTATE CMP01), and does what each move entails.';

create function campaign_private.moved_if_ready(before public.campaigns, campaign public.campaigns)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
declare
  moved public.campaigns := campaign;
  code text;
  reason text;
begin
  perform campaign_private.require_launchable(campaign);
  if campaign.status = 'active' then
    moved := campaign_private.freeze_audience(campaign);
  end if;
  delete from public.campaign_failures as f where f.campaign_id = campaign.id;
  return moved;
exception
  when transaction_rollback or lock_not_available then
    raise;
  -- One statement may launch many: what can't be launched stays, and says why.
  when others then
    get stacked diagnostics code = returned_sqlstate, reason = message_text;
    perform campaign_private.note_failure(campaign, campaign.status, code, reason);
    campaign.status := before.status;
    return campaign;
end
$$;
comment on function campaign_private.moved_if_ready(public.campaigns, public.campaigns) is
  'A campaign as its launch or its schedule leaves it. What isn''t ready keeps its status, and campaign_failures says why, so that the other campaigns of the statement go on.';

create function campaign_private.freeze_audience(campaign public.campaigns)
returns public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
begin
  campaign.launched_at := now();
  if campaign.segment_id is not null then
    select s.rules into campaign.rules
    from public.audience_segments as s where s.id = campaign.segment_id;
  end if;
  campaign.audience_size := 0;
  return campaign_private.freeze_members(campaign);
end
$$;
comment on function campaign_private.freeze_audience(public.campaigns) is
  'At the launch: the moment, the rules (a segment''s are copied, so that later edits don''t reach back), and who can be reached.';

create function campaign_private.continue_freeze()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  new.frozen_at := null;
  if old.status in ('active', 'paused') then
    return campaign_private.freeze_members(new);
  end if;
  return new;
end
$$;
comment on function campaign_private.continue_freeze() is
  'Goes on with a freeze that was cut off, whoever asks for it.';

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
revoke execute on function campaign_private.fit_history()
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.fit_history() to authenticated, service_role;
create trigger fit_history after insert on public.campaign_status_history
  for each row execute function campaign_private.fit_history();

-- Triggers of one kind fire by name: the numbers are the order.
create trigger a1_begin_campaign before insert on public.campaigns
  for each row execute function campaign_private.begin_campaign();
create trigger a2_guard_campaign before update on public.campaigns
  for each row execute function campaign_private.guard_campaign();
create trigger a3_check_rules before insert or update of rules on public.campaigns
  for each row execute function campaign_private.check_rules();
create trigger a4_move_status before update on public.campaigns
  for each row when (old.status is distinct from new.status)
  execute function campaign_private.move_status();
create trigger a5_continue_freeze before update of frozen_at on public.campaigns
  for each row when (
    old.launched_at is not null and old.frozen_at is null and new.frozen_at is not null
  ) execute function campaign_private.continue_freeze();
create trigger a6_touch_updated_at before update on public.campaigns
  for each row when (old is distinct from new) execute function campaign_private.touch_updated_at();
create trigger record_move after update on public.campaigns
  for each row when (old.status is distinct from new.status)
  execute function campaign_private.record_move();

create function public.move_campaign(
  campaign_id uuid, move text, expected text default null, scheduled_at timestamptz default null,
  request_id uuid default null
)
returns setof public.campaigns
language plpgsql
security invoker
set search_path = ''
as $$
declare
  seen text := (select c.status from public.campaigns as c where c.id = campaign_id);
  campaign public.campaigns;
  target text;
begin
  select * into campaign from public.campaigns as c where c.id = campaign_id for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'there is no such campaign';
  end if;
  -- Sent again because the answer was lost.
  if (campaign_private.note_request(
    request_id, concat_ws(' ', move, campaign_id, expected, scheduled_at)
  )).request_id is not null then
    return next campaign;
    return;
  end if;
  -- Waiting for the lock may have brought another status than the one the caller saw.
  if campaign.status <> coalesce(expected, seen) then
    raise exception using errcode = 'CMP02',
      message = format('somebody else moved it: the campaign is %s now', campaign.status);
  end if;
  select m.to_status into target from campaign_private.campaign_moves as m
  where m.move = move_campaign.move and m.from_status = campaign.status;
  if not found then
    raise exception using errcode = 'CMP01',
      message = format('can''t %s a campaign that is %s', move_campaign.move, campaign.status),
      detail = 'status';
  end if;
  if target in ('scheduled', 'active') and campaign.launched_at is null then
    perform campaign_private.require_launchable(campaign);
  end if;
  update public.campaigns as c set
    status = target,
    scheduled_at = coalesce(move_campaign.scheduled_at, c.scheduled_at)
  where c.id = campaign_id
  returning c.* into campaign;
  if campaign.status <> target then
    raise exception using errcode = 'CMP05', detail = 'rules', message = coalesce(
      (select f.reason from public.campaign_failures as f where f.campaign_id = campaign.id),
      'its audience can''t be frozen'
    );
  end if;
  return next campaign;
end
$$;
comment on function public.move_campaign(uuid, text, text, timestamptz, uuid) is
  'Makes one named move of the status machine; the same request again makes none, and returns the campaign. CMP01: illegal; CMP02: somebody else moved it first; CMP05: not ready; PT404: not the caller''s.';

create function campaign_private.require_launchable(campaign public.campaigns)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if concat(campaign.message, campaign.html) !~ '\S'
    and not campaign_private.has_own_messages(campaign.variants) then
    raise exception using errcode = 'CMP05', message = 'it has no message', detail = 'message';
  end if;
  if campaign.rules is null and not exists (
    select from public.audience_segments as s
    where s.id = campaign.segment_id and s.rules is not null
  ) then
    raise exception using errcode = 'CMP05',
      message = 'it has no audience', detail = 'rules',
      hint = 'give it rules or a segment; everyone() is the whole audience';
  end if;
end
$$;
comment on function campaign_private.require_launchable(public.campaigns) is
  'What no launch can do without: a message and an audience.';

revoke execute on function
  campaign_private.begin_campaign(), campaign_private.guard_campaign(), campaign_private.move_status(),
  campaign_private.moved_if_ready(public.campaigns, public.campaigns),
  campaign_private.freeze_audience(public.campaigns), campaign_private.continue_freeze(),
  campaign_private.record_move(),
  campaign_private.require_launchable(public.campaigns),
  public.move_campaign(uuid, text, text, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.begin_campaign(), campaign_private.guard_campaign(), campaign_private.move_status(),
  campaign_private.moved_if_ready(public.campaigns, public.campaigns),
  campaign_private.freeze_audience(public.campaigns), campaign_private.continue_freeze(),
  campaign_private.record_move(),
  campaign_private.require_launchable(public.campaigns)
  to authenticated, service_role;
grant execute on function public.move_campaign(uuid, text, text, timestamptz, uuid) to authenticated;
