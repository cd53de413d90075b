-- Chapter 9. Realtime: the counters tell whoever watches them that they have changed.

do $$
begin
  -- Hosted projects and the Docker stack have this publication; without it nothing is lost,
  -- since a watcher that hears nothing asks.
  if exists (select from pg_publication as p where p.pubname = 'supabase_realtime' and not p.puballtables)
    and not exists (
      select from pg_publication_tables as t
      where t.pubname = 'supabase_realtime'
        and t.schemaname = 'public' and t.tablename = 'campaign_analytics'
    )
  then
    alter publication supabase_realtime add table public.campaign_analytics;
  end if;

  -- A channel's topic names a campaign, and private channels ask who may listen to it.
  if to_regclass('realtime.messages') is not null and not exists (
    select from pg_policies as p
    where p.schemaname = 'realtime' and p.tablename = 'messages'
      and p.policyname = 'Owners listen to their campaigns'
  )
  then
    execute $policy$
      create policy "Owners listen to their campaigns" on realtime.messages
        for select to authenticated using (
          exists (
            select from public.campaigns as c
            where c.user_id = (select auth.uid())
              and realtime.topic() = 'campaign_analytics:' || c.id
          )
        )
    $policy$;
  end if;
exception
  -- Where the table isn't ours to guard, watchers listen in public channels: what they hear of
  -- is decided by the policies of the counters in both.
  when insufficient_privilege then
    raise notice 'realtime.messages takes no policy of ours: private channels stay closed';
end
$$;
