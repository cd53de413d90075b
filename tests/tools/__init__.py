"""Tools that the tests drive, from npm."""
