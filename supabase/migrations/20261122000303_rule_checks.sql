-- What a tree of rules may consist of, looked at part by part.
--
-- What is refused has the path that campaign_sdk.rules gives it, and the same reason.

create function campaign_private.check_leaf(
  rule jsonb, operator text, path text, context campaign_private.rule_context
) returns void
language plpgsql stable security invoker set search_path = '' as $$
declare
  counts constant boolean := coalesce(rule -> 'match', 'null') <> 'null';
begin
  perform campaign_private.check_keys(
    rule,
    array['field', 'operator', 'value', 'valueSource', 'match', 'id', 'path', 'disabled', 'muted', 'meta'],
    path);
  if counts then
    perform campaign_private.check_match(rule, path, context);
  else
    perform campaign_private.rule_target(rule -> 'field', path || '.field', context.scope, context.alias);
  end if;
  if operator is null then
    perform campaign_private.refuse_rules(path || '.operator', 'is not a known operator');
  elsif counts and operator <> rule ->> 'operator' then
    perform campaign_private.refuse_rules(
      path || '.operator',
      'can''t be negative beside a match mode: negate the group, or use another mode');
  elsif coalesce(rule -> 'valueSource', 'null') not in ('null', '""', '"value"') then
    perform campaign_private.refuse_rules(path || '.valueSource', 'must be "value"');
  end if;
end
$$;
comment on function campaign_private.check_leaf is
  'Refuse a rule that isn''t understood, but for its value.';

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
  elsif grp -> 'rules' <> '[]' then
    perform campaign_private.check_muted(grp, path);
  end if;
end
$$;
comment on function campaign_private.check_group is 'Refuse a group that is unfinished or malformed.';

create function campaign_private.check_muted(grp jsonb, path text) returns void
language plpgsql immutable security invoker set search_path = '' as $$
declare
  rules constant jsonb := grp -> 'rules';
  left_over boolean := false;
begin
  for n in 0 .. jsonb_array_length(rules) - 1 loop
    if coalesce(rules -> n -> 'muted', 'false') not in ('true', 'false') then
      perform campaign_private.refuse_rules(format('%s.rules[%s].muted', path, n), 'must be true or false');
    end if;
    left_over := left_over or coalesce(rules -> n -> 'muted', 'false') = 'false';
  end loop;
  if not left_over then
    perform campaign_private.refuse_rules(path || '.rules', 'is all muted: nothing is left of the group');
  end if;
end
$$;
comment on function campaign_private.check_muted is
  'Refuse a group of which all is muted, or of which it can''t be said.';

create function campaign_private.check_root(rules jsonb) returns void
language plpgsql immutable security invoker set search_path = '' as $$
begin
  if rules is null then
    perform campaign_private.refuse_rules('$', 'is missing');
  elsif octet_length(rules::text) > 262144 then
    perform campaign_private.refuse_rules('$', 'takes more than 256 kB');
  elsif rules @? 'strict $.**{101}' then
    -- No reader of JSON that we know gives up before this depth; some do soon after.
    perform campaign_private.refuse_rules('$', 'is nested more than 100 levels deep');
  elsif jsonb_typeof(rules) <> 'object' or not rules ? 'rules' then
    perform campaign_private.refuse_rules('$', 'must be a group: {"combinator", "rules", …}');
  elsif coalesce(rules -> 'muted', 'false') not in ('true', 'false') then
    perform campaign_private.refuse_rules('$.muted', 'must be true or false');
  elsif rules -> 'muted' = 'true' then
    perform campaign_private.refuse_rules('$', 'is muted: nothing is left of the rules');
  end if;
end
$$;
comment on function campaign_private.check_root is
  'Refuse rules that are too large or too deep to be read, are no group, or are muted.';
