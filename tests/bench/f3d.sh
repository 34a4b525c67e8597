#!/bin/sh
# One frame of a model from a cold start, Orrery beside f3d: the two take turns, medians of both.
# usage: f3d.sh ORRERY MODEL [PAIRS]      needs: f3d xvfb time   prints one JSON object
set -eu
orrery=$1 model=$2 pairs=${3:-11}
work=$(mktemp -d)
Xvfb -displayfd 3 -screen 0 640x360x24 3>"$work/display" 2>/dev/null &
xvfb=$!
trap 'kill $xvfb; rm -rf "$work"' EXIT
while [ ! -s "$work/display" ]; do sleep 0.1; done
DISPLAY=:$(cat "$work/display")
export DISPLAY LIBGL_ALWAYS_SOFTWARE=1

# Appends "wall user system kilobytes" of one run to a file.
measure() {
    into=$1
    shift
    command time -f '%e %U %S %M' -o "$into" -a "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
}
ours() {
    measure "$1" "$orrery" render --set "model=$model" --size 640x360 --samples 1 --frames 0 \
        --out "$work/ours_####.png" --quiet
}
theirs() { measure "$1" f3d "$model" --output="$work/theirs.png" --resolution=640,360; }

ours "$work/warm" # the shader caches of both
theirs "$work/warm"
pair=0
while [ $pair -lt "$pairs" ]; do
    ours "$work/ours"
    theirs "$work/theirs"
    pair=$((pair + 1))
done

# median FILE AWK-EXPRESSION
median() { awk "{ print $2 }" "$1" | sort -n | sed -n "$(((pairs + 1) / 2))p"; }
line() { printf '"%s": {"wall_s": %s, "cpu_s": %s, "peak_rss_mb": %s}' "$1" "$(median "$2" '$1')" \
    "$(median "$2" '$2 + $3')" "$(median "$2" '$4 / 1024')"; }
printf '{"pairs": %s, %s, %s}\n' "$pairs" "$(line orrery "$work/ours")" "$(line f3d "$work/theirs")"
