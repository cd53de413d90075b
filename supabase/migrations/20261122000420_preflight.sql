-- Chapter 4½. Pre-flight: what the sending will ask of each contact, asked of all in one scan.
--
-- campaign_sdk.templates fills the placeholders; what is said here about a value is what it
-- would do with it, and a test holds the two together.

create type public.audience_inspection as (
  total bigint, reachable bigint,
  lacking bigint[], unusable bigint[], unshowable bigint[], blank bigint[]
);
comment on type public.audience_inspection is
  'How many contacts match and may be written to; for each placeholder how many of these have no '
  'value, one that its filter can''t use, or one that no message can show; for each message how '
  'many would get nothing but blanks.';

create function campaign_private.usual_days() returns text[]
language sql stable security invoker set search_path = '' as $$
  select array_agg(to_char(day, 'YYYY-MM-DD'))
  from generate_series(
    date_trunc('year', now()) - interval '15 years', date_trunc('year', now()) + interval '3 years',
    interval '1 day') as day
$$;
comment on function campaign_private.usual_days is
  'The dates that contacts mostly have: to find one among them takes a third of reading it as a date.';

create function campaign_private.placeholder_fits(
  target campaign_private.rule_target, read text, takes text
) returns text
language sql stable security invoker set search_path = '' as $$
  -- By a look at the first letters, in which nearly every row passes: the exact test costs
  -- more than all the rest of the scan.
  select case takes
    when 'any' then format(
      '(%1$s >= ''A'' collate "C" and (%1$s < ''['' collate "C" or %1$s >= ''a'' collate "C" '
      'and %1$s < ''{'' collate "C")) or (%1$s >= ''0'' collate "C" and %1$s < '':'' collate "C" '
      'and length(%1$s) < 30)', read)
    -- PostgreSQL 15 can't ask the rest without raising, and takes the exact test each time.
    when 'date' then read || ' = any ($1)'
      || case when current_setting('server_version_num')::integer >= 160000 then format(
      ' or (%1$s like ''____-__-__'' and pg_input_is_valid(%1$s, ''date'')) or '
      '((%1$s like ''____-__-__T__:__:__Z'' or %1$s like ''____-__-__T__:__:__.%%Z'') '
      'and %1$s not like ''___________24%%'' and %1$s not like ''_________________60%%'' '
      'and pg_input_is_valid(%1$s, ''timestamptz''))', read)
      else '' end
    else campaign_private.rule_number(target, '.abs() <', 1e40)
  end
$$;
comment on function campaign_private.placeholder_fits is
  'SQL: what a target holds, and reads as a text, surely shows; null or false for others. '
  '$1 are the usual days.';

create function campaign_private.placeholder_text_state(read text, takes text, strips boolean)
returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  -- What Python calls white space.
  blanks constant text := e'\t\n\u000b\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001'
    '\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';
  bare constant text := format('btrim(%s, %L)', read, blanks);
  shape constant text := case takes
    when 'number' then '^-?[0-9]{1,40}(\.[0-9]{1,40})?$'
    when 'date' then '^(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])'
      '|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))'
      '|([0-9][0-9](0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)'
      '([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?'
      '(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?$'
  end;
begin
  return format('case when %s is null or %s = '''' then 1', read, bare)
    || coalesce(format(' when %s !~ %L then 2', case when strips then bare else read end, shape), '')
    || ' end';
end
$$;
comment on function campaign_private.placeholder_text_state is
  'SQL: the state of a placeholder whose value is a text, or null.';

create function campaign_private.placeholder_state(
  target campaign_private.rule_target, read text, takes text, strips boolean
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  of_text constant text := campaign_private.placeholder_text_state(read, takes, strips);
begin
  if target.kind = 'time' then
    return format('case when %s is null then 1 %s end', read,
                  case takes when 'number' then 'else 2' end);
  elsif target.kind = 'text' then
    return of_text;
  end if;
  return format(
    'case when %1$s then null else case jsonb_typeof(%2$s) when ''string'' then %3$s '
    'when ''number'' then case when abs((%4$s)::numeric) >= 1e40 then 3 else %5$s end '
    'when ''boolean'' then %6$s when ''array'' then 3 when ''object'' then 3 else 1 end end',
    campaign_private.placeholder_fits(target, read, takes), target.json, of_text, read,
    case takes when 'date' then '2' else 'null' end, case takes when 'any' then 'null' else '2' end);
end
$$;
comment on function campaign_private.placeholder_state is
  'SQL: what a placeholder makes of a contact''s value: null for a text, 1 nothing (there is none, '
  'or it is blank), 2 nothing (its filter takes dates, or numbers), 3 a refusal.';

create function campaign_private.check_placeholders(placeholders jsonb, messages jsonb) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if jsonb_typeof(placeholders) <> 'array' or jsonb_array_length(placeholders) > 500 then
    raise exception using errcode = '22023', detail = 'placeholders',
      message = 'must be a list of at most 500';
  elsif exists (
    select from jsonb_array_elements(placeholders) as p
    where p ->> 'takes' is null or p ->> 'takes' not in ('any', 'date', 'number')
  ) then
    raise exception using errcode = '22023', detail = 'placeholders',
      message = 'must each take any, date or number';
  elsif jsonb_typeof(messages) <> 'array' or exists (
    select from jsonb_array_elements(messages) as m
    where jsonb_typeof(m) <> 'array' or not m <@ (
      select coalesce(jsonb_agg(n), '[]')
      from generate_series(1, jsonb_array_length(placeholders)) as n)
  ) then
    raise exception using errcode = '22023', detail = 'messages',
      message = 'must be lists of the numbers of placeholders';
  end if;
end
$$;
comment on function campaign_private.check_placeholders is
  'Refuse what inspect_audience can''t make a query of.';

create function campaign_private.inspection_query(placeholders jsonb, messages jsonb) returns text
language sql stable security invoker set search_path = '' as $$
  with asked as (
    select n, p ->> 'takes' as takes, coalesce((p ->> 'strips')::boolean, false) as strips,
      campaign_private.rule_target(p -> 'field', format('placeholders[%s].field', n - 1)) as target
    from jsonb_array_elements(placeholders) with ordinality as i (p, n)
  ),
  pieces as (
    select string_agg(format(', %s as t%s', (target).text, n), '' order by n) as texts,
      string_agg(format(', case when ok then %s end as s%s', campaign_private.placeholder_state(
        target,
        -- Of a number the text isn't looked at, unless something is wrong with it.
        case when takes = 'number' and (target).kind = 'attribute' then (target).text
          else format('c.t%s', n) end, takes, strips), n), '' order by n) as states,
      string_agg(format('count(*) filter (where s%s = 1)', n), ', ' order by n) as lacking,
      string_agg(format('count(*) filter (where s%s = 2)', n), ', ' order by n) as unusable,
      string_agg(format('count(*) filter (where s%s = 3)', n), ', ' order by n) as unshowable
    from asked
  ),
  blank as (
    select string_agg((
      select format('count(*) filter (where ok%s)', string_agg(format(' and s%s in (1, 2)', n), ''))
      from jsonb_array_elements_text(m) as n), ', ' order by ordinal) as counts
    from jsonb_array_elements(messages) with ordinality as i (m, ordinal)
  )
  -- Each value is read once: the planner may not take the layers apart.
  select format(
    'select count(*), count(*) filter (where ok), array[%s]::bigint[], array[%s]::bigint[], '
    'array[%s]::bigint[], array[%s]::bigint[] from (select ok%s from (select c.attributes, '
    'c.unsubscribed_at is null and c.suppressed_at is null as ok%s from public.contacts as c ',
    lacking, unusable, unshowable, counts, states, texts)
  from pieces, blank
$$;
comment on function campaign_private.inspection_query is
  'The query of inspect_audience, up to what is joined to whose contacts.';

create function public.inspect_audience(
  rules jsonb, placeholders jsonb default '[]', messages jsonb default '[]',
  as_of timestamptz default now(), timezone text default 'UTC'
) returns public.audience_inspection
language plpgsql stable security invoker
set search_path = '' set hash_mem_multiplier = 16 as $$
declare
  predicate constant text := campaign_private.compile_rules(rules, as_of, timezone, true);
  result public.audience_inspection;
begin
  perform campaign_private.check_placeholders(placeholders, messages);
  execute campaign_private.inspection_query(placeholders, messages)
    || format('%s where c.user_id = %L and %s offset 0) as c offset 0) as f',
              campaign_private.behaviour_joins(rules, as_of, timezone), auth.uid(), predicate)
    into result
    using case when placeholders @> '[{"takes": "date"}]' then campaign_private.usual_days() end;
  return result;
end
$$;
comment on function public.inspect_audience is
  'Counts an audience, and whom of it a message would embarrass. placeholders: [{"field", "takes": '
  '"any"|"date"|"number", "strips"}]; messages: for each that may turn out blank the numbers, '
  'from 1, of its placeholders.';

create function public.unknown_fields(fields text[]) returns text[]
language plpgsql stable security invoker set search_path = '' as $$
declare
  schema constant jsonb := (
    select s.schema from public.attribute_schemas as s where s.user_id = (select auth.uid())
  );
  field text;
  target campaign_private.rule_target;
  has boolean;
  unknown text[] := '{}';
begin
  foreach field in array fields[:1000] loop
    target := campaign_private.rule_target(to_jsonb(field), 'fields');
    continue when target.kind <> 'attribute' or campaign_private.schema_names(schema, target.keys);
    if schema is not null then
      unknown := unknown || field;
      continue;
    end if;
    -- Found at once, unless it is rare or there is none.
    execute format('select exists (select from public.contacts as c where c.user_id = $1 '
                   'and %s is not null)', target.text) using auth.uid() into has;
    if not has then
      unknown := unknown || field;
    end if;
  end loop;
  return unknown;
end
$$;
comment on function public.unknown_fields is
  'Those of the fields that the caller''s schema doesn''t name; without one, that no contact of the caller''s has: most likely misspelt.';

revoke execute on function
  campaign_private.usual_days, campaign_private.placeholder_fits, campaign_private.placeholder_text_state,
  campaign_private.placeholder_state, campaign_private.check_placeholders,
  campaign_private.inspection_query, public.inspect_audience, public.unknown_fields
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.usual_days, campaign_private.placeholder_fits, campaign_private.placeholder_text_state,
  campaign_private.placeholder_state, campaign_private.check_placeholders,
  campaign_private.inspection_query
  to authenticated, service_role;
grant execute on function public.inspect_audience, public.unknown_fields to authenticated;
