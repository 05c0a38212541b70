import multiprocessing


def say_hello():
    print("hello", flush=True)


child = multiprocessing.Process(target=say_hello)
child.start()
child.join()
