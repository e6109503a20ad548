#!/usr/bin/env bash
# Runs the corpus cases: scripts/conformance.sh [FAMILY…] [--json FILE]. The corpus is the folder that LATEEN_CORPUS names, else
# ../shared/corpus beside the project; where there is none, it says so and skips.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/Lateen.Conformance -c Release -v q -nologo >&2
exec artifacts/bin/Lateen.Conformance/release_linux-x64/lateen-conformance "$@"
