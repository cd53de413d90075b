"""The tick of a local stack: what pg_cron does on a hosted project, here each second."""

from __future__ import annotations

import threading
from contextlib import suppress

_EVERY = 1.0
# A project with other migrations has none.
_TICK = """
do $$ begin
  if to_regprocedure('campaign_private.tick(timestamptz)') is not null then
    perform campaign_private.tick();
  end if;
end $$
"""


class Ticker:
    """Calls the tick in a thread, on a connection of its own, until it is stopped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="campaign tick", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once a tick that is under way is over."""
        self._stopped.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        import psycopg

        while not self._stopped.is_set():
            # The database may be restarted, or migrated: the next tick makes up for this one.
            with (
                suppress(psycopg.Error),
                psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection,
            ):
                while not self._stopped.is_set():
                    connection.execute(_TICK)
                    self._stopped.wait(_EVERY)
            self._stopped.wait(_EVERY)
