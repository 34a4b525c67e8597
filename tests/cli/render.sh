#!/bin/sh
# Rendering as users do it, on whatever device there is.  usage: render.sh ORRERY
# Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
    echo "$*"
    failed=1
}

# expect CODE TEXT ARGUMENTS...
expect() {
    code=$1 text=$2
    shift 2
    "$orrery" "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq "$code" ] && cat out.txt err.txt | grep -qF -- "$text" && return
    fail "orrery $*: exit code $got, not $code, or it does not say: $text"
    cat out.txt err.txt
}

cat >shot.lua <<'END'
local tint = orrery.param{ name = "tint", type = "vec3", def = {0.8, 0.2, 0.1}, doc = "Colour" }
local scene = orrery.scene()
local paint = scene:material{ base_colour = {tint[1], tint[2], tint[3]} }
scene:mesh{ shape = orrery.box{}, material = paint, rotation_deg = function(t) return 20, 90 * t, 0 end }
scene:sun{} scene:environment{}
local orbit = orrery.orbit{ radius_m = 4, elevation_deg = 20, duration_s = 2 }
return orrery.sequence{ name = "shot", scene = scene, camera = scene:camera{ rig = orbit }, size = {48, 32}, fps = 4, frames = 8, samples = 2 }
END

"$orrery" render shot.lua --frames 0 --out probe.png --quiet 2>err.txt
case $? in
0) ;;
3) echo "skipped: no usable device" && exit 77 ;;
*) cat err.txt && exit 1 ;;
esac

expect 0 'contact sheet  out/shot.png' render shot.lua
expect 0 'max_image_side' info
expect 0 '"features": {"primitive_id": ' info --json
[ "$(find out -name 'shot_00*.png' | wc -l)" -eq 8 ] || fail "not 8 frames in out/"
[ -s out/shot.png ] || fail "no contact sheet"
expect 0 '"rendered": 1' render shot.lua --frames 5 --out alone.png --threads 1 --json
cmp -s alone.png out/shot_0005.png || fail "frame 5 alone is not frame 5 of the sequence"
expect 0 '"skipped": 8' render shot.lua --resume --json
expect 4 'resume' render shot.lua --resume --set tint=0.1,0.9,0.1
expect 0 '"rendered": 4' render shot.lua --shard 2/2 --out 'shard/####.png' --json
cmp -s shard/0001.png out/shot_0001.png || fail "a shard's frame is another"
expect 0 'flip  0' diff alone.png out/shot_0005.png
expect 0 '"psnr": null' diff alone.png out/shot_0005.png --json
expect 0 '"flip": 0.' diff out/shot_0000.png out/shot_0004.png --json --heatmap heat.png
[ -s heat.png ] || fail "no heat map"
expect 0 '"of_copy"' bench passes --script shot.lua --size 48x32 --repeats 2 --json
expect 2 "'nothing'" render shot.lua --set nothing=1
expect 2 '--frames 8' render shot.lua --frames 8
expect 2 "did you mean 'vignette'" render shot.lua --enable vignete
expect 3 'nosuch' render shot.lua --device nosuch
printf 'local s = orrery.scene()\n' >none.lua
expect 5 'returned no sequence' render none.lua

# Ctrl-C: the frame in flight is finished, every file is whole, and --resume goes on.
"$orrery" render shot.lua --samples 4096 --out 'cut/####.png' --quiet 2>err.txt &
pid=$!
i=0
while [ ! -e cut/0000.png ] && [ $i -lt 600 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -INT $pid
wait $pid
code=$?
[ $code -eq 130 ] || fail "interrupted: exit code $code, not 130"
[ -e cut/0007.png ] && fail "interrupted, and yet all frames are there"
find cut -name '*.part*' | grep . && fail "interrupted: a partial file was left"
exit $failed
