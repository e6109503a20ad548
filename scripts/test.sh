#!/usr/bin/env bash
# Sets the machine up, builds, runs every test of the project and ends with the line `N passed, N failed, N skipped`.
# scripts/test.sh [unit|scenario]… runs only those projects; scripts/test.sh --fuzz [TARGET…] feeds each parser mutated input for a minute.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/compiler.sh
if [[ ${1:-} == --fuzz ]]; then
  dotnet build tests/Lateen.Fuzz "${compile[@]}" >&2 || exit 1
  exec artifacts/bin/Lateen.Fuzz/release_linux-x64/Lateen.Fuzz --seconds "${FUZZ_SECONDS:-60}" "${@:2}"
fi
scripts/setup.sh test || exit 1
scripts/build.sh || exit 1

declare -A project_of=([unit]=Lateen.Tests [scenario]=Lateen.ScenarioTests)
passed=0 failed=0 skipped=0
for suite in "${@:-unit scenario}"; do
  for name in $suite; do
    project=${project_of[$name]:-}
    [[ -n $project ]] || { echo "test: unknown suite '$name'; use unit or scenario" >&2; exit 2; }
    echo "test: $project" >&2
    dotnet build "tests/$project" "${compile[@]}" >&2 || exit 1
    report=$(mktemp)
    "artifacts/bin/$project/release_linux-x64/$project" -noColor 2>&1 | tee "$report"
    # The runner's last line: "Lateen.Tests  Total: 5, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.150s".
    if [[ $(tail -n 3 "$report") =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
      bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
      failed=$((failed + bad)) skipped=$((skipped + BASH_REMATCH[4] + BASH_REMATCH[5]))
      passed=$((passed + BASH_REMATCH[1] - bad - BASH_REMATCH[4] - BASH_REMATCH[5]))
    else
      echo "test: $project ended without a summary: it crashed" >&2
      failed=$((failed + 1))
    fi
    rm -f "$report"
  done
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
