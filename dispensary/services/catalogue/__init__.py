"""The formulary, and the opening of a pharmacy with it."""
