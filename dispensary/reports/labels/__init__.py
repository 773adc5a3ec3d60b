"""The facts of each kind of label, as the books have them."""
