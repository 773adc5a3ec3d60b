"""Prescriptions and what became of them."""
