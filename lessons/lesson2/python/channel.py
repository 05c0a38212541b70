"""A queue: three processes send what they have counted to a fourth."""

from multiprocessing import Process, Queue


def count(text, queue):
    queue.put((len(text.split(" ")), text))


if __name__ == "__main__":
    queue = Queue()
    texts = ["to be", "or not to be", "that is the question"]
    counters = [Process(target=count, args=(text, queue)) for text in texts]
    for counter in counters:
        counter.start()

    # A queue does not say when nobody is left to send, so we count.
    for _ in counters:
        words, text = queue.get()
        print(f"{words} words: {text}")
    for counter in counters:
        counter.join()
