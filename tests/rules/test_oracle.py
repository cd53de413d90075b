"""An outside oracle: react-querybuilder's own SQL, run on the same database.

On the subset where it can be trusted, that is: nothing missing, no empty lists, ranges in
order, no wildcards. `oracle.mjs` says how oracle.json was made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .conftest import Audience

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("oracle.json").read_text("utf-8"))
CITIES = ["Pune", "Delhi", "O'Fallon", "São Paulo", "a,b", "Agra", "pune"]
PEOPLE = [
    {"attributes": {"orders": n % 12, "spend": n * 37 % 400 / 4, "city": CITIES[n % 7]}}
    for n in range(84)
]
TYPED = """
    with people as (
      select id, (attributes->>'orders')::numeric as orders,
        (attributes->>'spend')::numeric as spend, attributes->>'city' as city
      from public.contacts)
    select id from people where """


def test_react_querybuilders_own_sql_names_the_same_contacts(asking: Audience) -> None:
    asking.fill(PEOPLE)
    answers = asking.members([case["tree"] for case in CASES])
    for case, answer in zip(CASES, answers, strict=True):
        sql = TYPED + case["sql"].replace("?", "%s")
        rows = asking.connection.execute(sql, case["params"]).fetchall()
        assert {asking.numbers[row[0]] for row in rows} == answer, case


def test_the_oracle_is_no_trivial_one(asking: Audience) -> None:
    asking.fill(PEOPLE)
    sizes = {len(answer) for answer in asking.members([case["tree"] for case in CASES])}
    assert len(CASES) >= 300
    assert len(sizes) > 40
