"""Files of contacts: those of other programs, and our own."""
