"""Runs a command and says what it took: its exit status, seconds by the clock and of the processor, and KiB at most.

`python -I -S watch.py FILE COMMAND...` writes the four to FILE. It imports next to nothing: a process begins with
the memory of the one that made it, and the benchmark's own would hide what a small command needs.
"""

import os
import sys
from time import perf_counter

said, *command = sys.argv[1:]
began = perf_counter()
child = os.posix_spawn(command[0], command, os.environ)
_, status, used = os.wait4(child, 0)
seconds = perf_counter() - began
with open(said, "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {seconds} {used.ru_utime + used.ru_stime} {used.ru_maxrss}")
