"""Rows as CSV, JSON, JSON Lines, PDF and terminal tables; the one place where output is escaped for its format."""
