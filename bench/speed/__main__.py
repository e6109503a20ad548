"""Runs the rows that were asked for and prints the table; scripts/bench.sh is the way to call it."""
import argparse
import os
import shutil
import sys
import tempfile
import time

import figures
import pod
from beds import Beds
from processes import Processes
from rows import ROWS, Rounds

POD = "pod"


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description="The speed table: Lateen's sidecar beside HAProxy, interleaved, on loopback.")
    parser.add_argument("--rows", default=",".join([*ROWS, POD]), help="comma-separated, of: " + " ".join([*ROWS, POD]))
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s: shows that everything works; the figures are rough")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each load")
    parser.add_argument("--note", default="", help="goes into the results beside the machine: quiet, busy")
    options = parser.parse_args()
    names = options.rows.split(",")
    for name in names:
        if name not in ROWS and name != POD:
            parser.error(f"no row {name}; there are: {' '.join([*ROWS, POD])}")
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="lateen-bench-")
    os.chmod(folder, 0o755)
    processes = Processes(folder)
    rounds = Rounds(2, 1, folder) if options.quick else Rounds(options.rounds, options.seconds, folder)
    outcomes = []
    try:
        beds = Beds(processes, os.path.abspath("out/lateen-agent"), ("0", f"1-{os.cpu_count() - 1}" if os.cpu_count() > 1 else "0"))
        beds.start_backend()
        for name in names:
            # The pod's interception rules would be in the way of the other rows: it comes last.
            if name != POD:
                outcomes += _report(ROWS[name](beds, rounds), began)
        if POD in names:
            outcomes += _report(pod.pod_rows(processes, os.path.abspath("out"), rounds), began)
    finally:
        processes.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{options.note or 'one'} machine, {os.cpu_count()} cores; every proxy with one thread, addressed directly (the pod: behind its own interception rules),"
          f" 1 KB answers, keep-alive;\n{rounds.count} rounds of {rounds.seconds} s, sides in turn; medians, ratio: median of the rounds' ratios\n")
    print(figures.table(outcomes))
    if not options.quick:
        os.makedirs("bench/results", exist_ok=True)
        figures.append("bench/results/speed.tsv", outcomes, f"{os.cpu_count()} cores" + (f", {options.note}" if options.note else ""))
    print(f"\n{time.monotonic() - began:.0f} s")


def _report(outcomes, began):
    done = []
    for outcome in outcomes:
        ratio = f" ({outcome.ratio:.2f}x)" if outcome.ratio is not None else ""
        print(f"[{time.monotonic() - began:4.0f} s] {outcome.figure.key}: {outcome.ours:.1f} {outcome.figure.unit}{ratio}", file=sys.stderr, flush=True)
        done.append(outcome)
    return done


main()
