#!/usr/bin/env bash
# CPU per request of two sidecars with mutual TLS 1.3 between them, beside two HAProxys doing the same, on loopback: same certificates (P-256),
# same backend, same load, interleaved rounds; prints medians and ratios.
# Usage: scripts/bench-mtls.sh [--rounds N] [--seconds N] [--connections N]
# Needs: dotnet, haproxy, nginx, wrk, openssl. Results are appended to bench/results/mtls.tsv.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=5 seconds=4 connections=64
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --connections) connections=$2; shift ;;
    *) sed -n 2,5p "$0"; exit 2 ;;
  esac
  shift
done
for tool in dotnet haproxy nginx wrk openssl; do command -v $tool >/dev/null || { echo "$tool is missing: scripts/setup.sh test"; exit 1; }; done

work=$(mktemp -d); pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT INT TERM
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
backend=$(free_port) ours_in=$(free_port) ours=$(free_port) theirs_in=$(free_port) theirs=$(free_port)

bench=bench/Lateen.ProxyBench/out/Lateen.ProxyBench
[ -x $bench ] && [ -z "$(find src/Lateen.Net src/Lateen.Proxy bench/Lateen.ProxyBench -name '*.cs' -newer $bench -print -quit)" ] || {
  echo "building the bench proxy ..."
  dotnet publish bench/Lateen.ProxyBench -c Release -o bench/Lateen.ProxyBench/out -p:PublishReadyToRun=true -p:SelfContained=false -v q -nologo
}

ec() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
ec "$work/ca.key"
openssl req -x509 -new -key "$work/ca.key" -subj /O=bench -days 2 -out "$work/ca.pem" 2>/dev/null
for side in client server; do
  mkdir "$work/$side"; cp "$work/ca.pem" "$work/$side/"
  ec "$work/$side/key.pem"
  openssl req -new -key "$work/$side/key.pem" -subj /O=bench -out "$work/csr" 2>/dev/null
  printf 'subjectAltName=URI:spiffe://cluster.local/ns/default/sa/%s\n' $side > "$work/ext"
  openssl x509 -req -in "$work/csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 1 -extfile "$work/ext" -out "$work/$side/cert.pem" 2>/dev/null
  cat "$work/$side/cert.pem" "$work/$side/key.pem" > "$work/$side/both.pem"
done

head -c 1024 /dev/zero | tr '\0' x > "$work/body"
cat > "$work/nginx.conf" <<EOF
daemon off; master_process off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  server { listen 127.0.0.1:$backend backlog=4096; location / { return 200 "$(cat "$work/body")"; } } }
EOF
haproxy_config() { # listen-options target-options
  cat <<EOF
global
  nbthread 1
  maxconn 4000
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-server-options ssl-min-ver TLSv1.3
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend f
  bind 127.0.0.1:$1
  http-request set-header x-forwarded-proto http
  unique-id-format %{+X}o\\ %ci%cp%rt%pid
  unique-id-header x-request-id
  default_backend b
backend b
  server s 127.0.0.1:$2
EOF
}
haproxy_config "$theirs_in ssl crt $work/server/both.pem ca-file $work/ca.pem verify required" "$backend pool-max-conn 1000" > "$work/in.cfg"
haproxy_config "$theirs" "$theirs_in ssl crt $work/client/both.pem ca-file $work/ca.pem verify required pool-max-conn 1000" > "$work/out.cfg"
nginx -c "$work/nginx.conf" & pids+=($!)
haproxy -f "$work/in.cfg" -db >"$work/hin.log" 2>&1 & hin=$!; pids+=($hin)
haproxy -f "$work/out.cfg" -db >"$work/hout.log" 2>&1 & hout=$!; pids+=($hout)
export DOTNET_TieredPGO=0
TLS_DOWN=$work/server $bench http "$ours_in" "$backend" 1 - 100 >"$work/oin.log" 2>&1 & oin=$!; pids+=($oin)
TLS_UP=$work/client $bench http "$ours" "$ours_in" 1 - 100 >"$work/oout.log" 2>&1 & oout=$!; pids+=($oout)
for port in $backend $theirs_in $theirs $ours_in $ours; do
  for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/"$port") 2>/dev/null && break; sleep 0.1; done
done
cat "$work"/hin.log "$work"/hout.log >&2
for port in $ours $theirs; do
  code=$(curl -sS -o "$work/answer" -w '%{http_code}' -H 'Host: service-7' "http://127.0.0.1:$port/")
  [ "$code" = 200 ] || { echo "port $port answers $code: $(head -c 400 "$work/answer")"; exit 1; }
done

ticks=$(getconf CLK_TCK)
cpu() { cat "/proc/$1/stat" "/proc/$2/stat" | awk '{ t += $14 + $15 } END { print t }'; }
load() { # port pid pid -> "us/request requests/s p99"
  local before after out n
  before=$(cpu "$2" "$3")
  out=$(wrk -t1 -c"$connections" -d"${seconds}s" --latency "http://127.0.0.1:$1/" -H 'Host: service-7.default.svc.cluster.local:8080')
  after=$(cpu "$2" "$3")
  n=$(awk '/requests in/ { print $1 }' <<<"$out")
  awk -v t=$((after - before)) -v k="$ticks" -v n="$n" -v s="$seconds" -v p="$(awk '/99%/ { print $2 }' <<<"$out")" -v e="$(awk '/Non-2xx|Socket errors/' <<<"$out" | tr '\n' ' ')" \
    'BEGIN { printf "%.2f %.0f %s %s\n", t / k * 1e6 / n, n / s, p, e }'
}
load "$ours" $oin $oout >/dev/null; load "$theirs" $hin $hout >/dev/null    # warm up
for i in $(seq "$rounds"); do
  a=$(load "$ours" $oin $oout); b=$(load "$theirs" $hin $hout)
  echo "round $i: lateen $a | haproxy $b"
  echo "$a" >> "$work/a"; echo "$b" >> "$work/b"
done
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ma=$(cut -d' ' -f1 "$work/a" | median) mb=$(cut -d' ' -f1 "$work/b" | median)
ra=$(cut -d' ' -f2 "$work/a" | median) rb=$(cut -d' ' -f2 "$work/b" | median)
echo "two proxies with mutual TLS 1.3 between, P-256, $connections connections, 1 KB answers, addressed directly, one proxy thread each, no access log"
echo "CPU per request, both proxies (us, median): lateen $ma  haproxy $mb  ratio $(awk -v a="$ma" -v b="$mb" 'BEGIN { printf "%.2f", a / b }')"
echo "requests/s (median):                        lateen $ra  haproxy $rb  ratio $(awk -v a="$ra" -v b="$rb" 'BEGIN { printf "%.2f", a / b }')"
mkdir -p bench/results
printf '%s\tmtls\tc=%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$connections" "$ma" "$mb" "$ra" "$rb" >> bench/results/mtls.tsv
