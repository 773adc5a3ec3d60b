"""Lots held, released and recalled, and the patients who are called."""
