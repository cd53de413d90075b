-- The dates of rules: what they mean at a moment in a time zone, and the SQL that compares them.
--
-- A stored date is a text, bare or an instant in UTC, and is compared as one.

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
    return row('date', written, null, null, moment, written::date::timestamp, true)::campaign_private.rule_operand;
  elsif written ~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]'
      '(:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])$') then
    moment := campaign_private.rule_instant(written::timestamptz at time zone 'UTC', 'UTC');
    return row('date', written, null, null, moment, campaign_private.rule_wall(moment, timezone), true)::campaign_private.rule_operand;
  elsif written ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$' then
    return row('naive', written, null, null, null, null, true)::campaign_private.rule_operand;
  end if;
  return row('text', written, null, null, null, null, true)::campaign_private.rule_operand;
exception when datetime_field_overflow or invalid_datetime_format then
  return row('text', written, null, null, null, null, true)::campaign_private.rule_operand;
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

create function campaign_private.check_relative(value jsonb, path text) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  anchor constant text := value ->> 'anchor';
  unit constant text := value ->> 'unit';
  most constant jsonb := '{"minute": 525600000, "hour": 8760000, "day": 365000,
                           "week": 52000, "month": 12000, "quarter": 4000, "year": 1000}'::jsonb;
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
end
$$;
comment on function campaign_private.check_relative is
  'Refuse a relative date that isn''t understood, or lies too far away.';

create function campaign_private.rule_relative(
  value jsonb, path text, as_of timestamptz, timezone text
) returns campaign_private.rule_operand
language plpgsql stable security invoker set search_path = '' as $$
declare
  anchor constant text := value ->> 'anchor';
  unit constant text := value ->> 'unit';
  shift interval;
  moment timestamptz;
begin
  -- Nearly every one passes at this one look.
  if (anchor in ('now', 'startOfDay') and unit = 'day' and value -> 'mode' = '"relative"'
      and jsonb_typeof(value -> 'offset') = 'number' and value ->> 'offset' ~ '^-?[0-9]{1,3}$'
      and value - '{mode, anchor, offset, unit}'::text[] = '{}') is not true then
    perform campaign_private.check_relative(value, path);
  end if;
  shift := (value ->> 'offset')::numeric::bigint
    * case unit when 'quarter' then interval '3 months' else ('1 ' || unit)::interval end;
  moment := campaign_private.rule_anchored(as_of, timezone, anchor, shift, unit in ('minute', 'hour'));
  return row(case when value ->> 'recurring' is null then 'relative' else 'recurring' end, null, null, null, moment, campaign_private.rule_wall(moment, timezone), false)::campaign_private.rule_operand;
end
$$;
comment on function campaign_private.rule_relative is
  'A relative date, resolved: the anchor first, then the offset.';

create function campaign_private.rule_anchored(
  as_of timestamptz, timezone text, anchor text, shift interval, elapsed boolean
) returns timestamptz
language plpgsql stable security invoker set search_path = '' as $$
declare
  wall timestamp;
begin
  if anchor = 'now' and shift = interval '0' then
    return as_of;
  end if;
  wall := campaign_private.rule_anchor(campaign_private.rule_wall(as_of, timezone), anchor);
  -- Hours and minutes elapse; days and longer units turn on the calendar.
  if elapsed then
    return campaign_private.rule_instant(
      (case anchor when 'now' then as_of else campaign_private.rule_instant(wall, timezone) end + shift)
        at time zone 'UTC', 'UTC');
  end if;
  return campaign_private.rule_instant(campaign_private.rule_moved(wall, anchor, shift), timezone);
end
$$;
comment on function campaign_private.rule_anchored is
  'The instant that lies an interval away from an anchor, in a time zone.';


-- SQL -----------------------------------------------------------------------------

create function campaign_private.rule_bounds(operand campaign_private.rule_operand, inclusive boolean)
returns campaign_private.rule_bounds
language plpgsql stable security invoker set search_path = '' as $$
declare
  moment constant timestamp := operand.moment at time zone 'UTC';
  midnight constant boolean := operand.wall = date_trunc('day', operand.wall);
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
    bare collate "C", (case when length(exact) > 19 then left(micros, 19) || '[' else exact end) collate "C"
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
language plpgsql immutable security invoker set search_path = '' as $$
begin
  -- By shape only: to look at each digit would cost more than all the rest.
  return format('(%1$s like ''____-__-__T__:__:__Z'' or %1$s like ''____-__-__'' '
                'or %1$s like ''____-__-__T__:__:__.%%Z'')', read);
end
$$;
comment on function campaign_private.rule_dated is 'SQL: a text has the shape of a date or an instant in UTC.';

create function campaign_private.days_between(first timestamp, last timestamp) returns text[]
language sql immutable security invoker set search_path = '' as $$
  -- 29 February is on the 28th of a year that has none.
  select coalesce(array_agg(distinct day), '{}')
  from generate_series(0, least(last::date - first::date, 365)) as n,
    lateral (select first::date + n as on_day) as d,
    lateral unnest(array[to_char(on_day, 'MM-DD'), case
      when to_char(on_day, 'MM-DD') = '02-28' and extract(month from on_day + 1) = 3 then '02-29' end]) as day
  where day is not null
$$;
comment on function campaign_private.days_between is
  'The days of the year (MM-DD) from one wall clock''s date to another''s.';

create function campaign_private.rule_recurring(
  target campaign_private.rule_target, days text[], timezone text
) returns text
language sql immutable security invoker set search_path = '' as $$
  select case (target).kind
    when 'time' then format('to_char(%s at time zone %L, ''MM-DD'') = any (%L::text[])',
                            (target).text, timezone, days)
    when 'attribute' then format('(substr(%1$s, 6, 5) = any (%2$L::text[]) and %3$s)', (target).text, days,
                                 campaign_private.rule_dated((target).text))
    else 'false' end
$$;
comment on function campaign_private.rule_recurring is
  'SQL: a date lies on one of these days of the year. A stored one counts as it is written.';
