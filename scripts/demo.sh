#!/usr/bin/env bash
# Brings the mesh up on this machine, replays the canary scenario from samples/canary, and takes everything down.
# scripts/demo.sh [--keep]: --keep leaves the mesh up and prints how to use it. Exit 0 only if every expectation held.
set -euo pipefail
cd "$(dirname "$0")/.."
export LATEEN_HOME=${LATEEN_HOME:-/var/lib/lateen}
export KUBECONFIG=$LATEEN_HOME/kubeconfig
lateen=out/lateen
keep=
case ${1:-} in
  --keep) keep=yes ;;
  "") ;;
  *) echo "demo: unknown option $1; usage: scripts/demo.sh [--keep]" >&2; exit 2 ;;
esac

started_at=$(date +%s%N)
elapsed() { local ms=$((($(date +%s%N) - started_at) / 1000000)); printf '%d.%01d s' $((ms / 1000)) $((ms % 1000 / 100)); }
step() { printf '\n\033[1m== %s\033[0m (%s)\n' "$*" "$(elapsed)"; }
run() { printf '$ %s\n' "$*"; "$@"; }
held() { printf '  \033[32mok\033[0m    %s\n' "$*"; }
broken() { printf '  \033[31mBROKEN\033[0m %s\n' "$*"; failures=$((failures + 1)); }
expect() { # WHAT WANTED FOUND
  if [[ $3 == "$2" ]]; then held "$1: $3"; else broken "$1: expected $2, found $3"; fi
}
failures=0

take_down() {
  local status=$?
  trap - EXIT INT TERM
  if [[ -n $keep && $status == 0 ]]; then return; fi
  step "Taking everything down"
  "$lateen" down || status=1
  exit "$status"
}

step "Setting the machine up and building"
scripts/setup.sh run
scripts/build.sh
trap take_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "Bringing the mesh up: Kubernetes API, controllers, node, control plane"
up_at=$(date +%s%N)
run "$lateen" up

step "A namespace whose pods get a sidecar, version 1 of a web site, and a client"
run kubectl create namespace canary
run kubectl label namespace canary istio-injection=enabled
run kubectl apply -n canary -f samples/canary/canary-v1.yaml -f samples/canary/toolbox.yaml
for name in canary-v1 toolbox; do run kubectl rollout status -n canary --timeout=60s deployment/$name; done
toolbox=$(kubectl get pod -n canary -l app=toolbox -o jsonpath='{.items[0].metadata.name}')
in_toolbox() { kubectl exec -n canary "$toolbox" -c toolbox -- "$@"; }

step "The first request through two sidecars"
answer=$(in_toolbox curl -sI --max-time 10 canary | tr -d '\r')
printf '%s\n' "$answer" | sed 's/^/  /'
echo "  from 'lateen up' to the first routed request: $((($(date +%s%N) - up_at) / 1000000)) ms"
expect "status line" "HTTP/1.1 200 OK" "$(head -n 1 <<<"$answer")"
expect "server header" "server: envoy" "$(grep -i '^server:' <<<"$answer" || true)"

step "Version 2 beside version 1, and rules that send one user there"
run kubectl apply -n canary -f samples/canary/canary-v2.yaml
run kubectl rollout status -n canary --timeout=60s deployment/canary-v2
run kubectl apply -n canary -f samples/canary/istio-specs.yaml
run kubectl get pods -n canary -o wide

step "Who answers whom"
# Requests carry an id; the access logs of the sidecars on the way tell the rest.
sidecar_log() { kubectl logs -n canary "$1" -c istio-proxy --tail=-1; }
send() { # PREFIX COUNT [HEADER]: COUNT requests, ids PREFIX-1, PREFIX-2, …; prints the status of each
  in_toolbox sh -c 'i=1; while [ $i -le '"$2"' ]; do curl -s -o /dev/null --max-time 10 -w "%{http_code}\n" -H "x-request-id: '"$1"'-$i" ${3:+-H "$3"} canary; i=$((i + 1)); done' sh '' '' "${3:-}"
}
# One line per request: id, the cluster that the client's sidecar chose, the endpoint, the status.
path_of() { # PREFIX
  sidecar_log "$toolbox" | awk -v prefix="$1-" '
    index($0, "\"" prefix) {
      n = split($0, q, "\""); split(q[3], status, " "); split(q[n], where, " ")
      for (i = 2; i <= n; i += 2) if (index(q[i], prefix) == 1) id = q[i]
      print id, where[1], q[n - 1], status[1]
    }'
}
declare -A version_at
while read -r ip version; do version_at[$ip]=$version; done < <(
  kubectl get pod -n canary -l app=canary -o jsonpath='{range .items[*]}{.status.podIP}{" "}{.metadata.labels.version}{"\n"}{end}')

batch() { # PREFIX COUNT WANTED-VERSION TITLE [HEADER]
  local prefix=$1 count=$2 wanted=$3 title=$4 header=${5:-} answered=0 right=0 shown=0 id cluster endpoint status version
  answered=$(send "$prefix" "$count" "$header" | grep -c '^200$' || true)
  expect "$title: requests answered 200" "$count" "$answered"
  while read -r id cluster endpoint status; do
    version=${version_at[${endpoint%:*}]:-unknown}
    [[ $version == "$wanted" ]] && right=$((right + 1))
    if ((shown++ < 10)); then
      printf '  %-10s toolbox → sidecar 15001 → %s → %s → sidecar 15006 → nginx %s  %s\n' "$id" "$cluster" "$endpoint" "$version" "$status"
    fi
  done < <(path_of "$prefix")
  ((shown <= 10)) || echo "  … and $((shown - 10)) more"
  expect "$title: requests that reached $wanted" "$count" "$right"
}
batch with 200 v2 "with the header user: zhongmingmao" "user: zhongmingmao"
batch without 200 v1 "without the header"

step "Applying the same again changes nothing"
again=$(run kubectl apply -n canary -f samples/canary/istio-specs.yaml)
printf '%s\n' "$again"
expect "objects unchanged" 2 "$(grep -c ' unchanged$' <<<"$again" || true)"

step "What the mesh says of itself"
run "$lateen" proxy-status
run "$lateen" proxy-config cluster -n canary "$toolbox" --fqdn canary.canary
run "$lateen" trace -n canary "$toolbox" http://canary/ -H "user: zhongmingmao"

if ((failures > 0)); then
  printf '\n\033[31m%d expectations did not hold\033[0m\n' "$failures"
  exit 1
fi
printf '\n\033[32mEvery expectation held\033[0m (%s)\n' "$(elapsed)"
if [[ -n $keep ]]; then
  cat <<HELP

The mesh stays up:
  export KUBECONFIG=$KUBECONFIG
  kubectl get pods -A
  kubectl exec -n canary $toolbox -- curl -sI canary
  $PWD/$lateen proxy-config route -n canary $toolbox
  $PWD/$lateen down        # takes everything down
HELP
fi
