-- Audiences: who matches the rules, among the caller's own contacts.
--
-- The owner's id stands in the text of each query, on top of row level security: the
-- planner can't estimate `(select auth.uid())`, and a pinned id is several times faster.
-- What counts may keep what people did in memory: 64 MB of a hosted project's 4 MB times 16.

create function campaign_private.audience_source(
  rules jsonb, as_of timestamptz, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  predicate constant text := campaign_private.compile_rules(rules, as_of, timezone, true);
begin
  return format(
    'from public.contacts as c %s where c.user_id = %L and %s',
    case when strpos(predicate, 'h_') > 0 then campaign_private.behaviour_joins(rules, as_of, timezone) end,
    auth.uid(), predicate);
end
$$;
comment on function campaign_private.audience_source is
  'SQL of the caller''s contacts that match, to be counted: whom they are selected from, and where.';

create function public.audience_size(
  rules jsonb, as_of timestamptz default now(), timezone text default 'UTC'
) returns table (total bigint, reachable bigint)
language plpgsql stable rows 1 security invoker
set search_path = '' set hash_mem_multiplier = 16 as $$
begin
  return query execute
    'select count(*), count(*) filter (where c.unsubscribed_at is null and c.suppressed_at is null) '
    || campaign_private.audience_source(rules, as_of, timezone);
end
$$;
comment on function public.audience_size is
  'How many of the caller''s contacts match, and how many of them may be written to.';

create function campaign_private.member_case(predicate text) returns text
language sql immutable security invoker set search_path = '' as $$
  -- The planner takes any rule on jsonb for a rare one, so it would read and sort everybody
  -- for a page; of a `case` it expects half, and follows the index.
  select format('case when %s then true end', predicate)
$$;
comment on function campaign_private.member_case is 'A condition of which the planner expects much.';

create function campaign_private.member_scan_pays(
  after uuid, last uuid, given integer, page integer
) returns boolean
language sql immutable security invoker set search_path = '' as $$
  -- Ids are random, in runs of a few, so what lies between two of them is a share of all contacts. What is
  -- left of a page takes `needed` of them, and there are `left_over`.
  select least(looked * (page - given) / nullif(given, 0), left_over) > 0.25
  from (
    select (last_at - after_at) / 4294967296.0 as looked, 1 - last_at / 4294967296.0 as left_over
    from (
      select ('x' || left(last::text, 8))::bit(32)::bigint as last_at,
        coalesce(('x' || left(after::text, 8))::bit(32)::bigint, 0) as after_at
    ) as place
  ) as share
$$;
comment on function campaign_private.member_scan_pays is
  'Whether the rest of a page is found sooner by a scan of all contacts than by following the '
  'index: by how many matched of those that lie between two ids.';

create function campaign_private.member_look(
  predicate text, after uuid, page integer, looked_at integer default 4000
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  begins constant text := case when after is not null then format('and c.id > %L', after) end;
begin
  return format(
    'select c.* from (
       select c.* from public.contacts as c where c.user_id = %L %s order by c.id limit %L
     ) as c where %s order by c.id limit %L',
    auth.uid(), begins, looked_at, predicate, page);
end
$$;
comment on function campaign_private.member_look is
  'SQL of the caller''s contacts that fulfil a condition, among the next after an id: mostly a page.';

create function campaign_private.member_rest(
  predicate text, after uuid, page integer, given integer, looked_at integer default 4000
) returns setof public.contacts
language plpgsql stable security invoker set search_path = '' as $$
declare
  owner constant uuid := auth.uid();
  last uuid;
begin
  execute format(
    'select c.id from public.contacts as c where c.user_id = %L %s order by c.id offset %L limit 1',
    owner, case when after is not null then format('and c.id > %L', after) end,
    looked_at - 1) into last;
  if last is null then
    return;
  end if;
  -- In the order of ids each contact lies somewhere else: that is read four times as slowly
  -- as what comes as it lies, and worse from a disk. So what is rare is found and sorted.
  return query execute format(
    case when campaign_private.member_scan_pays(after, last, given, page)
      then 'select c.* from (
              select c.* from public.contacts as c
              where c.user_id = %L and c.id > %L and %s offset 0
            ) as c order by c.id limit %L'
      else 'select c.* from public.contacts as c
            where c.user_id = %L and c.id > %L and %s order by c.id limit %L'
    end,
    owner, last, campaign_private.member_case(predicate), page - given);
end
$$;
comment on function campaign_private.member_rest is
  'The rest of a page of the caller''s contacts that fulfil a condition, in the order of ids, '
  'when a first look has given too few.';

create function public.match_contacts(
  rules jsonb,
  as_of timestamptz default now(),
  timezone text default 'UTC',
  after uuid default null,
  page integer default 1000,
  reachable boolean default false
) returns setof public.contacts
language plpgsql stable security invoker set search_path = '' set enable_sort = on set jit = off as $$
declare
  predicate text := campaign_private.compile_rules(rules, as_of, timezone);
  clue campaign_private.behaviour_clue;
  given integer;
begin
  if strpos(predicate, 'from public.campaign_') > 0 then
    clue := campaign_private.behaviour_clue(
      rules, '$', campaign_private.rule_context(as_of, timezone, false));
  end if;
  if reachable then
    predicate := format('(%s) and c.unsubscribed_at is null and c.suppressed_at is null', predicate);
  end if;
  -- Not written out: a connection that knows the call takes its rows for as wide as they were
  -- before a hot field was added.
  if clue.list is not null then
    return query execute 'select * from campaign_private.behaviour_page($1, $2, $3, $4, $5)'
      using
        clue,
        format(
          'select c.* from public.contacts as c where c.user_id = %L and %s
             and c.id = any ($1) order by c.id limit $2',
          auth.uid(), campaign_private.member_case(predicate)),
        as_of, after, page;
  elsif strpos(predicate, 'c.hot_') > 0 then
    -- The page is cut in here: a limit from outside comes after every row was kept.
    return query execute format(
      'select c.* from public.contacts as c where c.user_id = %L and %s %s order by c.id limit %L',
      auth.uid(), predicate, case when after is not null then format('and c.id > %L', after) end,
      page);
  else
    -- Near the end the planner would sort all that is left, before it looks at any.
    perform set_config('enable_sort', 'off', true);
    return query execute campaign_private.member_look(predicate, after, page);
    get diagnostics given = row_count;
    if given >= page then
      return;
    end if;
    perform set_config('enable_sort', 'on', true);
    return query execute 'select * from campaign_private.member_rest($1, $2, $3, $4)'
      using predicate, after, page, given;
  end if;
end
$$;
comment on function public.match_contacts is
  'The caller''s contacts that match, in the order of their ids: one page after an id. '
  'With reachable, those who have unsubscribed or are suppressed are left out.';

create type public.audience_groups as (total bigint, missing bigint, groups jsonb);
comment on type public.audience_groups is
  'How many contacts match, how many of them lack the field, and the largest groups of the '
  'rest: [{"value", "count"}]. One row, so that no limit on rows cuts it.';

create function public.group_audience(
  rules jsonb, field text, as_of timestamptz default now(), timezone text default 'UTC',
  largest integer default 20
) returns public.audience_groups
language plpgsql stable security invoker
set search_path = '' set hash_mem_multiplier = 16 as $$
declare
  source constant text := campaign_private.audience_source(rules, as_of, timezone);
  target constant campaign_private.rule_target := campaign_private.rule_target(to_jsonb(field), 'field');
  result public.audience_groups;
begin
  execute format(
    'with counted as (
       select %s as label, count(*) as size %s group by label
     ),
     top as (
       select label, size from counted where label is not null
       order by size desc, label limit least(greatest(%L, 0), 1000)
     )
     select (select coalesce(sum(size), 0) from counted),
       (select coalesce(sum(size), 0) from counted where label is null),
       (select coalesce(jsonb_agg(
          jsonb_build_object(''value'', left(label, 200), ''count'', size)
          order by size desc, label), ''[]'') from top)',
    case target.kind
      when 'time' then format('(%s at time zone %L)::date::text', target.text, timezone)
      else target.text
    end,
    source, largest) into result;
  return result;
end
$$;
comment on function public.group_audience is
  'The caller''s contacts that match, grouped by what they have in one field (dates by day).';

create function campaign_private.funnel_steps(rules jsonb, as_of timestamptz, timezone text)
returns table (path text, predicate text)
language plpgsql stable rows 10 security invoker set search_path = '' as $$
begin
  if rules -> 'not' = 'true' or rules -> 'rules' = '[]' then
    return query select '$', campaign_private.compile_rules(rules, as_of, timezone, true);
    return;
  end if;
  return query
    select child.at, campaign_private.compile_node(
      child.node, child.at, 2, campaign_private.rule_context(as_of, timezone, true))
    from campaign_private.rule_children(rules, '$') as child;
end
$$;
comment on function campaign_private.funnel_steps is
  'The steps of a funnel: what stands in the root group, or the root itself if it is negated.';

create function public.audience_funnel(
  rules jsonb, as_of timestamptz default now(), timezone text default 'UTC'
) returns table (step integer, path text, alone bigint, cumulative bigint)
language plpgsql stable rows 10 security invoker
set search_path = '' set hash_mem_multiplier = 16 as $$
declare
  paths text[];
  predicates text[];
  alone_counts bigint[];
  cumulative_counts bigint[];
begin
  perform campaign_private.compile_rules(rules, as_of, timezone);
  select array_agg(s.path), array_agg(format('(%s) is true', s.predicate))
    into paths, predicates from campaign_private.funnel_steps(rules, as_of, timezone) as s;
  execute campaign_private.funnel_query(
    predicates, rules ->> 'combinator', campaign_private.behaviour_joins(rules, as_of, timezone)
  ) using auth.uid()
    into alone_counts, cumulative_counts;
  return query select n::integer, p, a, m
    from unnest(paths, alone_counts, cumulative_counts) with ordinality as f(p, a, m, n);
end
$$;
comment on function public.audience_funnel is
  'Per rule of the root group: how many contacts match it alone, and how many are left '
  '(or, for "or", reached) once it is added to those before it.';

create function campaign_private.funnel_query(predicates text[], combinator text, joins text) returns text
language sql stable security invoker set search_path = '' as $$
  -- One scan: each contact is reduced to what it hits and the step at which it drops
  -- out of the conjunction (or comes into the disjunction).
  select format(
    'select array[%s], array[%s] from (select hit, coalesce(array_position(hit, %L), %s) as turn
     from (select array[%s] as hit from public.contacts as c %s where c.user_id = %L offset 0) as h
     offset 0) as f',
    string_agg(format('count(*) filter (where hit[%s])', n), ', ' order by n),
    string_agg(format('count(*) filter (where turn %s %s)',
      case combinator when 'and' then '>' else '<=' end, n), ', ' order by n),
    combinator = 'or', cardinality(predicates) + 1,
    array_to_string(predicates, ', '), joins, auth.uid())
  from generate_series(1, cardinality(predicates)) as n
$$;
comment on function campaign_private.funnel_query is 'The query that counts all steps of a funnel in one scan.';


-- privileges ----------------------------------------------------------------------

do $$
declare
  name regprocedure;
begin
  for name in
    select p.oid::regprocedure from pg_catalog.pg_proc as p
    where (p.pronamespace = 'campaign_private'::regnamespace
           and p.proname ~ '^(rule_|compile_|check_|valid_rules|refuse_rules|key_fault|audience_|funnel_|hot_|behaviour_|member_|joined_|element_|days_between)')
       or (p.pronamespace = 'public'::regnamespace
           and p.proname in ('audience_size', 'match_contacts', 'audience_funnel', 'group_audience'))
  loop
    execute format('revoke all on function %s from public, anon, service_role', name);
    execute format('grant execute on function %s to authenticated', name);
    -- Triggers call these as whoever writes, and the service role writes too.
    if name::text like 'campaign_private.%' then
      execute format('grant execute on function %s to service_role', name);
    end if;
  end loop;
end
$$;
revoke all on function campaign_private.add_hot_field, campaign_private.drop_hot_field
  from public, anon, authenticated;
