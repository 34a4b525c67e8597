#!/bin/sh
# The tree of values, as users look at it.  usage: space.sh ORRERY
set -u
orrery=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect CODE TEXT ARGUMENTS...
expect() {
    code=$1 text=$2
    shift 2
    "$orrery" "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq "$code" ] && cat out.txt err.txt | grep -qF -- "$text" && return
    echo "orrery $*: exit code $got, not $code, or it does not say: $text"
    cat out.txt err.txt
    failed=1
}

cat >shot.lua <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, name = "box", rotation_deg = function(t) return 0, 8 * t, 0 end }
scene:sun{} scene:environment{}
local camera = scene:camera{ name = "eye", position_m = {0, 0, 5}, look_at_m = {0, 0, 0} }
return orrery.sequence{ name = "shot", scene = scene, camera = camera, size = {48, 32}, fps = 4, frames = 8, samples = 1 }
END
echo 'error("no good")' >bad.lua

expect 0 "apps" space ls
expect 0 "tonemap" space ls modules
expect 0 '"aces_fitted"' space get modules/tonemap/params/operator
expect 0 '"agx"' space get modules/tonemap/params/operator --script shot.lua --set tonemap.operator=agx
expect 0 "vec3(0, 0, 5)" space get scenes/main/src/eye/position_m --script shot.lua
expect 0 'main/src/box/kind = "mesh"' space dump scenes --script shot.lua
expect 4 "/apps/orrery/none" space get none
expect 2 "ls, get or dump" space look
expect 2 "--script" space ls --frames 0
expect 4 "leaves" space ls ../other
# what failed is left there to be read
expect 5 'correlation: "bad.lua"' space get diagnostics/errors/live --script bad.lua

"$orrery" space get renderers/main/targets/textures/shot/output/v1/common/frame_index --script shot.lua --frames 4 >out.txt 2>err.txt
case $? in
0) [ "$(cat out.txt)" = 4 ] || { echo "frame_index is $(cat out.txt), not 4"; failed=1; } ;;
3) echo "no usable device: frames are not looked at"; exit $failed ;;
*) cat out.txt err.txt; failed=1 ;;
esac
expect 0 "vec3(0, 8, 0)" space get renderers/main/targets/textures/shot/output/v1/evaluated/box/rotation_deg --script shot.lua --frames 4
expect 0 '"ended"' space get renderers/main/targets/textures/shot/status --script shot.lua --frames 0
exit $failed
