"""What is told to other systems."""
