-- Chapter 6. Campaigns: a message for an audience, and what of it a launch freezes.

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

revoke execute on function
  campaign_private.begin_campaign(), campaign_private.guard_campaign()
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.begin_campaign(), campaign_private.guard_campaign()
  to authenticated, service_role;

-- Triggers of one kind fire by name: the numbers are the order, and a4 and a5 are in chapter 6b.
create trigger a1_begin_campaign before insert on public.campaigns
  for each row execute function campaign_private.begin_campaign();
create trigger a2_guard_campaign before update on public.campaigns
  for each row execute function campaign_private.guard_campaign();
create trigger a3_check_rules before insert or update of rules on public.campaigns
  for each row execute function campaign_private.check_rules();
create trigger a6_touch_updated_at before update on public.campaigns
  for each row execute function campaign_private.touch_updated_at();
