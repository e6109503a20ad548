#!/usr/bin/env bash
# CPU per request of the proxy beside HAProxy on loopback: same backend, same load, interleaved rounds; prints medians and ratios.
# Usage: scripts/bench.sh [--mode http|tcp|h2] [--streams N] [--log] [--rounds N] [--seconds N] [--connections N] [--rate N] [--pin]
#   --mode h2: HTTP/2 in cleartext on both sides of both proxies, loaded by h2load with --streams at a time on each connection (default 16)
#   --log   both write an access log line per request (to a file; HAProxy to /dev/null by its own log target)
#   --pin   both proxies on core 0, wrk and the backend on the others
# Needs: dotnet, haproxy, nginx, wrk. Results are appended to bench/results/http.tsv.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=http log=0 rounds=5 seconds=4 connections=64 pin=0 streams=16
while [ $# -gt 0 ]; do
  case "$1" in
    --mode) mode=$2; shift ;;
    --log) log=1 ;;
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --connections) connections=$2; shift ;;
    --streams) streams=$2; shift ;;
    --pin) pin=1 ;;
    *) sed -n 2,7p "$0"; exit 2 ;;
  esac
  shift
done
for tool in dotnet haproxy nginx wrk h2load; do command -v $tool >/dev/null || { echo "$tool is missing: apt-get install -y haproxy nginx-light wrk nghttp2-client"; exit 1; }; done

work=$(mktemp -d); pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT INT TERM
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
backend=$(free_port) ours=$(free_port) theirs=$(free_port)
on0=() rest=()
if [ $pin = 1 ]; then on0=(taskset -c 0); rest=(taskset -c "1-$(( $(nproc) - 1 ))"); fi

[ -x bench/Lateen.ProxyBench/out/Lateen.ProxyBench ] && [ -z "$(find src/Lateen.Net src/Lateen.Proxy bench/Lateen.ProxyBench -name '*.cs' -newer bench/Lateen.ProxyBench/out/Lateen.ProxyBench -print -quit)" ] || {
  echo "building the bench proxy ..."
  dotnet publish bench/Lateen.ProxyBench -c Release -o bench/Lateen.ProxyBench/out -p:PublishReadyToRun=true -p:SelfContained=false -v q -nologo
}

head -c 1024 /dev/zero | tr '\0' x > "$work/body"
h2listen="" h2bind="" h2server=""
[ $mode = h2 ] && h2listen=" http2" h2bind=" proto h2" h2server=" proto h2"
cat > "$work/nginx.conf" <<EOF
daemon off; master_process off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; http2_max_concurrent_streams 1000; client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  server { listen 127.0.0.1:$backend backlog=4096$h2listen; location / { return 200 "$(cat "$work/body")"; } } }
EOF
hmode=${mode/h2/http} hlog="" hopt="" hfront=""
[ $hmode = http ] && hopt=$'  option http-keep-alive\n  http-reuse always\n' hfront=$'  http-request set-header x-forwarded-proto http\n  unique-id-format %{+X}o\\ %ci%cp%rt%pid\n  unique-id-header x-request-id\n'
[ $log = 1 ] && hlog=$'  log 127.0.0.1:9 local0\n  option httplog\n'
cat > "$work/haproxy.cfg" <<EOF
global
  nbthread 1
  maxconn 4000
defaults
  mode $hmode
  timeout connect 5s
  timeout client 60s
  timeout server 60s
$hopt$hlog
frontend f
  bind 127.0.0.1:$theirs$h2bind
$hfront  default_backend b
backend b
  server s 127.0.0.1:$backend pool-max-conn 1000$h2server
EOF
"${rest[@]}" nginx -c "$work/nginx.conf" & pids+=($!)
"${on0[@]}" haproxy -f "$work/haproxy.cfg" -db >"$work/haproxy.log" 2>&1 & hap=$!; pids+=($hap)
logfile=-; [ $log = 1 ] && logfile=$work/access.log
DOTNET_TieredPGO=0 "${on0[@]}" bench/Lateen.ProxyBench/out/Lateen.ProxyBench $mode $ours $backend 1 $logfile 100 >"$work/ours.log" 2>&1 & own=$!; pids+=($own)
for port in $backend $theirs $ours; do
  for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.1; done
done

ticks=$(getconf CLK_TCK)
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
load() { # port pid -> "us/request requests/s p99"
  local before after out n
  before=$(cpu "$2")
  if [ $mode = h2 ]; then h2_load "$1" "$2" "$before"; return; fi
  out=$("${rest[@]}" wrk -t1 -c"$connections" -d"${seconds}s" --latency "http://127.0.0.1:$1/" -H 'Host: service-7.default.svc.cluster.local:8080')
  after=$(cpu "$2")
  n=$(awk '/requests in/ { print $1 }' <<<"$out")
  awk -v t=$((after - before)) -v k="$ticks" -v n="$n" -v s="$seconds" -v p="$(awk '/99%/ { print $2 }' <<<"$out")" -v e="$(awk '/Non-2xx|Socket errors/' <<<"$out" | tr '\n' ' ')" \
    'BEGIN { printf "%.2f %.0f %s %s\n", t / k * 1e6 / n, n / s, p, e }'
}
h2_load() { # port pid cpu-before
  local out n
  out=$("${rest[@]}" h2load -t1 -c"$connections" -m"$streams" -D"$seconds" -H ':authority: service-7.default.svc.cluster.local:8080' "http://127.0.0.1:$1/")
  n=$(sed -n 's/^status codes: \([0-9]*\) 2xx.*/\1/p' <<<"$out")
  awk -v t=$(($(cpu "$2") - $3)) -v k="$ticks" -v n="$n" -v s="$seconds" -v e="$(sed -n 's/.* \([1-9][0-9]* failed\), .*/\1/p' <<<"$out")" \
    'BEGIN { printf "%.2f %.0f - %s\n", t / k * 1e6 / n, n / s, e }'
}
load $ours $own >/dev/null; load $theirs $hap >/dev/null    # warm up
for i in $(seq "$rounds"); do
  a=$(load $ours $own); b=$(load $theirs $hap)
  echo "round $i: lateen $a | haproxy $b"
  echo "$a" >> "$work/a"; echo "$b" >> "$work/b"
done
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ma=$(cut -d' ' -f1 "$work/a" | median) mb=$(cut -d' ' -f1 "$work/b" | median)
ra=$(cut -d' ' -f2 "$work/a" | median) rb=$(cut -d' ' -f2 "$work/b" | median)
pss() { awk '/^Pss:/ { s += $2 } END { printf "%.1f", s / 1024 }' "/proc/$1/smaps_rollup"; }
[ $mode = h2 ] && echo "$streams streams on each connection"
echo "mode $mode, log $log, pin $pin, $connections connections, 1 KB answers, both addressed directly, one proxy thread each"
echo "CPU per request (us, median): lateen $ma  haproxy $mb  ratio $(awk -v a="$ma" -v b="$mb" 'BEGIN { printf "%.2f", a / b }')"
echo "requests/s (median):          lateen $ra  haproxy $rb  ratio $(awk -v a="$ra" -v b="$rb" 'BEGIN { printf "%.2f", a / b }')"
echo "Pss after load (MB):          lateen $(pss $own)  haproxy $(pss $hap)"
mkdir -p bench/results
printf '%s\t%s\tlog=%s\tpin=%s\tc=%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" $mode $log $pin "$connections" "$ma" "$mb" "$ra" "$rb" >> bench/results/http.tsv
