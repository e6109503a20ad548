# Sourced by the scripts that build. One compiler server serves all projects of a run (starting the compiler anew for each costs more than
# compiling); the script that started it ends it. The server is found by its pipe's name, so runs side by side do not share one.
if [[ -z ${LATEEN_COMPILER:-} ]]; then
  export LATEEN_COMPILER=lateen-$$
  trap 'pkill -f "pipename:$LATEEN_COMPILER" || true' EXIT
fi
compile=(-c Release -v q -nologo -p:UseSharedCompilation=true "-p:SharedCompilationId=$LATEEN_COMPILER")
