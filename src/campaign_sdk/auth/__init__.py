"""Who is signed in, and how they come and go."""

from campaign_sdk.auth._models import OAuthRequest, Session, User
from campaign_sdk.auth._resource import Auth

__all__ = ["Auth", "OAuthRequest", "Session", "User"]
