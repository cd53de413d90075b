"""A door for agents: campaigns over the Model Context Protocol, read by default.

An agent can look, count and compare; with `drafts` allowed it can store segments and drafts.
Nothing here launches, sends or deletes: `propose_launch` ends in a command for a person.
"""

from campaign_sdk.agents._server import serve, server

__all__ = ["serve", "server"]
