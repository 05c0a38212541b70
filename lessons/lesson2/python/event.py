"""An event: three processes wait until the first has made everything
ready."""

from multiprocessing import Event, Process


def work(number, ready):
    ready.wait()
    print(f"Process {number} begins.")


if __name__ == "__main__":
    ready = Event()

    processes = [Process(target=work, args=(number, ready)) for number in (1, 2, 3)]
    for process in processes:
        process.start()
    print("Everything is ready.", flush=True)
    ready.set()
    for process in processes:
        process.join()
