"""Opened vials."""
