-- The values of a rule: read, and held against what its field is.
--
-- What is refused has the path that campaign_sdk.rules gives it, and the same reason.

create function campaign_private.rule_operand(
  operator text, value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
declare
  kind constant text := jsonb_typeof(value);
  written constant text := value #>> '{}';
  operand campaign_private.rule_operand;
begin
  -- Beyond a double, the readers of JSON disagree with each other.
  if kind = 'number' and abs(written::numeric) <= 1.7976931348623157e308 then
    return row('number', trim_scale(written::numeric)::text, written::numeric, null, null, null, true)::campaign_private.rule_operand;
  elsif kind = 'object' and operator in ('=', '<', '<=', '>', '>=', 'between') then
    return campaign_private.rule_relative(value, path, as_of, timezone);
  elsif kind is distinct from 'string' or btrim(written, e' \t\n\r\f\v') in ('', '~') then
    operand := campaign_private.rule_other_operand(operator, value, path);
  elsif strpos('-0123456789', left(written, 1)) > 0 then
    operand := campaign_private.rule_numeral(written, timezone);
  else
    operand := row('text', written, null, null, null, null,
                   left(written, 1) not in ('[', '{') and written not in ('true', 'false'))::campaign_private.rule_operand;
  end if;
  if operator in ('<', '<=', '>', '>=', 'between') and operand.kind in ('naive', 'text', 'boolean') then
    perform campaign_private.refuse_rules(path, case operand.kind
      when 'naive' then 'lacks an offset such as "Z" or "+05:30"'
      -- It comes neither before nor after anything: the rule's opposite would be everybody.
      else 'has no order: give a number, or a date such as "2026-01-31"' end);
  end if;
  return operand;
end
$$;
comment on function campaign_private.rule_operand is
  'One value of a rule, refused if it is unfinished. A text that is a number stands for both.';

create function campaign_private.rule_numeral(written text, timezone text) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
begin
  if length(written) <= 400
    and written ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$' then
    return row('number', written, written::numeric, null, null, null,
               written = trim_scale(written::numeric)::text)::campaign_private.rule_operand;
  end if;
  return campaign_private.rule_date(written, timezone);
end
$$;
comment on function campaign_private.rule_numeral is
  'A text of a rule that begins as a number does: one, or a date, or neither.';

create function campaign_private.rule_other_operand(operator text, value jsonb, path text)
returns campaign_private.rule_operand
language plpgsql immutable security invoker set search_path = '' as $$
declare
  written constant text := value #>> '{}';
begin
  case coalesce(jsonb_typeof(value), 'null')
    when 'object' then
      perform campaign_private.refuse_rules(path, 'must be a text, a number or a boolean');
    when 'boolean' then
      return row('boolean', null, null, written::boolean, null, null, false)::campaign_private.rule_operand;
    when 'string' then
      if written = '~' then
        perform campaign_private.refuse_rules(path, 'is the builder''s placeholder: no value was chosen yet');
      elsif operator not in ('=', 'in') and btrim(written, e' \t\n\r\f\v') = '' then
        perform campaign_private.refuse_rules(path, 'is empty: the rule is unfinished');
      end if;
      return row('text', written, null, null, null, null, true)::campaign_private.rule_operand;
    when 'number' then
      perform campaign_private.refuse_rules(path, 'is too large a number');
    when 'null' then
      perform campaign_private.refuse_rules(path, 'is missing: the rule is unfinished');
    else
      perform campaign_private.refuse_rules(path, 'must be a text, a number, a boolean or a date');
  end case;
end
$$;
comment on function campaign_private.rule_other_operand is
  'A boolean or a blank text as a value of a rule; what is none is refused.';

create function campaign_private.rule_operands(
  operator text, value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand[]
language plpgsql stable security invoker set search_path = '' as $$
declare
  items constant jsonb := campaign_private.rule_values(coalesce(value, 'null'), path);
begin
  if operator = 'between' then
    if jsonb_array_length(items) <> 2 then
      perform campaign_private.refuse_rules(path, 'must be two values, the lower and the higher');
    end if;
    return array[campaign_private.rule_operand(operator, items -> 0, path || '[0]', as_of, timezone),
                 campaign_private.rule_operand(operator, items -> 1, path || '[1]', as_of, timezone)];
  elsif items = '[]' then
    perform campaign_private.refuse_rules(path, 'is an empty list');
  end if;
  return array(
    select case
      -- Long lists are mostly of these: a call for each would take ten times as long.
      when case jsonb_typeof(item) when 'number' then abs(item::numeric) <= 1.7976931348623157e308 end
        then row('number', trim_scale(item::numeric)::text, item::numeric, null, null, null, true)::campaign_private.rule_operand
      else campaign_private.rule_operand(operator, item, format('%s[%s]', path, n - 1), as_of, timezone) end
    from jsonb_array_elements(items) with ordinality as i(item, n));
end
$$;
comment on function campaign_private.rule_operands is 'The values of a rule: two, or a list.';

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

create function campaign_private.check_operands(
  operator text, target campaign_private.rule_target, operands campaign_private.rule_operand[],
  value jsonb, path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  perform campaign_private.check_kind(target.kind, operator, operands, path);
  if operator = 'between' then
    perform campaign_private.check_between(operands, value, path || '.value');
  elsif target.words is not null then
    perform campaign_private.check_words(target.words, operator, operands, path || '.value');
  end if;
end
$$;
comment on function campaign_private.check_operands is
  'Refuse values that a field can''t be held against, a reversed range and a misspelt word.';

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
