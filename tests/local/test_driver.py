"""What becomes of a request whose connection to PostgreSQL ends at the worst moment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from campaign_sdk.local import _node

CASES = Path(__file__).with_name("driver_cases.mjs")


def test_no_connection_that_ends_takes_a_request_along() -> None:
    driver = _node._script().with_name("driver.mjs")
    postgres = _node._modules() / "node_modules" / "postgres" / "src" / "index.js"
    done = subprocess.run(
        [_node._node(), "--import", driver.as_uri(), CASES, postgres],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = json.loads(done.stdout)
    assert len(found) == CASES.read_text().count('async "')
    assert {name: said for name, said in found.items() if said != "ok"} == {}, done.stderr
