-- The rules of an audience, compiled to one predicate over `public.contacts as c`.
--
-- The language is docs/rules.md; campaign_sdk.rules is its other executor, and a
-- differential test holds the two together. What makes the predicate safe and fast:
--   * only operators that can't raise on any stored value: no casts of stored data;
--   * every byte a user wrote passes through %L;
--   * negation is `(…) is not true`: two-valued, whatever is missing;
--   * a comparison stands before the check of its type, so that only the rows that
--     pass it pay for the check.

create type campaign_private.rule_target as (kind text, keys text[], json text, text text);
comment on type campaign_private.rule_target is
  'What a field names: kind attribute, text or time (columns); the path into attributes; '
  'and the SQL that reads it as jsonb and as text.';

create type campaign_private.rule_operand as (
  kind text, text text, number numeric, truth boolean, moment timestamptz, wall timestamp
);
comment on type campaign_private.rule_operand is
  'One value of a rule: kind boolean, number, text, date, naive or relative; its text; '
  'and for dates the instant and what the clock on the wall shows then.';

create type campaign_private.rule_bounds as (bare text, exact text, lowest text, highest text);
comment on type campaign_private.rule_bounds is
  'Texts that bound stored dates: bare ones, instants; and the band outside of which '
  'one comparison decides.';


-- refusing ------------------------------------------------------------------------

create function campaign_private.refuse_rules(path text, reason text) returns void
language plpgsql volatile security invoker set search_path = '' as $$
begin
  raise exception using errcode = 'CMP03', message = reason, detail = path;
end
$$;
comment on function campaign_private.refuse_rules is
  'Raise CMP03: the message is the reason, the detail is the JSON path.';

create function campaign_private.check_keys(node jsonb, known text[], path text) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  -- By code point, as Python orders them: both name the same one.
  unknown constant text := (
    select min(key collate "C") from jsonb_object_keys(node) as k(key) where key <> all(known));
begin
  if unknown is not null then
    perform campaign_private.refuse_rules(
      path || case when unknown ~ '^[A-Za-z_][A-Za-z0-9_]*$' then '.' || unknown
                else format('[''%s'']', unknown) end,
      'isn''t understood, and may change who is meant: take it out');
  end if;
end
$$;
comment on function campaign_private.check_keys is
  'Refuse an object with a key that isn''t one of these.';

create function campaign_private.check_timezone(timezone text) returns void
language plpgsql stable security invoker set search_path = '' as $$
begin
  if not campaign_private.is_timezone(timezone) then
    perform campaign_private.refuse_rules('timezone', 'must be an IANA name such as "Europe/Berlin"');
  end if;
end
$$;
comment on function campaign_private.check_timezone is
  'Refuse (CMP03, path "timezone") what is not an IANA time zone.';


-- dates ---------------------------------------------------------------------------

create function campaign_private.rule_instant(wall timestamp, timezone text) returns timestamptz
language sql stable security invoker set search_path = '' as $$
  select greatest(least(wall at time zone timezone, '9999-12-31 23:59:59.999999+00'),
                  '0001-01-01 00:00:00+00')
$$;
comment on function campaign_private.rule_instant is
  'The instant at which a clock on the wall shows this, kept within the years 1 to 9999.';

create function campaign_private.rule_wall(moment timestamptz, timezone text) returns timestamp
language sql stable security invoker set search_path = '' as $$
  select greatest(least(moment at time zone timezone, '9999-12-31 23:59:59.999999'),
                  '0001-01-01 00:00:00')
$$;
comment on function campaign_private.rule_wall is
  'What a clock on the wall shows at this instant, kept within the years 1 to 9999.';

create function campaign_private.rule_calendar(wall timestamp) returns timestamp
language sql immutable security invoker set search_path = '' as $$
  select greatest(least(wall, '9999-12-31 23:59:59.999999'), '0001-01-01 00:00:00')
$$;
comment on function campaign_private.rule_calendar is
  'What a clock on the wall shows, kept within the years 1 to 9999.';

create function campaign_private.rule_date(written text, timezone text) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
declare
  moment timestamptz;
begin
  if written ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
    moment := campaign_private.rule_instant(written::date::timestamp, timezone);
    return row('date', written, null, null, moment, written::date::timestamp)::campaign_private.rule_operand;
  elsif written ~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]'
      '(:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])$') then
    moment := campaign_private.rule_instant(written::timestamptz at time zone 'UTC', 'UTC');
    return row('date', written, null, null, moment, campaign_private.rule_wall(moment, timezone))::campaign_private.rule_operand;
  elsif written ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$' then
    return row('naive', written, null, null, null, null)::campaign_private.rule_operand;
  end if;
  return row('text', written, null, null, null, null)::campaign_private.rule_operand;
exception when datetime_field_overflow or invalid_datetime_format then
  return row('text', written, null, null, null, null)::campaign_private.rule_operand;
end
$$;
comment on function campaign_private.rule_date is
  'A text of a rule as a date or an instant; one without an offset is naive; else a text.';

create function campaign_private.rule_anchor(wall timestamp, anchor text) returns timestamp
language sql immutable security invoker set search_path = '' as $$
  select campaign_private.rule_calendar(case
    when anchor = 'now' then wall
    when anchor like 'startOf%' then date_trunc(lower(substr(anchor, 8)), wall)
    else date_trunc(lower(substr(anchor, 6)), wall)
      + case anchor when 'endOfQuarter' then interval '3 months'
          else ('1 ' || lower(substr(anchor, 6)))::interval end
      - interval '1 microsecond'
  end)
$$;
comment on function campaign_private.rule_anchor is
  'The start or the last microsecond of the day, week (from Monday), month, quarter or year.';

create function campaign_private.rule_moved(wall timestamp, anchor text, shift interval)
returns timestamp
language sql immutable security invoker set search_path = '' as $$
  -- The end of a month stays one: moved back from 28 February it is 31 January.
  select campaign_private.rule_calendar(case
    when extract(day from shift) = 0 and anchor in ('endOfMonth', 'endOfQuarter', 'endOfYear')
      then date_trunc('month', wall + shift) + interval '1 month' - interval '1 microsecond'
    else wall + shift
  end)
$$;
comment on function campaign_private.rule_moved is
  'What the clock on the wall shows at an anchor that was moved by days, months or years.';

create function campaign_private.rule_relative(
  value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
declare
  anchor constant text := value ->> 'anchor';
  unit constant text := value ->> 'unit';
  most constant jsonb := '{"minute": 525600000, "hour": 8760000, "day": 365000,
                           "week": 52000, "month": 12000, "quarter": 4000, "year": 1000}';
  shift interval;
  moment timestamptz;
begin
  perform campaign_private.check_keys(value, array['mode', 'anchor', 'offset', 'unit'], path);
  if value ->> 'mode' is distinct from 'relative' then
    perform campaign_private.refuse_rules(path || '.mode', 'must be "relative"');
  elsif anchor is null or anchor !~ '^(now|(start|end)Of(Day|Week|Month|Quarter|Year))$' then
    perform campaign_private.refuse_rules(path || '.anchor', 'is not a known anchor such as "startOfDay"');
  elsif unit is null or not most ? unit then
    perform campaign_private.refuse_rules(path || '.unit', 'must be minute, hour, day, week, month, quarter or year');
  elsif jsonb_typeof(value -> 'offset') is distinct from 'number'
    or (value ->> 'offset')::numeric % 1 <> 0
    or abs((value ->> 'offset')::numeric) > (most ->> unit)::numeric then
    perform campaign_private.refuse_rules(path || '.offset', 'must be a whole number, within 1000 years');
  end if;
  shift := (value ->> 'offset')::numeric::bigint
    * case unit when 'quarter' then interval '3 months' else ('1 ' || unit)::interval end;
  moment := campaign_private.rule_anchored(as_of, timezone, anchor, shift, unit in ('minute', 'hour'));
  return row('relative', null, null, null, moment, campaign_private.rule_wall(moment, timezone))::campaign_private.rule_operand;
end
$$;
comment on function campaign_private.rule_relative is
  'A relative date, resolved: the anchor first, then the offset.';

create function campaign_private.rule_anchored(
  as_of timestamptz, timezone text, anchor text, shift interval, elapsed boolean
) returns timestamptz
language sql stable security invoker set search_path = '' as $$
  with here as (
    select campaign_private.rule_anchor(campaign_private.rule_wall(as_of, timezone), anchor) as wall
  )
  -- Hours and minutes elapse; days and longer units turn on the calendar.
  select case
    when elapsed then campaign_private.rule_instant(
      (case anchor when 'now' then as_of else campaign_private.rule_instant(wall, timezone) end + shift)
        at time zone 'UTC', 'UTC')
    when anchor = 'now' and shift = interval '0' then as_of
    else campaign_private.rule_instant(campaign_private.rule_moved(wall, anchor, shift), timezone)
  end
  from here
$$;
comment on function campaign_private.rule_anchored is
  'The instant that lies an interval away from an anchor, in a time zone.';


-- the values of a rule ------------------------------------------------------------

create function campaign_private.rule_operand(
  value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
declare
  written constant text := value #>> '{}';
begin
  case jsonb_typeof(value)
    when 'boolean' then
      return row('boolean', null, null, written::boolean, null, null)::campaign_private.rule_operand;
    when 'number' then
      -- Beyond a double, the readers of JSON disagree with each other.
      if abs(written::numeric) > 1.7976931348623157e308 then
        perform campaign_private.refuse_rules(path, 'is too large a number');
      end if;
      return row('number', trim_scale(written::numeric)::text, written::numeric, null, null, null)::campaign_private.rule_operand;
    when 'object' then
      return campaign_private.rule_relative(value, path, as_of, timezone);
    when 'string' then
      if length(written) <= 400
        and written ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$' then
        return row('number', written, written::numeric, null, null, null)::campaign_private.rule_operand;
      end if;
      return campaign_private.rule_date(written, timezone);
    else
      perform campaign_private.refuse_rules(path, 'must be a text, a number, a boolean or a date');
  end case;
end
$$;
comment on function campaign_private.rule_operand is
  'One value of a rule. A text that is a number stands for both.';

create function campaign_private.rule_values(value jsonb, path text) returns jsonb[]
language plpgsql immutable security invoker set search_path = '' as $$
begin
  case jsonb_typeof(value)
    when 'array' then
      return array(select jsonb_array_elements(value));
    when 'string' then
      return array(
        select to_jsonb(replace(btrim(item, e' \t\n\r\f\v'), '\,', ','))
        from regexp_split_to_table(value #>> '{}', '(?<!\\),') as item
        where btrim(item, e' \t\n\r\f\v') <> '');
    when 'number' then
      return array[value];
    else
      perform campaign_private.refuse_rules(path, 'must be a list');
  end case;
end
$$;
comment on function campaign_private.rule_values is
  'The values of a list: an array, or a text joined by commas ("\," is a comma within).';


-- the field of a rule -------------------------------------------------------------

create function campaign_private.rule_target(field jsonb, path text) returns campaign_private.rule_target
language plpgsql immutable security invoker set search_path = '' as $$
declare
  name constant text := field #>> '{}';
  keys text[];
  json text;
begin
  if jsonb_typeof(field) is distinct from 'string' or name in ('', '~') then
    perform campaign_private.refuse_rules(path, 'must name a field');
  elsif name in ('email', 'phone') then
    return row('text', null, null, format('c.%I', name))::campaign_private.rule_target;
  elsif name in ('created_at', 'updated_at', 'unsubscribed_at') then
    return row('time', null, null, format('c.%I', name))::campaign_private.rule_target;
  end if;
  keys := campaign_private.field_keys(name);
  if '' = any(keys) or cardinality(keys) not between 1 and 32 then
    perform campaign_private.refuse_rules(path, 'must be a path of 1 to 32 names, such as "address.city"');
  end if;
  select 'c.attributes' || coalesce(string_agg(format(' -> %L', key), '' order by n), '')
    into json from unnest(keys[:cardinality(keys) - 1]) with ordinality as k(key, n);
  return row('attribute', keys,
             format('(%s -> %L)', json, keys[cardinality(keys)]),
             format('(%s ->> %L)', json, keys[cardinality(keys)]))::campaign_private.rule_target;
end
$$;
comment on function campaign_private.rule_target is
  'What a field names: a column of the contact, or a path into its attributes.';

create function campaign_private.rule_holds(keys text[], value jsonb) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  for i in reverse cardinality(keys) .. 1 loop
    value := jsonb_build_object(keys[i], value);
  end loop;
  return format('c.attributes @> %L', value);
end
$$;
comment on function campaign_private.rule_holds is 'SQL: the attributes hold this value at this path.';


-- the conditions ------------------------------------------------------------------

create function campaign_private.is_plain(operand campaign_private.rule_operand) returns boolean
language sql immutable security invoker set search_path = '' as $$
  select (operand).kind in ('text', 'date', 'naive')
    and (operand).text !~ '^[\[{]' and (operand).text not in ('true', 'false')
$$;
comment on function campaign_private.is_plain is
  'Whether only a stored text, and no other JSON, reads like this value.';

create function campaign_private.rule_equal_values(operand campaign_private.rule_operand) returns jsonb[]
language sql immutable security invoker set search_path = '' as $$
  select case (operand).kind
    when 'boolean' then array[to_jsonb((operand).truth)]
    when 'number' then array[to_jsonb((operand).number), to_jsonb((operand).text)]
    else array[to_jsonb((operand).text)]
  end
$$;
comment on function campaign_private.rule_equal_values is
  'The JSON values that a value of a rule equals.';

create function campaign_private.rule_bounds(operand campaign_private.rule_operand, inclusive boolean)
returns campaign_private.rule_bounds
language plpgsql stable security invoker set search_path = '' as $$
declare
  moment constant timestamp := operand.moment at time zone 'UTC';
  midnight constant boolean := operand.wall = date_trunc('day', operand.wall);
  second constant text := to_char(moment, 'YYYY-MM-DD"T"HH24:MI:SS');
  micros constant text := to_char(moment, 'YYYY-MM-DD"T"HH24:MI:SS.US');
  exact text := case when inclusive then micros || ' ' else rtrim(rtrim(micros, '0'), '.') end;
  bare text := to_char(operand.wall, 'YYYY-MM-DD')
    || case when midnight and not inclusive then '' else 'T' end;
begin
  -- A bare date is compared with the clock on the wall, an instant in UTC: two bounds,
  -- which are one where the wall shows UTC.
  if operand.wall = moment then
    exact := case when midnight and not inclusive then bare else exact end;
    bare := exact;
  end if;
  return row(bare, exact, least(bare collate "C", exact collate "C"), greatest(
    bare collate "C", (case when length(exact) > 19 then second || '[' else exact end) collate "C"
  ))::campaign_private.rule_bounds;
end
$$;
comment on function campaign_private.rule_bounds is
  'The texts before which a stored date lies, if it lies before a moment (or on it).';

create function campaign_private.rule_before(
  read text, operand campaign_private.rule_operand, inclusive boolean, before boolean
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  bounds constant campaign_private.rule_bounds := campaign_private.rule_bounds(operand, inclusive);
  precise text;
begin
  if bounds.lowest = bounds.highest then
    return format('%s %s %L collate "C"', read,
                  case when before then '<' else '>=' end, bounds.exact);
  end if;
  -- Nearly every row lies outside the band between the two bounds; within it the "Z",
  -- which would sort after a fraction, is taken off.
  precise := case when bounds.bare = bounds.exact
    then format('rtrim(%s, ''Z'') < %L collate "C"', read, bounds.exact)
    else format('case length(%1$s) when 10 then %1$s < %2$L collate "C" '
                'else rtrim(%1$s, ''Z'') < %3$L collate "C" end',
                read, bounds.bare, bounds.exact) end;
  return case when before
    then format('(%1$s < %2$L collate "C" and (%1$s < %3$L collate "C" or %4$s))',
                read, bounds.highest, bounds.lowest, precise)
    else format('(%1$s >= %3$L collate "C" and (%1$s >= %2$L collate "C" or not (%4$s)))',
                read, bounds.highest, bounds.lowest, precise) end;
end
$$;
comment on function campaign_private.rule_before is
  'SQL: a text, taken as a date, lies before a moment (or on it), or else does not.';

create function campaign_private.rule_dated(read text) returns text
language sql immutable security invoker set search_path = '' as $$
  -- By shape only: to look at each digit would cost more than all the rest.
  select format('(%1$s like ''____-__-__T__:__:__Z'' or %1$s like ''____-__-__'' '
                'or %1$s like ''____-__-__T__:__:__.%%Z'')', read)
$$;
comment on function campaign_private.rule_dated is 'SQL: a text has the shape of a date or an instant in UTC.';

create function campaign_private.rule_number(
  keys text[], operator text, number numeric, most numeric default null
) returns text
language sql immutable security invoker set search_path = '' as $$
  -- A strict jsonpath under @@ neither unwraps lists nor raises, and compares numbers
  -- with numbers only: at the price of a cast, which would raise.
  with path as (
    select '$' || string_agg('.' || to_json(key)::text, '' order by n) as path
    from unnest(keys) with ordinality as k(key, n)
  )
  select format('c.attributes @@ %L', 'strict ' || path || ' ' || operator || ' ' || number
                || coalesce(' && ' || path || ' <= ' || most, ''))
  from path
$$;
comment on function campaign_private.rule_number is
  'SQL: the number at a path of the attributes compares so with a number, and is at most another.';

create function campaign_private.rule_order(
  target campaign_private.rule_target, operator text, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if target.kind = 'time' then
    return case when operand.moment is null then 'false'
      else format('%s %s %L::timestamptz', target.text, operator, operand.moment) end;
  elsif operand.moment is not null then
    return campaign_private.rule_before(
      target.text, operand, operator in ('<=', '>'), operator in ('<', '<='));
  elsif operand.kind = 'number' and target.kind = 'attribute' then
    return campaign_private.rule_number(target.keys, operator, operand.number);
  end if;
  return 'false';
end
$$;
comment on function campaign_private.rule_order is
  'SQL: numbers with numbers, dates with dates, else false; without the check of a date''s shape.';

create function campaign_private.rule_ordered(
  target campaign_private.rule_target, condition text, operand campaign_private.rule_operand
) returns text
language sql immutable security invoker set search_path = '' as $$
  select case
    when condition = 'false' or (target).kind = 'time' or (operand).kind = 'number' then condition
    else format('(%s and %s)', condition, campaign_private.rule_dated((target).text))
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
  elsif campaign_private.is_plain(operand) then
    return format('%s = %L', target.text, operand.text);
  end if;
  return (
    select '(' || string_agg(campaign_private.rule_holds(target.keys, value), ' or ') || ')'
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
  elsif low.kind = 'number' then
    return campaign_private.rule_number(target.keys, '>=', low.number, high.number);
  end if;
  return campaign_private.rule_ordered(target, format('%s and %s', above, below), low);
end
$$;
comment on function campaign_private.rule_between is 'SQL: what the field holds lies between two values.';

create function campaign_private.rule_in(
  target campaign_private.rule_target, operands campaign_private.rule_operand[]
) returns text
language sql stable security invoker set search_path = '' as $$
  select case
    when (target).kind = 'attribute'
      and (select bool_and(campaign_private.is_plain(o)) from unnest(operands) as o)
    then format('%s = any(%L::text[])', (target).text,
      (select array_agg((o).text) from unnest(operands) as o))
    when (target).kind = 'attribute' then format('%s = any(%L::jsonb[])', (target).json,
      (select array_agg(v) from unnest(operands) as o, unnest(campaign_private.rule_equal_values(o)) as v))
    when (target).kind = 'text' then format('%s = any(%L::text[])', (target).text,
      (select coalesce(array_agg((o).text) filter (where (o).text is not null), '{}')
       from unnest(operands) as o))
    else format('%s = any(%L::timestamptz[])', (target).text,
      (select coalesce(array_agg((o).moment) filter (where (o).moment is not null), '{}')
       from unnest(operands) as o))
  end
$$;
comment on function campaign_private.rule_in is 'SQL: what the field holds equals one of the values.';

create function campaign_private.rule_search(
  target campaign_private.rule_target, operator text, operand campaign_private.rule_operand
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  is_text constant text := format('jsonb_typeof(%s) = ''string''', target.json);
  found text;
  element text;
begin
  if operand.text is not null and target.kind <> 'time' then
    found := case operator
      when 'contains' then format('strpos(%s, %L) > 0', target.text, operand.text)
      when 'beginsWith' then format('starts_with(%s, %L)', target.text, operand.text)
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
      then format('(%s and (%s or %s))', found, element, is_text)
    else format('((%s and %s) or %s)', found, is_text, element) end;
end
$$;
comment on function campaign_private.rule_search is
  'SQL: a text contains, begins or ends with another; an array has an element.';


-- one rule ------------------------------------------------------------------------

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
  end if;
  return array(
    select campaign_private.rule_scalar(operator, item, format('%s[%s]', path, n - 1), as_of, timezone)
    from unnest(items) with ordinality as i(item, n) order by n);
end
$$;
comment on function campaign_private.rule_operands is 'The values of a rule: one, two or a list.';

create function campaign_private.check_order(
  kind text, operator text, operands campaign_private.rule_operand[], path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  numbers constant integer := (
    select count(*) from unnest(operands) as o where (o).kind = 'number');
begin
  if operator not in ('<', '<=', '>', '>=', 'between') then
    return;
  elsif kind = 'text' then
    perform campaign_private.refuse_rules(
      path || '.operator', 'can''t be asked of a text: it has no order');
  elsif kind = 'time' and numbers > 0 then
    perform campaign_private.refuse_rules(path || '.value', 'must be a date: the field is one');
  elsif numbers between 1 and cardinality(operands) - 1 then
    perform campaign_private.refuse_rules(path || '.value', 'must be two numbers, or two dates');
  end if;
end
$$;
comment on function campaign_private.check_order is
  'Refuse values that a field can''t be held against in order.';

create function campaign_private.check_between(
  operands campaign_private.rule_operand[], value jsonb, path text
) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  low constant campaign_private.rule_operand := operands[1];
  high constant campaign_private.rule_operand := operands[2];
begin
  -- A day against an instant depends on the time zone, a relative date on the day, unless
  -- both begin at the same anchor.
  if (low.kind = 'number' and high.kind = 'number' and low.number > high.number)
    or (low.kind = 'date' and high.kind = 'date' and low.moment > high.moment
        and (length(low.text) = 10) = (length(high.text) = 10))
    or (low.kind = 'relative' and high.kind = 'relative'
        and value #> '{0,anchor}' = value #> '{1,anchor}'
        and value #> '{0,unit}' = value #> '{1,unit}'
        and (value #>> '{0,offset}')::numeric > (value #>> '{1,offset}')::numeric) then
    perform campaign_private.refuse_rules(path, 'is reversed: the lower value comes first');
  end if;
end
$$;
comment on function campaign_private.check_between is 'Refuse a range whose ends are reversed.';

create function campaign_private.compile_condition(
  operator text, target campaign_private.rule_target, operands campaign_private.rule_operand[]
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  case
    when operator = 'notNull' then
      return format('%s is not null', target.text);
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
  rule jsonb, path text, as_of timestamptz, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  positive constant jsonb := '{"=": "=", "!=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "contains": "contains", "doesNotContain": "contains",
    "beginsWith": "beginsWith", "doesNotBeginWith": "beginsWith",
    "endsWith": "endsWith", "doesNotEndWith": "endsWith", "notNull": "notNull",
    "null": "notNull", "in": "in", "notIn": "in", "between": "between",
    "notBetween": "between"}';
  operator constant text := case when jsonb_typeof(rule -> 'operator') = 'string'
    then positive ->> (rule ->> 'operator') end;
  target campaign_private.rule_target;
  operands campaign_private.rule_operand[];
  condition text;
begin
  perform campaign_private.check_keys(
    rule,
    array['field', 'operator', 'value', 'valueSource', 'id', 'path', 'disabled', 'muted', 'meta'],
    path);
  target := campaign_private.rule_target(rule -> 'field', path || '.field');
  if operator is null then
    perform campaign_private.refuse_rules(path || '.operator', 'is not a known operator');
  elsif coalesce(rule -> 'valueSource', 'null') not in ('null', '""', '"value"') then
    perform campaign_private.refuse_rules(path || '.valueSource', 'must be "value"');
  end if;
  if operator <> 'notNull' then
    operands := campaign_private.rule_operands(
      operator, rule -> 'value', path || '.value', as_of, timezone);
    perform campaign_private.check_order(target.kind, operator, operands, path);
  end if;
  if operator = 'between' then
    perform campaign_private.check_between(operands, rule -> 'value', path || '.value');
  end if;
  condition := campaign_private.compile_condition(operator, target, operands);
  if operator <> rule ->> 'operator' then
    return format('(%s) is not true', condition);
  end if;
  return concat_ws(' and ', campaign_private.hot_condition(operator, target.keys, operands), condition);
end
$$;
comment on function campaign_private.compile_rule is
  'SQL of one rule. A negative operator is the complement of its positive one.';


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
  muted text;
begin
  select format('%s.rules[%s].muted', path, n - 1) into muted
    from jsonb_array_elements(grp -> 'rules') with ordinality as r(rule, n)
    where coalesce(rule -> 'muted', 'false') not in ('true', 'false') order by n limit 1;
  if muted is not null then
    perform campaign_private.refuse_rules(muted, 'must be true or false');
  end if;
  return query
    select rule, format('%s.rules[%s]', path, n - 1)
    from jsonb_array_elements(grp -> 'rules') with ordinality as r(rule, n)
    where rule -> 'muted' is distinct from 'true' order by n;
  if not found then
    perform campaign_private.refuse_rules(path || '.rules', 'is all muted: nothing is left of the group');
  end if;
end
$$;
comment on function campaign_private.rule_children is 'What is in a group and is not muted.';

create function campaign_private.compile_node(
  node jsonb, path text, depth integer, as_of timestamptz, timezone text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
declare
  parts text[];
  condition text := 'true';
begin
  if jsonb_typeof(node) <> 'object' then
    perform campaign_private.refuse_rules(path, 'must be a rule or a group of rules');
  elsif not node ? 'rules' then
    return campaign_private.compile_rule(node, path, as_of, timezone);
  end if;
  perform campaign_private.check_group(node, path, depth);
  if node -> 'rules' <> '[]' then
    parts := array(select campaign_private.compile_node(child.node, child.at, depth + 1, as_of, timezone)
                   from campaign_private.rule_children(node, path) as child);
    condition := '(' || array_to_string(parts, format(' %s ', node ->> 'combinator')) || ')';
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

create function campaign_private.compile_rules(
  rules jsonb, as_of timestamptz default now(), timezone text default 'UTC'
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  perform campaign_private.check_limits(rules);
  perform campaign_private.check_timezone(timezone);
  if as_of is null or as_of not between '0001-01-01+00' and '9999-12-31 23:59:59.999999+00' then
    perform campaign_private.refuse_rules('as_of', 'must lie within the years 1 to 9999');
  elsif jsonb_typeof(rules) <> 'object' or not rules ? 'rules' then
    perform campaign_private.refuse_rules('$', 'must be a group: {"combinator", "rules", …}');
  elsif coalesce(rules -> 'muted', 'false') not in ('true', 'false') then
    perform campaign_private.refuse_rules('$.muted', 'must be true or false');
  elsif rules -> 'muted' = 'true' then
    perform campaign_private.refuse_rules('$', 'is muted: nothing is left of the rules');
  end if;
  return campaign_private.compile_node(rules, '$', 1, as_of, timezone);
end
$$;
comment on function campaign_private.compile_rules is
  'One SQL predicate over public.contacts as c for react-querybuilder''s JSON. '
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
