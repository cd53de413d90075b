-- Chapter 9½. Estimates: what the planner would tell of others, and who may not ask.
--
-- The planner guesses from statistics of all rows, whoever owns them, and `Prefer: count=planned`
-- or `estimated` answers with its guess. A project switches this on for all its requests:
--   alter role authenticator set pgrst.db_pre_request = 'public.refuse_estimates';
--   notify pgrst, 'reload config';

create function public.refuse_estimates()
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if nullif(current_setting('request.headers', true), '')::jsonb ->> 'prefer'
    ~* 'count\s*=\s*"?(planned|estimated)'
  then
    raise exception using errcode = '22023', detail = 'count',
      message = 'must be exact: an estimate tells of rows that are somebody else''s';
  end if;
end
$$;
comment on function public.refuse_estimates() is
  'For pgrst.db_pre_request: refuses requests that ask for the planner''s estimate of a count.';
-- It comes before every request, whoever sends it.
revoke execute on function public.refuse_estimates() from public;
grant execute on function public.refuse_estimates() to anon, authenticated, service_role;
