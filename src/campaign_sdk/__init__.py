"""The typed Python SDK for running marketing campaigns on Supabase."""

from __future__ import annotations

# Before Ctrl-C is seen to, the command line has only loaded this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
        LeaseLost,
        LocalStackError,
        LoginRefused,
        NotActive,
        NotAuthenticated,
        NotFound,
        NotReady,
        NotSent,
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
        BestHour,
        BreakdownGroup,
        CampaignBreakdown,
        Comparison,
        Engagement,
        Event,
        EventProblem,
        Experiment,
        Fact,
        GroupRate,
        Hour,
        IngestReport,
        LinkClicks,
        Metric,
        Plan,
        Reconciliation,
        Report,
        ReportRow,
        Summary,
        WebhookReport,
    )
    from campaign_sdk.assets import Asset
    from campaign_sdk.attributes import (
        Attributes,
        AttributeSchema,
        SchemaViolation,
        SchemaViolations,
    )
    from campaign_sdk.auth import User
    from campaign_sdk.campaigns import (
        Campaign,
        CampaignFailure,
        Preflight,
        PreflightProblem,
        Status,
        StatusChange,
        TickReport,
        Variant,
    )
    from campaign_sdk.contacts import (
        Contact,
        ContactField,
        ContactItem,
        Happening,
        ImportReport,
        TypedContact,
    )
    from campaign_sdk.deliveries import (
        Delivery,
        DeliveryStatus,
        ReceiptReport,
        Resolution,
        SendReport,
    )
    from campaign_sdk.drafting import (
        Draft,
        DraftedRules,
        DraftingOptions,
        DraftProblem,
        Drafts,
        StreamedDraft,
        Usage,
    )
    from campaign_sdk.local import LocalMailbox, LocalSupabase
    from campaign_sdk.rules import Rules, RulesLike, did, everyone, field, received
    from campaign_sdk.segments import (
        AudiencePreview,
        AudienceSize,
        Breakdown,
        FieldGroup,
        FunnelStep,
        Segment,
        SegmentAnalytics,
    )
    from campaign_sdk.settings import Cap, Quiet, SendingSettings
    from campaign_sdk.suppressions import Suppression, SuppressionReport
    from campaign_sdk.templates import Template
    from campaign_sdk.tracking import LinkKey, Links, TrackingSettings

# Where each public name lives. They are imported when first used: supabase-py alone takes
# longer to import than most commands take to run.
_HOMES = {
    "_client": "AsyncCampaignClient CampaignClient",
    "_core.errors": (
        "AlreadyExists AuthUnavailable CampaignError ConfigurationError Conflict DraftingError "
        "IllegalTransition InvalidInput InvalidRules LeaseLost LocalStackError LoginRefused "
        "NotActive NotAuthenticated NotFound NotReady NotSent PermissionDenied ProtocolError "
        "RateLimited SchemaMismatch StaleState TimedOut Unavailable WebhookRefused"
    ),
    "analytics": (
        "BestHour BreakdownGroup CampaignBreakdown Comparison Engagement Event EventProblem "
        "Experiment Fact GroupRate Hour IngestReport LinkClicks Metric Plan WebhookReport "
        "Reconciliation Report ReportRow Summary"
    ),
    "assets": "Asset",
    "attributes": "AttributeSchema Attributes SchemaViolation SchemaViolations",
    "auth": "User",
    "campaigns": (
        "Campaign CampaignFailure Preflight PreflightProblem Status StatusChange TickReport Variant"
    ),
    "contacts": "Contact ContactField ContactItem Happening ImportReport TypedContact",
    "deliveries": "Delivery DeliveryStatus ReceiptReport Resolution SendReport",
    "drafting": "Draft DraftProblem DraftedRules DraftingOptions Drafts StreamedDraft Usage",
    "local": "LocalMailbox LocalSupabase",
    "rules": "Rules RulesLike did everyone field received",
    "segments": (
        "AudiencePreview AudienceSize Breakdown FieldGroup FunnelStep Segment SegmentAnalytics"
    ),
    "settings": "Cap Quiet SendingSettings",
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
    "AttributeSchema",
    "Attributes",
    "AudiencePreview",
    "AudienceSize",
    "AuthUnavailable",
    "BestHour",
    "Breakdown",
    "BreakdownGroup",
    "Campaign",
    "CampaignBreakdown",
    "CampaignClient",
    "CampaignError",
    "CampaignFailure",
    "Cap",
    "Comparison",
    "ConfigurationError",
    "Conflict",
    "Contact",
    "ContactField",
    "ContactItem",
    "Delivery",
    "DeliveryStatus",
    "Draft",
    "DraftProblem",
    "DraftedRules",
    "DraftingError",
    "DraftingOptions",
    "Drafts",
    "Engagement",
    "Event",
    "EventProblem",
    "Experiment",
    "Fact",
    "FieldGroup",
    "FunnelStep",
    "GroupRate",
    "Happening",
    "Hour",
    "IllegalTransition",
    "ImportReport",
    "IngestReport",
    "InvalidInput",
    "InvalidRules",
    "LeaseLost",
    "LinkClicks",
    "LinkKey",
    "Links",
    "LocalMailbox",
    "LocalStackError",
    "LocalSupabase",
    "LoginRefused",
    "Metric",
    "NotActive",
    "NotAuthenticated",
    "NotFound",
    "NotReady",
    "NotSent",
    "PermissionDenied",
    "Plan",
    "Preflight",
    "PreflightProblem",
    "ProtocolError",
    "Quiet",
    "RateLimited",
    "ReceiptReport",
    "Reconciliation",
    "Report",
    "ReportRow",
    "Resolution",
    "Rules",
    "RulesLike",
    "SchemaMismatch",
    "SchemaViolation",
    "SchemaViolations",
    "Segment",
    "SegmentAnalytics",
    "SendReport",
    "SendingSettings",
    "StaleState",
    "Status",
    "StatusChange",
    "StreamedDraft",
    "Summary",
    "Suppression",
    "SuppressionReport",
    "Template",
    "TickReport",
    "TimedOut",
    "TrackingSettings",
    "TypedContact",
    "Unavailable",
    "Usage",
    "User",
    "Variant",
    "WebhookRefused",
    "WebhookReport",
    "__version__",
    "did",
    "everyone",
    "field",
    "received",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
