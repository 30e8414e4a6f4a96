#!/usr/bin/env bash
# Installs Home Assistant for tests/home_assistant_test.ts, which is ignored without it: into a Debian of
# its own below the cache folder, since it wants a newer Python than most systems have. As root, on
# Debian or Ubuntu with mmdebstrap; takes 2 GB and a quarter of an hour. Takes the address of a mirror,
# where mmdebstrap shall not choose one.
set -euo pipefail

folder="${SIGHTLINE_HOME_ASSISTANT:-${XDG_CACHE_HOME:-$HOME/.cache}/sightline/home_assistant}"
[ -x "$folder/venv/bin/hass" ] && { echo "Home Assistant is in $folder"; exit 0; }

mkdir -p "${folder%/*}"
if [ ! -x "$folder/usr/bin/python3" ]; then
  mmdebstrap --variant=minbase \
    --include=ca-certificates,python3,python3-venv,python3-dev,gcc,g++,make,libffi-dev,libjpeg-dev,libturbojpeg0,zlib1g-dev \
    trixie "$folder" "$@"
fi
# What this machine trusts, and where it looks for packages, holds in there as well.
for file in /etc/pip.conf /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
  [ -e "$file" ] && cp -L "$file" "$folder$file"
done
chroot "$folder" python3 -m venv /venv
chroot "$folder" /venv/bin/pip install --quiet homeassistant paho-mqtt numpy pyturbojpeg
chroot "$folder" /venv/bin/hass --version
