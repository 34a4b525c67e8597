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

# With an overlay of a module, which knows nothing of them: they come last.
mkdir -p modules/stamp
printf 'return { name = "stamp", abi = 1, version = "1.0.0", doc = "a white edge",\n  params = { { name = "light", type = "f32", def = 1, min = 0, max = 1, doc = "of the edge" } },\n  passes = { { name = "main", stage = "overlay", shader = "stamp.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } } } }\n' >modules/stamp/stamp.lua
printf 'void main() {\n    ivec2 p = ivec2(gl_GlobalInvocationID.xy);\n    if (any(greaterThanEqual(p, ivec2(frame.size)))) return;\n    vec4 c = ldr_read(p);\n    ldr_write(p, p.x < 4 ? vec4(params.light) : c);\n}\n' >modules/stamp/stamp.comp
render stamped --modules modules --enable stamp --gizmos all
cmp -s all.png stamped.png && fail "the module's overlay is lost under gizmos"

for wrong in "--gizmos cones" "--gizmos all --gizmo-size 3" "--gizmos axes,"; do
    # shellcheck disable=SC2086
    "$orrery" render "$source/scripts/lightbench.lua" $wrong --out wrong.png >out.txt 2>&1
    [ $? -eq 2 ] && [ ! -e wrong.png ] || fail "orrery render … $wrong: $(cat out.txt)"
done
exit $failed
