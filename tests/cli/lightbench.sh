#!/bin/sh
# LightBench as users run it, and gizmos on the command line: without any the picture is the same bit for bit.
# usage: lightbench.sh ORRERY SOURCE    Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
    echo "$*"
    failed=1
}

"$orrery" run "$source/scripts/lightbench_measure.lua" >table.txt 2>err.txt
code=$?
[ $code -eq 3 ] && echo "skipped: no usable device" && exit 77
[ $code -eq 0 ] && [ "$(tail -n 1 table.txt)" = "$(grep -c ' ok ' table.txt) measured, 0 wrong" ] || fail "LightBench does not hold: $(grep WRONG table.txt) $(cat err.txt)"

# render NAME ARGUMENTS...: a page of lamps, small
render() {
    name=$1
    shift
    "$orrery" render "$source/scripts/lightbench.lua" --set page=lights --frames 6 --size 80x46 --out "$name.png" "$@" >out.txt 2>&1 || fail "orrery render … $*: $(cat out.txt)"
}
render plain
render none --gizmos none
render all --gizmos all
render large --gizmos shape,axes --gizmo-size 0.5
cmp -s plain.png none.png || fail "--gizmos none changes the picture"
cmp -s plain.png all.png && fail "--gizmos all draws nothing"
cmp -s all.png large.png && fail "--gizmo-size changes nothing"
for wrong in "--gizmos cones" "--gizmos all --gizmo-size 3" "--gizmos axes,"; do
    # shellcheck disable=SC2086
    "$orrery" render "$source/scripts/lightbench.lua" $wrong --out wrong.png >out.txt 2>&1
    [ $? -eq 2 ] && [ ! -e wrong.png ] || fail "orrery render … $wrong: $(cat out.txt)"
done
exit $failed
