"""What stands where, until when, and where it came from and went."""
