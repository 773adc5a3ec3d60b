"""Faults by the hundred, and what must be true of the books after each: `python -m tests.torture`, docs/torture.md."""
