"""Runs a program as `python3` would, but with the start method named first: fork, spawn, forkserver.

Its children import the program and not this file, since the program is `__main__`.
"""

import multiprocessing
import os
import runpy
import sys

_, method, program, *options = sys.argv
sys.argv = [program, *options]
sys.path[0] = os.path.dirname(program)
multiprocessing.set_start_method(method)
runpy.run_path(program, run_name="__main__")
