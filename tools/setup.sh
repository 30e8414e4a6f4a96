#!/bin/sh
# Brings what running needs and this machine lacks: Deno, ffmpeg, and the packages of the lock file.
# It may be run again at any time: what is there already is only looked at.
set -eu
. "$(dirname -- "$0")/common.sh"

bring_deno() {
  if deno=$(find_deno); then
    say "Deno $(deno_version "$deno") at $deno"
    return
  fi
  if ! have npm; then
    complain "Cannot find Deno >= $DENO_MINIMUM: it is not on PATH, and there is no npm to fetch it with"
    complain "Install it as https://docs.deno.com/runtime/getting_started/installation/ says, or install Node.js with npm"
    exit 1
  fi
  say "Deno >= $DENO_MINIMUM is missing: npm brings deno@$DENO_PIN into $LOCAL_DENO_DIR"
  mkdir -p "$LOCAL_DENO_DIR/bin"
  npm install --prefix "$LOCAL_DENO_DIR" --no-fund --no-audit --no-save --loglevel=error "deno@$DENO_PIN"
  # The executable itself rather than npm's shim: that one is a Node process which passes no signal on.
  for binary in "$LOCAL_DENO_DIR"/node_modules/@deno/*/deno; do
    binary="../${binary#"$LOCAL_DENO_DIR"/}" # relative, so that the checkout may be moved
    ln -sf "$binary" "$LOCAL_DENO_DIR/bin/deno"
  done
  if ! deno=$(find_deno); then
    complain "Cannot run deno@$DENO_PIN from npm on $(uname -sm): it is built for glibc Linux and macOS on x64 and arm64"
    complain "Install Deno >= $DENO_MINIMUM by other means and put it on PATH"
    exit 1
  fi
  say "Deno $(deno_version "$deno") at $deno"
}

bring_ffmpeg() {
  if ffmpeg_is_good; then
    say "ffmpeg $(ffmpeg_version) at $(command -v ffmpeg)"
    return
  fi
  if have apt-get; then
    apt_install ffmpeg || complain "Cannot install ffmpeg: apt-get failed"
  elif have brew; then
    say "brew install ffmpeg"
    brew install --quiet ffmpeg || complain "Cannot install ffmpeg: brew failed"
  fi
  if ! ffmpeg_is_good; then
    found=$(ffmpeg_version)
    complain "Cannot find ffmpeg and ffprobe >= $FFMPEG_MINIMUM: found ${found:-none}"
    complain "Install them with this system's packages or from https://ffmpeg.org/download.html and put them on PATH"
    exit 1
  fi
  say "ffmpeg $(ffmpeg_version) at $(command -v ffmpeg)"
}

bring_packages() {
  stamp="$LOCAL_DENO_DIR/packages.stamp"
  # A changed lock file, another Deno or another cache means another look; the rest of the time this costs nothing.
  wanted="$(deno_version "$deno") ${DENO_DIR:-default} $(cksum <"$ROOT/deno.json") $(cksum <"$ROOT/deno.lock")"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    say "packages of deno.lock are in Deno's cache"
    return
  fi
  say "packages of deno.lock: fetching what Deno's cache lacks"
  # Quiet, because it warns of lifecycle scripts that none of these packages needs in order to work.
  (cd "$ROOT" && "$deno" install --quiet --frozen)
  mkdir -p "$LOCAL_DENO_DIR"
  printf '%s\n' "$wanted" >"$stamp"
}

bring_deno
bring_ffmpeg
bring_packages
