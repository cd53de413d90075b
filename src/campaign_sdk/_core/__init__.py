"""The machine room: what every noun runs on, and no noun itself."""
