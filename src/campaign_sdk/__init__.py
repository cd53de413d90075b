"""The typed Python SDK for running marketing campaigns on Supabase."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaign_sdk._client import AsyncCampaignClient, CampaignClient
    from campaign_sdk._core.errors import (
        AlreadyExists,
        AuthUnavailable,
        CampaignError,
        ConfigurationError,
        Conflict,
        DraftingError,
        IllegalTransition,
        InvalidInput,
        InvalidRules,
        LocalStackError,
        NotAuthenticated,
        NotFound,
        NotReady,
        PermissionDenied,
        ProtocolError,
        RateLimited,
        SchemaMismatch,
        StaleState,
        TimedOut,
        Unavailable,
        WebhookRefused,
    )
    from campaign_sdk.analytics import (
        Comparison,
        Engagement,
        Event,
        EventProblem,
        IngestReport,
        Metric,
        Reconciliation,
        Report,
        ReportRow,
    )
    from campaign_sdk.assets import Asset
    from campaign_sdk.auth import User
    from campaign_sdk.campaigns import Campaign, Preflight, PreflightProblem, Status, StatusChange
    from campaign_sdk.contacts import Contact, ContactField, ContactItem, ImportReport
    from campaign_sdk.drafting import (
        Draft,
        DraftedRules,
        DraftingOptions,
        DraftProblem,
        Drafts,
        StreamedDraft,
        Usage,
    )
    from campaign_sdk.local import LocalSupabase
    from campaign_sdk.rules import Rules, RulesLike, everyone, field
    from campaign_sdk.segments import (
        AudiencePreview,
        AudienceSize,
        Breakdown,
        FieldGroup,
        FunnelStep,
        Segment,
        SegmentAnalytics,
    )
    from campaign_sdk.suppressions import Suppression, SuppressionReport
    from campaign_sdk.templates import Template
    from campaign_sdk.tracking import LinkKey, Links, TrackingSettings

# Where each public name lives. They are imported when first used: supabase-py alone takes
# longer to import than most commands take to run.
_HOMES = {
    "_client": "AsyncCampaignClient CampaignClient",
    "_core.errors": (
        "AlreadyExists AuthUnavailable CampaignError ConfigurationError Conflict DraftingError "
        "IllegalTransition InvalidInput InvalidRules LocalStackError NotAuthenticated NotFound "
        "NotReady PermissionDenied ProtocolError RateLimited SchemaMismatch StaleState TimedOut "
        "Unavailable WebhookRefused"
    ),
    "analytics": (
        "Comparison Engagement Event EventProblem IngestReport Metric Reconciliation "
        "Report ReportRow"
    ),
    "assets": "Asset",
    "auth": "User",
    "campaigns": "Campaign Preflight PreflightProblem Status StatusChange",
    "contacts": "Contact ContactField ContactItem ImportReport",
    "drafting": "Draft DraftProblem DraftedRules DraftingOptions Drafts StreamedDraft Usage",
    "local": "LocalSupabase",
    "rules": "Rules RulesLike everyone field",
    "segments": (
        "AudiencePreview AudienceSize Breakdown FieldGroup FunnelStep Segment SegmentAnalytics"
    ),
    "suppressions": "Suppression SuppressionReport",
    "templates": "Template",
    "tracking": "LinkKey Links TrackingSettings",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__version__ = "0.1.0"
__all__ = [
    "AlreadyExists",
    "Asset",
    "AsyncCampaignClient",
    "AudiencePreview",
    "AudienceSize",
    "AuthUnavailable",
    "Breakdown",
    "Campaign",
    "CampaignClient",
    "CampaignError",
    "Comparison",
    "ConfigurationError",
    "Conflict",
    "Contact",
    "ContactField",
    "ContactItem",
    "Draft",
    "DraftProblem",
    "DraftedRules",
    "DraftingError",
    "DraftingOptions",
    "Drafts",
    "Engagement",
    "Event",
    "EventProblem",
    "FieldGroup",
    "FunnelStep",
    "IllegalTransition",
    "ImportReport",
    "IngestReport",
    "InvalidInput",
    "InvalidRules",
    "LinkKey",
    "Links",
    "LocalStackError",
    "LocalSupabase",
    "Metric",
    "NotAuthenticated",
    "NotFound",
    "NotReady",
    "PermissionDenied",
    "Preflight",
    "PreflightProblem",
    "ProtocolError",
    "RateLimited",
    "Reconciliation",
    "Report",
    "ReportRow",
    "Rules",
    "RulesLike",
    "SchemaMismatch",
    "Segment",
    "SegmentAnalytics",
    "StaleState",
    "Status",
    "StatusChange",
    "StreamedDraft",
    "Suppression",
    "SuppressionReport",
    "Template",
    "TimedOut",
    "TrackingSettings",
    "Unavailable",
    "Usage",
    "User",
    "WebhookRefused",
    "__version__",
    "everyone",
    "field",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
