-- The rules of an audience, compiled to one predicate over `public.contacts as c`.
--
-- The language is docs/rules.md; campaign_sdk.rules is its other executor, and a
-- differential test holds the two together. What makes the predicate safe and fast:
--   * only operators that can't raise on any stored value: no casts of stored data;
--   * every byte a user wrote passes through %L;
--   * negation is `(…) is not true`: two-valued, whatever is missing;
--   * a comparison stands before the check of its type, so that only the rows that
--     pass it pay for the check.

create type campaign_private.rule_context as (
  as_of timestamptz, timezone text, scope text, alias text, level integer, joined boolean
);
comment on type campaign_private.rule_context is
  'When and where rules are asked; of what: scope contact, events, deliveries or element, and its '
  'alias; how many lists deep; and whether what happened is joined (to count) or looked up (to page).';

create type campaign_private.rule_target as (
  kind text, base text, keys text[], json text, text text, words text[]
);
comment on type campaign_private.rule_target is
  'What a field names: kind attribute (of a contact, or in an element), or of a column text, time, '
  'number or id; the jsonb that it is a path into, and the path; the SQL that reads it as jsonb and '
  'as text; and the words that a column holds, if there are few.';

create type campaign_private.rule_operand as (
  kind text, text text, number numeric, truth boolean, moment timestamptz, wall timestamp
);
comment on type campaign_private.rule_operand is
  'One value of a rule: kind boolean, number, text, date, naive, relative or recurring; its text; '
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
  unknown text;
begin
  if node - known <> '{}' then
    -- By code point, as Python orders them: both name the same one.
    unknown := (select min(key collate "C") from jsonb_object_keys(node - known) as k(key));
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

-- In plpgsql, as all that a rule is compiled by: SQL with a search_path is planned at each call.
create function campaign_private.rule_instant(wall timestamp, timezone text) returns timestamptz
language plpgsql stable security invoker set search_path = '' as $$
begin
  return greatest(least(wall at time zone timezone, '9999-12-31 23:59:59.999999+00'),
                  '0001-01-01 00:00:00+00');
end
$$;
comment on function campaign_private.rule_instant is
  'The instant at which a clock on the wall shows this, kept within the years 1 to 9999.';

create function campaign_private.rule_wall(moment timestamptz, timezone text) returns timestamp
language plpgsql stable security invoker set search_path = '' as $$
begin
  return greatest(least(moment at time zone timezone, '9999-12-31 23:59:59.999999'),
                  '0001-01-01 00:00:00');
end
$$;
comment on function campaign_private.rule_wall is
  'What a clock on the wall shows at this instant, kept within the years 1 to 9999.';

create function campaign_private.rule_calendar(wall timestamp) returns timestamp
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return greatest(least(wall, '9999-12-31 23:59:59.999999'), '0001-01-01 00:00:00');
end
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
language plpgsql immutable security invoker set search_path = '' as $$
begin
  return campaign_private.rule_calendar(case
    when anchor = 'now' then wall
    when anchor like 'startOf%' then date_trunc(lower(substr(anchor, 8)), wall)
    else date_trunc(lower(substr(anchor, 6)), wall)
      + case anchor when 'endOfQuarter' then interval '3 months'
          else ('1 ' || lower(substr(anchor, 6)))::interval end
      - interval '1 microsecond'
  end);
end
$$;
comment on function campaign_private.rule_anchor is
  'The start or the last microsecond of the day, week (from Monday), month, quarter or year.';

create function campaign_private.rule_moved(wall timestamp, anchor text, shift interval)
returns timestamp
language plpgsql immutable security invoker set search_path = '' as $$
begin
  -- The end of a month stays one: moved back from 28 February it is 31 January.
  return campaign_private.rule_calendar(case
    when extract(day from shift) = 0 and anchor in ('endOfMonth', 'endOfQuarter', 'endOfYear')
      then date_trunc('month', wall + shift) + interval '1 month' - interval '1 microsecond'
    else wall + shift
  end);
end
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
  perform campaign_private.check_keys(value, array['mode', 'anchor', 'offset', 'unit', 'recurring'], path);
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
  elsif coalesce(value -> 'recurring', 'null') not in ('null', '"yearly"') then
    perform campaign_private.refuse_rules(path || '.recurring', 'must be "yearly"');
  end if;
  shift := (value ->> 'offset')::numeric::bigint
    * case unit when 'quarter' then interval '3 months' else ('1 ' || unit)::interval end;
  moment := campaign_private.rule_anchored(as_of, timezone, anchor, shift, unit in ('minute', 'hour'));
  return row(case when value ->> 'recurring' is null then 'relative' else 'recurring' end, null, null, null, moment, campaign_private.rule_wall(moment, timezone))::campaign_private.rule_operand;
end
$$;
comment on function campaign_private.rule_relative is
  'A relative date, resolved: the anchor first, then the offset.';

create function campaign_private.rule_anchored(
  as_of timestamptz, timezone text, anchor text, shift interval, elapsed boolean
) returns timestamptz
language plpgsql stable security invoker set search_path = '' as $$
declare
  wall constant timestamp :=
    campaign_private.rule_anchor(campaign_private.rule_wall(as_of, timezone), anchor);
begin
  -- Hours and minutes elapse; days and longer units turn on the calendar.
  return case
    when elapsed then campaign_private.rule_instant(
      (case anchor when 'now' then as_of else campaign_private.rule_instant(wall, timezone) end + shift)
        at time zone 'UTC', 'UTC')
    when anchor = 'now' and shift = interval '0' then as_of
    else campaign_private.rule_instant(campaign_private.rule_moved(wall, anchor, shift), timezone)
  end;
end
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

create function campaign_private.rule_target(
  field jsonb, path text, scope text default 'contact', alias text default 'c'
) returns campaign_private.rule_target
language plpgsql immutable security invoker set search_path = '' as $$
declare
  name constant text := field #>> '{}';
  base constant text := alias || case scope when 'contact' then '.attributes' else '.item' end;
  keys text[];
  json text;
begin
  if scope = 'element' and name = '' and jsonb_typeof(field) = 'string' then
    return row('attribute', base, '{}', base, format('(%s #>> ''{}'')', base), null)::campaign_private.rule_target;
  elsif jsonb_typeof(field) is distinct from 'string' or name in ('', '~') then
    perform campaign_private.refuse_rules(path, 'must name a field');
  elsif scope in ('events', 'deliveries') then
    return campaign_private.behaviour_target(scope, name, alias, path);
  elsif scope = 'contact' and name in ('email', 'phone') then
    return row('text', null, null, null, format('c.%I', name), null)::campaign_private.rule_target;
  elsif scope = 'contact' and name in ('created_at', 'updated_at', 'unsubscribed_at') then
    return row('time', null, null, null, format('c.%I', name), null)::campaign_private.rule_target;
  elsif scope = 'contact' and name in ('events', 'deliveries') then
    perform campaign_private.refuse_rules(path, format(
      'is a list: say how many of it match, or name the attribute "attributes.%s"', name));
  end if;
  keys := campaign_private.field_keys(case scope when 'element' then 'attributes.' else '' end || name);
  if '' = any(keys) or cardinality(keys) not between 1 and 32 then
    perform campaign_private.refuse_rules(path, 'must be a path of 1 to 32 names, such as "address.city"');
  end if;
  json := base;
  for n in 1 .. cardinality(keys) - 1 loop
    json := json || format(' -> %L', keys[n]);
  end loop;
  return row('attribute', base, keys,
             format('(%s -> %L)', json, keys[cardinality(keys)]),
             format('(%s ->> %L)', json, keys[cardinality(keys)]), null)::campaign_private.rule_target;
end
$$;
comment on function campaign_private.rule_target is
  'What a field names: a column of the contact, a path into its attributes or into an element, '
  'or a column of its events or deliveries.';

create function campaign_private.rule_holds(target campaign_private.rule_target, value jsonb) returns text
language plpgsql immutable security invoker set search_path = '' as $$
begin
  -- A list would hold what is its only element.
  if target.keys = '{}' then
    return format('%s = %L', target.base, value);
  end if;
  for i in reverse cardinality(target.keys) .. 1 loop
    value := jsonb_build_object(target.keys[i], value);
  end loop;
  return format('%s @> %L', target.base, value);
end
$$;
comment on function campaign_private.rule_holds is 'SQL: there is this value at this path.';
