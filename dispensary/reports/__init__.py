"""What people look at: SELECT only, frozen rows."""
