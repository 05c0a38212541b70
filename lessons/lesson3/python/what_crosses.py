"""What may go to another process: a lambda shows what Python has to
pickle."""

import multiprocessing
import pickle

# A function is pickled as its name. This one's is `<lambda>`, which leads
# nowhere.
double = lambda number: number * 2


def attempt(who, run, method):
    try:
        run(multiprocessing.get_context(method))
        print(f"{who}, by {method}: it runs the lambda.")
    except pickle.PicklingError:
        print(f"{who}, by {method}: the lambda can't be pickled.")


def new_process(context):
    child = context.Process(target=double, args=(1,))
    child.start()
    child.join()


def pool(context):
    with context.Pool(processes=2) as workers:
        workers.map(double, [1, 2, 3])


if __name__ == "__main__":
    attempt("A new process", new_process, "fork")
    attempt("A new process", new_process, "spawn")
    attempt("A new process", new_process, "forkserver")

    # A pool's workers are there before the tasks are, so these are sent in
    # any case.
    attempt("A pool", pool, "fork")
