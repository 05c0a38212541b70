"""A semaphore: six processes, at most two of them at work at a time."""

from multiprocessing import Process, Semaphore, Value


def work(two_at_a_time, at_work, most):
    with two_at_a_time:
        with at_work.get_lock():
            at_work.value += 1
            most.value = max(most.value, at_work.value)
        with at_work.get_lock():
            at_work.value -= 1


if __name__ == "__main__":
    two_at_a_time = Semaphore(2)
    at_work = Value("i", 0)
    most = Value("i", 0)

    arguments = two_at_a_time, at_work, most
    processes = [Process(target=work, args=arguments) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    print(f"more than two at a time: {str(most.value > 2).lower()}")
