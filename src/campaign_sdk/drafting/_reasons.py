"""What an error's own code says about why there is no draft."""

from __future__ import annotations

from campaign_sdk._core.errors import DraftingReason

_QUOTA = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "quota_exceeded",
}
_REFUSED = {"content_filter", "content_policy_violation", "invalid_prompt"}


def named_failure(code: str | None, fallback: DraftingReason) -> DraftingReason:
    """Return the reason that an error's own code names, whatever status it came with."""
    if code in _QUOTA:
        return "quota"
    if code in _REFUSED:
        return "refused"
    return "rate_limited" if code == "rate_limit_exceeded" else fallback
