#!/bin/sh
# Brings what only the tests need: GStreamer's RTSP server, browsers, proxies, Python's venv, Prometheus, brokers, further
# versions of ffmpeg, and checkers of charts, compose files and workflows, which are built where Go is there (minutes, once).
# Whatever cannot be had is named here, and the tests that need it report themselves as ignored: this never fails.
set -u
. "$(dirname -- "$0")/common.sh"

RTSP_PACKAGES="python3-gi gir1.2-gst-rtsp-server-1.0
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"

rtsp_server_works() {
  [ -x /usr/bin/python3 ] && /usr/bin/python3 -c '
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert Gst.ElementFactory.find("h264parse") and Gst.ElementFactory.find("rtph264pay")
' >/dev/null 2>&1
}

chromium_works() { [ -x /usr/bin/chromium ] && /usr/bin/chromium --version >/dev/null 2>&1; }

firefox_works() { [ -x /usr/bin/firefox-esr ]; }

nginx_works() { [ -x /usr/sbin/nginx ]; }

caddy_works() { have caddy; }

prometheus_works() { have prometheus && have promtool; }

# --help would do without ensurepip, which Debian keeps in another package.
venv_works() { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import venv, ensurepip' >/dev/null 2>&1; }

# bring NAME CHECK PACKAGE… : asks apt for the packages if the check fails, and says how it ended.
bring() {
  name=$1 check=$2
  shift 2
  if ! "$check" && have apt-get; then
    apt_install "$@" || complain "Cannot install $*: apt-get failed"
  fi
  if "$check"; then
    say "$name is here"
  else
    complain "$name is missing ($(why_missing)): the tests that need it will be ignored"
  fi
}

why_missing() { if have apt-get; then echo "apt-get did not bring it"; else echo "no apt-get on this machine"; fi; }

# Unquoted on purpose: one word for each package.
# shellcheck disable=SC2086
bring "GStreamer's RTSP server" rtsp_server_works $RTSP_PACKAGES
bring "Chromium" chromium_works chromium
bring "Firefox" firefox_works firefox-esr
bring "nginx" nginx_works nginx-light
bring "Caddy" caddy_works caddy
bring "Python's venv" venv_works python3-venv
bring "Prometheus" prometheus_works prometheus

# Brokers run in folders of their own; Debian puts their programs where not everybody looks.
have_server() { PATH="$PATH:/usr/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')" have "$1"; }
mosquitto_works() { have_server mosquitto; }
nats_works() { have_server nats-server; }
redis_works() { have_server redis-server; }
postgres_works() { have_server postgres && have_server initdb; }

bring "mosquitto" mosquitto_works mosquitto
bring "NATS" nats_works nats-server
bring "Redis" redis_works redis-server
bring "PostgreSQL" postgres_works postgresql

TOOLS=${SIGHTLINE_TEST_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/sightline/tools}

# bring_go_tool NAME PACKAGE VERSION : into a folder of its own, so that another version is another tool.
bring_go_tool() {
  name=$1 package=$2 version=$3
  folder="$TOOLS/$name@$version"
  if [ ! -x "$folder/$name" ] && have go; then
    say "go install $package@$version"
    # No cgo: then no C compiler is needed either. Go names the program after the package's last word.
    GOBIN="$folder.new" GOFLAGS= CGO_ENABLED=0 go install "$package@$version" >/dev/null 2>&1 &&
      mkdir -p "$folder" && mv "$folder.new/${package##*/}" "$folder/$name"
    rm -rf "$folder.new"
  fi
  if [ -x "$folder/$name" ]; then
    say "$name $version is here"
  elif have go; then
    complain "$name is missing (go install failed): the tests that need it will be ignored"
  else
    complain "$name is missing (no Go on this machine to build it): the tests that need it will be ignored"
  fi
}

while read -r name package version; do
  case $name in '' | '#'*) continue ;; esac
  bring_go_tool "$name" "$package" "$version" </dev/null
done <"$ROOT/tools/go_tools.txt"

# A Kafka broker in memory: a program of ours over a library, whose versions are pinned by its go.sum.
kfake="$TOOLS/kfake@2/kfake"
if [ ! -x "$kfake" ] && have go; then
  say "go build tests/support/kfake"
  mkdir -p "${kfake%/*}"
  (cd "$ROOT/tests/support/kfake" && GOFLAGS= CGO_ENABLED=0 go build -o "$kfake" .) >/dev/null 2>&1
fi
if [ -x "$kfake" ]; then
  say "kfake is here"
else
  complain "kfake is missing (Go, which builds it, is missing or failed): the tests that need it will be ignored"
fi

# A venv rather than the machine's own pip, which Debian leaves out.
pip_works() { [ -x "$TOOLS/pip/bin/pip" ] || python3 -m venv "$TOOLS/pip" >/dev/null 2>&1; }

# bring_ffmpeg_wheel VERSION REQUIREMENT SHA256
bring_ffmpeg_wheel() {
  version=$1 requirement=$2 sha256=$3
  folder="$TOOLS/ffmpeg@$version"
  if [ ! -x "$folder/ffmpeg" ] && [ "$(uname -sm)" = "Linux x86_64" ] && pip_works; then
    say "pip download $requirement"
    new="$folder.new"
    mkdir -p "$new"
    echo "$requirement --hash=sha256:$sha256" >"$new/requirement.txt"
    "$TOOLS/pip/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
      --requirement "$new/requirement.txt" --dest "$new" >/dev/null 2>&1 &&
      python3 -m zipfile --extract "$new"/*.whl "$new" &&
      mv "$new"/imageio_ffmpeg/binaries/ffmpeg-* "$new/ffmpeg" && chmod +x "$new/ffmpeg" &&
      mkdir -p "$folder" && mv "$new/ffmpeg" "$folder/ffmpeg"
    rm -rf "$new"
  fi
  if [ -x "$folder/ffmpeg" ]; then
    say "ffmpeg $version is here"
  elif [ "$(uname -sm)" = "Linux x86_64" ]; then
    complain "ffmpeg $version is missing (pip did not bring it): what is said of cameras will not be run with it"
  else
    complain "ffmpeg $version is missing (its wheel is for Linux on x64): what is said of cameras will not be run with it"
  fi
}

while read -r version requirement sha256; do
  case $version in '' | '#'*) continue ;; esac
  bring_ffmpeg_wheel "$version" "$requirement" "$sha256" </dev/null
done <"$ROOT/tools/ffmpegs.txt"

# A 64-bit ARM machine by emulation: QEMU and glibc from apt, Deno from npm.
ARM64_PACKAGES="qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross libstdc++6-arm64-cross"

arm64_works() { have qemu-aarch64-static && [ -e /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1 ]; }

bring_arm64_deno() {
  deno=$(find_deno) || return 0
  version=$(deno_version "$deno")
  folder="$TOOLS/deno_arm64@$version"
  if [ ! -x "$folder/deno" ] && have npm; then
    say "npm pack @deno/linux-arm64-glibc@$version"
    mkdir -p "$folder.new" &&
      (cd "$folder.new" && npm pack --silent "@deno/linux-arm64-glibc@$version" && tar xzf ./*.tgz) >/dev/null 2>&1 &&
      mkdir -p "$folder" && mv "$folder.new/package/deno" "$folder/deno"
    rm -rf "$folder.new"
  fi
  if [ -x "$folder/deno" ]; then
    say "Deno $version for arm64 is here"
  else
    complain "Deno $version for arm64 is missing (npm did not bring it): the tests that need it will be ignored"
  fi
}

if [ "$(uname -s)" = Linux ] && [ "$(uname -m)" = x86_64 ]; then
  # Unquoted on purpose: one word for each package.
  # shellcheck disable=SC2086
  bring "An emulated arm64" arm64_works $ARM64_PACKAGES
  if arm64_works; then bring_arm64_deno; fi
fi
exit 0
