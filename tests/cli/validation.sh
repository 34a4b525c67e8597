#!/bin/sh
# The default scripts, and one with every kind of material, under the validation layers: nothing at all may be reported.
# usage: validation.sh ORRERY --validation|--sync-validation
# Ends with 77 (skipped) where no device is usable or the layers are not installed.
set -u
orrery=$1 how=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
# Hazards between command buffers are looked for only when asked.
[ "$how" = --sync-validation ] && export VK_LAYER_ENABLES=VALIDATION_CHECK_ENABLE_SYNCHRONIZATION_VALIDATION_QUEUE_SUBMIT

cat >all.lua <<'END'
local scene = orrery.scene()
for i, mode in ipairs{"opaque", "mask", "blend"} do
    for k = 1, 2 do
        local paint = scene:material{ base_colour = {1, 0.5, 0.2, 0.7}, alpha_mode = mode, double_sided = k == 2 }
        scene:mesh{ shape = orrery.box{}, material = paint, position_m = {i - 2, k - 1.5, 0}, scale = {k == 1 and -0.5 or 0.5, 0.5, 0.5} }
    end
end
scene:sun{} scene:environment{} scene:point{ position_m = {0, 2, 2}, flux_lm = 1000 }
return orrery.sequence{ name = "all", scene = scene, camera = scene:camera{ position_m = {0, 0, 4} }, size = {48, 32}, fps = 4, frames = 3, samples = 2,
                        modules = { vignette = {} } }
END

failed=0
check() {
    name=$1
    shift
    "$orrery" render "$@" --samples 2 "$how" >out.txt 2>err.txt
    code=$?
    [ $code -eq 3 ] && echo "skipped: no usable device" && exit 77
    grep -q 'is not installed' err.txt && echo "skipped: no validation layers" && exit 77
    if [ $code -ne 0 ] || grep -q 'validation' err.txt; then
        echo "$name: exit code $code"
        cat err.txt
        failed=1
    fi
}
check turntable "$root/scripts/turntable.lua" --size 64x36 --frames 0-2 --out 'a_#.png'
check flythrough "$root/scripts/flythrough.lua" --size 64x36 --frames 0-2 --out 'b_#.png'
check timelapse "$root/scripts/timelapse.lua" --set seconds=0.5 --set fps=4 --size 64x36 --frames 0-1 --out 'c_#.png'
check materials all.lua --out 'c_#.exr' --aovs depth,normal,albedo,id --contact-sheet sheet.png
exit $failed
