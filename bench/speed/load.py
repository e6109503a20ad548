"""Load on one port of this host: wrk for as much as goes, h2load for HTTP/2 and for a fixed rate."""
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

HOST = "service-7.default.svc.cluster.local:8080"


@dataclass
class Result:
    requests: int
    seconds: float
    latencies: list = field(default_factory=list)  # microseconds, sorted; empty where the tool was not asked for them

    def percentile(self, share):
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def saturate(port, connections, seconds, path="/", cpus=None, host="127.0.0.1", name=HOST):
    """wrk: every connection asks again as soon as it was answered."""
    out = _run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", f"http://{host}:{port}{path}", "-H", f"Host: {name}"], cpus)
    failures = re.search(r"Non-2xx.*|Socket errors: .*", out)
    if failures:
        sys.exit(f"bench: port {port}: {failures[0].strip()}")
    return Result(int(re.search(r"(\d+) requests in", out)[1]), seconds)


def streams(port, connections, concurrent, seconds, cpus=None):
    """h2load: HTTP/2 in cleartext, so many streams at a time on each connection."""
    return _h2load([f"-c{connections}", f"-m{concurrent}", f"-D{seconds}"], port, seconds, None, cpus)


def rate(port, per_second, connections, seconds, folder, cpus=None):
    """HTTP/1.1 requests at a fixed rate, evenly over the connections, with the time that each took."""
    log = os.path.join(folder, "latencies")
    if os.path.exists(log):
        os.remove(log)
    return _h2load(["--h1", f"-c{connections}", f"--rps={per_second / connections:g}", f"-D{seconds}", f"--log-file={log}"], port, seconds, log, cpus)


def _h2load(options, port, seconds, log, cpus):
    out = _run(["h2load", "-t1", *options, "-H", f":authority: {HOST}", f"http://127.0.0.1:{port}/"], cpus)
    good = int(re.search(r"^status codes: (\d+) 2xx", out, re.M)[1])
    bad = re.search(r"(\d+) 3xx, (\d+) 4xx, (\d+) 5xx", out)
    if any(int(n) for n in bad.groups()) or good == 0:
        sys.exit(f"bench: port {port}: {bad[0]}, {good} 2xx")
    latencies = []
    if log:
        with open(log) as f:
            latencies = sorted(int(line.split()[2]) for line in f)
    return Result(good, seconds, latencies)


def _run(command, cpus):
    if cpus is not None:
        command = ["taskset", "-c", cpus] + command
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
