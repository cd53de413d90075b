-- The rules of an audience, compiled to one predicate over `public.contacts as c`.
--
-- The language is docs/rules.md; campaign_sdk.rules is its other executor, and a
-- differential test holds the two together. What makes the predicate safe and fast:
--   * only operators that can't raise on any stored value: no casts of stored data;
--   * every byte a user wrote passes through %L;
--   * negation is `(…) is not true`: two-valued, whatever is missing;
--   * a comparison stands before the check of its type, so that only the rows that
--     pass it pay for the check;
--   * what most rules are compiled by is plpgsql: SQL with a search_path is planned at each call.

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
