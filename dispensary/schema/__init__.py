"""The tables, by subject; no behaviour. Each command loads the few that it needs, and `whole` has all of them."""
