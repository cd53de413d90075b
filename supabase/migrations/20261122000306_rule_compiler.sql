-- The compiler of rules: a tree checked as it is read, and made one predicate.
--
-- What is refused has the path that campaign_sdk.rules gives it, and the same reason.

create function campaign_private.compile_condition(
  operator text, target campaign_private.rule_target, operands campaign_private.rule_operand[],
  timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  case
    when operator = 'notNull' then
      return format('%s is not null', target.text);
    when operands[1].kind = 'recurring' then
      return campaign_private.rule_recurring(
        target, campaign_private.days_between(operands[1].wall, operands[cardinality(operands)].wall), timezone);
    when operator = '=' then
      return campaign_private.rule_equals(target, operands[1]);
    when operator in ('<', '<=', '>', '>=') then
      return campaign_private.rule_ordered(
        target, campaign_private.rule_order(target, operator, operands[1]), operands[1]);
    when operator = 'between' then
      return campaign_private.rule_between(target, operands[1], operands[2]);
    when operator = 'in' then
      return campaign_private.rule_in(target, operands);
    else
      return campaign_private.rule_search(target, operator, operands[1]);
  end case;
end
$$;
comment on function campaign_private.compile_condition is 'SQL of one positive operator.';

create function campaign_private.compile_rule(
  rule jsonb, path text, depth integer, context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  positive constant jsonb := '{"=": "=", "!=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "contains": "contains", "doesNotContain": "contains",
    "beginsWith": "beginsWith", "doesNotBeginWith": "beginsWith",
    "endsWith": "endsWith", "doesNotEndWith": "endsWith", "notNull": "notNull",
    "null": "notNull", "in": "in", "notIn": "in", "between": "between",
    "notBetween": "between"}'::jsonb;
  operator constant text := case when jsonb_typeof(rule -> 'operator') = 'string'
    then positive ->> (rule ->> 'operator') end;
  counts constant boolean := coalesce(rule -> 'match', 'null') <> 'null';
  target campaign_private.rule_target;
begin
  perform campaign_private.check_keys(
    rule,
    array['field', 'operator', 'value', 'valueSource', 'match', 'id', 'path', 'disabled', 'muted', 'meta'],
    path);
  if counts then
    perform campaign_private.check_match(rule, path, context);
  else
    target := campaign_private.rule_target(
      rule -> 'field', path || '.field', context.scope, context.alias);
  end if;
  if operator is null then
    perform campaign_private.refuse_rules(path || '.operator', 'is not a known operator');
  elsif counts and operator <> rule ->> 'operator' then
    perform campaign_private.refuse_rules(
      path || '.operator',
      'can''t be negative beside a match mode: negate the group, or use another mode');
  elsif coalesce(rule -> 'valueSource', 'null') not in ('null', '""', '"value"') then
    perform campaign_private.refuse_rules(path || '.valueSource', 'must be "value"');
  elsif counts then
    return campaign_private.compile_match(rule, path, depth, context);
  end if;
  return campaign_private.compile_value(
    operator, operator <> rule ->> 'operator', target, rule -> 'value', path, context);
end
$$;
comment on function campaign_private.compile_rule is
  'SQL of one rule. A negative operator is the complement of its positive one.';

create function campaign_private.compile_value(
  operator text, negative boolean, target campaign_private.rule_target, value jsonb, path text,
  context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  operands campaign_private.rule_operand[];
  condition text;
begin
  if operator <> 'notNull' then
    operands := campaign_private.rule_operands(
      operator, value, path || '.value', context.as_of, context.timezone);
    perform campaign_private.check_kind(target.kind, operator, operands, path);
  end if;
  if operator = 'between' then
    perform campaign_private.check_between(operands, value, path || '.value');
  elsif target.words is not null then
    perform campaign_private.check_words(target.words, operator, operands, path || '.value');
  end if;
  condition := campaign_private.compile_condition(operator, target, operands, context.timezone);
  if negative then
    return format('(%s) is not true', condition);
  end if;
  return concat_ws(
    ' and ',
    case when target.base = 'c.attributes' and operands[1].kind is distinct from 'recurring'
      then campaign_private.hot_condition(operator, target.keys, operands) end,
    condition);
end
$$;
comment on function campaign_private.compile_value is
  'SQL of an operator, by its positive one, and its value, which is checked.';


-- groups --------------------------------------------------------------------------

create function campaign_private.check_group(grp jsonb, path text, depth integer) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  everyone constant boolean := grp -> 'everyone' = 'true';
begin
  if depth > 32 then
    perform campaign_private.refuse_rules(path, 'is nested more than 32 groups deep');
  end if;
  perform campaign_private.check_keys(
    grp,
    array['combinator', 'not', 'rules', 'everyone', 'id', 'path', 'disabled', 'muted', 'meta'],
    path);
  if coalesce(grp -> 'combinator', 'null') not in ('"and"', '"or"') then
    perform campaign_private.refuse_rules(path || '.combinator', 'must be "and" or "or"');
  elsif coalesce(grp -> 'not', 'false') not in ('true', 'false') then
    perform campaign_private.refuse_rules(path || '.not', 'must be true or false');
  elsif coalesce(grp -> 'everyone', 'false') not in ('true', 'false') then
    perform campaign_private.refuse_rules(path || '.everyone', 'must be true or false');
  elsif jsonb_typeof(grp -> 'rules') <> 'array' then
    perform campaign_private.refuse_rules(path || '.rules', 'must be a list of rules');
  elsif everyone and grp -> 'rules' <> '[]' then
    perform campaign_private.refuse_rules(path || '.everyone', 'marks a group that has rules');
  elsif grp -> 'rules' = '[]' and everyone is not true then
    perform campaign_private.refuse_rules(path || '.rules', 'is empty: the group is unfinished');
  end if;
end
$$;
comment on function campaign_private.check_group is 'Refuse a group that is unfinished or malformed.';

create function campaign_private.rule_children(grp jsonb, path text)
returns table (node jsonb, at text)
language plpgsql immutable rows 10 security invoker set search_path = '' as $$
declare
  rules constant jsonb := grp -> 'rules';
  most constant integer := jsonb_array_length(rules) - 1;
  left_over boolean := false;
begin
  for n in 0 .. most loop
    if coalesce(rules -> n -> 'muted', 'false') not in ('true', 'false') then
      perform campaign_private.refuse_rules(format('%s.rules[%s].muted', path, n), 'must be true or false');
    end if;
  end loop;
  for n in 0 .. most loop
    continue when rules -> n -> 'muted' = 'true';
    node := rules -> n;
    at := format('%s.rules[%s]', path, n);
    left_over := true;
    return next;
  end loop;
  if not left_over then
    perform campaign_private.refuse_rules(path || '.rules', 'is all muted: nothing is left of the group');
  end if;
end
$$;
comment on function campaign_private.rule_children is 'What is in a group and is not muted.';

create function campaign_private.compile_node(
  node jsonb, path text, depth integer, context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  child record;
  part text;
  plain text[];
  looks text[];
  condition text := 'true';
begin
  if jsonb_typeof(node) <> 'object' then
    perform campaign_private.refuse_rules(path, 'must be a rule or a group of rules');
  elsif not node ? 'rules' then
    return campaign_private.compile_rule(node, path, depth, context);
  end if;
  perform campaign_private.check_group(node, path, depth);
  if node -> 'rules' <> '[]' then
    -- What looks something up comes last: a contact of whom the rest decides needs no look.
    for child in select c.node, c.at from campaign_private.rule_children(node, path) as c loop
      part := campaign_private.compile_node(child.node, child.at, depth + 1, context);
      if strpos(part, '(select ') > 0 then
        looks := looks || part;
      else
        plain := plain || part;
      end if;
    end loop;
    condition := '(' || array_to_string(plain || looks, format(' %s ', node ->> 'combinator')) || ')';
  end if;
  return case when node -> 'not' = 'true' then format('(%s) is not true', condition)
    else condition end;
end
$$;
comment on function campaign_private.compile_node is
  'SQL of a rule or a group; it calls itself at most 32 times.';

create function campaign_private.check_limits(rules jsonb) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if rules is null then
    perform campaign_private.refuse_rules('$', 'is missing');
  elsif octet_length(rules::text) > 262144 then
    perform campaign_private.refuse_rules('$', 'takes more than 256 kB');
  elsif rules @? 'strict $.**{101}' then
    -- No reader of JSON that we know gives up before this depth; some do soon after.
    perform campaign_private.refuse_rules('$', 'is nested more than 100 levels deep');
  end if;
end
$$;
comment on function campaign_private.check_limits is 'Refuse rules that are too large or too deep to be read.';

create function campaign_private.rule_context(as_of timestamptz, timezone text, joined boolean)
returns campaign_private.rule_context
language plpgsql stable security invoker set search_path = '' as $$
begin
  perform campaign_private.check_timezone(timezone);
  if as_of is null or as_of not between '0001-01-01+00' and '9999-12-31 23:59:59.999999+00' then
    perform campaign_private.refuse_rules('as_of', 'must lie within the years 1 to 9999');
  end if;
  return row(as_of, timezone, 'contact', 'c', 0, joined)::campaign_private.rule_context;
end
$$;
comment on function campaign_private.rule_context is 'The context of rules about contacts.';

create function campaign_private.compile_rules(
  rules jsonb, as_of timestamptz default now(), timezone text default 'UTC',
  joined boolean default false
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  context campaign_private.rule_context;
  predicate text;
begin
  perform campaign_private.check_limits(rules);
  context := campaign_private.rule_context(as_of, timezone, joined);
  if jsonb_typeof(rules) <> 'object' or not rules ? 'rules' then
    perform campaign_private.refuse_rules('$', 'must be a group: {"combinator", "rules", …}');
  elsif coalesce(rules -> 'muted', 'false') not in ('true', 'false') then
    perform campaign_private.refuse_rules('$.muted', 'must be true or false');
  elsif rules -> 'muted' = 'true' then
    perform campaign_private.refuse_rules('$', 'is muted: nothing is left of the rules');
  end if;
  predicate := campaign_private.compile_node(rules, '$', 1, context);
  perform campaign_private.check_behaviours(rules);
  return predicate;
end
$$;
comment on function campaign_private.compile_rules is
  'One SQL predicate over public.contacts as c for react-querybuilder''s JSON. What people did is '
  'looked up for each contact; or with joined, it is in the joins of behaviour_joins. '
  'Refuses with CMP03: the message is the reason, the detail the JSON path.';


-- refusing bad rules at write time ------------------------------------------------

create function campaign_private.valid_rules(rules jsonb) returns boolean
language plpgsql stable security invoker set search_path = '' as $$
begin
  perform campaign_private.compile_rules(rules);
  return true;
exception when sqlstate 'CMP03' then
  return false;
end
$$;
comment on function campaign_private.valid_rules is 'Whether these rules can be compiled.';

create function campaign_private.check_rules() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  perform campaign_private.check_timezone(coalesce(new.timezone, 'UTC'));
  if new.rules is not null then
    perform campaign_private.compile_rules(new.rules, now(), coalesce(new.timezone, 'UTC'));
  end if;
  return new;
end
$$;
comment on function campaign_private.check_rules is
  'Trigger for a table with rules and timezone: refuses bad ones with CMP03 and the path. '
  'Rules that are null have not been set yet.';
