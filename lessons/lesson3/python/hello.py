"""The smallest program with two processes."""

import multiprocessing


def greet():
    print("This is a child process")


if __name__ == "__main__":
    child = multiprocessing.Process(target=greet)
    child.start()
    child.join()

    print("Parent process completed")
