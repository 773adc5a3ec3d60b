"""What the pharmacy makes itself."""
