-- Chapter 1d. Schemas: what attributes must be like, as a small part of JSON Schema (2020-12).
--
-- Python's attributes/_schema.py says which keywords there are, and writes no others.

create function campaign_private.refuse_schema(keys text[], reason text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  raise exception using errcode = '22023', message = reason,
    detail = array_to_string('schema'::text || keys, '.');
end
$$;
comment on function campaign_private.refuse_schema is 'Refuses a schema, naming the field.';

create function campaign_private.check_keywords(node jsonb, keys text[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  notes constant text[] := '{$schema,title,description,default,examples,deprecated}';
  allowed constant text[] := case
    when node ? 'anyOf' then '{anyOf}'
    when node ? 'enum' then '{enum}'
    when node ->> 'type' = 'string' then '{type,format,minLength,maxLength}'
    when node ->> 'type' in ('integer', 'number')
      then '{type,minimum,maximum,exclusiveMinimum,exclusiveMaximum}'
    when node ->> 'type' = 'boolean' then '{type}'
    when node ->> 'type' = 'array' then '{type,items}'
    when node ->> 'type' = 'object' then '{type,properties,required,additionalProperties}'
    else '{}'
  end;
  unknown constant text := (
    select min(k) from jsonb_object_keys(node - notes) as k where k <> all (allowed)
  );
begin
  if unknown is not null then
    perform campaign_private.refuse_schema(keys, format('has what can''t be checked: %s', unknown));
  elsif cardinality(keys) > 8 then
    perform campaign_private.refuse_schema(keys, 'is nested deeper than 8 levels');
  elsif node @? (
    'strict $ ? ((exists(@.anyOf[*] ? (@.type() != "object")))'
    ' || (exists(@.enum[*] ? (!(@.type() == "string" || @.type() == "number" || @.type() == "boolean"))))'
    ' || @.anyOf.size() < 1 || @.enum.size() < 1 || @.anyOf.type() != "array" || @.enum.type() != "array"'
    ' || !(@.format == "date" || @.format == "date-time") || @.format.type() != "string"'
    ' || !(@.minLength >= 0 && @.minLength <= 255) || @.minLength.type() != "number"'
    ' || !(@.maxLength >= 0 && @.maxLength <= 255) || @.maxLength.type() != "number"'
    ' || @.minLength.floor() != @.minLength || @.maxLength.floor() != @.maxLength'
    ' || @.minimum.type() != "number" || @.exclusiveMinimum.type() != "number"'
    ' || @.maximum.type() != "number" || @.exclusiveMaximum.type() != "number"'
    ' || @.items.type() != "object" || @.properties.type() != "object"'
    ' || exists(@.properties.* ? (@.type() != "object"))'
    ' || exists(@.required[*] ? (@.type() != "string")) || @.required.type() != "array"'
    ' || @.additionalProperties.type() != "boolean")'
  )::jsonpath
  then
    perform campaign_private.refuse_schema(keys, 'has a keyword with a value that can''t be checked');
  end if;
end
$$;
comment on function campaign_private.check_keywords is
  'Refuses a part of a schema that asks for what isn''t checked.';

create function campaign_private.schema_choices(node jsonb, keys text[])
returns jsonb[]
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  choices constant jsonb[] := case when node ? 'anyOf' then array(
    select b from jsonb_array_elements(node -> 'anyOf') as b where b <> '{"type": "null"}'
  ) else array[node] end;
begin
  perform campaign_private.check_keywords(node, keys);
  if node ? 'anyOf' and (
    cardinality(choices) = 0 or to_jsonb(choices) @? 'strict $[*] ? (exists(@.anyOf))'
    or cardinality(choices) > 1
      and to_jsonb(choices) @? 'strict $[*] ? (@.type == "array" || @.type == "object")'
  ) then
    perform campaign_private.refuse_schema(keys, 'must be of one type, or of one of several scalar ones');
  end if;
  if node ? 'anyOf' then
    perform campaign_private.check_keywords(b, keys) from unnest(choices) as b;
  end if;
  return choices;
end
$$;
comment on function campaign_private.schema_choices is
  'What a field may be like when it is there: one schema, or several of scalars.';

create function campaign_private.bounds_words(node jsonb)
returns text
language sql
immutable
security invoker
set search_path = ''
return coalesce(' ' || nullif(concat_ws(' and ',
  'of at least ' || (node ->> 'minimum'), 'above ' || (node ->> 'exclusiveMinimum'),
  'of at most ' || (node ->> 'maximum'), 'below ' || (node ->> 'exclusiveMaximum')
), ''), '');
comment on function campaign_private.bounds_words is 'The bounds of a number, for people.';

create function campaign_private.schema_words(node jsonb)
returns text
language sql
immutable
security invoker
set search_path = ''
return case
  when node ? 'enum' then
    'one of ' || left((select string_agg(e::text, ', ') from jsonb_array_elements(node -> 'enum') as e), 300)
  when node ->> 'format' = 'date' then 'a date such as 2026-01-31'
  when node ->> 'format' = 'date-time'
    then 'a date, or a moment with its offset such as 2026-01-31T09:00:00Z'
  when node ?| '{minLength,maxLength}' then format('a text of %s to %s characters',
    coalesce(node ->> 'minLength', '0'), coalesce(node ->> 'maxLength', 'any number of'))
  when node ->> 'type' = 'string' then 'a text'
  when node ->> 'type' = 'integer' then 'a whole number' || campaign_private.bounds_words(node)
  when node ->> 'type' = 'number' then 'a number' || campaign_private.bounds_words(node)
  when node ->> 'type' = 'boolean' then 'true or false'
  when node ->> 'type' = 'array' then 'a list'
  when node ->> 'type' = 'object' then 'an object'
end;
comment on function campaign_private.schema_words is 'What a schema asks for, for people; null if anything goes.';

create function campaign_private.schema_names(schema jsonb, keys text[])
returns boolean
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  node jsonb := schema;
  key text;
begin
  foreach key in array keys loop
    node := coalesce(
      (select b from jsonb_array_elements(node -> 'anyOf') as b where b -> 'type' <> '"null"' limit 1), node
    );
    -- What is in an object of which nothing is said may be anything.
    if not node ?| '{type,enum}' or node ->> 'type' = 'object' and not node ? 'properties'
        and node -> 'additionalProperties' is distinct from 'false' then
      return true;
    end if;
    node := node -> 'properties' -> key;
    if node is null then
      return false;
    end if;
  end loop;
  return true;
end
$$;
comment on function campaign_private.schema_names is
  'Whether a schema names what a path of keys leads to; false without a schema.';

revoke execute on function
  campaign_private.refuse_schema, campaign_private.check_keywords,
  campaign_private.schema_choices, campaign_private.bounds_words, campaign_private.schema_words,
  campaign_private.schema_names
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.refuse_schema, campaign_private.check_keywords,
  campaign_private.schema_choices, campaign_private.bounds_words, campaign_private.schema_words,
  campaign_private.schema_names
  to authenticated, service_role;
