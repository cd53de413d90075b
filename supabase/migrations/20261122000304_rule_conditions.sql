-- The conditions of rules: SQL of each positive operator, for each kind of value.
--
-- Two-valued in the end: what is null here counts as false, and a negation is `is not true`.

create function campaign_private.is_plain(operand campaign_private.rule_operand) returns boolean
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return (operand).kind in ('text', 'date', 'naive')
    and (operand).text !~ '^[\[{]' and (operand).text not in ('true', 'false');
end
$$;
comment on function campaign_private.is_plain is
  'Whether only a stored text, and no other JSON, reads like this value.';

create function campaign_private.is_plain_number(operand campaign_private.rule_operand) returns boolean
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return (operand).kind = 'number' and (operand).text = trim_scale((operand).number)::text;
end
$$;
comment on function campaign_private.is_plain_number is
  'Whether a number is written as JSON shows it, without zeros at its end.';

create function campaign_private.rule_equal_number(
  target campaign_private.rule_target, operand campaign_private.rule_operand
) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  -- What is stored reads the same, but for zeros at its end: few rows begin alike, and only
  -- these are looked at as JSON.
  return format('(%1$s like %4$L and (%1$s = %2$L or %3$s))', (target).text, (operand).text,
    campaign_private.rule_holds(target, to_jsonb((operand).number)), (operand).text || '%');
end
$$;
comment on function campaign_private.rule_equal_number is
  'SQL: what the field holds equals a plain number, or is a text that reads like it.';

create function campaign_private.rule_equal_values(operand campaign_private.rule_operand) returns jsonb[]
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return case operand.kind
    when 'boolean' then array[to_jsonb(operand.truth)]
    when 'number' then array[to_jsonb(operand.number), to_jsonb(operand.text)]
    else array[to_jsonb(operand.text)]
  end;
end
$$;
comment on function campaign_private.rule_equal_values is
  'The JSON values that a value of a rule equals.';

create function campaign_private.rule_path(keys text[]) returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  path text := 'strict $';
  key text;
begin
  foreach key in array keys loop
    path := path || '.' || to_json(key)::text;
  end loop;
  return path;
end
$$;
comment on function campaign_private.rule_path is
  'A jsonpath of keys. A strict one neither unwraps lists nor, under @@ or silenced, raises.';

create function campaign_private.rule_number(
  target campaign_private.rule_target, operator text, number numeric, most numeric default null
) returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  path constant text := campaign_private.rule_path(target.keys);
begin
  -- It compares numbers with numbers only: at the price of a cast, which would raise.
  return format('%s @@ %L', target.base, path || ' ' || operator || ' ' || number
                || coalesce(' && ' || substr(path, 8) || ' <= ' || most, ''));
end
$$;
comment on function campaign_private.rule_number is
  'SQL: the number at a path compares so with a number, and is at most another.';

create function campaign_private.rule_order(
  target campaign_private.rule_target, operator text, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if target.kind = 'time' then
    return case when operand.moment is null then 'false'
      else format('%s %s %L::timestamptz', target.text, operator, operand.moment) end;
  elsif target.kind = 'number' then
    return case when operand.number is null then 'false'
      else format('%s %s %L::numeric', target.text, operator, operand.number) end;
  elsif operand.moment is not null then
    return campaign_private.rule_before(
      target.text, operand, operator in ('<=', '>'), operator in ('<', '<='));
  elsif operand.kind = 'number' and target.kind = 'attribute' then
    return campaign_private.rule_number(target, operator, operand.number);
  end if;
  return 'false';
end
$$;
comment on function campaign_private.rule_order is
  'SQL: numbers with numbers, dates with dates, else false; without the check of a date''s shape.';

create function campaign_private.rule_ordered(
  target campaign_private.rule_target, condition text, operand campaign_private.rule_operand
) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return case
    when condition = 'false' or target.kind in ('time', 'number') or operand.kind = 'number' then condition
    else format('(%s and %s)', condition, campaign_private.rule_dated(target.text))
  end;
end
$$;
comment on function campaign_private.rule_ordered is
  'SQL: a comparison, followed by the check that what was compared has the shape of a date.';

create function campaign_private.rule_equals(
  target campaign_private.rule_target, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if operand.kind = 'relative' or target.kind = 'time' then
    return case when target.kind = 'time' then campaign_private.rule_order(target, '=', operand)
      else campaign_private.rule_between(target, operand, operand) end;
  elsif target.kind = 'text' then
    return case when operand.kind = 'boolean' then 'false'
      else format('%s = %L', target.text, operand.text) end;
  elsif target.kind = 'number' then
    return campaign_private.rule_order(target, '=', operand);
  elsif target.kind = 'id' then
    return format('%s = %L::uuid', target.text, operand.text);
  elsif campaign_private.is_plain(operand) then
    return format('%s = %L', target.text, operand.text);
  elsif campaign_private.is_plain_number(operand) then
    return campaign_private.rule_equal_number(target, operand);
  end if;
  return (
    select '(' || string_agg(campaign_private.rule_holds(target, value), ' or ') || ')'
    from unnest(campaign_private.rule_equal_values(operand)) as value);
end
$$;
comment on function campaign_private.rule_equals is 'SQL: what the field holds equals a value.';

create function campaign_private.rule_between(
  target campaign_private.rule_target, low campaign_private.rule_operand, high campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  above constant text := campaign_private.rule_order(target, '>=', low);
  below constant text := campaign_private.rule_order(target, '<=', high);
begin
  if 'false' in (above, below) or (low.kind = 'number') <> (high.kind = 'number') then
    return 'false';
  elsif low.kind = 'number' and target.kind = 'attribute' then
    return campaign_private.rule_number(target, '>=', low.number, high.number);
  end if;
  return campaign_private.rule_ordered(target, format('%s and %s', above, below), low);
end
$$;
comment on function campaign_private.rule_between is 'SQL: what the field holds lies between two values.';

create function campaign_private.rule_in_attribute(
  target campaign_private.rule_target, operands campaign_private.rule_operand[]
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  plain boolean;
  texts text[];
  numbers jsonb[];
begin
  select bool_and(case o.kind when 'number' then campaign_private.is_plain_number(o)
                  else campaign_private.is_plain(o) end),
    array_agg(o.text), array_agg(to_jsonb(o.number)) filter (where o.kind = 'number')
    into plain, texts, numbers from unnest(operands) as o;
  if not plain then
    return format('%s = any(%L::jsonb[])', target.json, array(
      select v from unnest(operands) as o, unnest(campaign_private.rule_equal_values(o)) as v));
  elsif numbers is null then
    return format('%s = any(%L::text[])', target.text, texts);
  end if;
  -- What is stored reads the same, but for numbers with zeros at their end.
  return format('(%1$s = any(%2$L::text[]) or (%1$s like ''%%.%%0'' and %3$s = any(%4$L::jsonb[])))',
                target.text, texts, target.json, numbers);
end
$$;
comment on function campaign_private.rule_in_attribute is
  'SQL: what is held in the attributes equals one of the values.';

create function campaign_private.rule_in(
  target campaign_private.rule_target, operands campaign_private.rule_operand[]
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if target.kind = 'attribute' then
    return campaign_private.rule_in_attribute(target, operands);
  end if;
  return case target.kind
    when 'text' then format('%s = any(%L::text[])', target.text,
      (select coalesce(array_agg((o).text) filter (where (o).text is not null), '{}')
       from unnest(operands) as o))
    when 'number' then format('%s = any(%L::numeric[])', target.text,
      (select coalesce(array_agg((o).number) filter (where (o).number is not null), '{}')
       from unnest(operands) as o))
    when 'id' then format('%s = any(%L::uuid[])', target.text,
      (select array_agg((o).text) from unnest(operands) as o))
    else format('%s = any(%L::timestamptz[])', target.text,
      (select coalesce(array_agg((o).moment) filter (where (o).moment is not null), '{}')
       from unnest(operands) as o))
  end;
end
$$;
comment on function campaign_private.rule_in is 'SQL: what the field holds equals one of the values.';

create function campaign_private.rule_literal(literal text) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return replace(replace(replace(literal, '\', '\\'), '%', '\%'), '_', '\_');
end
$$;
comment on function campaign_private.rule_literal is
  'A pattern of LIKE that only this text matches. LIKE takes half of what strpos() takes.';

create function campaign_private.rule_search(
  target campaign_private.rule_target, operator text, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  is_text constant text := format('jsonb_typeof(%s) = ''string''', target.json);
  found text;
  element text;
begin
  if operand.text is not null and target.kind in ('text', 'attribute') then
    found := case operator
      when 'contains' then format('%s like %L', target.text,
        '%' || campaign_private.rule_literal(operand.text) || '%')
      when 'beginsWith' then format('%s like %L', target.text,
        campaign_private.rule_literal(operand.text) || '%')
      else format('right(%s, %s) = %L', target.text, length(operand.text), operand.text) end;
  end if;
  if target.kind <> 'attribute' then
    return coalesce(found, 'false');
  end if;
  if operator <> 'contains' then
    return case when found is null then 'false' else format('(%s and %s)', found, is_text) end;
  end if;
  select string_agg(format('%s @> %L', target.json, jsonb_build_array(value)), ' or ')
    into element from unnest(campaign_private.rule_equal_values(operand)) as value;
  return case
    when found is null then format('(%s)', element)
    -- A list that has the element shows it in its text, unless JSON escapes it there.
    when to_json(operand.text)::text = '"' || operand.text || '"'
      and (operand.number is null or operand.text = trim_scale(operand.number)::text)
      then format('(%s and (%s or %s))', found, is_text, element)
    else format('((%s and %s) or %s)', found, is_text, element) end;
end
$$;
comment on function campaign_private.rule_search is
  'SQL: a text contains, begins or ends with another; an array has an element.';
