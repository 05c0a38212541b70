"""A child is killed while it holds a lock, with its work half done."""

import multiprocessing
import os
import signal


def transfer(accounts):
    with accounts.get_lock():
        accounts[0] -= 10
        os.kill(os.getpid(), signal.SIGKILL)
        accounts[1] += 10


if __name__ == "__main__":
    accounts = multiprocessing.Array("i", [60, 40])
    child = multiprocessing.Process(target=transfer, args=(accounts,))
    child.start()
    child.join()
    print(f"{child.name} (pid {child.pid}) ended with exit code {child.exitcode}", flush=True)

    print("The parent wants the lock.", flush=True)
    with accounts.get_lock():
        print(f"It finds {list(accounts)}.")
