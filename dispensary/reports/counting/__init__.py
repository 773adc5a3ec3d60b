"""Counts of stock."""
