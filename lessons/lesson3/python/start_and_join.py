"""`start` runs a function in a new process. `join` waits for its end."""

import multiprocessing
import os


def wait_for_word(word, answers):
    word.wait()  # until the parent gives the word
    # With forkserver, os.getppid() is the server, which forks for us.
    answers.put(multiprocessing.parent_process().pid)


if __name__ == "__main__":
    word = multiprocessing.Event()
    answers = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=wait_for_word, args=(word, answers))
    process.start()

    print(f"This is process {multiprocessing.current_process().name}.")
    print(f"It has started {process.name}, which runs: {str(process.is_alive()).lower()}.")
    print(f"They are two processes: {str(process.pid != os.getpid()).lower()}.")

    word.set()
    started_by = answers.get()
    process.join()

    print("Now the new process has ended.")
    print(f"We started it: {str(started_by == os.getpid()).lower()}.")
