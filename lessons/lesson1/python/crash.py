"""A crash stays inside its process: the other processes go on, and the
parent learns of it."""

import multiprocessing
import os
import signal
import sys


def divide_by_zero():
    # Python would print a traceback besides.
    sys.stderr = open(os.devnull, "w")
    return 1 // 0


def go_on(both_dead, answers):
    both_dead.wait()
    answers.put(6 * 7)


def report(process):
    process.join()
    who = f"{process.name} (pid {process.pid})"
    if process.exitcode < 0:
        print(f"{who} was killed by {signal.Signals(-process.exitcode).name}.")
    elif process.exitcode > 0:
        print(f"{who} ended with exit code {process.exitcode}.")


if __name__ == "__main__":
    both_dead = multiprocessing.Event()
    answers = multiprocessing.Queue()

    aborts = multiprocessing.Process(name="Aborting", target=os.abort)
    panics = multiprocessing.Process(name="Panicking", target=divide_by_zero)
    goes_on = multiprocessing.Process(name="Steady", target=go_on, args=(both_dead, answers))
    for process in (aborts, panics, goes_on):
        process.start()

    report(aborts)
    report(panics)
    both_dead.set()
    print(f"Steady went on and answered {answers.get()}.")
    report(goes_on)

    print("MainProcess is alive, and knows how all three ended.")
