-- Behaviour: how many elements of a list fulfil rules, and what a contact did and was sent.
--
-- A list is an array in the attributes, or what each contact has by itself: its events and
-- its deliveries, until the moment at which the rules are asked. What happened is compiled in
-- two ways. To page through an audience it is looked up for each contact, in the order of
-- their ids: a page ends after some thousand looks. To count, each list is read once, reduced
-- to a row for each contact, and joined: a million looks would take longer than a statement
-- may, and a list of hundreds of thousands is too long for the memory of `in (select ...)`.

create function campaign_private.behaviour_target(scope text, name text, alias text, path text)
returns campaign_private.rule_target
language plpgsql immutable security invoker set search_path = '' as $$
declare
  -- Python's rules/_scopes.py says the same.
  names constant text[] := case scope
    when 'events' then array['type', 'campaign_id', 'occurred_at', 'value', 'link', 'actor']
    else array['campaign_id', 'outcome', 'variant', 'at'] end;
begin
  if name <> all(names) then
    perform campaign_private.refuse_rules(path, format('must be one of %s', array_to_string(names, ', ')));
  end if;
  return row(
    case name when 'campaign_id' then 'id' when 'occurred_at' then 'time' when 'at' then 'time'
      when 'value' then 'number' else 'text' end,
    null, null, null, format('%I.%I', alias, name),
    case name
      when 'type' then array['impression', 'click', 'conversion', 'delivered', 'bounced', 'complained', 'unsubscribed']
      when 'actor' then array['human', 'proxy', 'machine', 'unknown']
      when 'outcome' then array['sent', 'failed', 'skipped', 'unknown'] end
  )::campaign_private.rule_target;
end
$$;
comment on function campaign_private.behaviour_target is 'What a field of an event or a delivery names.';


-- the match mode --------------------------------------------------------------------

create function campaign_private.rule_list(rule jsonb, path text, context campaign_private.rule_context)
returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  field constant jsonb := rule -> 'field';
begin
  if context.scope = 'contact' and field in ('"events"', '"deliveries"') then
    return field #>> '{}';
  elsif (campaign_private.rule_target(field, path || '.field', context.scope, context.alias)).kind
    <> 'attribute' then
    perform campaign_private.refuse_rules(path || '.field', 'is no list: nothing in it can be counted');
  end if;
  return 'element';
end
$$;
comment on function campaign_private.rule_list is
  'What a list consists of: events, deliveries, or elements of an array.';

create function campaign_private.check_match(rule jsonb, path text, context campaign_private.rule_context)
returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  modes constant text[] := array['all', 'some', 'none', 'atLeast', 'atMost', 'exactly'];
  match constant jsonb := rule -> 'match';
  threshold constant jsonb := match -> 'threshold';
begin
  perform campaign_private.rule_list(rule, path, context);
  path := path || '.match';
  if jsonb_typeof(match) <> 'object' then
    perform campaign_private.refuse_rules(path, 'must be {"mode", "threshold"}');
  end if;
  perform campaign_private.check_keys(match, array['mode', 'threshold'], path);
  if jsonb_typeof(match -> 'mode') is distinct from 'string' or match ->> 'mode' <> all(modes) then
    perform campaign_private.refuse_rules(
      path || '.mode', format('must be one of %s', array_to_string(modes, ', ')));
  elsif match ->> 'mode' not in ('atLeast', 'atMost', 'exactly') then
    return;  -- The component leaves a threshold there, which says nothing.
  elsif jsonb_typeof(threshold) is distinct from 'number' then
    perform campaign_private.refuse_rules(path || '.threshold', 'must be a number');
  elsif threshold::numeric not between 0 and 1000000000
    or (threshold::numeric > 1 and threshold::numeric % 1 <> 0) then
    perform campaign_private.refuse_rules(
      path || '.threshold', 'must be a whole number, or a share between 0 and 1');
  end if;
end
$$;
comment on function campaign_private.check_match is
  'Refuse a match mode that isn''t one of the six, or lacks its threshold.';

create function campaign_private.compile_inner(
  rule jsonb, path text, depth integer, context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  value constant jsonb := rule -> 'value';
begin
  path := path || '.value';
  if jsonb_typeof(value) is distinct from 'object' or not value ? 'rules' then
    perform campaign_private.refuse_rules(path, 'must be a group: the rules for what is in the list');
  elsif coalesce(value -> 'muted', 'false') not in ('true', 'false') then
    perform campaign_private.refuse_rules(path || '.muted', 'must be true or false');
  elsif value -> 'muted' = 'true' then
    perform campaign_private.refuse_rules(path, 'is muted: nothing is left of the rules');
  end if;
  context.scope := campaign_private.rule_list(rule, path, context);
  context.level := context.level + 1;
  context.alias := 'e' || context.level;
  return campaign_private.compile_node(value, path, depth, context);
end
$$;
comment on function campaign_private.compile_inner is 'SQL of the rules for what is in a list.';

create function campaign_private.compile_match(
  rule jsonb, path text, depth integer, context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  holds constant text := campaign_private.compile_inner(rule, path, depth, context);
  list constant text := campaign_private.rule_list(rule, path, context);
begin
  if list = 'element' then
    return campaign_private.rule_counted(
      rule -> 'match', holds, campaign_private.element_source(rule, path, context));
  elsif context.joined then
    return campaign_private.joined_counted(
      rule -> 'match',
      campaign_private.behaviour_alias(campaign_private.behaviour_set(rule -> 'match', list, holds, context)));
  end if;
  return campaign_private.rule_counted(
    rule -> 'match', holds,
    campaign_private.behaviour_source(list, 'c.user_id', context) || ' and e1.contact_id = c.id');
end
$$;
comment on function campaign_private.compile_match is 'SQL: so many of a list fulfil these rules.';


-- looked up -------------------------------------------------------------------------

create function campaign_private.element_source(rule jsonb, path text, context campaign_private.rule_context)
returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  held constant campaign_private.rule_target := campaign_private.rule_target(
    rule -> 'field', path || '.field', context.scope, context.alias);
begin
  -- Whatever isn't an array has no elements: a strict path raises, which is silenced. In the
  -- select list they come one by one; of a function in from a table would be made.
  return format(
    'from (select jsonb_path_query(%s, %L, ''{}'', true) as item offset 0) as e%s where true',
    held.base, campaign_private.rule_path(held.keys) || '[*]', context.level + 1);
end
$$;
comment on function campaign_private.element_source is 'SQL: the elements of an array.';

create function campaign_private.behaviour_source(list text, owner text, context campaign_private.rule_context)
returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return case list
    when 'events' then format(
      'from public.campaign_events as e1 where e1.user_id = %s and e1.occurred_at <= %L', owner, context.as_of)
    else format(
      'from public.campaign_deliveries as e1 where e1.user_id = %s and e1.at <= %L', owner, context.as_of)
  end;
end
$$;
comment on function campaign_private.behaviour_source is
  'SQL: what had happened to an owner''s contacts, or was sent to them, by the moment that rules are asked.';

create function campaign_private.rule_counted(match jsonb, holds text, source text) returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  threshold constant numeric := case when match ->> 'mode' in ('atLeast', 'atMost', 'exactly')
    then (match ->> 'threshold')::numeric end;
  compared constant text := case match ->> 'mode' when 'atLeast' then '>=' when 'atMost' then '<=' else '=' end;
begin
  case
    -- The offset keeps it from becoming a join or a hash of all, which a page has no use for.
    when match ->> 'mode' in ('some', 'none') then
      return format('%sexists (select %s and (%s) offset 0)',
                    case match ->> 'mode' when 'none' then 'not ' end, source, holds);
    when match ->> 'mode' = 'all' then
      return format('(select count(*) filter (where %s) = nullif(count(*), 0) %s)', holds, source);
    when threshold > 0 and threshold < 1 then
      return format('(select count(*) filter (where %s) %s %s * %s %s)', holds, compared, threshold,
                    case match ->> 'mode' when 'atMost' then 'count(*)' else 'nullif(count(*), 0)' end, source);
    else
      return format('(select count(*) %s and (%s)) %s %s', source, holds, compared, threshold);
  end case;
end
$$;
comment on function campaign_private.rule_counted is
  'SQL: so many of what is found fulfil a condition. Of nothing there is no share, but at most any.';


-- joined ----------------------------------------------------------------------------

create function campaign_private.behaviour_set(
  match jsonb, list text, holds text, context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  source constant text := campaign_private.behaviour_source(list, format('%L', auth.uid()), context)
    || ' and e1.contact_id is not null';
begin
  if match ->> 'mode' = 'all' or (match ->> 'mode' in ('atLeast', 'atMost', 'exactly')
      and (match ->> 'threshold')::numeric > 0 and (match ->> 'threshold')::numeric < 1) then
    return format('select e1.contact_id, count(*) filter (where %s) as found, count(*) as total %s group by 1',
                  holds, source);
  elsif match ->> 'mode' in ('some', 'none') then
    return format('select distinct e1.contact_id %s and (%s)', source, holds);
  end if;
  return format('select e1.contact_id, count(*) as found %s and (%s) group by 1', source, holds);
end
$$;
comment on function campaign_private.behaviour_set is
  'SQL: how many of the list of each contact fulfil a condition, for those who have any.';

create function campaign_private.behaviour_alias(source text) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return 'h_' || left(md5(source), 20);
end
$$;
comment on function campaign_private.behaviour_alias is 'What a set is joined as: the same one once.';

create function campaign_private.joined_counted(match jsonb, alias text) returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  threshold constant numeric := case when match ->> 'mode' in ('atLeast', 'atMost', 'exactly')
    then (match ->> 'threshold')::numeric end;
  wanted constant text := case when threshold > 0 and threshold < 1
    then format('%s * %s.total', threshold, alias) else threshold::text end;
begin
  case match ->> 'mode'
    when 'some' then return format('%s.contact_id is not null', alias);
    when 'none' then return format('%s.contact_id is null', alias);
    -- The planner takes equality for rare, and would look up each contact that has a row:
    -- it may not see it before they are joined.
    when 'all' then return format('coalesce(%1$s.found = %1$s.total, false)', alias);
    when 'atLeast' then
      return case when threshold = 0 then 'true' else format('%s.found >= %s', alias, wanted) end;
    when 'atMost' then return format('(%s.found > %s) is not true', alias, wanted);
    else
      return case when threshold = 0 then format('%s.contact_id is null', alias)
        else format('coalesce(%s.found = %s, false)', alias, wanted) end;
  end case;
end
$$;
comment on function campaign_private.joined_counted is
  'SQL: a contact is in a joined set so often. Who isn''t in it has nothing of it.';

create function campaign_private.behaviour_leaves(node jsonb, path text)
returns table (rule jsonb, at text)
language plpgsql stable rows 10 security invoker set search_path = '' as $$
begin
  if not node ? 'rules' then
    return query select node, path
      where coalesce(node -> 'match', 'null') <> 'null' and node -> 'field' in ('"events"', '"deliveries"');
  elsif node -> 'rules' <> '[]' then
    return query select leaf.rule, leaf.at
      from campaign_private.rule_children(node, path) as child,
        campaign_private.behaviour_leaves(child.node, child.at) as leaf;
  end if;
end
$$;
comment on function campaign_private.behaviour_leaves is 'The rules of a tree that ask what contacts did or were sent.';

create function campaign_private.check_behaviours(rules jsonb) returns void
language plpgsql stable security invoker set search_path = '' as $$
begin
  -- Each is a join of its own.
  if (select count(*) from campaign_private.behaviour_leaves(rules, '$')) > 32 then
    perform campaign_private.refuse_rules('$', 'ask what contacts did more than 32 times');
  end if;
end
$$;
comment on function campaign_private.check_behaviours is 'Refuse rules that ask more than can be joined.';

create function campaign_private.behaviour_joins(rules jsonb, as_of timestamptz, timezone text) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  context campaign_private.rule_context;
begin
  if strpos(rules::text, '"match"') = 0 then
    return '';
  end if;
  context := campaign_private.rule_context(as_of, timezone, true);
  return coalesce((
    select string_agg(format('left join (%s) as %2$s on %2$s.contact_id = c.id', source,
                             campaign_private.behaviour_alias(source)), ' ' order by source)
    from (
      select distinct campaign_private.behaviour_set(
        leaf.rule -> 'match', leaf.rule ->> 'field',
        campaign_private.compile_inner(leaf.rule, leaf.at, 1, context), context) as source
      from campaign_private.behaviour_leaves(rules, '$') as leaf
    ) as s
  ), '');
end
$$;
comment on function campaign_private.behaviour_joins is
  'SQL: what contacts did, joined to public.contacts as c, for rules that were compiled so.';
