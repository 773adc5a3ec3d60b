"""Recalls: whom to call, and where every unit is."""
