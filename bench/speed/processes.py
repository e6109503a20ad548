"""The processes that a run starts: their cost as the kernel counts it, and their end."""
import os
import signal
import socket
import subprocess
import sys
import time


class Processes:
    """Everything started through it is stopped by stop_all, whatever happens in between."""

    def __init__(self, folder):
        self.folder = folder
        self._running = {}

    def start(self, name, command, env=None, cpus=None, expect=None):
        """Starts a process with its output in a file of the folder; returns its id once `expect` (a port, or a function) is there."""
        log = open(os.path.join(self.folder, name + ".log"), "ab")
        if cpus is not None:
            command = ["taskset", "-c", cpus] + command
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        log.close()
        self._running[process.pid] = (name, process)
        if expect is not None:
            there = expect if callable(expect) else lambda: is_open(expect)
            wait(there, f"{name} to be ready", lambda: process.poll() is not None, lambda: self.tail(name))
        return process.pid

    def tail(self, name, lines=15):
        with open(os.path.join(self.folder, name + ".log"), errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def stop(self, *pids):
        for pid in pids:
            self._running[pid][1].send_signal(signal.SIGTERM)
        for pid in pids:
            _, process = self._running.pop(pid)
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop_all(self):
        self.stop(*list(self._running))


def wait(condition, what, failed=lambda: False, detail=lambda: "", limit=30.0, pause=0.002, fatal=True):
    """Polls until the condition holds; ends the run with a sentence when it does not in time, unless that is not fatal."""
    end = time.monotonic() + limit
    while not condition():
        if not fatal and time.monotonic() > end:
            return
        if failed() or time.monotonic() > end:
            sys.exit(f"bench: waited for {what}\n{detail()}")
        time.sleep(pause)


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    """The run has a network namespace of its own, so a port that is free now stays so."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pids):
    """Time on a core of all threads, in the scheduler's nanoseconds; threads that have ended are not in it."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def pss_mb(pid):
    """Proportional set size in MB."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith("Pss:")) / 1024
