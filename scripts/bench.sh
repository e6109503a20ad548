#!/usr/bin/env bash
# The speed table: what the sidecar costs beside HAProxy doing the same, its memory and its start, by one run on loopback; each figure with
# its targets. Appends to bench/results/speed.tsv. Takes about ten minutes; needs root.
# Usage: scripts/bench.sh [--rows ROW,…] [--quick] [--rounds N] [--seconds N] [--note quiet|busy]   (--help names the rows)
# LATEEN_BENCH_BUILT=1 measures what stands in out/ without building it first.
set -euo pipefail
cd "$(dirname "$0")/.."
case " $* " in *" --help "* | *" -h "*) exec python3 bench/speed --help ;; esac
scripts/setup.sh test
[[ -n ${LATEEN_BENCH_BUILT:-} ]] || scripts/build.sh
ulimit -n "$(ulimit -Hn)"
# A network and a process namespace of its own: fixed ports are free, nothing leaves the machine, and nothing survives the run.
exec unshare --net --pid --fork --kill-child --mount-proc bash -c 'ip link set lo up && exec python3 bench/speed "$@"' bench "$@"
