"""The database itself: through plain supabase-py and psycopg, as named users."""
