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
  kind text, text text, number numeric, truth boolean, moment timestamptz, wall timestamp, plain boolean
);
comment on type campaign_private.rule_operand is
  'One value of a rule: kind boolean, number, text, date, naive, relative or recurring; its text; '
  'for dates the instant and what the clock on the wall shows then; and whether it is plain: '
  'whatever is stored equals it only if it reads the same, but for zeros at a number''s end.';

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

create function campaign_private.key_fault(unknown jsonb) returns text[]
language plpgsql immutable security invoker set search_path = '' as $$
declare
  -- By code point, as Python orders them: both name the same one.
  key constant text := (select min(key collate "C") from jsonb_object_keys(unknown) as k(key));
begin
  return array[
    case when key ~ '^[A-Za-z_][A-Za-z0-9_]*$' then '.' || key else format('[''%s'']', key) end,
    'isn''t understood, and may change who is meant: take it out'];
end
$$;
comment on function campaign_private.key_fault is
  'Where and why an object is refused that has keys which aren''t known.';

create function campaign_private.check_keys(node jsonb, known text[], path text) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  fault text[];
begin
  if node - known <> '{}' then
    fault := campaign_private.key_fault(node - known);
    perform campaign_private.refuse_rules(path || fault[1], fault[2]);
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

create function campaign_private.rule_values(value jsonb, path text) returns jsonb
language plpgsql immutable security invoker set search_path = '' as $$
begin
  case jsonb_typeof(value)
    when 'array' then
      return value;
    when 'string' then
      return (
        select coalesce(jsonb_agg(replace(btrim(item, e' \t\n\r\f\v'), '\,', ',') order by n), '[]')
        from regexp_split_to_table(value #>> '{}', '(?<!\\),') with ordinality as i(item, n)
        where btrim(item, e' \t\n\r\f\v') <> '');
    when 'number' then
      return jsonb_build_array(value);
    else
      perform campaign_private.refuse_rules(path, 'must be a list');
  end case;
end
$$;
comment on function campaign_private.rule_values is
  'The values of a list: an array, or a text joined by commas ("\," is a comma within).';


-- the field of a rule -------------------------------------------------------------

create function campaign_private.rule_column(name text, path text) returns campaign_private.rule_target
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if name in ('events', 'deliveries') then
    perform campaign_private.refuse_rules(path, format(
      'is a list: say how many of it match, or name the attribute "attributes.%s"', name));
  end if;
  return row(case when name in ('email', 'phone') then 'text' else 'time' end,
             null, null, null, format('c.%I', name), null)::campaign_private.rule_target;
end
$$;
comment on function campaign_private.rule_column is 'A column of the contact that a field names.';

create function campaign_private.rule_target(
  field jsonb, path text, scope text default 'contact', alias text default 'c'
) returns campaign_private.rule_target
language plpgsql immutable security invoker set search_path = '' as $$
declare
  name constant text := field #>> '{}';
  base constant text := alias || case scope when 'contact' then '.attributes' else '.item' end;
  keys text[];
  json text := base;
begin
  if scope = 'contact' and strpos(name, '.') = 0 and jsonb_typeof(field) = 'string' and name not in (
    '', '~', 'email', 'phone', 'created_at', 'updated_at', 'unsubscribed_at', 'events', 'deliveries'
  ) then
    return row('attribute', base, array[name],
               format('(%s -> %L)', base, name), format('(%s ->> %L)', base, name), null)::campaign_private.rule_target;
  elsif jsonb_typeof(field) is distinct from 'string' or name in ('', '~') then
    if scope = 'element' and field = '""' then
      return row('attribute', base, '{}', base, format('(%s #>> ''{}'')', base), null)::campaign_private.rule_target;
    end if;
    perform campaign_private.refuse_rules(path, 'must name a field');
  elsif scope in ('events', 'deliveries') then
    return campaign_private.behaviour_target(scope, name, alias, path);
  elsif scope = 'contact' and name in (
    'email', 'phone', 'created_at', 'updated_at', 'unsubscribed_at', 'events', 'deliveries'
  ) then
    return campaign_private.rule_column(name, path);
  end if;
  keys := campaign_private.field_keys(case scope when 'element' then 'attributes.' else '' end || name);
  if '' = any(keys) or cardinality(keys) not between 1 and 32 then
    perform campaign_private.refuse_rules(path, 'must be a path of 1 to 32 names, such as "address.city"');
  end if;
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
