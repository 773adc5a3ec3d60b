"""How the program holds up against years of history: a generator of them, and what was measured on them."""
