# Shared by the set-up scripts; sourced, never run. POSIX sh, so that dash and busybox do.

# Exact, because the lock file and the documentation examples are checked against this release.
DENO_PIN=2.9.6
DENO_MINIMUM=2.9
FFMPEG_MINIMUM=5

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
LOCAL_DENO_DIR="$ROOT/.deno"

say() { printf '[setup] %s\n' "$*"; }
complain() { printf '[setup] %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# at_least 5.1.6 5 → true; only major and minor are compared.
at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    split(have, h, "."); split(want, w, ".")
    exit !(h[1] + 0 > w[1] + 0 || (h[1] + 0 == w[1] + 0 && h[2] + 0 >= w[2] + 0))
  }'
}

deno_version() { "$1" --version 2>/dev/null | awk 'NR == 1 { print $2 }'; }

# Prints the path of a Deno that is new enough: the machine's own first, then the checkout's.
find_deno() {
  for candidate in "$(command -v deno 2>/dev/null)" "$LOCAL_DENO_DIR/bin/deno"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    version=$(deno_version "$candidate")
    [ -n "$version" ] && at_least "$version" "$DENO_MINIMUM" && printf '%s\n' "$candidate" && return 0
  done
  return 1
}

# "ffmpeg version n6.1-…" and "5.1.6-0+deb12u1" carry a number; a build from git ("N-112233-g…") does not.
ffmpeg_version() { ffmpeg -version 2>/dev/null | awk 'NR == 1 { sub(/^n/, "", $3); print $3 }'; }

ffmpeg_is_good() {
  have ffmpeg && have ffprobe || return 1
  case $(ffmpeg_version) in
    '') return 1 ;;
    [0-9]*) at_least "$(ffmpeg_version)" "$FFMPEG_MINIMUM" ;;
    *) return 0 ;; # built from git: newer than any release we ask for
  esac
}

# Runs apt-get as root, through sudo when we are not; fails where neither is possible.
as_root_apt() {
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get "$@"
  elif have sudo; then
    sudo DEBIAN_FRONTEND=noninteractive apt-get "$@"
  else
    complain "Cannot run apt-get: not root, and sudo is not installed"
    return 1
  fi
}

apt_installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# Installs the named packages that are missing; package lists are fetched only if they turn out absent or stale.
apt_install() {
  missing=
  for package in "$@"; do apt_installed "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  say "apt-get install$missing"
  # Unquoted on purpose: one word for each package.
  # shellcheck disable=SC2086
  as_root_apt install -y -qq --no-install-recommends $missing >/dev/null 2>&1 && return 0
  say "apt-get update (the package lists are absent or stale)"
  as_root_apt update -qq || return 1
  # shellcheck disable=SC2086
  as_root_apt install -y -qq --no-install-recommends $missing >/dev/null
}
