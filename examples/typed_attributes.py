"""Say once what customers have: for the database, for rules, and for what is read.

python examples/typed_attributes.py

More about it: docs/attributes.md.
"""

from datetime import date, datetime

from _project import CUSTOMERS, project

from campaign_sdk import Attributes, InvalidInput, field


class Customer(Attributes):
    orders: int
    spend: float
    last_order_at: datetime | None = None


with project() as client:
    schema = client.contacts.define(Customer)
    print(f"Contacts are held to {schema.name}: {', '.join(schema.fields)}")
    client.contacts.import_csv(CUSTOMERS)

    # A type checker knows what an order count can be compared with; so does the library.
    lapsed = field(Customer.last_order_at) < date(1998, 4, 1)
    regulars = lapsed & (Customer.orders >= 10)
    print(f"{client.segments.size(regulars).count} have ordered ten times, and no more")

    report = client.contacts.upsert(
        [
            {"email": "asha@example.com", "attributes": {"orders": "many", "spend": 10}},
            {"email": "ravi@example.com", "attributes": {"orders": 3, "spend": 10}},
        ]
    )
    for problem in report.problems:
        print(f"Refused: {problem.column} {problem.reason}; {report.created} stored all the same")

    try:
        client.campaigns.create("Spring", message="Your {{ ordres }} orders")
    except InvalidInput as error:
        print(f"Refused: {error.reason}")

    customers = client.contacts.of(Customer)
    ravi = customers.find("ravi@example.com")
    if ravi is not None:
        print(f"Ravi spends {ravi.attributes.spend / ravi.attributes.orders:.2f} an order")
