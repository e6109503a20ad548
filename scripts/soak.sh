#!/usr/bin/env bash
# A soak through two sidecars: half of the saturating load, a route that changes each second, endpoints that change ten times a second. Fails when a
# request fails or when memory or handles of a sidecar or of the control plane grow; prints the figures.
# Usage: scripts/soak.sh [SECONDS]   (default 600)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/compiler.sh
[[ ${1:-600} =~ ^[0-9]+$ ]] || { sed -n 2,4p "$0"; exit 2; }
scripts/setup.sh test
[[ -x out/lateen ]] || scripts/build.sh
dotnet build tests/Lateen.ScenarioTests "${compile[@]}" >&2
LATEEN_SOAK_SECONDS=${1:-600} artifacts/bin/Lateen.ScenarioTests/release_linux-x64/Lateen.ScenarioTests -noColor -showLiveOutput -class '*SoakTests'
