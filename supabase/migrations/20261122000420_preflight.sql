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

create function campaign_private.usual_letters() returns integer[]
language sql immutable security invoker set search_path = '' as $$
  select array_agg(n) from unnest(array['[65,91)', '[97,123)', '[192,256)']::int4range[]) as r,
    generate_series(lower(r), upper(r) - 1) as n
$$;
comment on function campaign_private.usual_letters is
  'The Latin letters with which texts mostly begin: to find one among them is a single look.';

create function campaign_private.placeholder_fits(
  target campaign_private.rule_target, read text, takes text
) returns text
language sql stable security invoker set search_path = '' as $$
  -- By a look at the first letters, in which nearly every row passes: the exact test costs
  -- more than all the rest of the scan.
  select case
    when (target).kind = 'time' then case takes when 'number' then 'false' else read || ' is not null' end
    when takes = 'any' then format(
      -- No space of Python's is among these, nor "[" or "{"; a long number may be too large.
      'ascii(%1$s) = any ($2) or ascii(%1$s) between 48 and 57 and length(%1$s) < 30 '
      'or ascii(%1$s) >= 192 and (ascii(%1$s) < 5760 or ascii(%1$s) > 12288)', read)
    -- PostgreSQL 15 can't ask the rest without raising, and takes the exact test each time.
    when takes = 'date' then read || ' = any ($1)'
      || case when current_setting('server_version_num')::integer >= 160000 then format(
      ' or (%1$s like ''____-__-__'' and pg_input_is_valid(%1$s, ''date'')) or '
      '((%1$s like ''____-__-__T__:__:__Z'' or %1$s like ''____-__-__T__:__:__.%%Z'') '
      'and %1$s not like ''___________24%%'' and %1$s not like ''_________________60%%'' '
      'and pg_input_is_valid(%1$s, ''timestamptz''))', read)
      else '' end
    when (target).kind = 'text' then 'false'
    else campaign_private.rule_number(target, '.abs() <', 1e40)
  end
$$;
comment on function campaign_private.placeholder_fits is
  'SQL: what a target holds, and reads as a text, surely shows; null or false for others. '
  '$1 are the usual days, $2 the usual letters.';

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
    'case when %1$s is null then 1 else case jsonb_typeof(%2$s) when ''string'' then %3$s '
    'when ''number'' then case when abs((%1$s)::numeric) >= 1e40 then 3 else %4$s end '
    'when ''boolean'' then %5$s else 3 end end',
    read, target.json, of_text,
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

create function campaign_private.inspection_needs(placeholders jsonb)
returns table (n bigint, need bigint, reads bigint, read text, fits text, state text)
language sql stable security invoker set search_path = '' as $$
  -- The parts of a campaign mostly ask the same: what is asked twice is looked at once.
  with asked as (
    select n, p ->> 'takes' as takes, coalesce((p ->> 'strips')::boolean, false) as strips,
      campaign_private.rule_target(p -> 'field', format('placeholders[%s].field', n - 1)) as target
    from jsonb_array_elements(placeholders) with ordinality as i (p, n)
  ),
  numbered as (
    select n, takes, strips, target, dense_rank() over (order by (target).text) as reads,
      dense_rank() over (order by (target).text, takes, strips) as need
    from asked
  )
  select n, need, reads, (target).text,
    campaign_private.placeholder_fits(target, at, takes),
    campaign_private.placeholder_state(target, at, takes, strips)
  from numbered,
    -- Of a number the text isn't looked at, unless something is wrong with it.
    lateral (select case when takes = 'number' and (target).kind = 'attribute' then (target).text
                         else 'c.t' || reads end as at) as r
$$;
comment on function campaign_private.inspection_needs is
  'For each placeholder the number of what it needs, of what is read for it, and SQL of both.';

create function campaign_private.inspection_query(placeholders jsonb, messages jsonb) returns text
language sql stable security invoker set search_path = '' as $$
  -- One sum for the three counts of a need, of those who don''t fit only: each has thirty bits.
  with needs as materialized (select * from campaign_private.inspection_needs(placeholders)),
  sums as (
    select string_agg(format(
      ', coalesce(sum(case %s when 1 then 1 when 2 then 1073741824 when 3 then 1152921504606846976 end) '
      'filter (where ok and (%s) is not true), 0) as m%s', state, fits, need), '' order by need) as sums
    from (select distinct need, fits, state from needs) as n
  ),
  reads as (
    select string_agg(format(', %s as t%s', read, reads), '' order by reads) as reads
    from (select distinct reads, read from needs) as n
  ),
  counts as (
    select string_agg(format('m%s %% 1073741824', need), ', ' order by n) as lacking,
      string_agg(format('div(m%s, 1073741824) %% 1073741824', need), ', ' order by n) as unusable,
      string_agg(format('div(m%s, 1152921504606846976)', need), ', ' order by n) as unshowable
    from needs
  ),
  blank as (
    select string_agg((
      -- Who gets nothing of one need alone was counted with it.
      select case when count(distinct need) = 1
        then format('m%1$s %% 1073741824 + div(m%1$s, 1073741824) %% 1073741824', min(need))
        else 'b' || ordinal end
      from needs where m @> to_jsonb(n)), ', ' order by ordinal) as counts,
      string_agg((
        select format(', count(*) filter (where ok%s%s) as b%s',
          string_agg(distinct format(' and (%s) is not true', fits), ''),
          string_agg(distinct format(' and %s in (1, 2)', state), ''), ordinal)
        from needs where m @> to_jsonb(n) having count(distinct need) <> 1), '' order by ordinal) as joint
    from jsonb_array_elements(messages) with ordinality as i (m, ordinal)
  )
  -- Each value is read once: the planner may not take the layers apart.
  select format(
    'select total, reachable, array[%s]::bigint[], array[%s]::bigint[], array[%s]::bigint[], array[%s]::bigint[] '
    'from (select count(*) as total, count(*) filter (where ok) as reachable%s%s '
    'from (select c.attributes, c.unsubscribed_at is null and c.suppressed_at is null as ok%s ',
    lacking, unusable, unshowable, blank.counts, sums, joint, reads)
  from counts, blank, sums, reads
$$;
comment on function campaign_private.inspection_query is
  'The query of inspect_audience, up to whose contacts it is asked of.';

create function public.inspect_audience(
  rules jsonb, placeholders jsonb default '[]', messages jsonb default '[]',
  as_of timestamptz default now(), timezone text default 'UTC'
) returns public.audience_inspection
language plpgsql stable security invoker
set search_path = '' set hash_mem_multiplier = 16 as $$
declare
  source constant text := campaign_private.audience_source(rules, as_of, timezone);
  result public.audience_inspection;
begin
  perform campaign_private.check_placeholders(placeholders, messages);
  execute campaign_private.inspection_query(placeholders, messages)
    || source || ' offset 0) as c) as f'
    into result
    using case when placeholders @> '[{"takes": "date"}]' then campaign_private.usual_days() end,
      campaign_private.usual_letters();
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
  campaign_private.usual_days, campaign_private.usual_letters, campaign_private.placeholder_fits,
  campaign_private.placeholder_text_state, campaign_private.placeholder_state,
  campaign_private.check_placeholders, campaign_private.inspection_needs, campaign_private.inspection_query,
  public.inspect_audience, public.unknown_fields
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.usual_days, campaign_private.usual_letters, campaign_private.placeholder_fits,
  campaign_private.placeholder_text_state, campaign_private.placeholder_state,
  campaign_private.check_placeholders, campaign_private.inspection_needs, campaign_private.inspection_query
  to authenticated, service_role;
grant execute on function public.inspect_audience, public.unknown_fields to authenticated;
