"""The nightly report and its parts."""
