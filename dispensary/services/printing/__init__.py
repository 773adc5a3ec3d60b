"""Use cases of the printers: what is printed, and how it got to the printer."""
