-- The compiler of rules: a tree checked as it is read, and made one predicate.
--
-- What most rules and groups are is seen at one look; only the others are looked at part by part.

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
  operator constant text := positive ->> (rule ->> 'operator');
  negative constant boolean := operator <> rule ->> 'operator';
  target campaign_private.rule_target;
  condition text;
begin
  -- Nearly every rule passes at this one look.
  if operator is null or rule - '{field, operator, value, id, valueSource}'::text[] <> '{}'
    or rule ->> 'valueSource' <> 'value' then
    perform campaign_private.check_leaf(rule, operator, path, context);
    if coalesce(rule -> 'match', 'null') <> 'null' then
      return campaign_private.compile_match(rule, path, depth, context);
    end if;
  end if;
  target := campaign_private.rule_target(rule -> 'field', path || '.field', context.scope, context.alias);
  if operator = 'notNull' then
    condition := target.text || ' is not null';
  elsif operator in ('in', 'between') then
    condition := campaign_private.compile_values(
      operator, negative, target, rule -> 'value', path, context.as_of, context.timezone);
  else
    condition := campaign_private.compile_value(
      operator, negative, target, rule -> 'value', path, context.as_of, context.timezone);
  end if;
  return case when negative then '(' || condition || ') is not true' else condition end;
end
$$;
comment on function campaign_private.compile_rule is
  'SQL of one rule. A negative operator is the complement of its positive one.';

create function campaign_private.compile_value(
  operator text, negative boolean, target campaign_private.rule_target, value jsonb, path text,
  as_of timestamptz, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  operand constant campaign_private.rule_operand :=
    campaign_private.rule_operand(operator, value, path || '.value', as_of, timezone);
  condition text;
begin
  -- What is in the attributes can be held against any value.
  if target.kind <> 'attribute' or operand.kind = 'recurring' then
    perform campaign_private.check_operands(operator, target, array[operand], value, path);
  end if;
  if operator = '=' then
    condition := campaign_private.rule_equals(target, operand, timezone);
  elsif operator in ('<', '<=', '>', '>=') then
    condition := campaign_private.rule_compared(target, operator, operand);
  else
    return campaign_private.rule_search(target, operator, operand);
  end if;
  if negative or pg_relation_size('campaign_private.hot_fields') = 0 then
    return condition;
  end if;
  return campaign_private.hot_condition(operator, target, array[operand], condition);
end
$$;
comment on function campaign_private.compile_value is
  'SQL of an operator, by its positive one, and its value, which is checked.';

create function campaign_private.compile_values(
  operator text, negative boolean, target campaign_private.rule_target, value jsonb, path text,
  as_of timestamptz, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  operands constant campaign_private.rule_operand[] :=
    campaign_private.rule_operands(operator, value, path || '.value', as_of, timezone);
  condition text;
begin
  -- Nearly every range in the attributes passes at this one look.
  if target.kind <> 'attribute' or (operator = 'between' and (
    operands[1].kind = operands[2].kind and operands[1].kind in ('number', 'date', 'relative')
    and (operands[1].number < operands[2].number or operands[1].moment < operands[2].moment)) is not true) then
    perform campaign_private.check_operands(operator, target, operands, value, path);
  end if;
  if operator = 'in' then
    condition := campaign_private.rule_in(target, operands);
  else
    condition := campaign_private.rule_between(target, operands[1], operands[2], timezone);
  end if;
  if negative or pg_relation_size('campaign_private.hot_fields') = 0 then
    return condition;
  end if;
  return campaign_private.hot_condition(operator, target, operands, condition);
end
$$;
comment on function campaign_private.compile_values is
  'SQL of an operator, by its positive one, and its list of values, which are checked.';


-- groups --------------------------------------------------------------------------

create function campaign_private.rule_children(grp jsonb, path text)
returns table (node jsonb, at text)
language plpgsql immutable rows 10 security invoker set search_path = '' as $$
declare
  rules constant jsonb := grp -> 'rules';
begin
  perform campaign_private.check_muted(grp, path);
  for n in 0 .. jsonb_array_length(rules) - 1 loop
    continue when rules -> n -> 'muted' = 'true';
    node := rules -> n;
    at := format('%s.rules[%s]', path, n);
    return next;
  end loop;
end
$$;
comment on function campaign_private.rule_children is 'What is in a group and is not muted.';

create function campaign_private.compile_node(
  node jsonb, path text, depth integer, context campaign_private.rule_context
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  rules constant jsonb := node -> 'rules';
  muted constant boolean := rules @? '$[*].muted';
  part text;
  plain text[];
  looks text[];
  condition text;
begin
  if jsonb_typeof(node) <> 'object' then
    perform campaign_private.refuse_rules(path, 'must be a rule or a group of rules');
  elsif rules is null then
    return campaign_private.compile_rule(node, path, depth, context);
  end if;
  -- Nearly every group passes at this one look.
  if (depth <= 32 and not muted and rules @? 'strict $[0]' and node ->> 'combinator' in ('and', 'or')
      and coalesce(node -> 'not', 'false') in ('true', 'false')
      and node - '{combinator, not, rules, id}'::text[] = '{}') is not true then
    perform campaign_private.check_group(node, path, depth);
  end if;
  for n in 0 .. jsonb_array_length(rules) - 1 loop
    continue when muted and rules -> n -> 'muted' = 'true';
    part := campaign_private.compile_node(
      rules -> n, path || '.rules[' || n || ']', depth + 1, context);
    -- What looks something up comes last: a contact of whom the rest decides needs no look.
    if strpos(part, '(select ') > 0 then
      looks := looks || part;
    else
      plain := plain || part;
    end if;
  end loop;
  condition := coalesce(
    '(' || array_to_string(plain || looks, format(' %s ', node ->> 'combinator')) || ')', 'true');
  return case when node -> 'not' = 'true' then format('(%s) is not true', condition)
    else condition end;
end
$$;
comment on function campaign_private.compile_node is
  'SQL of a rule or a group; it calls itself at most 32 times.';

create function campaign_private.rule_context(as_of timestamptz, timezone text, joined boolean)
returns campaign_private.rule_context
language plpgsql stable security invoker set search_path = '' as $$
begin
  if timezone is distinct from 'UTC' then
    perform campaign_private.check_timezone(timezone);
  end if;
  if (as_of between '0001-01-01+00' and '9999-12-31 23:59:59.999999+00') is not true then
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
  written constant text := rules::text;
  predicate text;
begin
  if octet_length(written) > 262144 or rules @? 'strict $.**{101}' or rules -> 'rules' is null or rules ? 'muted' then
    perform campaign_private.check_root(rules);
  end if;
  predicate := campaign_private.compile_node(
    rules, '$', 1, campaign_private.rule_context(as_of, timezone, joined));
  if strpos(written, '"match"') > 0 then
    perform campaign_private.check_behaviours(rules);
  end if;
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
