#!/usr/bin/env bash
# No folder of src/ includes a header of a floor above its own, a folder that knows nothing of images includes none of those that
# do, and no headers include each other in a circle.
#
#   scripts/check-layers.sh [FOLDER]      a folder that holds src/; this project's own without it
set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

# From the top floor down; folders on one line are on the same floor. A folder in a folder is on the outer one's floor, unless it is
# named.
floors='python
cli
bench/report
bench/analysis bench/measure
bench
serve batch
http backend
io net transform
codec filter
color image
base'

# Folders that include only their own headers and those of base.
apart='http'

# Folders over include/pixmill alone, as any program of others is: they include only their own headers of src/.
outside='python'

# FILE HEADER, as paths below src/: every #include "..." of an existing header.
includes() {
    (cd src && grep -rHo --include='*.[ch]' '^#include "[^"]*"' .) | sed -E 's|^\./||; s|:#include "|  |; s|"$||' |
        while read -r file header; do
            [ ! -e "src/$header" ] || echo "$file $header"
        done
}

all=$(includes)
wrong=$(awk -v floors="$floors" -v apart="$apart" -v outside="$outside" '
    BEGIN {
        lines = split(floors, line, "\n")
        for (i = 1; i <= lines; i++) {
            names = split(line[i], name, " ")
            for (k = 1; k <= names; k++)
                floor[name[k]] = lines - i
        }
        names = split(apart, name, " ")
        for (k = 1; k <= names; k++)
            is_apart[name[k]] = 1
        names = split(outside, name, " ")
        for (k = 1; k <= names; k++)
            is_outside[name[k]] = 1
    }
    function floor_of(path, part) {
        split(path, part, "/")
        return part[1] "/" part[2] in floor ? floor[part[1] "/" part[2]] : part[1] in floor ? floor[part[1]] : -1
    }
    {
        split($1, from, "/")
        split($2, to, "/")
        own = floor_of($1)
        other = floor_of($2)
        if (own < 0 || other < 0) print $1 " includes " $2 ", of a folder without a floor"
        else if (is_outside[from[1]] && to[1] != from[1]) print $1 " includes " $2 ", but " from[1] " uses include/pixmill alone"
        else if (other > own) print $1 " includes " $2 ", of a floor above"
        else if (is_apart[from[1]] && to[1] != from[1] && to[1] != "base") print $1 " includes " $2 ", but " from[1] " uses base alone"
    }' <<<"$all")
circles=$(awk '$1 ~ /\.h$/' <<<"$all" | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \(.*\.h\)$/\1 is in a circle of headers/p') || true
[ -n "$wrong$circles" ] || exit 0
printf '%s\n' "$wrong" "$circles" | grep . >&2
exit 1
