"""Backups: one file that holds a whole pharmacy, taken while others work, and the way back from it."""
