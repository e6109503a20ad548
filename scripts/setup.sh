#!/usr/bin/env bash
# Installs what is missing on this machine: scripts/setup.sh [run|test]. `run` is what building and the mesh need on one machine (gcc links the agent); `test` adds the
# clients and rivals that tests and benches use. Needs root and a Debian-like apt; the .NET SDK must be there already.
set -euo pipefail

declare -A package_of=(
  [ip]=iproute2 [iptables]=iptables [ip6tables]=iptables [iptables-restore]=iptables [nginx]=nginx-light [curl]=curl [kubectl]=kubernetes-client
  [nsenter]=util-linux [unshare]=util-linux [setpriv]=util-linux [mount]=mount [pkill]=procps [ss]=iproute2
  [wrk]=wrk [haproxy]=haproxy [nft]=nftables [openssl]=openssl [conntrack]=conntrack [nghttp]=nghttp2-client [h2load]=nghttp2-client
  [python:grpc]=python3-grpcio [gcc]="gcc libc6-dev"
)
run=(ip iptables ip6tables iptables-restore nginx curl kubectl nsenter unshare setpriv mount pkill ss gcc)
test=("${run[@]}" wrk haproxy nft openssl nghttp h2load python:grpc)

fail() { echo "setup: $*" >&2; exit 1; }

# A command, or python:MODULE for a module of Debian's own python3.
is_there() {
  case $1 in
    python:*) /usr/bin/python3 -c "import ${1#python:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

install_missing() {
  local command packages=()
  for command in "$@"; do
    is_there "$command" || packages+=(${package_of[$command]})
  done
  ((${#packages[@]})) || return 0
  [[ $(id -u) == 0 ]] || fail "must be root to install ${packages[*]}; run it with sudo"
  command -v apt-get >/dev/null || fail "there is no apt-get; install ${packages[*]} yourself and run this again"
  mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
  echo "setup: installing ${packages[*]}" >&2
  # Debian starts a service when it is installed: nginx would take the host's port 80. The mesh runs its own, in pods.
  local policy=/usr/sbin/policy-rc.d ours=
  if [[ ! -e $policy ]]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  local status=0
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"; } >/tmp/lateen-setup.log 2>&1 || status=$?
  [[ -z $ours ]] || rm -f "$policy"
  ((status == 0)) || fail "apt-get could not install ${packages[*]}; its output is in /tmp/lateen-setup.log"
}

[[ $(id -u) == 0 ]] || fail "must be root: network namespaces, mounts and iptables need it"
command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: dotnet is not on the PATH"
case ${1:-run} in
  run) install_missing "${run[@]}" ;;
  test) install_missing "${test[@]}" ;;
  *) fail "unknown set '$1'; use run or test" ;;
esac
