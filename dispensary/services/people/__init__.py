"""Who is in the books: users, prescribers, patients."""
