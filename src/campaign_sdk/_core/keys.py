"""What a project's API key says of itself."""

from __future__ import annotations

from supabase_auth.helpers import decode_jwt


def is_secret(key: str) -> bool:
    """Whether an API key bypasses row level security (a service-role key)."""
    return key.startswith("sb_secret_") or _role(key) == "service_role"


def _role(key: str) -> object:
    try:
        return decode_jwt(key)["payload"].get("role")
    except Exception:
        # A publishable key is no token, and what their parser raises of one is no promise.
        return None
