"""Sealed stock: deliveries, moves, destruction, returns to the supplier."""
