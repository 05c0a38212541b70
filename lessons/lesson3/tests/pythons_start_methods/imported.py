"""Which processes ran this file, and which of them drew the number that a child has?"""

import multiprocessing
import os
import random
import sys

imported_by = os.getpid()
number = random.random()


def tell(answers):
    answers.put((imported_by == os.getpid(), number))


if __name__ == "__main__":
    answers = multiprocessing.SimpleQueue()
    told = []
    for _ in range(3):
        child = multiprocessing.Process(target=tell, args=(answers,))
        child.start()
        told.append(answers.get())
        child.join()
    own, numbers = zip(*told)
    who = "each child" if all(own) else "this process" if numbers[0] == number else "the server"
    count = len(set(numbers))
    print(f"imported by {who}, {count} number{'s' * (count > 1)}")
    print("today" if sys.version_info >= (3, 14, 1) else "earlier")
