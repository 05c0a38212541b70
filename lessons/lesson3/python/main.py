"""Start a process, hand it a message, wait for it."""

import multiprocessing


def print_message(message):
    print(f"Message from the process: {message}")


if __name__ == "__main__":
    message = "Hello, multiprocessing!"

    # Create a new process
    process = multiprocessing.Process(target=print_message, args=(message,))

    # Start the process
    process.start()

    # Wait for the process to finish
    process.join()

    print("Main process continues.")
