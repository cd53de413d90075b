-- Chapter 1f. Requests: what was done once isn't done again because its answer was lost.

create table campaign_private.requests (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  request_id uuid not null,
  what bytea not null,
  answer jsonb,
  made_at timestamptz not null default now(),
  constraint requests_pkey primary key (user_id, request_id)
);
create index requests_made_at_index on campaign_private.requests (user_id, made_at);
comment on table campaign_private.requests is
  'The requests of the last day that were carried out, by an id that the caller made up. Not exposed by the API.';
comment on column campaign_private.requests.what is
  'A hash of all that was asked, to tell the same request from another: it says nothing of whom it was about.';
comment on column campaign_private.requests.answer is
  'What can''t be read any more when the request comes again.';

alter table campaign_private.requests enable row level security;
alter table campaign_private.requests force row level security;
revoke all on campaign_private.requests from public, anon, authenticated, service_role;
-- Old ones are locked, to be forgotten; that takes the right to update as well.
grant select, insert, update, delete on campaign_private.requests to authenticated, service_role;
create policy "Owners see their requests" on campaign_private.requests
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Owners note their requests" on campaign_private.requests
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Owners answer and lock their requests" on campaign_private.requests
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Owners forget their requests" on campaign_private.requests
  for delete to authenticated using (user_id = (select auth.uid()));

create function campaign_private.note_request(request_id uuid, what text, answer jsonb default null)
returns campaign_private.requests
language plpgsql
security invoker
set search_path = ''
as $$
declare
  asked constant bytea := sha256(
    convert_to(concat_ws(' ', note_request.request_id, note_request.what), 'UTF8')
  );
  earlier campaign_private.requests;
begin
  if request_id is null then
    return null;
  end if;
  -- The same request at the same moment waits here until the first one has ended.
  insert into campaign_private.requests (request_id, what, answer)
  values (note_request.request_id, asked, note_request.answer)
  on conflict on constraint requests_pkey do nothing;
  if found then
    perform campaign_private.forget_requests();
    return null;
  end if;
  select r.* into earlier from campaign_private.requests as r
  where r.user_id = (select auth.uid()) and r.request_id = note_request.request_id;
  if earlier.what is distinct from asked then
    raise exception using errcode = '22023', detail = 'request_id',
      message = 'stands for another request already';
  end if;
  return earlier;
end
$$;
comment on function campaign_private.note_request(uuid, text, jsonb) is
  'Notes that a request is carried out now, and returns null; or returns the earlier one, if it was before. Without an id every request is a new one.';

create function campaign_private.keep_answer(request_id uuid, answer jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  update campaign_private.requests as r set answer = keep_answer.answer
  where r.user_id = (select auth.uid()) and r.request_id = keep_answer.request_id
$$;
comment on function campaign_private.keep_answer(uuid, jsonb) is
  'Keeps what a request that was noted is answered with, for when it comes again.';

create function campaign_private.forget_requests()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  -- Two for each new one: they can't pile up, and nobody waits for a big clearance. Named
  -- beforehand, since a plan may ask a sub-select again, which then names two more.
  with old as materialized (
    select o.user_id, o.request_id from campaign_private.requests as o
    where o.user_id = (select auth.uid()) and o.made_at < now() - interval '1 day'
    order by o.made_at limit 2
    for update skip locked
  )
  delete from campaign_private.requests as r using old
  where r.user_id = old.user_id and r.request_id = old.request_id;
end
$$;
comment on function campaign_private.forget_requests() is
  'Forgets requests of the caller''s that are so old that nobody sends them again.';

revoke execute on function
  campaign_private.note_request(uuid, text, jsonb), campaign_private.keep_answer(uuid, jsonb),
  campaign_private.forget_requests()
  from public, anon, authenticated, service_role;
grant execute on function
  campaign_private.note_request(uuid, text, jsonb), campaign_private.keep_answer(uuid, jsonb),
  campaign_private.forget_requests()
  to authenticated, service_role;
