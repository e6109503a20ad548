#!/usr/bin/env bash
# What connections that do nothing cost: opens so many of each kind to one sidecar, prints its memory for each of them, its CPU, and how a request
# on another connection fares meanwhile; then closes them and checks that memory and handles come back. On loopback alone; needs root.
# Usage: scripts/idle.sh [--connections N] [--kinds KIND,…]   (--help names the kinds)
# LATEEN_BENCH_BUILT=1 measures what stands in out/ without building it first; AGENT names another lateen-agent.
set -euo pipefail
cd "$(dirname "$0")/.."
case " $* " in *" --help "* | *" -h "*) exec python3 bench/idle --help ;; esac
scripts/setup.sh test
[[ -n ${LATEEN_BENCH_BUILT:-} ]] || scripts/build.sh
ulimit -n 300000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
# Little room in the kernel's sockets, so that a slow reader's answer has to wait in the proxy, or before it.
# A network and a process namespace of its own: fixed ports are free, nothing leaves the machine, and nothing survives the run.
exec unshare --net --pid --fork --kill-child --mount-proc bash -c \
  'ip link set lo up && sysctl -q net.ipv4.ip_local_port_range="20000 65000" net.ipv4.tcp_wmem="4096 16384 262144" && exec python3 bench/idle "$@"' idle "$@"
