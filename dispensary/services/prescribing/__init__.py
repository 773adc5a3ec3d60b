"""From a prescription to what the patient takes home, and back."""
