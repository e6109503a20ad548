#!/usr/bin/env bash
# interception.sh [ROUNDS]: how long the default pod's rules take, in fresh network namespaces, rounds interleaved:
#   restore  one bare iptables-restore of the same rules (the yardstick)
#   apply    putting the rules in place inside istio-iptables, by its own clock (its log tells)
#   process  the whole istio-iptables process
#   again    the same over rules that are there already
#   clean    the whole istio-clean-iptables process
# Needs root and the built executables (scripts/build.sh; AGENT names another lateen-agent). Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-15}
agent=${AGENT:-out/lateen-agent}
[ -x "$agent" ] || { echo "no $agent: run scripts/build.sh, or set AGENT" >&2; exit 1; }
ns=lateen-bench-$$
work=$(mktemp -d)
trap 'ip netns del "$ns" 2>/dev/null || true; rm -rf "$work"' EXIT
args=(istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -x '' -b '*' -d 15090,15021,15020)
"$agent" "${args[@]}" --dry-run | grep -v '^iptables-restore' > "$work/rules"

fresh() { ip netns del "$ns" 2>/dev/null || true; ip netns add "$ns"; }
now() { echo "$EPOCHREALTIME" | tr -d .; }
# ip netns exec costs some milliseconds of its own: the namespace is entered once per measurement by the shell that measures.
timed() { # name, command...
    local name=$1; shift
    ip netns exec "$ns" bash -c 's=${EPOCHREALTIME/./}; "$@" >/dev/null; e=${EPOCHREALTIME/./}; echo $((e - s))' - "$@" >> "$work/$name"
}
for ((i = 0; i < rounds; i++)); do
    fresh; timed restore iptables-restore --noflush "$work/rules"
    fresh; timed process "$agent" "${args[@]}"
    timed again "$agent" "${args[@]}"
    timed clean "$agent" istio-clean-iptables
    fresh; ip netns exec "$ns" "$agent" "${args[@]}" | sed -n 's/.*rules applied in \([0-9]*\) us.*/\1/p' >> "$work/apply"
done
printf '%-34s %10s %10s\n' "($rounds rounds, default pod)" 'median ms' 'p90 ms'
for name in restore apply process again clean; do
    sort -n "$work/$name" | awk -v n="$name" '{a[NR]=$1} END {printf "%-34s %10.1f %10.1f\n", n, a[int((NR+1)/2)]/1000, a[int(NR*0.9+0.5)]/1000}'
done
awk -v r="$(sort -n "$work/restore" | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}')" -v a="$(sort -n "$work/apply" | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}')" \
    'BEGIN {printf "apply / restore = %.2f (at most 2)\n", a / r}'
