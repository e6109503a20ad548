#!/usr/bin/env bash
# Publishes the three executables, self-contained and ReadyToRun, as out/lateen, out/lateend and out/lateen-agent.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh dotnet

for project in Lateen.Agent Lateen.ControlPlane Lateen.Cli; do
  echo "building $project" >&2
  dotnet publish "src/$project" -c Release -v q -nologo -o out >&2
done
