#!/bin/sh
# --resume believes nothing but its record, and outputs that cannot be written are told of before the first frame.
# usage: resume.sh ORRERY      Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
    echo "FAILED $*"
    cat out.txt err.txt 2>/dev/null
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
}
same() { cmp -s "$1" "$2" || fail "$1 is not $2"; }

cat >shot.lua <<'END'
local c = orrery.param{ name = "c", type = "vec3", def = {1, 0, 0}, doc = "Colour" }
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, material = scene:material{ base_colour = c }, rotation_deg = function(t) return 20, 90 * t, 0 end }
scene:sun{}
return orrery.sequence{ name = "shot", scene = scene, camera = scene:camera{ position_m = {0, 0, 4} }, size = {48, 32}, fps = 4, frames = 6, samples = 1 }
END
green=c=0,1,0

"$orrery" render shot.lua --frames 0 --out probe.png --quiet 2>err.txt
case $? in
0) ;;
3) echo "skipped: no usable device" && exit 77 ;;
*) cat err.txt && exit 1 ;;
esac

expect 0 '"rendered": 6' render shot.lua --out 'red/f_##.png' --json
expect 0 '"rendered": 6' render shot.lua --out 'green/f_##.png' --json --set $green
[ -e red/.f_##.png.orrery ] || fail "the record has not the name of the pattern"

# Frames of another run are never taken for this one's.
cp -r red mixed
expect 0 '"rendered": 2' render shot.lua --out 'mixed/f_##.png' --frames 0-1 --json --set $green
expect 4 'digest' render shot.lua --out 'mixed/f_##.png' --resume --json
expect 0 '"rendered": 4, "skipped": 2' render shot.lua --out 'mixed/f_##.png' --resume --json --set $green
for i in 0 1 2 3 4 5; do same mixed/f_0$i.png green/f_0$i.png; done
expect 0 '"rendered": 0, "skipped": 6' render shot.lua --out 'mixed/f_##.png' --resume --json --set $green

# Not without a record, or with one that is damaged; not a file that is missing, cut, or another's.
cp -r red bare && rm bare/.f_##.png.orrery
expect 0 '"rendered": 6, "skipped": 0' render shot.lua --out 'bare/f_##.png' --resume --json
printf 'orrery frames 1\ndigest 12\n' >bare/.f_##.png.orrery
expect 0 '"rendered": 6, "skipped": 0' render shot.lua --out 'bare/f_##.png' --resume --json
printf 'cut' >bare/f_01.png && rm bare/f_02.png && cp green/f_03.png bare/
expect 0 '"rendered": 3, "skipped": 3' render shot.lua --out 'bare/f_##.png' --resume --json
for i in 1 2 3; do same bare/f_0$i.png red/f_0$i.png; done

# Shards of one run share a record; two patterns in one folder have two.
expect 0 '"rendered": 3' render shot.lua --out 'shards/f_##.png' --shard 1/2 --json
expect 0 '"rendered": 3' render shot.lua --out 'shards/f_##.png' --shard 2/2 --json
expect 0 '"rendered": 0, "skipped": 6' render shot.lua --out 'shards/f_##.png' --resume --json
expect 0 '"rendered": 1' render shot.lua --out 'red/g_##.png' --frames 0 --json --set $green
expect 0 '"skipped": 6' render shot.lua --out 'red/f_##.png' --resume --json

# The code counts: a shared shader, a module's, the program.
mkdir tree && cp -r "$root/shaders" "$root/scripts" "$root/content" "$(dirname "$orrery")/../modules" tree/
expect 0 '"rendered": 6' render shot.lua --root tree --out 'code/f_##.png' --json
expect 0 '"skipped": 6' render shot.lua --root tree --out 'code/f_##.png' --resume --json
printf ' ' >>tree/shaders/lighting.glsl
expect 4 'digest' render shot.lua --root tree --out 'code/f_##.png' --resume --json
expect 0 '"rendered": 1' render shot.lua --root tree --out 'code/f_##.png' --frames 0 --json
printf ' ' >>"$(find tree/modules/tonemap -name '*.comp' | head -1)"
expect 4 'digest' render shot.lua --root tree --out 'code/f_##.png' --resume --json
expect 0 '"rendered": 1' render shot.lua --root tree --out 'code/f_##.png' --frames 0 --json
if objcopy --remove-section .note.gnu.build-id "$orrery" another 2>/dev/null && ./another version >/dev/null 2>&1; then # another build id: none
    ./another render shot.lua --root tree --out 'code/f_##.png' --resume --json >out.txt 2>err.txt
    [ $? -eq 4 ] && grep -q digest out.txt || fail "another program resumed"
fi

# So does a file that the script opens by itself.
sed '1i local f = io.open("words.txt") if f then f:close() end' shot.lua >reads.lua
expect 0 '"rendered": 6' render reads.lua --out 'reads/f_##.png' --json
expect 0 '"skipped": 6' render reads.lua --out 'reads/f_##.png' --resume --json
echo one >words.txt
expect 4 'digest' render reads.lua --out 'reads/f_##.png' --resume --json
expect 0 '"rendered": 1' render reads.lua --out 'reads/f_##.png' --frames 0 --json
echo two >words.txt
expect 4 'digest' render reads.lua --out 'reads/f_##.png' --resume --json

# Killed without warning: what is there and not listed is made again, and the result is whole.
"$orrery" render shot.lua --out 'killed/f_##.png' --samples 1000 --quiet 2>err.txt &
pid=$!
i=0
while [ ! -e killed/f_01.png ] && [ $i -lt 600 ]; do
    sleep 0.05
    i=$((i + 1))
done
kill -KILL $pid
wait $pid 2>/dev/null
expect 0 '"failed": 0' render shot.lua --out 'killed/f_##.png' --samples 1000 --resume --json
expect 0 '"rendered": 1' render shot.lua --out killed.png --frames 0 --samples 1000 --json
same killed/f_00.png killed.png

# The contact sheet is whole, whoever rendered the frames.
expect 0 'sheet' render shot.lua --out 'sheet/f_##.png' --contact-sheet all.png
rm sheet/f_04.png
expect 0 '"skipped": 5' render shot.lua --out 'sheet/f_##.png' --contact-sheet resumed.png --resume --json
same all.png resumed.png
expect 0 '"skipped": 6' render shot.lua --out 'sheet/f_##.png' --contact-sheet again.png --resume --json
same all.png again.png
expect 0 '"rendered": 6' render shot.lua --out 'sheet/f_##.exr' --contact-sheet exr.png --json
expect 0 'the cells of 6 frames' render shot.lua --out 'sheet/f_##.exr' --contact-sheet exr.png --resume

# Nothing is rendered for naught, and what cannot be written is a failure (1), not bad input.
: >file && mkdir folder.png
for option in --stats --contact-sheet --video --out; do
    [ $option = --video ] && ! command -v ffmpeg >/dev/null && continue
    for place in file/below.png folder.png /proc/none/x.png; do
        [ $option = --out ] && [ $place = folder.png ] && continue
        expect 1 "${place%/*}" render shot.lua --frames 0 --out 'naught/f_##.png' $option $place
        [ -z "$(find naught -type f 2>/dev/null)" ] || fail "$option $place: something was rendered"
        rm -rf naught
    done
done
exit $failed
