"""What a child has of its parent, by each start method."""

import multiprocessing
import os
import threading

number = 1
FILE = "/proc/version"


def compare(what, look, *parent):
    """Starts a child by each method, and prints what it answers."""
    answers = []
    for method in ("fork", "forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        queue = context.SimpleQueue()
        child = context.Process(target=answer, args=(queue, look, parent))
        child.start()
        answers.append(queue.get())
        child.join()
    print_row(what, *answers)


def answer(queue, look, parent):
    queue.put(look(*parent))


def print_row(what, fork, server, spawn):
    print(f"{what:<17} {fork:<13} {server:<13} {spawn}")


def get_number(file, parent):
    return number


def open_file(file, parent):
    try:
        same = os.readlink(f"/proc/self/fd/{file}") == FILE
    except FileNotFoundError:
        same = False
    return "open" if same else "not there"


def directory(file, parent):
    return os.getcwd()


def parent_of(file, parent):
    return "this program" if os.getppid() == parent else "the server"


def threads(file, parent):
    return f"{len(os.listdir('/proc/self/task'))} thread"


if __name__ == "__main__":
    number = 2
    file = open(FILE)
    os.chdir("/proc")
    parent = (file.fileno(), os.getpid())

    print_row("", "fork", "fork server", "spawn")
    compare("the number is", get_number, *parent)
    compare("the file is", open_file, *parent)
    compare("the directory is", directory, *parent)
    compare("its parent is", parent_of, *parent)

    stop = threading.Event()
    second = threading.Thread(target=stop.wait)
    second.start()
    compare("beside a thread", threads, *parent)
    stop.set()
    second.join()
