"""The figures of the pharmacy, each a pure reckoning; docs/figures.md defines them one by one."""
