-- Chapter 5½. Experiments: variants of a message, and people who get none, for comparison.
--
-- Who gets what is drawn by a hash of campaign and contact: the same whoever asks, in SQL and
-- in Python, in whatever chunks the audience is frozen; and arms of two campaigns have nothing
-- to do with each other.

create function campaign_private.is_variants(variants jsonb)
returns boolean
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  variant jsonb;
begin
  if variants is null then
    return true;
  elsif jsonb_typeof(variants) <> 'array' or jsonb_array_length(variants) not between 2 and 10
    or octet_length(variants::text) > 2097152 then
    return false;
  end if;
  for variant in select v.value from jsonb_array_elements(variants) as v loop
    if jsonb_typeof(variant) <> 'object'
      or variant - array['name', 'weight', 'message', 'subject', 'preheader', 'html'] <> '{}'
      or jsonb_typeof(variant -> 'name') is distinct from 'string'
      or length(variant ->> 'name') not between 1 and 50
      or variant ->> 'name' ~ '[[:cntrl:]]'
      or jsonb_typeof(variant -> 'weight') is distinct from 'number'
      or (variant ->> 'weight')::numeric not between 1 and 1000
      or (variant ->> 'weight')::numeric % 1 <> 0
      or exists (
        select from jsonb_each(variant - array['name', 'weight']) as e
        where jsonb_typeof(e.value) not in ('string', 'null')
      )
    then
      return false;
    end if;
  end loop;
  return (select count(distinct v.value ->> 'name') from jsonb_array_elements(variants) as v)
    = jsonb_array_length(variants);
end
$$;
comment on function campaign_private.is_variants(jsonb) is
  'Whether a value is 2 to 10 variants with names of their own and weights from 1 to 1,000; null is none.';

create function campaign_private.has_own_messages(variants jsonb)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return variants is not null and not exists (
  select from jsonb_array_elements(variants) as v
  where coalesce(nullif(btrim(v.value ->> 'message'), ''), nullif(btrim(v.value ->> 'html'), ''))
    is null
);
comment on function campaign_private.has_own_messages(jsonb) is
  'Whether each variant brings a message of its own.';

create function campaign_private.bucket_expression(digest text)
returns text
language sql
immutable
security invoker
set search_path = ''
return replace(
  '((((((''x'' || substr(DIGEST, 1, 4))::bit(16)::bigint
    * 656 + (''x'' || substr(DIGEST, 5, 12))::bit(48)::bigint) % 10000
    * 656 + (''x'' || substr(DIGEST, 17, 12))::bit(48)::bigint) % 10000
    * 656 + (''x'' || substr(DIGEST, 29, 12))::bit(48)::bigint) % 10000
    * 656 + (''x'' || substr(DIGEST, 41, 12))::bit(48)::bigint) % 10000
    * 656 + (''x'' || substr(DIGEST, 53, 12))::bit(48)::bigint) % 10000',
  'DIGEST', digest
);
comment on function campaign_private.bucket_expression(text) is
  'The SQL that takes a SHA-256 in hex, as one number, modulo 10,000: by Horner''s rule over 48 bits at a time, for 2^48 is 656 modulo 10,000. A text, since a freeze needs it a million times.';

create function campaign_private.bucket(campaign_id uuid, contact_id uuid)
returns integer
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  drawn integer;
begin
  execute format('select %s from (select $1 as digest) as d', campaign_private.bucket_expression('d.digest'))
  into drawn using encode(sha256((campaign_id::text || ':' || contact_id::text)::bytea), 'hex');
  return drawn;
end
$$;
comment on function campaign_private.bucket(uuid, uuid) is
  'A number from 0 to 9,999, drawn by campaign and contact: sha256("campaign:contact") mod 10,000.';

create function campaign_private.arms(variants jsonb, hold_out numeric, test_share numeric)
returns table (arm integer, name text, ends integer)
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  held integer := hold_out * 10000;
  tested integer := held + floor((10000 - held) * coalesce(test_share, 1));
  whole bigint := (select sum((v.value ->> 'weight')::integer) from jsonb_array_elements(variants) as v);
begin
  return query select -1, null::text, held;
  return query
    select v.position::integer, v.value ->> 'name',
      held + ((tested - held)
        * sum((v.value ->> 'weight')::integer) over (order by v.position) / whole)::integer
    from jsonb_array_elements(variants) with ordinality as v (value, position)
    order by v.position;
  return query select 0, null::text, 10000;
end
$$;
comment on function campaign_private.arms(jsonb, numeric, numeric) is
  'The arms of an experiment in the order of their buckets, each with the bucket that it ends before: -1 is held out, 1 and up are the variants, 0 waits (or is everybody, without variants).';

create function campaign_private.arm_expression(
  variants jsonb, hold_out numeric, test_share numeric, bucket text
) returns text
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return (
    select format('case %s end', string_agg(
      format('when %s < %s then %s', bucket, a.ends, a.arm), ' ' order by a.ends, a.arm <> -1, a.arm = 0, a.arm
    ))
    from campaign_private.arms(variants, hold_out, test_share) as a
  );
end
$$;
comment on function campaign_private.arm_expression is
  'The SQL that tells the arm of a bucket.';

revoke execute on function
  campaign_private.is_variants(jsonb), campaign_private.has_own_messages(jsonb),
  campaign_private.bucket_expression(text), campaign_private.bucket(uuid, uuid),
  campaign_private.arms(jsonb, numeric, numeric),
  campaign_private.arm_expression(jsonb, numeric, numeric, text)
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.is_variants(jsonb), campaign_private.has_own_messages(jsonb),
  campaign_private.bucket_expression(text), campaign_private.bucket(uuid, uuid),
  campaign_private.arms(jsonb, numeric, numeric),
  campaign_private.arm_expression(jsonb, numeric, numeric, text)
  to authenticated, service_role;
