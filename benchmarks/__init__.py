"""What the program costs beside what its libraries cost, measured in one run: `python -m benchmarks`."""
