"""Places, and what happened in them."""
