-- Chapter 1. Foundations: a private schema for what the API must not expose,
-- and the helpers that every later chapter leans on.

-- Before anything is changed: what stands where our tables, types and functions will.
do $$
declare
  in_the_way text;
begin
  select string_agg(found.what, ', ' order by found.what) into in_the_way from (
    select 'schema campaign_private' as what
    from pg_catalog.pg_namespace as n where n.nspname = 'campaign_private'
    union all
    select case when t.typrelid = 0 then 'type' else 'table' end || ' public.' || t.typname
    from pg_catalog.pg_type as t
    where t.typnamespace = 'public'::regnamespace and t.typname in (
      'attribute_schemas', 'audience_groups', 'audience_inspection', 'audience_segments', 'begun_part',
      'campaign_analytics', 'campaign_assets', 'campaign_batches', 'campaign_breakdown',
      'campaign_deliveries', 'campaign_events', 'campaign_failures', 'campaign_hours',
      'campaign_member', 'campaign_rates', 'campaign_settings', 'campaign_status_history', 'campaigns', 'claimed_batch',
      'contact_fields', 'contact_history', 'contacts', 'delivery_counts', 'draft_budgets',
      'engagement', 'engagement_report', 'erasure', 'experiment_arm', 'ingest_result',
      'link_clicks', 'link_keys', 'link_settings', 'link_signer', 'noted_receipts', 'received',
      'reconciliation', 'resolved_doubts', 'schema_violations', 'suppression_result', 'suppressions', 'taken',
      'tick_report', 'upsert_result'
    )
    union all
    select distinct 'function public.' || p.proname from pg_catalog.pg_proc as p
    where p.pronamespace = 'public'::regnamespace and p.proname in (
      'audience_funnel', 'audience_size', 'begin_draft', 'begin_send', 'break_down_campaign',
      'campaign_members', 'claim_batch', 'click_hours', 'contact_history', 'copy_assets', 'count_clicks', 'delivery_status',
      'erase_person', 'experiment_arms', 'export_person', 'find_contact', 'find_suppression',
      'freeze_campaign', 'group_audience', 'ingest_events', 'inspect_audience', 'last_tick',
      'lift_suppression', 'link_signer', 'list_contact_fields', 'match_contacts', 'move_campaign',
      'note_visit', 'preview_contacts', 'receive_events', 'receive_receipts', 'receive_reports',
      'reconcile_campaign', 'record_engagement', 'refuse_estimates', 'release_batch',
      'report_engagement', 'resolve_unknown', 'revoke_link_key', 'rotate_link_key', 'schema_violations',
      'set_unsubscribe_page', 'settle_draft', 'settle_send', 'summarize_campaign',
      'suppress_addresses', 'tick_campaigns', 'unknown_fields', 'unsubscribe_by_link',
      'unsubscribe_contact', 'unsubscribe_contacts', 'unsubscribe_page', 'update_contact',
      'upsert_contacts'
    )
  ) as found;
  if in_the_way is not null then
    raise exception using errcode = '42710', message = format(
      'campaign_sdk needs names that are taken here: %s. Nothing has been changed. Rename what '
      'is yours (alter table … rename to …), or give campaign_sdk a project of its own; '
      '`campaign migrations check` says again what is in the way', in_the_way);
  end if;
end
$$;

create schema campaign_private;
comment on schema campaign_private is
  'Helpers of campaign_sdk. Not exposed by the API; callable by signed-in users only through public functions, triggers and constraints.';
revoke all on schema campaign_private from public;
-- The service role writes to the same tables, whose constraints and triggers live here.
grant usage on schema campaign_private to authenticated, service_role;
-- What later chapters put here is closed until they grant it.
alter default privileges in schema campaign_private
  revoke all on tables from public, anon, authenticated, service_role;
alter default privileges in schema campaign_private
  revoke all on sequences from public, anon, authenticated, service_role;
alter default privileges in schema campaign_private
  revoke all on functions from public, anon, authenticated, service_role;

create function campaign_private.touch_updated_at()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if old is distinct from new then
    new.updated_at := pg_catalog.now();
  end if;
  return new;
end
$$;
comment on function campaign_private.touch_updated_at() is
  'Keeps updated_at; a write that changes nothing leaves it alone. It looks by itself: a trigger''s WHEN clause is read anew, word by word, by each statement.';

create function campaign_private.is_timezone(name text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  -- AT TIME ZONE takes more than names: "UTC+3" and even "Foo/Bar+3" are POSIX offsets,
  -- with the sign turned around. Hence no digits but those of Etc. And it takes any case,
  -- which Python doesn't.
  if name is null or name !~ (
    '^(UTC|[A-Z][A-Za-z_-]*(/[A-Z][A-Za-z_-]*)+'
    '|Etc/GMT-(1[0-4]|[1-9])|Etc/GMT\+(1[0-2]|[1-9]))$'
  ) then
    return false;
  end if;
  perform pg_catalog.now() at time zone name;
  return true;
exception
  when invalid_parameter_value then
    return false;
end
$$;
comment on function campaign_private.is_timezone(text) is
  'Whether a text is UTC or an Area/City name of the IANA time zone database.';

do $$
declare
  other record;
begin
  -- Whoever may make tables of their own, with triggers on them, may act from within one. The
  -- API's callers have no use for it; everybody else keeps what they had.
  execute format('revoke temporary on database %I from public', current_database());
  for other in
    select r.rolname from pg_roles as r
    where r.rolname !~ '^pg_' and r.rolname not in ('anon', 'authenticated', 'service_role', 'authenticator')
  loop
    execute format('grant temporary on database %I to %I', current_database(), other.rolname);
  end loop;
end
$$;

revoke execute on all functions in schema campaign_private from public;
grant execute on function
  campaign_private.touch_updated_at(), campaign_private.is_timezone(text)
  to authenticated, service_role;
