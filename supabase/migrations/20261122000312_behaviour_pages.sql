-- Pages by behaviour: when what people did says who matches, they are found by it.
--
-- Of all contacts few may match: to look at each in the order of their ids would take long.

create type campaign_private.behaviour_clue as (list text, holds text, least numeric);
comment on type campaign_private.behaviour_clue is
  'What whoever matches has done: a list, SQL of what is true of something in it, and of how much at least.';

create function campaign_private.behaviour_clue(node jsonb, path text, context campaign_private.rule_context)
returns campaign_private.behaviour_clue
language plpgsql stable security invoker set search_path = '' as $$
declare
  mode constant text := node #>> '{match,mode}';
  clues campaign_private.behaviour_clue[];
  least numeric;
begin
  if not node ? 'rules' then
    -- Not with at most so many, nor with exactly none: they are true of whom nothing is known.
    least := case mode when 'some' then 1 when 'atLeast' then (node #>> '{match,threshold}')::numeric
      when 'exactly' then (node #>> '{match,threshold}')::numeric end;
    if coalesce(least, 0) < 1 or coalesce(node -> 'field', 'null') not in ('"events"', '"deliveries"') then
      return null;
    end if;
    return row(node ->> 'field', campaign_private.compile_inner(node, path, 1, context), least)::campaign_private.behaviour_clue;
  elsif node -> 'not' = 'true' or node -> 'rules' = '[]' then
    return null;
  end if;
  clues := array(
    select campaign_private.behaviour_clue(child.node, child.at, context)
    from campaign_private.rule_children(node, path) as child);
  if node ->> 'combinator' = 'and' then
    -- One campaign's are fewer than all campaigns'.
    return (select c from unnest(clues) as c where c.list is not null
            order by strpos(c.holds, 'campaign_id') = 0 limit 1);
  end if;
  return (
    select row(min(c.list), string_agg(format('(%s)', c.holds), ' or '), min(c.least))::campaign_private.behaviour_clue
    from unnest(clues) as c having bool_and(c.list is not null) and count(distinct c.list) = 1);
end
$$;
comment on function campaign_private.behaviour_clue is
  'By what to find those who match, if rules say what each of them did; else null.';

create function campaign_private.behaviour_candidates(
  clue campaign_private.behaviour_clue, as_of timestamptz, after uuid, most integer
) returns uuid[]
language plpgsql stable security invoker
set search_path = '' set enable_seqscan = off set enable_sort = on set jit = off as $$
declare
  context constant campaign_private.rule_context := campaign_private.rule_context(as_of, 'UTC', false);
  candidates uuid[];
begin
  -- The index by contact has them in order, and what is asked most: it is read in part, where a
  -- table would be read whole. But one campaign's may be so few that they are sorted at once.
  perform set_config('enable_sort', (strpos(clue.holds, 'campaign_id') > 0)::text, true);
  execute format(
    'select array_agg(f.contact_id order by f.contact_id) from (
       select e1.contact_id %s and e1.contact_id > %L and (%s)
       group by e1.contact_id having count(*) >= %s order by e1.contact_id limit %s) as f',
    campaign_private.behaviour_source(clue.list, format('%L', auth.uid()), context),
    coalesce(after, '00000000-0000-0000-0000-000000000000'), clue.holds, clue.least, most) into candidates;
  return candidates;
end
$$;
comment on function campaign_private.behaviour_candidates is
  'The next contacts, in the order of their ids, of whom a clue is true; null for none.';

create function campaign_private.behaviour_page(
  clue campaign_private.behaviour_clue, query text, as_of timestamptz, after uuid, page integer
) returns setof public.contacts
language plpgsql stable security invoker set search_path = '' as $$
declare
  candidates uuid[];
  most integer := greatest(page, 100);
  given integer;
begin
  while page > 0 loop
    candidates := campaign_private.behaviour_candidates(clue, as_of, after, most);
    exit when candidates is null;
    return query execute query using candidates, page;
    get diagnostics given = row_count;
    page := page - given;
    exit when cardinality(candidates) < most;
    after := candidates[most];
    -- Few of them matched.
    most := least(most * 4, 50000);
  end loop;
end
$$;
comment on function campaign_private.behaviour_page is
  'A page of those who match, of the candidates only: when few of all contacts match, to look at '
  'each of them in turn would take long. query takes the candidates and how many to return.';
