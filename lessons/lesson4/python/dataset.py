"""Map-reduce over a large text: workers count the words of its parts, the
parent adds them up."""

import argparse
import collections
import multiprocessing
import os
import random
import time

text = ""


def keep(whole):
    global text
    text = whole


def count_words(part):
    return collections.Counter(text[slice(*part)].split())


def parts(count):
    """Parts of about equal length, which begin and end between words."""

    def edge(part):
        place = len(text) * part // count
        while 0 < place < len(text) and not text[place].isspace():
            place += 1
        return place

    return [(edge(part), edge(part + 1)) for part in range(count)]


def made_up_text(length, seed):
    """Words of two or three syllables, of which the first ones are by far
    the most frequent."""
    syllables = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru"]
    generator = random.Random(seed)
    words = ["".join(generator.choices(syllables, k=generator.randint(2, 3))) for _ in range(1000)]
    frequencies = [1 / rank for rank in range(1, 1001)]
    return " ".join(generator.choices(words, frequencies, k=length // 6))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", help="a text to read; otherwise one is made up")
    parser.add_argument("--workers", type=int, default=max(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--items", type=int, default=30, help="megabytes to make up")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")

    if options.file:
        with open(options.file, encoding="utf-8") as file:
            keep(file.read())
    else:
        keep(made_up_text(options.items * 1_000_000, options.seed))

    rows = []
    for workers in (1, options.workers):
        start = time.perf_counter()
        counts = collections.Counter()
        # With `fork`, the workers have the text already; otherwise it is
        # sent to each of them.
        with multiprocessing.Pool(workers, initializer=keep, initargs=(text,)) as pool:
            for counted in pool.map(count_words, parts(workers * 8)):  # map
                counts.update(counted)  # reduce
        rows.append((workers, time.perf_counter() - start))

    words, size = sum(counts.values()), len(text) / 1e6
    print(f"{size:.1f} MB of text: {words} words, {len(counts)} different ones.\n")
    print(f"{'workers':<9}{'time':>11}")
    for workers, seconds in rows:
        print(f"{workers:<9}{seconds * 1000:>8.0f} ms")
    print(f"\n{'most frequent':<13}{'times':>9}")
    for word, times in counts.most_common(5):
        print(f"{word:<13}{times:>9}")
