"""Pharmacy as pure functions: no clock, no database, no files."""
