"""A workload of everything at once, and a model in memory that says what must come of it."""
