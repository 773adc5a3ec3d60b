"""Places, what their loggers measured, and time in the light."""
