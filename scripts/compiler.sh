# Sourced by the scripts that build. One compiler server serves all projects of a run (starting the compiler anew for each costs more than
# compiling); the script that started it ends it. The server is found by its pipe's name, so runs side by side do not share one.
if [[ -z ${LATEEN_COMPILER:-} ]]; then
  export LATEEN_COMPILER=lateen-$$
  trap 'pkill -f "pipename:$LATEEN_COMPILER" || true' EXIT
  # Executables are native code; without the compiler's packages or a linker they are built ReadyToRun and need more memory and time to start.
  if [[ -z ${LATEEN_NATIVE:-} ]] && ! { command -v gcc && dotnet restore src/Lateen.Agent; } >/dev/null 2>&1; then
    echo "build: no native compiler (NuGet package Microsoft.DotNet.ILCompiler) or no gcc: building ReadyToRun instead" >&2
    export LATEEN_NATIVE=false
  fi
fi
compile=(-c Release -v q -nologo -p:UseSharedCompilation=true "-p:SharedCompilationId=$LATEEN_COMPILER")
