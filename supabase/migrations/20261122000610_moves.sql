-- Chapter 6b. Moves: what each of them entails, whoever makes it.

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

create trigger a4_move_status before update on public.campaigns
  for each row when (old.status is distinct from new.status)
  execute function campaign_private.move_status();
create trigger a5_continue_freeze before update of frozen_at on public.campaigns
  for each row when (
    old.launched_at is not null and old.frozen_at is null and new.frozen_at is not null
  ) execute function campaign_private.continue_freeze();

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

revoke execute on function
  campaign_private.move_status(),
  campaign_private.moved_if_ready(public.campaigns, public.campaigns),
  campaign_private.freeze_audience(public.campaigns), campaign_private.continue_freeze(),
  campaign_private.require_launchable(public.campaigns),
  public.move_campaign(uuid, text, text, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.move_status(),
  campaign_private.moved_if_ready(public.campaigns, public.campaigns),
  campaign_private.freeze_audience(public.campaigns), campaign_private.continue_freeze(),
  campaign_private.require_launchable(public.campaigns)
  to authenticated, service_role;
grant execute on function
  public.move_campaign(uuid, text, text, timestamptz, uuid)
  to authenticated;
