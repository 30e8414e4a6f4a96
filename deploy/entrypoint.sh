#!/bin/sh
# Starts Sightline with the permissions of Deno that this very command line needs, and no others.
# Commands other than `run` are a person's tools, not services: they get all permissions.
set -eu

main=$(dirname -- "$0")/../main.ts
all="deno run --quiet --cached-only --allow-all"

[ "${1-}" = run ] && shift
case "${1-}" in
  -*) ;;
  *) exec $all "$main" "$@" ;;
esac
for word; do
  case $word in
    -h | --help | -V | --version) exec $all "$main" "$@" ;;
  esac
done

# Quoted for a shell by the command itself; exits with its code, and its words, if flags are wrong.
flags=$($all "$main" permissions "$@")
eval "exec deno run --quiet --cached-only $flags \"\$main\" \"\$@\""
