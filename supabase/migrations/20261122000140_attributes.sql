-- Chapter 1c. Attributes: what their names mean, and how they are merged.

-- Python's rules/_paths.py reads names the same way.
create function campaign_private.field_keys(name text)
returns text[]
-- An SQL function with a search_path is planned anew at each call, several times for a rule.
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if strpos(name, '.') = 0 then
    return array[name];
  end if;
  return array(
    select replace(part, '\.', '.')
    from regexp_split_to_table(
      regexp_replace(name, '^attributes\.', ''), '(?<!\\)\.(?![^()]*\))'
    ) with ordinality as p (part, n)
    order by n
  );
end
$$;
comment on function campaign_private.field_keys(text) is
  'The path into a contact''s attributes that a name means: its dots part the keys, but not "\." and not those in parentheses.';

create function campaign_private.key_name(key text)
returns text
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return case
    when position('.' in key) = 0 or campaign_private.field_keys(key) = array[key] then key
    else replace(key, '.', '\.')
  end;
end
$$;
comment on function campaign_private.key_name(text) is
  'A key as a part of a dotted path: its own dots written "\.".';

create function campaign_private.path_name(keys text[])
returns text
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return (
    select string_agg(campaign_private.key_name(key), '.' order by n)
    from unnest(keys) with ordinality as k (key, n)
  );
end
$$;
comment on function campaign_private.path_name(text[]) is 'The name of a path: what field_keys reads.';

create function campaign_private.merge_attributes(stored jsonb, given jsonb)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  merged jsonb := stored || given;
  key text;
begin
  if given @? 'strict $.* ? (@.type() == "object")' then
    for key in select e.key from jsonb_each(given) as e
      where jsonb_typeof(e.value) = 'object' and jsonb_typeof(stored -> e.key) = 'object'
    loop
      merged := merged || jsonb_build_object(
        key, campaign_private.merge_attributes(stored -> key, given -> key)
      );
    end loop;
  end if;
  return merged;
end
$$;
comment on function campaign_private.merge_attributes(jsonb, jsonb) is
  'Attributes with others merged into them name by name, as deep as the names go: "address.city" alone leaves "address.zip".';

revoke execute on function
  campaign_private.field_keys(text), campaign_private.key_name(text),
  campaign_private.path_name(text[]),
  campaign_private.merge_attributes(jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.field_keys(text), campaign_private.key_name(text),
  campaign_private.path_name(text[]),
  campaign_private.merge_attributes(jsonb, jsonb)
  to authenticated, service_role;
