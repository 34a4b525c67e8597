#!/bin/sh
# The regression scenes against their golden pictures.
#   golden.sh ORRERY            compare: byte for byte on the device of tests/golden/DEVICE; on another one within what was measured for
#                               it (tests/golden/TOLERANCES); a device without a measurement is skipped
#   golden.sh ORRERY --measure  print the line for TOLERANCES that this device needs
#   golden.sh ORRERY --update   make the golden pictures anew, and say on which device (look at them before they are committed)
# Scenes that need real data (their line "golden-data: NAME=FILE") find it through ORRERY_TEST_DATA, and are left out without it.
# Ends with 77 (skipped) where no device is usable, or none is known.
set -u
orrery=$1 mode=${2:-}
scenes=$(cd "$(dirname "$0")" && pwd)
golden=$(dirname "$scenes")/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 compared=0 left_out=0

info=$("$orrery" info --json ${ORRERY_TEST_DEVICE:+--device "$ORRERY_TEST_DEVICE"} 2>/dev/null) || { echo "skipped: no usable device" && exit 77; }
name=$(printf '%s\n' "$info" | sed -n 's/^ "device": "\([^"]*\)".*/\1/p')
driver=$(printf '%s\n' "$info" | grep -F "\"name\": \"$name\"" | sed -n '1s/.*"driver": "\([^"]*\)".*/\1/p')
device="$name | $driver"

max=0 flip=0
if [ -z "$mode" ] && [ "$device" != "$(cat "$golden/DEVICE")" ]; then
    line=$(grep -F "$device | " "$golden/TOLERANCES")
    if [ -z "$line" ]; then
        echo "skipped: no tolerance recorded for this driver: $device (golden.sh --measure gives the line)"
        exit 77
    fi
    max=$(printf '%s\n' "$line" | awk -F ' [|] ' '{ print $3 }')
    flip=$(printf '%s\n' "$line" | awk -F ' [|] ' '{ print $4 }')
fi

render() { # render SCENE FILE
    script=$scenes/$1.lua
    set -- "$2" $(sed -n 's/^-- golden: //p' "$script")
    out=$1
    shift
    data=$(sed -n 's/^-- golden-data: //p' "$script")
    [ -n "$data" ] && set -- "$@" --set "${data%%=*}=$ORRERY_TEST_DATA/${data#*=}"
    case " $* " in *" --frames "*) ;; *) set -- "$@" --frames 0 ;; esac
    "$orrery" render "$script" --size 160x90 --samples 2 --out "$out" --quiet ${ORRERY_TEST_DEVICE:+--device "$ORRERY_TEST_DEVICE"} "$@"
}

value() { printf '%s\n' "$1" | sed -n "s/.*\"$2\": \([0-9.e+-]*\).*/\1/p"; }
larger() { awk -v a="$1" -v b="$2" 'BEGIN { print (a + 0 > b + 0) ? a : b }'; }

seen_max=0 seen_flip=0
for script in "$scenes"/*.lua; do
    scene=$(basename "$script" .lua)
    if grep -q '^-- golden-data: ' "$script" && [ -z "${ORRERY_TEST_DATA:-}" ]; then
        left_out=$((left_out + 1))
        continue
    fi
    picture=$work/$scene.png
    [ "$mode" = --update ] && picture=$golden/$scene.png
    render "$scene" "$picture" || { echo "$scene: not rendered" >&2 && failed=1 && continue; }
    [ "$mode" = --update ] && continue
    answer=$("$orrery" diff "$golden/$scene.png" "$picture" --json --heatmap "$work/heat.png") || { echo "$scene: not compared" >&2 && failed=1 && continue; }
    compared=$((compared + 1))
    is_max=$(value "$answer" max) is_flip=$(value "$answer" flip)
    seen_max=$(larger "$seen_max" "$is_max") seen_flip=$(larger "$seen_flip" "$is_flip")
    [ -n "$mode" ] && continue
    if ! awk -v a="$is_max" -v b="$max" -v c="$is_flip" -v d="$flip" 'BEGIN { exit !(a != "" && a + 0 <= b + 0 && c + 0 <= d + 0) }'; then
        keep=${ORRERY_GOLDEN_OUT:-${TMPDIR:-/tmp}/orrery-golden}
        mkdir -p "$keep" && cp "$picture" "$keep/$scene.png" && cp "$work/heat.png" "$keep/$scene.heat.png"
        echo "$scene: max $is_max (allowed $max), FLIP $is_flip (allowed $flip); see $keep/$scene.png and $scene.heat.png"
        failed=1
    fi
done
[ "$mode" = --update ] && printf '%s\n' "$device" >"$golden/DEVICE" && echo "golden pictures of: $device" && exit $failed
[ "$mode" = --measure ] && { [ $failed -eq 0 ] && echo "$device | $seen_max | $seen_flip" || echo "not measured: a scene failed" >&2; exit $failed; }
echo "$compared scenes compared on $device, allowed max $max, FLIP $flip; $left_out left out for want of test data"
exit $failed
