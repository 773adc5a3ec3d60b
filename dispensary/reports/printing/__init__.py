"""Reports about the printers."""
