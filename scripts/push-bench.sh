#!/usr/bin/env bash
# Measures the control plane: Kubernetes objects in through an API endpoint in memory, gRPC streams of hundreds of sidecars out, all on
# loopback. Prints latency from a change to the last proxy's ACK, CPU per change (and what the bench itself takes, which is all proxies and the
# API endpoint), memory per proxy, connects per second and time to start; appends them to bench/results/push.tsv.
# Usage: scripts/push-bench.sh [--services N] [--proxies N] [--changes N] [--rate-seconds N] [--connects N] [--delta] [--plain] [--sizes | --cases]
# LATEEN_BENCH_BUILT=1 measures out/lateend as it stands without building it first.
#   --plain   the proxies do not take compressed messages
#   --sizes   the CPU of one endpoint change at 100, 1,000 and 5,000 Services in place of the whole run
#   --cases   how fast resources are made from nothing, in the cases of the reference's own benchmark: resources per second of CPU and bytes
#             allocated, appended to bench/results/translation.tsv; no control plane is started
set -euo pipefail
cd "$(dirname "$0")/.."
sizes=0 cases=0 options=()
for option in "$@"; do
  case "$option" in
    --sizes) sizes=1 ;;
    --cases) cases=1 ;;
    --help | -h) sed -n 2,10p "$0"; exit 2 ;;
    *) options+=("$option") ;;
  esac
done
. scripts/compiler.sh
dotnet build bench/Lateen.PushBench "${compile[@]}" >&2
mkdir -p bench/results
bench=artifacts/bin/Lateen.PushBench/release_linux-x64/Lateen.PushBench
if ((cases)); then
  "$bench" cases bench/results/translation.tsv
  exit
fi
[[ -n ${LATEEN_BENCH_BUILT:-} ]] || scripts/build.sh
run() { "$bench" out/lateend --results bench/results/push.tsv "$@"; }
if ((sizes)); then
  for services in 100 1000 5000; do
    echo "$services Services:"
    run --services "$services" --proxies 50 --rate-seconds 0 --connects 0 "${options[@]}"
  done
else
  run "${options[@]}"
fi
