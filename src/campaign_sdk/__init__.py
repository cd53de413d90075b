"""The typed Python SDK for running marketing campaigns on Supabase."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaign_sdk._client import AsyncCampaignClient, CampaignClient
    from campaign_sdk._errors import (
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
    )
    from campaign_sdk.analytics import Engagement, Event, IngestReport
    from campaign_sdk.auth import User
    from campaign_sdk.campaigns import Campaign, Preflight, PreflightProblem, Status, StatusChange
    from campaign_sdk.contacts import Contact, ContactField, ContactItem, ImportReport
    from campaign_sdk.local import LocalSupabase
    from campaign_sdk.rules import Rules, RulesLike, everyone, field
    from campaign_sdk.segments import AudiencePreview, AudienceSize, FunnelStep, Segment
    from campaign_sdk.templates import Template

# Where each public name lives. They are imported when first used: supabase-py alone takes
# longer to import than most commands take to run.
_HOMES = {
    "_client": "AsyncCampaignClient CampaignClient",
    "_errors": (
        "AlreadyExists AuthUnavailable CampaignError ConfigurationError Conflict DraftingError "
        "IllegalTransition InvalidInput InvalidRules LocalStackError NotAuthenticated NotFound "
        "NotReady PermissionDenied ProtocolError RateLimited SchemaMismatch StaleState TimedOut "
        "Unavailable"
    ),
    "analytics": "Engagement Event IngestReport",
    "auth": "User",
    "campaigns": "Campaign Preflight PreflightProblem Status StatusChange",
    "contacts": "Contact ContactField ContactItem ImportReport",
    "local": "LocalSupabase",
    "rules": "Rules RulesLike everyone field",
    "segments": "AudiencePreview AudienceSize FunnelStep Segment",
    "templates": "Template",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__version__ = "0.1.0"
__all__ = [
    "AlreadyExists",
    "AsyncCampaignClient",
    "AudiencePreview",
    "AudienceSize",
    "AuthUnavailable",
    "Campaign",
    "CampaignClient",
    "CampaignError",
    "ConfigurationError",
    "Conflict",
    "Contact",
    "ContactField",
    "ContactItem",
    "DraftingError",
    "Engagement",
    "Event",
    "FunnelStep",
    "IllegalTransition",
    "ImportReport",
    "IngestReport",
    "InvalidInput",
    "InvalidRules",
    "LocalStackError",
    "LocalSupabase",
    "NotAuthenticated",
    "NotFound",
    "NotReady",
    "PermissionDenied",
    "Preflight",
    "PreflightProblem",
    "ProtocolError",
    "RateLimited",
    "Rules",
    "RulesLike",
    "SchemaMismatch",
    "Segment",
    "StaleState",
    "Status",
    "StatusChange",
    "Template",
    "TimedOut",
    "Unavailable",
    "User",
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
