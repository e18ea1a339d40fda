#!/usr/bin/env bash
# Measures pixmill's kernels and compares them with their plain references, and with sharp, OpenCV and Pillow.
set -euo pipefail

rounds=3
json=
usage() {
    cat <<END
usage: scripts/bench-kernels.sh [--json | --rounds=N] [WORD...]

  WORD...      time only kernels with one of the words in their names, against their twins alone
  --json       the times as JSON, against their twins alone
  --rounds=N   turns of each program in the comparison with the peers ($rounds)

\$KERNELS names the program that times them (build/kernels). sharp is installed into the folder that bench-peers.sh uses.
END
}

top=$(cd "$(dirname "$0")/.." && pwd)
kernels=${KERNELS:-$top/build/kernels}
words=()
for argument; do
    case $argument in
    -h | --help) usage && exit 0 ;;
    --json) json=--json ;;
    --rounds=*) rounds=${argument#*=} ;;
    -*) echo "bench-kernels.sh: $argument is unknown (see --help)" >&2 && exit 2 ;;
    *) words+=("$argument") ;;
    esac
done
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "bench-kernels.sh: --rounds=$rounds is not a number (give 1 or more)" >&2 && exit 2; }

"$kernels" $json "${words[@]}"
[ -z "$json" ] && [ ${#words[@]} -eq 0 ] || exit 0

# Debian's interpreter: only it has Debian's packages.
"$top/scripts/setup.sh" python3 python3-opencv python3-pil
. "$top/scripts/peer-sharp.sh"
install_sharp
echo
/usr/bin/python3 "$top/scripts/kernel-goals.py" "$kernels" "$node" "$cache" "$rounds"
