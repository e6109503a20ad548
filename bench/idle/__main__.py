"""Connections that do nothing, or next to nothing, at one sidecar: what each costs, and what is left when they are gone. Started by scripts/idle.sh."""
import argparse
import itertools
import os
import resource
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "speed"))

import crowd  # noqa: E402
import rivals  # noqa: E402
import sidecar  # noqa: E402
from processes import Processes, cpu_seconds, pss_mb, wait  # noqa: E402

IDLE_SECONDS = 5
# After the crowd has gone, memory may stay this much above what it was: the runtime's own, and pools that are kept for the next crowd.
LEFT_MB = 8
LEFT_HANDLES = 8
# What a process needs beside the crowd.
SPARE_HANDLES = 500
# A request beside the crowd may take so much longer, milliseconds: queues of the machine, not of the sidecar.
SLOWER_MS = 5

# Beneath those that the crowd's sockets take (scripts/idle.sh).
ports = itertools.count(10_000)


def main():
    parser = argparse.ArgumentParser(prog="scripts/idle.sh", description=__doc__)
    parser.add_argument("--connections", type=int, default=50_000)
    parser.add_argument("--kinds", default=",".join(crowd.KINDS), help="which of: " + "; ".join(f"{k}: {v.__doc__}" for k, v in crowd.KINDS.items()))
    options = parser.parse_args()
    agent = os.environ.get("AGENT", "out/lateen-agent")
    folder = tempfile.mkdtemp(prefix="idle-")
    processes = Processes(folder)
    problems = []
    # One process on each side holds a handle for each connection.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_HANDLES
    if options.connections > most:
        print(f"idle: {most} connections of the {options.connections}: more handles than that no process may have here (ulimit -Hn)")
        options.connections = most
    try:
        backend = next(ports)
        processes.start("backend", ["nginx", "-c", rivals.backend(folder, backend, next(ports))], expect=backend)
        print(f"{'kind':12} {'number':>7} {'MB before':>10} {'with':>8} {'after':>8} {'KB each':>8} {'handles':>20} {'CPU idle':>9} "
              f"{'p50 ms':>13} {'p99 ms':>13}")
        for kind in options.kinds.split(","):
            problems += measure(kind, options.connections, processes, folder, agent, backend)
    finally:
        processes.stop_all()
        shutil.rmtree(folder)
    for problem in problems:
        print("idle: " + problem)
    return 1 if problems else 0


def measure(kind, number, processes, folder, agent, backend):
    """One kind at a fresh sidecar; returns what should not be."""
    bed = crowd.KINDS[kind]
    number = min(number, bed.most)
    port = next(ports)
    tls = crowd.certificates(folder) if bed.tls else None
    config = sidecar.write(folder, f"{kind}-{port}", port, backend, tls_down=tls and tls[1])
    pid = processes.start(
        f"sidecar-{port}", [agent, "proxy", "sidecar", "--xds-file", config, "--root", folder],
        env=sidecar.environment([next(ports) for _ in range(4)]), expect=port)
    try:
        crowd.ask(port, 2000, tls)
        settle(pid)
        before = Sample(pid)
        fast = crowd.ask(port, 500, tls)
        members = bed(port, tls)
        members.open(number)
        settle(pid)
        burnt = cpu_seconds([pid])
        time.sleep(IDLE_SECONDS)
        burnt = cpu_seconds([pid]) - burnt
        during = Sample(pid)
        slow = crowd.ask(port, 500, tls)
        members.close()
        wait(lambda: handles(pid) <= before.handles + LEFT_HANDLES, "the crowd's handles to close", limit=60)
        wait(lambda: pss_mb(pid) <= before.pss + LEFT_MB, "", limit=30, pause=0.5, fatal=False)
        after = Sample(pid)
    except OSError:
        print(processes.tail(f"sidecar-{port}"))
        raise
    finally:
        processes.stop(pid)
    held = during.handles - before.handles
    print(f"{kind:12} {number:7} {before.pss:10.1f} {during.pss:8.1f} {after.pss:8.1f} {(during.pss - before.pss) * 1024 / max(held, 1):8.2f} "
          f"{before.handles:6} {during.handles:6} {after.handles:6} {burnt / IDLE_SECONDS:8.2%} {fast[0]:6.2f} {slow[0]:6.2f} {fast[1]:6.2f} {slow[1]:6.2f}", flush=True)
    return [f"{kind}: {problem}" for holds, problem in [
        (after.pss <= before.pss + LEFT_MB, f"{after.pss - before.pss:.1f} MB did not come back"),
        (after.handles <= before.handles + LEFT_HANDLES, f"{after.handles - before.handles} handles are left"),
        (burnt < 0.01 * IDLE_SECONDS, f"{burnt / IDLE_SECONDS:.1%} of a core for nothing"),
        (slow[0] <= fast[0] + SLOWER_MS, f"a request beside the crowd takes {slow[0]:.1f} ms, without it {fast[0]:.1f} ms"),
        (not bed.stays or held >= number * 0.99, f"only {held} of {number} connections are held"),
    ] if not holds]


class Sample:
    def __init__(self, pid):
        self.pss = pss_mb(pid)
        self.handles = handles(pid)


def handles(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def settle(pid):
    """Until a second passes in which the process does next to nothing."""
    def still():
        burnt = cpu_seconds([pid])
        time.sleep(1)
        return cpu_seconds([pid]) - burnt < 0.01
    wait(still, "the sidecar to come to rest", limit=60, fatal=False)


if __name__ == "__main__":
    sys.exit(main())
