-- Chapter 1e. Schema faults: how attributes that break a schema are found.
--
-- A schema is read once, when it is stored, and becomes one jsonpath that finds whatever doesn't
-- fit: looking at a contact then takes microseconds. Null is a missing value, as it is in rules.

create type campaign_private.schema_check as (
  field text, expected text, fault text, absence boolean
);
comment on type campaign_private.schema_check is
  'One thing that a schema asks for: of which field, in words, and as a jsonpath condition what breaks it; whether that is that it is missing.';

create function campaign_private.text_fault(node jsonb, at text)
returns text
language sql
immutable
security invoker
set search_path = ''
return concat_ws(' || ',
  format('%s.type() != "string"', at),
  -- Most are days up to the 28th, and moments as we write them; any day that there is, and any
  -- time with its offset, takes longer.
  case when node ? 'format' then format(
    '!(%1$s like_regex "^[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])%2$s$"'
    ' || %1$s like_regex "^(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])'
    '|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))'
    '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)%3$s$")',
    at,
    case node ->> 'format' when 'date' then '' else
      '(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?' end,
    case node ->> 'format' when 'date' then '' else
      '(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?'
      '(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?))?' end
  ) end,
  case when node ? 'minLength' then
    format('!(%s like_regex "^.{%s,}" flag "s")', at, (node ->> 'minLength')::numeric::integer) end,
  case when node ? 'maxLength' then
    format('!(%s like_regex "^.{0,%s}$" flag "s")', at, (node ->> 'maxLength')::numeric::integer) end
);
comment on function campaign_private.text_fault is 'The condition that a value breaks the schema of a text.';

create function campaign_private.choice_fault(choices jsonb, at text)
returns text
language sql
immutable
security invoker
set search_path = ''
return (
  -- Only values of one type can be compared.
  select '!(' || string_agg(format('%s.type() == "%s" && (%s)', at, c.kind, c.equal), ' || ') || ')'
  from (
    select jsonb_typeof(e) as kind, string_agg(format('%s == %s', at, e), ' || ') as equal
    from jsonb_array_elements(choices) as e group by 1
  ) as c
);
comment on function campaign_private.choice_fault is 'The condition that a value is none of these.';

create function campaign_private.value_fault(node jsonb, at text)
returns text
language sql
immutable
security invoker
set search_path = ''
return case
  when node ? 'enum' then campaign_private.choice_fault(node -> 'enum', at)
  when node ->> 'type' = 'string' then campaign_private.text_fault(node, at)
  when node ->> 'type' in ('integer', 'number') then concat_ws(' || ',
    format('%s.type() != "number"', at),
    case node ->> 'type' when 'integer' then format('%1$s.floor() != %1$s', at) end,
    at || ' < ' || (node ->> 'minimum'), at || ' > ' || (node ->> 'maximum'),
    at || ' <= ' || (node ->> 'exclusiveMinimum'), at || ' >= ' || (node ->> 'exclusiveMaximum')
  )
  when node ? 'type' then format('%s.type() != "%s"', at, node ->> 'type')
end;
comment on function campaign_private.value_fault is
  'The condition that a value, which is there, breaks a schema by itself; null if anything goes.';

create function campaign_private.object_checks(node jsonb, at text, keys text[])
returns setof campaign_private.schema_check
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  name text;
  inner_at text;
begin
  for name in select jsonb_array_elements_text(node -> 'required') loop
    inner_at := format('%s.%s', at, to_json(name));
    return query select campaign_private.path_name(keys || name),
      'must not be missing', format(
        '(%1$s.type() == "object" && ((exists(%2$s)) is unknown || %2$s.type() == "null"))', at, inner_at
      ), true;
  end loop;
  if node -> 'additionalProperties' = 'false' then
    return query select coalesce(campaign_private.path_name(keys), ''),
      left('must hold nothing but ' || coalesce(string_agg(k, ', '), 'nothing'), 300), format(
        '(exists(%s.keyvalue() ? (@.value.type() != "null" && !(%s))))', at,
        coalesce(string_agg(format('@.key == %s', to_json(k)), ' || '), '1 == 0')
      ), false
    from jsonb_object_keys(coalesce(node -> 'properties', '{}')) as k;
  end if;
end
$$;
comment on function campaign_private.object_checks is
  'What an object''s schema asks for besides what it asks of each value.';

create function campaign_private.schema_checks(node jsonb, at text default '@', keys text[] default '{}')
returns setof campaign_private.schema_check
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  choices constant jsonb[] := campaign_private.schema_choices(node, keys);
  one constant jsonb := case when cardinality(choices) = 1 then choices[1] else '{}' end;
begin
  return query select campaign_private.path_name(keys),
    'must be ' || string_agg(campaign_private.schema_words(c), ', or '),
    format('(%s.type() != "null" && %s)', at, string_agg(format('(%s)', f.fault), ' && ')), false
  from unnest(choices) as c, campaign_private.value_fault(c, at) as f (fault)
  where cardinality(keys) > 0
  having bool_and(f.fault is not null);

  -- What lies in a list is never merged: nothing that is missing there may come later.
  return query select c.field,
    case when c.field = campaign_private.path_name(keys) then replace(c.expected, 'must ', 'each must ')
      else c.expected end,
    format('(exists(%s[*] ? (%s)))', at, c.fault), false
  from campaign_private.schema_checks(coalesce(one -> 'items', '{}'), '@', keys) as c
  where one ? 'items';

  return query select c.*
  from jsonb_each(coalesce(one -> 'properties', '{}')) as p (key, schema),
    campaign_private.schema_checks(p.schema, format('%s.%s', at, to_json(p.key)), keys || p.key) as c;
  return query select * from campaign_private.object_checks(one, at, keys);
end
$$;
comment on function campaign_private.schema_checks is
  'What a schema asks for, one thing after the other; refuses what isn''t a schema that can be checked.';

create function campaign_private.schema_fault(schema jsonb)
returns jsonpath
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  faults constant text[] := array(
    select c.fault from campaign_private.schema_checks(schema) as c
  );
begin
  if cardinality(faults) > 500 then
    perform campaign_private.refuse_schema('{}', 'asks for more than 500 things');
  end if;
  return format('strict $ ? (%s)', coalesce(nullif(array_to_string(faults, ' || '), ''), '1 == 0'));
end
$$;
comment on function campaign_private.schema_fault is
  'The jsonpath that finds attributes that break a schema.';

create function campaign_private.schema_list(schema jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = ''
return (
  select coalesce(jsonb_agg(to_jsonb(c) - 'fault'), '[]')
  from campaign_private.schema_checks(schema) as c
);
comment on function campaign_private.schema_list is 'What a schema asks for, as JSON to be kept.';

create function campaign_private.schema_faults(schema jsonb)
returns jsonpath[]
language sql
immutable
security invoker
set search_path = ''
return array(
  select format('strict $ ? (%s)', c.fault)::jsonpath from campaign_private.schema_checks(schema) as c
);
comment on function campaign_private.schema_faults is
  'The jsonpaths that find what breaks each thing of schema_list, in its order.';

create function campaign_private.misfits(
  checks jsonb, faults jsonpath[], attributes jsonb, whole boolean default true
)
returns table (field text, expected text, absence boolean)
language sql
immutable
security invoker
set search_path = ''
as $$
  select c.what ->> 'field', c.what ->> 'expected', c.absence
  from unnest(faults) with ordinality as f (path, n),
    lateral (
      select checks -> (f.n - 1)::integer as what,
        (checks -> (f.n - 1)::integer -> 'absence')::boolean as absence
    ) as c
  where (whole or not c.absence) and jsonb_path_exists(attributes, f.path, '{}', true)
  order by f.n
$$;
comment on function campaign_private.misfits is
  'What of attributes breaks a schema, and what it should be.';

revoke execute on function
  campaign_private.text_fault, campaign_private.choice_fault, campaign_private.value_fault,
  campaign_private.object_checks, campaign_private.schema_checks, campaign_private.schema_fault,
  campaign_private.schema_list, campaign_private.schema_faults, campaign_private.misfits
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.text_fault, campaign_private.choice_fault, campaign_private.value_fault,
  campaign_private.object_checks, campaign_private.schema_checks, campaign_private.schema_fault,
  campaign_private.schema_list, campaign_private.schema_faults, campaign_private.misfits
  to authenticated, service_role;
