"""Reports from the audit chain, and the registers that an inspection asks for."""
