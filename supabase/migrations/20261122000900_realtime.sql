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
end
$$;
