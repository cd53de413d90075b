"""`campaign demo`: the main job once through, on real customers and a real Supabase."""

from campaign_sdk.demo._story import run

__all__ = ["run"]
