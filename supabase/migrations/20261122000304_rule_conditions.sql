-- The conditions of rules: SQL of each positive operator, for each kind of value.
--
-- Two-valued in the end: what is null here counts as false, and a negation is `is not true`.

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
  path constant text := case cardinality(target.keys)
    when 1 then 'strict $.' || to_json(target.keys[1])::text else campaign_private.rule_path(target.keys) end;
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
  return case
    when target.kind = 'time' then case when operand.moment is null then 'false'
      else format('%s %s %L::timestamptz', target.text, operator, operand.moment) end
    when target.kind = 'number' then case when operand.number is null then 'false'
      else format('%s %s %L::numeric', target.text, operator, operand.number) end
    when operand.moment is not null then campaign_private.rule_before(
      target.text, operand, operator in ('<=', '>'), operator in ('<', '<='))
    when operand.kind = 'number' and target.kind = 'attribute' then
      campaign_private.rule_number(target, operator, operand.number)
    else 'false' end;
end
$$;
comment on function campaign_private.rule_order is
  'SQL: numbers with numbers, dates with dates, else false; without the check of a date''s shape.';

create function campaign_private.rule_compared(
  target campaign_private.rule_target, operator text, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if operand.moment is null or target.kind = 'time' then
    return campaign_private.rule_order(target, operator, operand);
  end if;
  return format('(%s and %s)', campaign_private.rule_order(target, operator, operand),
                campaign_private.rule_dated(target.text));
end
$$;
comment on function campaign_private.rule_compared is
  'SQL: the field orders so with a value; of a date in the attributes the shape is checked after it.';

create function campaign_private.rule_equal_any(target campaign_private.rule_target, operand campaign_private.rule_operand)
returns text
language plpgsql immutable security invoker set search_path = '' as $$
declare
  values constant jsonb[] := campaign_private.rule_equal_values(operand);
begin
  return '(' || campaign_private.rule_holds(target, values[1]) || case cardinality(values)
    when 2 then ' or ' || campaign_private.rule_holds(target, values[2]) else '' end || ')';
end
$$;
comment on function campaign_private.rule_equal_any is 'SQL: the field holds one of the values that equal a value.';

create function campaign_private.rule_equals(
  target campaign_private.rule_target, operand campaign_private.rule_operand, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if operand.kind = 'recurring' or (operand.kind = 'relative' and target.kind <> 'time') then
    return campaign_private.rule_between(target, operand, operand, timezone);
  elsif target.kind in ('time', 'number') then
    return campaign_private.rule_order(target, '=', operand);
  elsif target.kind = 'attribute' and not operand.plain then
    return campaign_private.rule_equal_any(target, operand);
  elsif target.kind = 'attribute' and operand.kind = 'number' then
    return campaign_private.rule_equal_number(target, operand);
  end if;
  return case
    when operand.kind = 'boolean' then 'false'
    when target.kind = 'id' then format('%s = %L::uuid', target.text, operand.text)
    else format('%s = %L', target.text, operand.text) end;
end
$$;
comment on function campaign_private.rule_equals is 'SQL: what the field holds equals a value.';

create function campaign_private.rule_between(
  target campaign_private.rule_target, low campaign_private.rule_operand,
  high campaign_private.rule_operand, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  limits text;
begin
  if low.kind = 'recurring' then
    return campaign_private.rule_recurring(
      target, campaign_private.days_between(low.wall, high.wall), timezone);
  elsif low.kind = 'number' and target.kind = 'attribute' then
    return campaign_private.rule_number(target, '>=', low.number, high.number);
  end if;
  limits := campaign_private.rule_order(target, '>=', low) || ' and '
    || campaign_private.rule_order(target, '<=', high);
  return case when target.kind in ('time', 'number') then limits
    else format('(%s and %s)', limits, campaign_private.rule_dated(target.text)) end;
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
  wholes text[];
  words jsonb[];
  numbers jsonb[];
begin
  select bool_and(o.plain), array_agg(o.text), array_agg(split_part(o.text, '.', 1)),
    array_agg(to_jsonb(o.text)), array_agg(to_jsonb(o.number)) filter (where o.kind = 'number')
    into plain, texts, wholes, words, numbers from unnest(operands) as o;
  if not plain then
    return format('%s = any(%L::jsonb[])', target.json, array(
      select v from unnest(operands) as o, unnest(campaign_private.rule_equal_values(o)) as v));
  elsif numbers is null then
    return format('%s = any(%L::text[])', target.text, texts);
  end if;
  -- What is stored reads the same, but for numbers with zeros at their end: what stands before
  -- the point tells the others apart, in half the time. The planner would put it last.
  return format('case when split_part(%s, ''.'', 1) = any(%L::text[]) then %s = any(%L::jsonb[]) end',
                target.text, wholes, target.json, numbers || words);
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

create function campaign_private.rule_found(
  target campaign_private.rule_target, operator text, literal text
) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return case operator
    when 'contains' then format('%s like %L', target.text,
      '%' || campaign_private.rule_literal(literal) || '%')
    when 'beginsWith' then format('%s like %L', target.text,
      campaign_private.rule_literal(literal) || '%')
    else format('right(%s, %s) = %L', target.text, length(literal), literal) end;
end
$$;
comment on function campaign_private.rule_found is
  'SQL: what the field reads as contains, begins or ends with a text.';

create function campaign_private.rule_meets_lists(target campaign_private.rule_target) returns boolean
language plpgsql stable security invoker set search_path = '' as $$
begin
  return target.base = 'c.attributes' and coalesce((
    select jsonb_typeof(c.attributes #> target.keys) = 'array'
    -- Only an index that begins with the owner has addresses in order: in the order of ids
    -- the planner may walk through everybody's contacts.
    from (select c.attributes from public.contacts as c order by c.email limit 4) as c
    where c.attributes #> target.keys is not null limit 1
  ), false);
end
$$;
comment on function campaign_private.rule_meets_lists is
  'Whether the first of the caller''s contacts that have a field have a list there, as the others will, mostly.';

create function campaign_private.rule_contains(
  target campaign_private.rule_target, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  found text;
  element text;
begin
  if operand.kind = 'boolean' then
    return format('%s @> %L', target.json, jsonb_build_array(operand.truth));
  end if;
  found := campaign_private.rule_found(target, 'contains', operand.text);
  element := case operand.kind
    when 'number' then format('(%1$s @> %2$L or %1$s @> %3$L)', target.json,
      jsonb_build_array(operand.number), jsonb_build_array(operand.text))
    else format('%s ? %L', target.json, operand.text) end;
  -- To write a list out takes longer than to look into it; to look at each text whether it is
  -- one takes as long as reading it. A list that has the element shows it in its text, unless
  -- JSON escapes it there.
  return format(case
    when to_json(operand.text)::text <> '"' || operand.text || '"'
      or (operand.kind = 'number' and not operand.plain)
      or campaign_private.rule_meets_lists(target)
      then 'case jsonb_typeof(%1$s) when ''array'' then %3$s when ''string'' then %2$s end'
    else '(%2$s and case jsonb_typeof(%1$s) when ''array'' then %3$s when ''string'' then true end)'
  end, target.json, found, element);
end
$$;
comment on function campaign_private.rule_contains is
  'SQL: a text in the attributes contains another, or a list there has an element.';

create function campaign_private.rule_search(
  target campaign_private.rule_target, operator text, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if target.kind = 'attribute' and operator = 'contains' then
    return campaign_private.rule_contains(target, operand);
  elsif operand.text is null or target.kind not in ('text', 'attribute') then
    return 'false';
  end if;
  return format(
    case target.kind when 'attribute' then '(%s and jsonb_typeof(%s) = ''string'')' else '%s' end,
    campaign_private.rule_found(target, operator, operand.text), target.json);
end
$$;
comment on function campaign_private.rule_search is
  'SQL: a text contains, begins or ends with another; a list has an element.';
