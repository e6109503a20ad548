"""The rows of the table: what is loaded how, and which figures come of it."""
import concurrent.futures
import time
import urllib.request

import load
from figures import Figure, Outcome
from processes import cpu_seconds

CPU = "us of CPU per request"


class Rounds:
    """How often and how long; the sides of a row take turns within each round."""

    def __init__(self, count, seconds, folder):
        self.count, self.seconds, self.folder = count, seconds, folder

    def compare(self, bed, figures, measure):
        """`measure` gives the values of one side, one per figure."""
        sides = [bed.ours, bed.theirs, *bed.others]
        for side in sides:
            measure(side, max(1, self.seconds // 2))  # Warm up: connections, pools, code.
        values = {side.name: [] for side in sides}
        for _ in range(self.count):
            for side in sides:
                values[side.name].append(measure(side, self.seconds))
        outcomes = []
        for i, figure in enumerate(figures):
            of = {name: [v[i] for v in rounds] for name, rounds in values.items()}
            outcomes.append(Outcome.of(figure, of.pop("lateen"), of.pop("haproxy"), of))
        return outcomes


def cost(side, run):
    """Microseconds of CPU that the side's processes spent for each request of a load."""
    before = cpu_seconds(side.pids)
    result = run()
    return (cpu_seconds(side.pids) - before) * 1e6 / result.requests, result


def http1(beds, rounds):
    with beds.hop(more_rivals=True) as bed:
        yield from rounds.compare(bed, [Figure("http1", "HTTP/1.1 hop, saturated, 64 connections", CPU, 0.95, 0.75)],
                                  lambda side, s: [cost(side, lambda: load.saturate(side.port, 64, s))[0]])


def http1_pinned(beds, rounds):
    cores = beds.pinned_cores
    with beds.hop(pinned=True) as bed:
        yield from rounds.compare(bed, [Figure("http1-pinned", "the same, proxy pinned to a core", CPU, 0.95, 0.75)],
                                  lambda side, s: [cost(side, lambda: load.saturate(side.port, 64, s, cpus=cores[1]))[0]])


def http1_log(beds, rounds):
    with beds.hop(log=True) as bed:
        yield from rounds.compare(bed, [Figure("http1-log", "the same, both with an access log", CPU, 0.95, 0.75)],
                                  lambda side, s: [cost(side, lambda: load.saturate(side.port, 64, s))[0]])


def http1_rate(beds, rounds):
    with beds.hop() as bed:
        yield from rounds.compare(bed, [Figure("http1-rate", "HTTP/1.1 hop, 1,000 requests/s, 8 connections", CPU, 0.9, 0.6)],
                                  lambda side, s: [cost(side, lambda: load.rate(side.port, 1000, 8, s, rounds.folder))[0]])


def mtls(beds, rounds):
    with beds.two_hops() as bed:
        yield from rounds.compare(bed, [Figure("mtls", "two proxies, mutual TLS 1.3 between, 64 connections", CPU, 0.95, 0.75)],
                                  lambda side, s: [cost(side, lambda: load.saturate(side.port, 64, s))[0]])


def http2(beds, rounds):
    with beds.hop(http2=True) as bed:
        for key, title, connections, streams in (("http2-16", "8 connections of 16 streams", 8, 16), ("http2-1", "64 connections of 1 stream", 64, 1)):
            yield from rounds.compare(bed, [Figure(key, f"HTTP/2 hop, {title}", CPU, 1.2, 0.9)],
                                      lambda side, s: [cost(side, lambda: load.streams(side.port, connections, streams, s))[0]])


def tcp(beds, rounds):
    with beds.hop(mode="tcp") as bed:
        yield from rounds.compare(bed, [Figure("tcp", "TCP pass-through, 1 KB messages", "us of CPU per message", 1.0, 0.8)],
                                  lambda side, s: [cost(side, lambda: load.saturate(side.port, 64, s))[0]])
        yield from rounds.compare(bed, [Figure("tcp-bulk", "TCP pass-through, 1 MB bulk", "us of CPU per MB", 1.0, 0.8)],
                                  lambda side, s: [cost(side, lambda: load.saturate(side.port, 16, s, path="/bulk"))[0]])


def latency(beds, rounds):
    figures = [Figure("latency-p50", "added latency, two proxies with TLS, 1,000 requests/s, p50", "us", 1.1, 0.9, digits=0),
               Figure("latency-p99", "the same, p99", "us", 1.1, 0.9, digits=0)]
    with beds.two_hops() as bed:
        def added(side, seconds):
            bare = load.rate(bed.direct, 1000, 8, seconds, rounds.folder)
            through = load.rate(side.port, 1000, 8, seconds, rounds.folder)
            return [max(1, through.percentile(share) - bare.percentile(share)) for share in (0.5, 0.99)]
        yield from rounds.compare(bed, figures, added)


def throughput(beds, rounds):
    with beds.hop() as bed:
        for connections in (16, 256):
            figure = Figure(f"requests-{connections}", f"requests/s, {connections} connections", "1/s", 1.0, 1.2, higher_is_better=True, digits=0)

            def per_second(side, seconds):
                result = load.saturate(side.port, connections, seconds)
                return [result.requests / result.seconds]
            yield from rounds.compare(bed, [figure], per_second)


def allocation(beds, rounds):
    """What the whole process allocates in the middle of a load, connections being open, less what it allocates in the same time without."""
    with beds.hop() as bed:
        def during(seconds):
            before = statistics(bed.ours.admin)
            time.sleep(seconds)
            after = statistics(bed.ours.admin)
            return after[0] - before[0], after[1] - before[1]
        values = []
        for _ in range(rounds.count):
            idle, _ = during(rounds.seconds)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                loaded = pool.submit(load.saturate, bed.ours.port, 64, rounds.seconds + 3)
                time.sleep(1.5)
                busy, requests = during(rounds.seconds)
                loaded.result()
            values.append(max(0, busy - idle) / requests)
        yield Outcome.of(Figure("allocation", "allocated in the steady state", "bytes per request", 0.5, 0.5, has_rival=False), values)


def statistics(admin):
    """Bytes allocated by the process and requests taken by its listener, since its start."""
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/stats?filter=server.memory_allocated_total|outbound_0.0.0.0_8080.downstream_rq_total") as answer:
        found = dict(line.split(": ") for line in answer.read().decode().splitlines())
    return int(found["server.memory_allocated_total"]), int(found["http.outbound_0.0.0.0_8080.downstream_rq_total"])


ROWS = {
    "http1": http1, "http1-pinned": http1_pinned, "http1-log": http1_log, "http1-rate": http1_rate, "mtls": mtls, "http2": http2, "tcp": tcp,
    "latency": latency, "requests": throughput, "allocation": allocation,
}
