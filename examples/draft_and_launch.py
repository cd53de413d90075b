"""Have a message drafted, check it, and launch the campaign.

    OPENAI_API_KEY=sk-... python examples/draft_and_launch.py

Without a key it takes a message that somebody wrote.

More about it: docs/drafting.md.
"""

from _project import CUSTOMERS, project

from campaign_sdk import ConfigurationError, DraftingError, IllegalTransition, field

WRITTEN = "Hello! Your last of {{ orders }} orders is a while ago. 15 % off the next one?"

with project() as client:
    client.contacts.import_csv(CUSTOMERS)
    campaign = client.campaigns.create("We miss you", rules=field("orders") >= 5)

    try:
        # What is sent: the brief, and which fields there are. Never what is in them.
        draft = client.campaigns.draft_message(
            campaign.id, brief="Win back customers with 15 % off", tone="warm", save=True
        )
        print(f"OpenAI wrote: {draft.body}")
    except (ConfigurationError, DraftingError) as error:
        print(f"No draft ({error}); somebody's own words, then.")
        client.campaigns.update(campaign.id, message=WRITTEN)

    checked = client.campaigns.preflight(campaign.id)
    for problem in checked.problems:
        print(f"{problem.severity}: {problem.path}: {problem.reason}")
    if not checked.ok:
        raise SystemExit("not ready")

    launched = client.campaigns.launch(campaign.id, expected="draft")
    print(f"launched for {launched.audience_size:,} contacts")

    try:
        client.campaigns.launch(campaign.id)
    except IllegalTransition as error:
        print(f"a second launch is refused: {error}")

    for change in client.campaigns.history(campaign.id):
        print(f"{change.changed_at:%H:%M:%S} {change.from_status} -> {change.to_status}")
