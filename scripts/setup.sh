#!/usr/bin/env bash
# Installs what building and testing pixmill needs and this machine lacks, from Debian's packages.
set -eu
packages=(gcc make pkg-config libc6-dev libpng-dev libjpeg62-turbo-dev libdeflate-dev libssl-dev libcriterion-dev)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "pixmill: installing from Debian: ${missing[*]}"
sudo=; [ "$(id -u)" -eq 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
