"""What holds of an event's id in one table holds of it in a table for each month."""

import pytest

# The same tests, with the stack of this room.
from analytics.test_keys import *  # noqa: F403

pytestmark = pytest.mark.local_stack
