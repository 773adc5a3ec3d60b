"""The figures of the pharmacy, read from the books and reckoned by rules/figures."""
