"""Tries the faults of the chapter "When things go wrong" on Python's pools: `python3 book/faults`.

Each runs by each start method, with a limit of 20 seconds, several at a time. Needs root, since
two limit what the system gives. `python3 book/faults runaway_task` tries one.
"""

import itertools
import os
import platform
import select
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMIT = 20
FAULTS = """busy_worker_is_killed afterwards other_results idle_workers_are_killed task_exits
undecodable_result thread_holds_a_lock initializer_fails join_before_the_queue_is_empty
holder_of_a_lock_is_killed no_more_processes shared_memory_is_used_up task_ignores_sigterm
runaway_task ctrl_c parent_is_killed""".split()
SMALL_SHARED_MEMORY = ["unshare", "--mount", "sh", "-c",
    'mount -t tmpfs -o size=1m tmpfs /dev/shm && exec "$0" "$@"']  # fmt: skip


class Run:
    """A fault in a process group of its own, with all its processes marked."""

    def __init__(self, fault, kind, method):
        self.mark = f"FAULT={uuid.uuid4()}"
        name, value = self.mark.split("=")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
        self.folder = tempfile.TemporaryDirectory()
        begun = os.path.join(self.folder.name, "begun")
        os.mkfifo(begun)
        environment |= {name: value, "BEGUN": begun, "START_METHOD": method, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, Path(__file__).with_name("fault.py"), fault, kind]
        if fault == "shared_memory_is_used_up":
            command = SMALL_SHARED_MEMORY + command
        self.program = subprocess.Popen(
            command, env=environment, start_new_session=True,
            bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def processes(self):
        """Those that are left, without the helpers that own no work."""
        left = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                    left.append(process)
            except OSError:
                pass
        return left

    def workers(self):
        """A worker that a server forked looks like its server, but for its parent."""
        left = {int(process.name) for process in self.processes()} - {self.program.pid}

        def is_helper(pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_text()
                parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                return True
            return any(f"multiprocessing.{name}" in command for name in ("resource_tracker", "forkserver")) and (
                parent not in left or "resource_tracker" in command
            )

        return [pid for pid in left if not is_helper(pid)]

    def end(self):
        while processes := self.processes():
            for process in processes:
                try:
                    os.kill(int(process.name), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.program.poll()
            time.sleep(0.01)
        self.folder.cleanup()


def outcome(fault, kind, method):
    if fault in ("ctrl_c", "parent_is_killed"):
        return done_to_the_parent(fault, kind, method)
    run = Run(fault, kind, method)
    try:
        line = read_line(run)
        if line is None:
            return "HANG"
        if fault == "no_more_processes":
            time.sleep(1)
            line += f" ({len(run.workers())} workers left)"
        return line
    finally:
        run.end()


def read_line(run):
    """`None`: none came in time."""
    selected, _, _ = select.select([run.program.stdout], [], [], LIMIT)
    return run.program.stdout.readline().decode().strip() if selected else None


def done_to_the_parent(fault, kind, method):
    run = Run(fault, kind, method)
    try:
        lines = [read_line(run) for _ in range(2)]
        if lines != ["busy", "busy"]:
            return f"did not begin: {lines}"
        if fault == "parent_is_killed":
            run.program.kill()
            run.program.wait()
            time.sleep(2)
            busy = len(run.workers())
            time.sleep(LIMIT)
            return f"{busy} workers left, {len(run.workers())} when their tasks are done"
        # A terminal sends it to all processes in front.
        os.killpg(run.program.pid, signal.SIGINT)
        try:
            _, noise = run.program.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return f"HANG, {len(run.workers())} workers"
        return f"ends, {len(noise.splitlines())} lines of stderr, {len(run.workers())} workers left"
    finally:
        run.end()


if __name__ == "__main__":
    print(f"Python {platform.python_version()}, {LIMIT} seconds\n")
    methods = ("fork", "forkserver", "spawn")
    runs = list(itertools.product(sys.argv[1:] or FAULTS, ("pool", "executor"), methods))
    with ThreadPoolExecutor(8) as threads:
        for (fault, kind, method), came in zip(runs, threads.map(lambda run: outcome(*run), runs)):
            print(f"{fault:32} {kind:9} {method:11} {came}", flush=True)
