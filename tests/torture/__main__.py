"""`python -m tests.torture`: the faults by the hundred, as a table."""

import sys

from tests.torture.table import main

if __name__ == "__main__":
    sys.exit(main())
