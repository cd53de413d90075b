-- The values of a rule: read, and held against what its field is.
--
-- What is refused has the path that campaign_sdk.rules gives it, and the same reason.

create function campaign_private.rule_scalar(
  operator text, value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
declare
  operand campaign_private.rule_operand;
begin
  if operator not in ('=', 'in') and jsonb_typeof(value) = 'string'
    and btrim(value #>> '{}', e' \t\n\r\f\v') = '' then
    perform campaign_private.refuse_rules(path, 'is empty: the rule is unfinished');
  elsif value = '"~"' then
    perform campaign_private.refuse_rules(path, 'is the builder''s placeholder: no value was chosen yet');
  elsif operator in ('in', 'contains', 'beginsWith', 'endsWith')
    and jsonb_typeof(value) = 'object' then
    perform campaign_private.refuse_rules(path, 'must be a text, a number or a boolean');
  elsif value is null or jsonb_typeof(value) = 'null' then
    perform campaign_private.refuse_rules(path, 'is missing: the rule is unfinished');
  end if;
  operand := campaign_private.rule_operand(value, path, as_of, timezone);
  if operator not in ('<', '<=', '>', '>=', 'between') then
    return operand;
  elsif operand.kind = 'naive' then
    perform campaign_private.refuse_rules(path, 'lacks an offset such as "Z" or "+05:30"');
  elsif operand.kind in ('text', 'boolean') then
    -- It comes neither before nor after anything: the rule's opposite would be everybody.
    perform campaign_private.refuse_rules(
      path, 'has no order: give a number, or a date such as "2026-01-31"');
  end if;
  return operand;
end
$$;
comment on function campaign_private.rule_scalar is 'One value of a rule, refused if it is unfinished.';

create function campaign_private.are_numbers(items jsonb[]) returns boolean
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return (select bool_and(case jsonb_typeof(item)
    when 'number' then abs(item::numeric) <= 1.7976931348623157e308 else false end) from unnest(items) as item);
end
$$;
comment on function campaign_private.are_numbers is
  'Whether a list is of numbers only, which need no look at each.';

create function campaign_private.rule_operands(
  operator text, value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand[]
language plpgsql stable security invoker set search_path = '' as $$
declare
  items jsonb[];
begin
  if operator not in ('in', 'between') then
    return array[campaign_private.rule_scalar(operator, value, path, as_of, timezone)];
  end if;
  items := campaign_private.rule_values(coalesce(value, 'null'), path);
  if operator = 'between' and cardinality(items) <> 2 then
    perform campaign_private.refuse_rules(path, 'must be two values, the lower and the higher');
  elsif cardinality(items) = 0 then
    perform campaign_private.refuse_rules(path, 'is an empty list');
  elsif operator = 'in' and campaign_private.are_numbers(items) then
    return array(
      select row('number', trim_scale(item::numeric)::text, item::numeric, null, null, null)::campaign_private.rule_operand
      from unnest(items) with ordinality as i(item, n) order by n);
  end if;
  return array(
    select campaign_private.rule_scalar(operator, item, format('%s[%s]', path, n - 1), as_of, timezone)
    from unnest(items) with ordinality as i(item, n) order by n);
end
$$;
comment on function campaign_private.rule_operands is 'The values of a rule: one, two or a list.';

create function campaign_private.check_kind(
  kind text, operator text, operands campaign_private.rule_operand[], path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  numbers integer;
begin
  -- In a list, a date that recurs was refused before.
  if 'recurring' in (operands[1].kind, operands[2].kind) then
    perform campaign_private.check_recurring(kind, operator, operands, path);
  end if;
  if kind = 'id' then
    perform campaign_private.check_ids(operator, operands, path);
  elsif operator not in ('<', '<=', '>', '>=', 'between') then
    return;
  end if;
  numbers := (operands[1].kind = 'number')::integer + coalesce((operands[2].kind = 'number')::integer, 0);
  if kind = 'text' then
    perform campaign_private.refuse_rules(
      path || '.operator', 'can''t be asked of a text: it has no order');
  elsif kind = 'time' and numbers > 0 then
    perform campaign_private.refuse_rules(path || '.value', 'must be a date: the field is one');
  elsif kind = 'number' and numbers < cardinality(operands) then
    perform campaign_private.refuse_rules(path || '.value', 'must be a number: the field is one');
  elsif numbers between 1 and cardinality(operands) - 1 then
    perform campaign_private.refuse_rules(path || '.value', 'must be two numbers, or two dates');
  end if;
end
$$;
comment on function campaign_private.check_kind is
  'Refuse values that a field can''t be held against.';

create function campaign_private.check_recurring(
  kind text, operator text, operands campaign_private.rule_operand[], path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if kind not in ('attribute', 'time') then
    perform campaign_private.refuse_rules(path || '.value', 'must not recur: the field is no date');
  elsif operator not in ('=', 'between') then
    perform campaign_private.refuse_rules(
      path || '.operator', 'can''t be asked of an anniversary: it is on a day, or between two');
  elsif exists (select from unnest(operands) as o where (o).kind <> 'recurring') then
    perform campaign_private.refuse_rules(path || '.value', 'must be two anniversaries, or none');
  end if;
end
$$;
comment on function campaign_private.check_recurring is
  'Refuse what an anniversary isn''t asked: it has no order but within a year.';

create function campaign_private.check_ids(
  operator text, operands campaign_private.rule_operand[], path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if operator not in ('=', 'in') then
    perform campaign_private.refuse_rules(
      path || '.operator', 'can''t be asked of an id: it is equal or it isn''t');
  elsif exists (
    select from unnest(operands) as o
    where (o).text is null or (o).text !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  ) then
    perform campaign_private.refuse_rules(path || '.value', 'must be a campaign''s id');
  end if;
end
$$;
comment on function campaign_private.check_ids is
  'Refuse what an id isn''t asked: order, or whether it equals what is none.';

create function campaign_private.check_words(
  words text[], operator text, operands campaign_private.rule_operand[], path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  -- A misspelt word is true of nothing, and its opposite of everything.
  if operator in ('=', 'in') and exists (
    select from unnest(operands) as o where (o).text is null or (o).text <> all(words)
  ) then
    perform campaign_private.refuse_rules(
      path, format('must be one of %s', array_to_string(words, ', ')));
  end if;
end
$$;
comment on function campaign_private.check_words is
  'Refuse a word that a column never holds.';

create function campaign_private.check_between(
  operands campaign_private.rule_operand[], value jsonb, path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  low constant campaign_private.rule_operand := operands[1];
  high constant campaign_private.rule_operand := operands[2];
  reversed boolean;
begin
  -- A day against an instant depends on the time zone, a relative date on the day, unless
  -- both begin at the same anchor.
  if low.kind = 'number' then
    reversed := high.kind = 'number' and low.number > high.number;
  elsif low.kind = 'date' then
    reversed := high.kind = 'date' and low.moment > high.moment
      and (length(low.text) = 10) = (length(high.text) = 10);
  elsif low.kind in ('relative', 'recurring') and high.kind in ('relative', 'recurring') then
    reversed := value #> '{0,anchor}' = value #> '{1,anchor}'
      and value #> '{0,unit}' = value #> '{1,unit}'
      and (value #>> '{0,offset}')::numeric > (value #>> '{1,offset}')::numeric;
  end if;
  if reversed then
    perform campaign_private.refuse_rules(path, 'is reversed: the lower value comes first');
  end if;
end
$$;
comment on function campaign_private.check_between is 'Refuse a range whose ends are reversed.';
