"""What the refusals of PostgreSQL, PostgREST and the gateway before them mean."""

from __future__ import annotations

import re
from collections.abc import Callable

from postgrest.exceptions import APIError

from campaign_sdk._core.errors import (
    AlreadyExists,
    CampaignError,
    ConfigurationError,
    Conflict,
    IllegalTransition,
    InvalidInput,
    InvalidRules,
    NotActive,
    NotAuthenticated,
    NotFound,
    NotReady,
    PermissionDenied,
    ProtocolError,
    SchemaMismatch,
    StaleState,
    TimedOut,
    Unavailable,
)
from campaign_sdk._core.failures.states import MIGRATE, STATES, unlisted, without_data

_SIGN_IN = "sign in first, for example with client.auth.sign_in_with_password(...)"
_PROJECT = "is the URL that of a Supabase project?"
# How Supabase's gateway words its refusal of an API key, which has no code.
REFUSED_KEY = "API key"
_CODE = re.compile("[A-Z0-9_]{1,40}")


def _illegal(error: APIError) -> CampaignError:
    return IllegalTransition(_message(error), code=error.code)


def _stale(error: APIError) -> CampaignError:
    return StaleState(_message(error), code=error.code)


def _rules(error: APIError) -> CampaignError:
    return InvalidRules(str(error.details or "$"), _message(error), code=error.code)


def _frozen(error: APIError) -> CampaignError:
    return Conflict(_message(error), code=error.code, hint=error.hint)


def _not_ready(error: APIError) -> CampaignError:
    return NotReady(
        f"the campaign can't be launched: {_message(error)}",
        code=error.code,
        hint=error.hint,
        details=error.details,
    )


def _not_active(error: APIError) -> CampaignError:
    return NotActive(_message(error), code=error.code, hint=error.hint, details=error.details)


def _misfit(error: APIError) -> CampaignError:
    return InvalidInput(str(error.details or "attributes"), _message(error), code=error.code)


def _spent(error: APIError) -> CampaignError:
    return Conflict(_message(error), code=error.code, hint=error.hint)


def _not_found(error: APIError) -> CampaignError:
    return NotFound("there is no such thing, or it isn't yours", code=error.code)


def _exists(error: APIError) -> CampaignError:
    path, reason = CONSTRAINTS.get(_constraint(error), ("id", "there is one already"))
    without_data(error)
    return AlreadyExists(f"{path}: {reason}", code=error.code)


def _link(error: APIError) -> CampaignError:
    in_use = "referenced from" in f"{error.details} {error.message}"
    path, reason = CONSTRAINTS.get(_constraint(error), ("value", "points at nothing of yours"))
    without_data(error)
    if in_use:
        return Conflict(f"it is still in use (as a {path})", code=error.code)
    return NotFound(f"{path}: {reason}", code=error.code)


def _check(error: APIError) -> CampaignError:
    constraint = _constraint(error)
    without_data(error)
    path, reason = CONSTRAINTS.get(constraint, (constraint, "the database refuses this value"))
    return InvalidInput(path, reason, code=error.code)


def _missing(error: APIError) -> CampaignError:
    column = _constraint(error)
    without_data(error)
    return InvalidInput(column, "must not be empty", code=error.code)


def _parameter(error: APIError) -> CampaignError:
    path = str(error.details or "value")
    message = _message(error)
    return InvalidInput(path, message, code=error.code)


def _value(error: APIError) -> CampaignError:
    code = error.code
    without_data(error)
    return InvalidInput("value", "the database can't store this value", code=code)


def _denied(error: APIError) -> CampaignError:
    return PermissionDenied("you may not do this", code=error.code, hint=_SIGN_IN)


def _signed_out(error: APIError) -> CampaignError:
    return NotAuthenticated(f"the session isn't valid; {_SIGN_IN}", code=error.code)


def _schema(error: APIError) -> CampaignError:
    return SchemaMismatch(f"{_message(error)}; {MIGRATE}", code=error.code)


def _misread(error: APIError) -> CampaignError:
    code = error.code
    without_data(error)
    return ProtocolError(f"the server doesn't understand our request; {_PROJECT}", code=code)


def _unserved(error: APIError) -> CampaignError:
    code = error.code
    without_data(error)
    return ConfigurationError(
        "the project's API doesn't serve the schema public: add it (Project Settings, Data API, "
        "Exposed schemas)",
        code=code,
    )


def _waited(error: APIError) -> CampaignError:
    without_data(error)
    return TimedOut(
        "somebody else holds what this needs, and the database waited long enough", code=error.code
    )


def _wholesale(error: APIError) -> CampaignError:
    code, unfiltered = error.code, "WHERE clause" in (error.message or "")
    without_data(error)
    if unfiltered:
        return InvalidInput(
            "filter", "is missing: the project changes or deletes nothing without one", code=code
        )
    return InvalidInput("items", "one of them is given twice", code=code)


def _cancelled(error: APIError) -> CampaignError:
    without_data(error)
    return TimedOut("the database's statement timeout ended the query", code=error.code)


def _unavailable(error: APIError) -> CampaignError:
    return Unavailable(f"the database isn't available ({error.code})", code=error.code)


def _internal(error: APIError) -> CampaignError:
    without_data(error)
    return ProtocolError(f"the server failed inside ({error.code}); {_PROJECT}", code=error.code)


# SQLSTATE and PostgREST codes, or their prefixes; the longest that fits counts.
CODES: dict[str, Callable[[APIError], CampaignError]] = {
    **STATES,
    "CMP01": _illegal,
    "CMP02": _stale,
    "CMP03": _rules,
    "CMP04": _frozen,
    "CMP05": _not_ready,
    "CMP06": _not_active,
    "CMP07": _frozen,
    "CMP08": _misfit,
    "CMP09": _spent,
    "PT404": _not_found,
    "PGRST116": _not_found,
    "PGRST30": _signed_out,
    "PGRST00": _unavailable,
    "PGRST106": _unserved,
    "PGRST1": _misread,
    "PGRST2": _schema,
    "PGRST": _internal,
    "42P01": _schema,
    "42883": _schema,
    "42703": _schema,
    "42501": _denied,
    "42710": _frozen,
    "21000": _wholesale,
    "22023": _parameter,
    "22": _value,
    "23": _check,
    "23001": _link,
    "23502": _missing,
    "23503": _link,
    "23505": _exists,
    "23514": _check,
    "57014": _cancelled,
    "54": _value,
    "55P03": _waited,
}

_LINE = "must be one line of 1 to 998 characters"
_YEARS = "must lie within the years 1 to 9999"
_NO_CAMPAIGN = "there is no such campaign, or it isn't yours"
_CREATED = "this request has created one already"
_DAYS = "must lie between the year 2000 and tomorrow"

# What a person can do about the constraints of our own tables.
CONSTRAINTS: dict[str, tuple[str, str]] = {
    "contacts_email_unique": ("email", "another contact has this address"),
    "contacts_email_normalized": ("email", "must be trimmed, NFC and lower-case"),
    "contacts_email_shape": ("email", "isn't an e-mail address"),
    "contacts_phone_length": ("phone", "must have 1 to 64 characters"),
    "contacts_attributes_object": ("attributes", "must be an object"),
    "contacts_attributes_size": ("attributes", "must not exceed 64 kB"),
    "contacts_attributes_readable": ("attributes", "holds a number or a depth that JSON lacks"),
    "contacts_dates_readable": ("unsubscribed_at", _YEARS),
    "draft_budgets_kept": ("tokens", "today's budget for drafting is used up"),
    "suppressions_address_unique": ("email", "is suppressed already"),
    "suppressions_address_hashed": ("address", "must be an HMAC-SHA256"),
    "suppressions_reason_known": ("reason", "isn't one that a suppression can have"),
    "suppressions_source_length": ("source", "must have 1 to 100 characters"),
    "suppressions_since_readable": ("since", _YEARS),
    "attribute_schemas_mode_known": ("mode", "must be refuse or warn"),
    "attribute_schemas_schema_object": ("schema", "must be that of an object"),
    "attribute_schemas_schema_size": ("schema", "must not exceed 64 kB, nor be nested 40 deep"),
    "audience_segments_name_length": ("name", "must have 1 to 200 characters"),
    "audience_segments_description_size": ("description", "must not exceed 100 kB"),
    "audience_segments_dates_readable": ("created_at", _YEARS),
    "audience_segments_timezone_known": ("timezone", "isn't a known IANA time zone"),
    "audience_segments_request_unique": ("request_id", _CREATED),
    "campaigns_request_unique": ("request_id", _CREATED),
    "campaigns_scheduled_has_date": ("scheduled_at", "a scheduled campaign needs a date"),
    "campaigns_name_length": ("name", "must have 1 to 200 characters"),
    "campaigns_description_size": ("description", "must not exceed 100 kB"),
    "campaigns_message_size": ("message", "must not exceed 100 kB"),
    "campaigns_variants_shape": ("variants", "must be 2 to 10 variants with names of their own"),
    "campaigns_hold_out_bounded": ("hold_out", "must lie between 0 and 0.5"),
    "campaigns_test_share_bounded": ("test_share", "must lie between 0.01 and 0.99, of variants"),
    "campaigns_promoted_tested": ("variant", "isn't one that the campaign tests on a share first"),
    "campaigns_subject_line": ("subject", _LINE),
    "campaigns_preheader_line": ("preheader", _LINE),
    "campaigns_html_size": ("html", "must not exceed 512 kB"),
    "campaigns_channel_known": ("channel", "must be email, sms, push or whatsapp"),
    "campaigns_segment_id_fkey": ("segment_id", "there is no such segment, or it isn't yours"),
    "campaigns_status_known": ("status", "isn't one that a campaign can have"),
    "campaigns_audience_size_positive": ("audience_size", "can't be negative"),
    "campaigns_dates_readable": ("scheduled_at", _YEARS),
    "campaigns_timezone_known": ("timezone", "isn't a known IANA time zone"),
    "campaign_assets_campaign_id_fkey": ("campaign_id", "isn't a campaign of yours"),
    "campaign_assets_name_shape": ("name", "must have 1 to 100 characters, none of \"'/\\{}<>"),
    "campaign_assets_path_shape": ("path", "isn't the name of an asset's object"),
    "campaign_assets_alt_length": ("alt", "must not exceed 1,000 characters"),
    "campaign_assets_content_type_known": ("file", "must be a PNG, JPEG, GIF or WebP image"),
    "campaign_assets_bytes_bounded": ("file", "must not exceed 2 MB"),
    "campaign_settings_cap_whole": ("cap", "must be 1 to 1,000 messages within 1 to 366 days"),
    "campaign_settings_quiet_whole": ("quiet", "must be two different times of day"),
    "campaign_batches_pkey": ("batch", "there is one already"),
    "campaign_batches_campaign_id_fkey": ("campaign_id", _NO_CAMPAIGN),
    "campaign_batches_members": ("contact_ids", "must be 1 to 1,000 contacts"),
    "campaign_batches_counts": ("begun", "must add up to the members of the batch"),
    "campaign_batches_lease_whole": ("lease", "needs an end, and an end a lease"),
    "campaign_batches_held_out": ("begun", "must stay 0: these are never handed over"),
    "campaign_deliveries_pkey": ("contact_id", "has an outcome in this campaign already"),
    "campaign_deliveries_campaign_id_fkey": ("campaign_id", _NO_CAMPAIGN),
    "campaign_deliveries_outcome_known": ("outcome", "must be sent, failed, skipped or unknown"),
    "campaign_deliveries_reason_length": ("reason", "must have 1 to 500 characters"),
    "campaign_deliveries_reason_given": ("reason", "must not be empty, unless it was sent"),
    "campaign_deliveries_provider_id_length": ("provider_id", "must have 1 to 500 characters"),
    "campaign_deliveries_at_plausible": ("at", _DAYS),
    "campaign_rates_campaign_id_fkey": ("campaign_id", _NO_CAMPAIGN),
    "campaign_failures_campaign_id_fkey": ("campaign_id", _NO_CAMPAIGN),
    "campaign_failures_action_known": ("action", "isn't one that a job takes"),
    "campaign_failures_code_length": ("code", "must have 1 to 10 characters"),
    "campaign_failures_reason_length": ("reason", "must have 1 to 500 characters"),
    "campaign_analytics_counts_positive": ("counts", "can't be negative"),
    "campaign_analytics_day_unique": ("date", "there are counts of this day already"),
    "campaign_analytics_campaign_id_fkey": ("campaign_id", _NO_CAMPAIGN),
    "campaign_analytics_date_plausible": ("date", _DAYS),
    "campaign_analytics_dates_readable": ("created_at", _YEARS),
    "campaign_events_pkey": ("event_id", "there is an event with this id already"),
    "campaign_events_campaign_id_fkey": ("campaign_id", _NO_CAMPAIGN),
    "campaign_events_contact_id_fkey": (
        "contact_id",
        "there is no such contact, or it isn't yours",
    ),
    "link_keys_key_id_numbered": ("key_id", "must be a number from 1 to 65,535"),
    "link_keys_dates_readable": ("revoked_at", _YEARS),
    "link_settings_unsubscribe_page_is_an_address": (
        "unsubscribe_page",
        "must be an http or https address of at most 2,048 octets",
    ),
    "campaign_events_received_at_plausible": ("received_at", _DAYS),
    "campaign_events_event_id_length": ("event_id", "must have 1 to 200 characters"),
    "campaign_events_type_known": (
        "type",
        "must be impression, click, conversion, delivered, bounced, complained or unsubscribed",
    ),
    "campaign_events_actor_known": ("actor", "must be human, proxy, machine or unknown"),
    "campaign_events_actor_rule_length": ("actor_rule", "must have 1 to 100 characters"),
    "campaign_events_link_length": ("link", "must have 1 to 4096 characters"),
    "campaign_events_value_finite": ("value", "must be a finite number"),
    "campaign_events_occurred_at_plausible": ("occurred_at", _DAYS),
}


def from_database(error: APIError) -> CampaignError:
    """Name an error of the database or of whoever answered in its place."""
    code = error.code or ""
    # SQLSTATEs have five characters; postgrest puts an HTTP status in their place.
    if not code or (len(code) == 3 and code.isdigit()):
        return _from_gateway(error, code)
    for length in range(len(code), 1, -1):
        if code[:length] in CODES:
            return CODES[code[:length]](error)
    return unlisted(error) or _unknown(error)


def _unknown(error: APIError) -> CampaignError:
    """Name a refusal whose code nobody knows: whoever wrote it may quote anything in it."""
    if not _CODE.fullmatch(str(error.code)):
        error.code = None
    without_data(error)
    return ProtocolError(f"the server refuses as no project does; {_PROJECT}", code=error.code)


def _from_gateway(error: APIError, status: str) -> CampaignError:
    """Name what somebody before the database refused: there is at most an HTTP status."""
    if REFUSED_KEY in _message(error):
        return wrong_key()
    error.message = error.details = None
    error.args = (status,)
    if status == "413":
        return InvalidInput(
            "request", "is too large for the server: use smaller batches", code=status
        )
    if status in ("401", "403"):
        return PermissionDenied("the server refuses this request", code=status)
    return ProtocolError(f"the server refused without saying why; {_PROJECT}", code=status or None)


def wrong_key() -> ConfigurationError:
    """Name the one thing that is wrong most often."""
    return ConfigurationError(
        "the project refuses SUPABASE_ANON_KEY: is it this project's anon or publishable key?"
    )


def _message(error: APIError) -> str:
    return error.message or "refused"


def _constraint(error: APIError) -> str:
    named = re.search(r'(?:constraint|column) "(\w+)"', error.message or "")
    return named[1] if named else "value"
