-- Hot fields: typed columns with an index, an option for owners of millions of contacts.
--
-- Row level security keeps the planner from using any index on jsonb (its operators aren't
-- leakproof), but not a btree index on a column of a plain type. So a hot field gets such a
-- column, and a condition on it also says what it implies for the column. The condition
-- itself stays: the column only saves looking at rows, and can't change an answer.

create table campaign_private.hot_fields (
  field text primary key,
  kind text not null check (kind in ('number', 'text')),
  column_name name not null unique
);
comment on table campaign_private.hot_fields is 'Fields that have a generated column in contacts.';
comment on column campaign_private.hot_fields.field is 'The path into the attributes, joined by dots.';
comment on column campaign_private.hot_fields.kind is 'What the column holds: numbers, or texts and dates.';
comment on column campaign_private.hot_fields.column_name is 'The generated column of public.contacts.';
revoke all on campaign_private.hot_fields from public, anon, authenticated;
grant select on campaign_private.hot_fields to authenticated, service_role;

create function campaign_private.hot_number(value jsonb) returns double precision
language plpgsql immutable parallel safe security invoker set search_path = '' as $$
declare
  written constant text := value #>> '{}';
  exact numeric;
begin
  if jsonb_typeof(value) = 'number' or (jsonb_typeof(value) = 'string' and length(written) <= 400
      and written ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$') then
    exact := written::numeric;
    -- A double can hold neither these nor those, and must not refuse the contact.
    return case when abs(exact) >= 1e300 then sign(exact)::double precision * 'Infinity'
                when abs(exact) <= 1e-300 then 0
                else exact::double precision end;
  end if;
  return null;
end
$$;
comment on function campaign_private.hot_number is
  'What the column of a hot number holds: at least every value that equals or orders as one.';

create function campaign_private.hot_text(value jsonb) returns text
language sql immutable parallel safe security invoker set search_path = '' as $$
  -- An index holds no texts of more than 2,700 bytes.
  select case when jsonb_typeof(value) = 'string' then left(value #>> '{}', 200) end
$$;
comment on function campaign_private.hot_text is 'What the column of a hot text or date holds.';

create function campaign_private.add_hot_field(field text, kind text) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  keys constant text[] := (campaign_private.rule_target(to_jsonb(field), 'field')).keys;
  name constant text :=
    'hot_' || left(regexp_replace(lower(array_to_string(keys, '_')), '[^a-z0-9]+', '_', 'g'), 40);
begin
  if keys is null then
    perform campaign_private.refuse_rules('field', 'is a column already');
  end if;
  insert into campaign_private.hot_fields values (campaign_private.path_name(keys), kind, name);
  execute format(
    'alter table public.contacts add column %I %s generated always as (campaign_private.%I(%s)) stored',
    name, case kind when 'number' then 'double precision' else 'text collate "C"' end,
    'hot_' || kind,
    (select 'attributes' || string_agg(format(' -> %L', key), '' order by n)
     from unnest(keys) with ordinality as k(key, n)));
  execute format('create index %I on public.contacts (user_id, %I)', 'contacts_' || name, name);
end
$$;
comment on function campaign_private.add_hot_field is
  'For a project''s own migrations: give a field of kind number or text (also dates) a '
  'generated column with an index, which rules then use. Rewrites the table.';

create function campaign_private.drop_hot_field(field text) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  name text;
begin
  delete from campaign_private.hot_fields as h
    where h.field = regexp_replace(drop_hot_field.field, '^attributes\.', '')
    returning h.column_name into strict name;
  execute format('alter table public.contacts drop column %I', name);
end
$$;
comment on function campaign_private.drop_hot_field is 'Take the generated column of a field away again.';

create function campaign_private.hot_values(held text, operands campaign_private.rule_operand[]) returns text[]
-- Hosted projects write a double with 15 digits, which is another number.
language sql immutable security invoker set search_path = '' set extra_float_digits = 1 as $$
  select array_agg(case held
    when 'number' then campaign_private.hot_number(to_jsonb((o).number))::text
    else left((o).text, 200) end)
  from unnest(operands) as o
  having bool_and(case held when 'number' then (o).kind = 'number' else (o).kind in ('text', 'date', 'naive') and (o).plain end)
$$;
comment on function campaign_private.hot_values is
  'What a hot field''s column holds for values that equal these, if that can be said.';

create function campaign_private.hot_equal(hot campaign_private.hot_fields, operands campaign_private.rule_operand[])
returns text
language sql immutable security invoker set search_path = '' as $$
  select format('c.%I = any(%L::%s[])', hot.column_name, campaign_private.hot_values(hot.kind, operands),
                case hot.kind when 'number' then 'double precision' else 'text' end)
  where campaign_private.hot_values(hot.kind, operands) is not null
$$;
comment on function campaign_private.hot_equal is 'SQL: what it implies that a hot field equals a value.';

create function campaign_private.hot_order(
  hot campaign_private.hot_fields, operator text, operand campaign_private.rule_operand
) returns text
language sql stable security invoker set search_path = '' set extra_float_digits = 1 as $$
  select case
    when hot.kind = 'number' and (operand).kind = 'number' then
      format('c.%I %s %L', hot.column_name, case when operator like '<%' then '<=' else '>=' end,
             campaign_private.hot_number(to_jsonb((operand).number)))
    when hot.kind = 'text' and (operand).moment is not null and operator like '<%' then
      format('c.%I < %L', hot.column_name,
             (campaign_private.rule_bounds(operand, operator = '<=')).highest)
    when hot.kind = 'text' and (operand).moment is not null then
      format('c.%I >= %L', hot.column_name,
             (campaign_private.rule_bounds(operand, operator = '>')).lowest)
  end
$$;
comment on function campaign_private.hot_order is 'SQL: what it implies that a hot field orders so.';

create function campaign_private.hot_condition(
  operator text, target campaign_private.rule_target, operands campaign_private.rule_operand[], condition text
) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  if target.base is distinct from 'c.attributes' or operands[1].kind = 'recurring' then
    return condition;
  end if;
  return (
    select concat_ws(' and ', min(case
      when operator = 'between' or (operator = '=' and (operands[1]).kind = 'relative') then
        nullif(concat_ws(' and ', campaign_private.hot_order(h, '>=', operands[1]),
                         campaign_private.hot_order(h, '<=', operands[cardinality(operands)])), '')
      when operator in ('=', 'in') then campaign_private.hot_equal(h, operands)
      when operator in ('<', '<=', '>', '>=') then campaign_private.hot_order(h, operator, operands[1])
    end), condition)
    from campaign_private.hot_fields as h where h.field = campaign_private.path_name(target.keys)
  );
end
$$;
comment on function campaign_private.hot_condition is
  'SQL: a condition, and before it what it implies for the column of its field, if that is a hot one.';
