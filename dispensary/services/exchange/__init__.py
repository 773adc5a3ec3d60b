"""What other systems send, taken in whole or not at all."""
