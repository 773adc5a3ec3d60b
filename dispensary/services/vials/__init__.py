"""Opened vials, from the first needle to the last drop."""
