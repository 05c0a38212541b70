"""One fault, tried on one of Python's pools: `fault.py NAME pool|executor`, START_METHOD=fork.

What came of it is the last line printed. `__main__.py` beside this file runs them all.
"""

import concurrent.futures
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from multiprocessing import shared_memory

BEGUN = os.environ["BEGUN"]
LOCK = threading.Lock()
CONTEXT = multiprocessing.get_context(os.environ.get("START_METHOD"))


class Pool:
    """`multiprocessing.Pool`"""

    def __init__(self, workers=2, **options):
        self.pool = CONTEXT.Pool(workers, **options)

    def map(self, task, items):
        return self.pool.map(task, items, chunksize=1)

    def submit(self, task, item):
        return self.pool.apply_async(task, (item,)).get

    def pids(self):
        return [worker.pid for worker in self.pool._pool]

    def leave(self):
        self.pool.__exit__(None, None, None)


class Executor:
    """`concurrent.futures.ProcessPoolExecutor`"""

    def __init__(self, workers=2, **options):
        self.pool = concurrent.futures.ProcessPoolExecutor(workers, CONTEXT, **options)

    def map(self, task, items):
        return list(self.pool.map(task, items))

    def submit(self, task, item):
        return self.pool.submit(task, item).result

    def pids(self):
        return list(self.pool._processes)

    def leave(self):
        self.pool.__exit__(None, None, None)


def same(x):
    return x


def kill_at_3(x):
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def kill_at_3_of_long(x):
    kill_at_3(x)
    time.sleep(0.5)


def exit_at_3(x):
    if x == 3:
        sys.exit(7)
    return x


class Undecodable:
    def __reduce__(self):
        return int, ("not a number",)


def undecodable_at_3(x):
    return Undecodable() if x == 3 else x


def take_the_lock(x):
    with LOCK:
        return x


def say_so_and_stay(_):
    print("busy", flush=True)
    time.sleep(10)


def stay(_):
    open(BEGUN, "w").close()  # a named pipe, which opens when both sides are there
    time.sleep(60)


def stay_in_spite_of_sigterm(_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stay(_)


def use_up_shared_memory(_):
    block = shared_memory.SharedMemory(create=True, size=64 << 20)
    block.buf[:] = bytes(block.size)


def fail():
    raise OSError("the database is down")


def put_many(queue):
    for number in range(100_000):
        queue.put(number)


def die_with(lock):
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)


def busy_worker_is_killed(new):
    return new().map(kill_at_3, range(6))


def afterwards(new):
    pool = new()
    wait(pool.submit(kill_at_3, 3))
    return pool.map(same, range(6))


def other_results(new):
    pool = new()
    results = [pool.submit(kill_at_3_of_long, x) for x in range(6)]
    kept = sum(wait(result) for result in results)
    return f"{kept} of 5 kept"


def wait(result):
    try:
        result(timeout=10)
        return True
    except Exception:
        return False


def idle_workers_are_killed(new):
    pool = new()
    pool.map(same, range(6))
    for pid in pool.pids():
        os.kill(pid, signal.SIGKILL)
    time.sleep(1)  # the pool has time to notice
    return pool.map(same, range(6))


def task_exits(new):
    return new().map(exit_at_3, range(6))


def undecodable_result(new):
    return new().map(undecodable_at_3, range(6))


def thread_holds_a_lock(new):
    """It releases the lock once the workers are started."""
    LOCK.acquire()
    let_go = threading.Event()
    holder = threading.Thread(target=lambda: let_go.wait() and LOCK.release())
    holder.start()
    pool = new()
    wait(pool.submit(same, 0))  # the executor starts its workers only now
    let_go.set()
    holder.join()
    return pool.map(take_the_lock, range(6))


def initializer_fails(new):
    return new(initializer=fail).map(same, range(6))


def join_before_the_queue_is_empty(_):
    queue = CONTEXT.Queue()
    child = CONTEXT.Process(target=put_many, args=(queue,))
    child.start()
    child.join()
    return sum(queue.get() for _ in range(100_000))


def holder_of_a_lock_is_killed(_):
    lock = CONTEXT.Lock()
    child = CONTEXT.Process(target=die_with, args=(lock,))
    child.start()
    child.join()
    return lock.acquire()


def no_more_processes(new):
    os.setuid(50_000 + os.getpid() % 10_000)  # a user who has no other processes
    resource.setrlimit(resource.RLIMIT_NPROC, (5, 5))
    return new(workers=8).map(same, range(8))


def shared_memory_is_used_up(new):
    return new().map(use_up_shared_memory, range(2))


def task_ignores_sigterm(new):
    pool = new()
    pool.submit(stay_in_spite_of_sigterm, 0)
    open(BEGUN).close()
    pool.leave()
    return "left"


def runaway_task(new):
    pool = new()
    pool.submit(stay, 0)
    open(BEGUN).close()
    pool.leave()
    return "left"


def busy(new, tasks):
    """What is done to the parent, `__main__.py` does."""
    pool = new()
    try:
        results = [pool.submit(say_so_and_stay, x) for x in range(tasks)]
        print([result() for result in results])
    finally:
        pool.leave()


if __name__ == "__main__":
    name, kind = sys.argv[1:]
    new = {"pool": Pool, "executor": Executor}[kind]
    if name in ("ctrl_c", "parent_is_killed"):
        sys.exit(busy(new, 8 if name == "ctrl_c" else 2))
    try:
        outcome = f"result: {globals()[name](new)}"
    except BaseException as error:
        text = " ".join(f"{error} {error.__cause__ or ''}".split())
        outcome = f"error: {type(error).__name__}: {text}"
    print(outcome, flush=True)
    sys.stdin.read()  # until what is left has been counted
    os._exit(0)
