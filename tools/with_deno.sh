#!/bin/sh
# Runs a command with the Deno that setup.sh found or brought first on PATH: tools/with_deno.sh deno task demo
set -eu
. "$(dirname -- "$0")/common.sh"

if ! deno=$(find_deno); then
  complain "Cannot find Deno >= $DENO_MINIMUM: run tools/setup.sh first"
  exit 1
fi
PATH="$(dirname -- "$deno"):$PATH"
export PATH
cd "$ROOT"
exec "$@"
