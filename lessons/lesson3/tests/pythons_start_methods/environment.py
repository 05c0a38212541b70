"""Two children, and a variable of the environment that their parent changes between them."""

import multiprocessing
import os


def tell(answers):
    answers.put(os.environ["COLOUR"])


if __name__ == "__main__":
    answers = multiprocessing.SimpleQueue()
    told = []
    for colour in ("red", "blue"):
        os.environ["COLOUR"] = colour
        child = multiprocessing.Process(target=tell, args=(answers,))
        child.start()
        told.append(answers.get())
        child.join()
    print(*told)
