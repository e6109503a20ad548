#!/usr/bin/env bash
# Publishes the three executables, as out/lateen, out/lateend and out/lateen-agent: native code, or ReadyToRun where scripts/compiler.sh finds no native compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dotnet >/dev/null || { echo "build: the .NET 10 SDK is missing: dotnet is not on the PATH" >&2; exit 1; }
. scripts/compiler.sh

# Publishing removes what an earlier publish of another project left here: begin empty.
rm -rf out
for project in Lateen.Agent Lateen.ControlPlane Lateen.Cli; do
  echo "build: $project" >&2
  dotnet publish "src/$project" --self-contained -o "out/.$project" "${compile[@]}" >&2
  cp -a "out/.$project/." out/ && rm -rf "out/.$project"
done
