"""Is every chapter of the migrations there, as this version of the SDK needs it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ._finding import Finding
from ._probe import Identity, Probe

REMEDY = (
    "write the SQL with `campaign migrations export`, apply it with `supabase db push`, and "
    "reload the API with: notify pgrst, 'reload schema'"
)


@dataclass(frozen=True)
class Chapter:
    """What one migration adds to the API: tables with columns, functions with parameters."""

    tables: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)


CHAPTERS = {
    "contacts": Chapter(
        {
            "contacts": (
                "id user_id email phone attributes unsubscribed_at suppressed_at created_at "
                "updated_at"
            )
        },
        {
            "upsert_contacts": "contacts",
            "preview_contacts": "contacts",
            "unsubscribe_contacts": "contacts",
            "update_contact": "contact_id changes",
            "find_contact": "email",
            "unsubscribe_contact": "contact_id",
            "list_contact_fields": "sample",
        },
    ),
    "attribute_schemas": Chapter(
        {"attribute_schemas": ("user_id schema mode checks faults fault created_at updated_at")},
        {"schema_violations": "after page"},
    ),
    "suppressions": Chapter(
        {"suppressions": "id user_id address reason source since"},
        {
            "suppress_addresses": "emails reason source",
            "find_suppression": "email",
            "lift_suppression": "email request_id",
        },
    ),
    "audiences": Chapter(
        functions={
            "audience_size": "rules as_of timezone",
            "match_contacts": "rules as_of timezone after page reachable",
            "audience_funnel": "rules as_of timezone",
            "group_audience": "rules field as_of timezone largest",
            "inspect_audience": "rules placeholders messages as_of timezone",
            "unknown_fields": "fields",
        }
    ),
    "segments": Chapter(
        {
            "audience_segments": (
                "id user_id name description rules timezone request_id created_at updated_at"
            )
        }
    ),
    "campaigns": Chapter(
        {
            "campaigns": (
                "id user_id name description message subject preheader html channel "
                "rules status audience_size segment_id timezone request_id variants hold_out "
                "test_share promoted scheduled_at launched_at frozen_at frozen_through "
                "completed_at created_at updated_at"
            ),
            "campaign_status_history": (
                "id user_id campaign_id from_status to_status changed_at changed_by"
            ),
        },
        {"move_campaign": "campaign_id move expected scheduled_at request_id"},
    ),
    "settings": Chapter(
        {"campaign_settings": "user_id cap_messages cap_days quiet_from quiet_until updated_at"}
    ),
    "deliveries": Chapter(
        {
            "campaign_batches": (
                "campaign_id batch user_id variant held_out timezone not_before contact_ids size "
                "begun ahead sent failed skipped unknown in_flight pending lease leased_until "
                "claims"
            ),
            "campaign_deliveries": (
                "campaign_id contact_id user_id batch variant outcome reason provider_id at"
            ),
        },
        {
            "delivery_status": "campaign_id",
            "campaign_members": "campaign_id after from_batch page",
        },
    ),
    "handover": Chapter(
        {"campaign_rates": "campaign_id user_id next_at"},
        {
            "claim_batch": "campaign_id seconds size rate lease done done_lease outcomes",
            "freeze_campaign": "campaign_id",
            "begin_send": "campaign_id batch lease after through seconds rate again outcomes",
            "settle_send": "campaign_id batch outcomes",
            "release_batch": "campaign_id batch lease unsent outcomes",
            "resolve_unknown": "campaign_id decision",
            "receive_receipts": "receipts",
        },
    ),
    "assets": Chapter(
        {"campaign_assets": "campaign_id name user_id path alt content_type bytes created_at"},
        {"copy_assets": "source target"},
    ),
    "tick": Chapter(
        {"campaign_failures": "campaign_id action user_id code reason times first_at last_at"},
        {"tick_campaigns": "", "last_tick": ""},
    ),
    "analytics": Chapter(
        {
            "campaign_analytics": (
                "id user_id campaign_id impressions clicks conversions delivered bounced "
                "complained unsubscribed machine_impressions machine_clicks date created_at "
                "updated_at"
            )
        },
        {"record_engagement": "campaign_id impressions clicks conversions day request_id"},
    ),
    "events": Chapter(
        {
            "campaign_events": (
                "campaign_id event_id user_id contact_id type occurred_at value actor actor_rule "
                "link received_at"
            )
        }
    ),
    "ingestion": Chapter(functions={"ingest_events": "events"}),
    "summaries": Chapter(
        functions={
            "summarize_campaign": "campaign_id with_events",
            "reconcile_campaign": "campaign_id",
        }
    ),
    "reports": Chapter(
        functions={
            "report_engagement": (
                "campaign_ids segment since until bucket by_campaign by_segment with_events zone"
            )
        }
    ),
    "experiment_counts": Chapter(functions={"experiment_arms": "campaign_id"}),
    "breakdown": Chapter(
        functions={"break_down_campaign": "campaign_id field edges smallest largest"}
    ),
    "hours": Chapter(functions={"click_hours": "campaign_id by_contact"}),
    "estimates": Chapter(functions={"refuse_estimates": ""}),
    "tracking": Chapter(
        {"link_keys": "user_id key_id created_at revoked_at"},
        {
            "link_signer": "campaign_id",
            "rotate_link_key": "request_id",
            "revoke_link_key": "key_id",
        },
    ),
    "visits": Chapter(
        {"link_settings": "user_id unsubscribe_page updated_at"},
        {
            "note_visit": "token at actor rule",
            "unsubscribe_by_link": "token",
            "unsubscribe_page": "token",
            "set_unsubscribe_page": "page",
        },
    ),
    "histories": Chapter(
        functions={"count_clicks": "campaign_id", "contact_history": "contact_id"}
    ),
    "webhooks": Chapter(
        functions={"receive_reports": "reports campaign_id", "receive_events": "body proof"}
    ),
    "persons": Chapter(
        functions={"export_person": "contact_id", "erase_person": "contact_id request_id"}
    ),
    "drafting": Chapter(
        {"draft_budgets": "user_id day calls tokens max_calls max_tokens"},
        {"begin_draft": "tokens", "settle_draft": "reservation tokens"},
    ),
}
TABLES = tuple(table for chapter in CHAPTERS.values() for table in chapter.tables)

# A rule that nobody fulfils: compiling it takes all of the chapters `rules` and `hot_fields`.
_RULES = {
    "combinator": "and",
    "rules": [{"field": "campaign_doctor", "operator": "=", "value": 1}],
}


def check_chapters(probe: Probe) -> Iterator[Finding]:
    """Look for each chapter's tables and functions, as nobody: names are told, contents not."""
    for name, chapter in CHAPTERS.items():
        missing = [*_missing_tables(probe, chapter), *_missing_functions(probe, chapter)]
        if missing:
            message = f"missing or of another version: {', '.join(missing)}"
            yield Finding(f"schema: {name}", "failed", message, REMEDY)
        else:
            yield Finding(f"schema: {name}", "ok", "complete")


def _missing_tables(probe: Probe, chapter: Chapter) -> Iterator[str]:
    for table, columns in chapter.tables.items():
        wanted = ",".join(columns.split())
        answer = probe.get(f"/rest/v1/{table}", select=wanted, limit="0")
        if answer.code in ("PGRST205", "42P01", "42703"):
            yield table


def _missing_functions(probe: Probe, chapter: Chapter) -> Iterator[str]:
    # With every parameter named, for a function of an older version has others. Nothing is
    # done: who isn't signed in may execute none, and all values are null.
    for function, parameters in chapter.functions.items():
        values = dict.fromkeys(parameters.split())
        answer = probe.post(f"/rest/v1/rpc/{function}", values)
        if answer.code in ("PGRST202", "PGRST203", "42883"):
            yield f"{function}()"


def check_rules(probe: Probe, who: Identity) -> Finding:
    """Have the database compile and evaluate a rule."""
    answer = probe.post("/rest/v1/rpc/audience_size", {"rules": _RULES}, who)
    if answer.status == 200:
        return Finding("schema: rules", "ok", "a rule is evaluated")
    told = f"a rule isn't evaluated ({answer.code or answer.status})"
    return Finding("schema: rules", "failed", told, REMEDY)
