"""Import customers from a CSV file, and find out who is worth writing to.

python examples/import_and_segment.py

More about it: docs/rules.md.
"""

from datetime import date

from _project import CUSTOMERS, project

from campaign_sdk import field

with project() as client:
    report = client.contacts.import_csv(CUSTOMERS, rejects="rejects.csv")
    print(f"{report.read:,} rows: {report.created:,} created, {report.rejected} rejected")

    print("\nWhat rules can name:")
    for known in client.contacts.fields():
        print(f"  {known.name:16} {known.coverage:4.0%}  such as {', '.join(known.examples)}")

    # Often here, long gone. Every rule is true or false for everyone, so `~` is safe.
    lapsed = (field("orders") >= 3) & (field("last_order_at") < date(1998, 4, 1))
    big_spenders = lapsed & (field("spend") > 500)

    preview = client.segments.preview(big_spenders, sample=3)
    print(f"\n{preview.size.count} contacts: {big_spenders.explain()}")
    for step in preview.funnel:
        print(f"  {step.path}: {step.alone:,} alone, {step.cumulative:,} left")
    for contact in preview.sample:
        print(f"  {contact.email} spent ${contact.attributes['spend']:,.2f}")

    segment = client.segments.create("Lapsed big spenders", big_spenders)
    print(f"\nStored as {segment.name!r}; a React rule builder can edit it.")
