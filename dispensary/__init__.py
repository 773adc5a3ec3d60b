"""Stock book and dispensing desk of a pharmacy for injectable vitamin B12."""

__version__ = "0.1.0"
