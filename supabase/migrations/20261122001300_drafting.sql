-- Chapter 13. Drafting behind the server: what each user may spend in a day.
--
-- The function "draft" has the key of the language model, and asks here first. It acts with
-- the user's own token, so that nobody spends another's budget; and nobody writes their own
-- budget by hand, so that these functions have their owner's rights.

create table campaign_private.draft_limits (
  user_id uuid references auth.users (id) on delete cascade,
  calls integer not null default 200,
  tokens integer not null default 500000,
  constraint draft_limits_one_each unique nulls not distinct (user_id),
  constraint draft_limits_not_negative check (calls >= 0 and tokens >= 0)
);
comment on table campaign_private.draft_limits is
  'What a user may spend on drafts in a day (UTC); the row without a user holds for all who have none of their own. For the project''s owner, in SQL.';
insert into campaign_private.draft_limits (user_id) values (null);

create table public.draft_budgets (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  day date not null,
  calls integer not null default 0,
  tokens integer not null default 0,
  max_calls integer not null,
  max_tokens integer not null,
  constraint draft_budgets_pkey primary key (user_id, day),
  constraint draft_budgets_kept check (calls between 0 and max_calls and tokens >= 0)
);
comment on table public.draft_budgets is
  'What each user has spent on drafts on a day (UTC), what is under way included, and may spend.';

create table campaign_private.draft_reservations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  day date not null,
  tokens integer not null,
  constraint draft_reservations_day_fkey foreign key (user_id, day)
    references public.draft_budgets (user_id, day) on delete cascade
);
create index draft_reservations_day_index on campaign_private.draft_reservations (user_id, day);
comment on table campaign_private.draft_reservations is
  'Drafts that are being written, with the tokens set aside for each. Only the function knows their ids.';

alter table campaign_private.draft_limits enable row level security;
alter table campaign_private.draft_limits force row level security;
alter table public.draft_budgets enable row level security;
alter table public.draft_budgets force row level security;
alter table campaign_private.draft_reservations enable row level security;
alter table campaign_private.draft_reservations force row level security;
revoke all on campaign_private.draft_limits, public.draft_budgets, campaign_private.draft_reservations
  from public, anon, authenticated, service_role;
grant select on public.draft_budgets to authenticated, service_role;
create policy "Users see what they have spent" on public.draft_budgets
  for select to authenticated using (user_id = (select auth.uid()));

create function public.begin_draft(tokens integer)
returns uuid
language plpgsql
-- Writes what no user may: their own budget.
security definer
set search_path = ''
as $$
declare
  spender constant uuid := auth.uid();
  today constant date := (now() at time zone 'UTC')::date;
  reservation uuid;
begin
  if spender is null or begin_draft.tokens is null or begin_draft.tokens not between 1 and 1000000 then
    raise exception using errcode = '22023', detail = 'tokens',
      message = 'must lie between 1 and 1,000,000';
  end if;
  -- What was never settled stays spent.
  delete from public.draft_budgets as b where b.user_id = spender and b.day < today - 30;
  insert into public.draft_budgets as b (user_id, day, max_calls, max_tokens)
  select spender, today, l.calls, l.tokens from campaign_private.draft_limits as l
  where l.user_id = spender or l.user_id is null
  order by l.user_id nulls last limit 1
  on conflict (user_id, day) do update set
    max_calls = greatest(excluded.max_calls, b.calls), max_tokens = excluded.max_tokens;
  update public.draft_budgets as b set calls = b.calls + 1, tokens = b.tokens + begin_draft.tokens
  where b.user_id = spender and b.day = today
    and b.calls < b.max_calls and b.tokens + begin_draft.tokens <= b.max_tokens;
  if not found then
    raise exception using errcode = 'CMP09', message = 'today''s budget for drafting is used up',
      hint = 'it begins anew at midnight, UTC';
  end if;
  insert into campaign_private.draft_reservations (user_id, day, tokens)
  values (spender, today, begin_draft.tokens) returning id into reservation;
  return reservation;
end
$$;
comment on function public.begin_draft(integer) is
  'Sets tokens of the caller''s budget of today aside for one draft, and returns the reservation. CMP09: there aren''t as many left.';

create function public.settle_draft(reservation uuid, tokens integer)
returns setof public.draft_budgets
language plpgsql
-- Writes what no user may: their own budget. Whoever knows a reservation has made it.
security definer
set search_path = ''
as $$
declare
  held campaign_private.draft_reservations;
begin
  if settle_draft.tokens is null or settle_draft.tokens not between 0 and 10000000 then
    raise exception using errcode = '22023', detail = 'tokens',
      message = 'must lie between 0 and 10,000,000';
  end if;
  delete from campaign_private.draft_reservations as r
  where r.id = settle_draft.reservation and r.user_id = auth.uid()
  returning * into held;
  return query
  update public.draft_budgets as b
  set tokens = greatest(b.tokens - held.tokens + settle_draft.tokens, 0)
  where b.user_id = held.user_id and b.day = held.day
  returning b.*;
end
$$;
comment on function public.settle_draft(uuid, integer) is
  'Puts what a draft has cost in the place of what was set aside for it, once; returns the day''s budget, or no row.';

revoke execute on function public.begin_draft(integer), public.settle_draft(uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.begin_draft(integer), public.settle_draft(uuid, integer)
  to authenticated;
