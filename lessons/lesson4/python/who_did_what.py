"""Four workers share twelve tasks: each takes another task as soon as it
has done one."""

import multiprocessing


def work(task):
    """Adds up numbers for a while, so that no worker can be done before the
    others have begun."""
    total = 0
    # A fifth of the Rust program's numbers, since Python takes longer.
    for number in range(1_000_000):
        total += number % task
    return task, multiprocessing.current_process().name


if __name__ == "__main__":
    with multiprocessing.Pool(processes=4) as pool:
        done = pool.map(work, range(1, 13))

    for task, worker in done:
        print(f"Task {task:2} was done by {worker}.")
