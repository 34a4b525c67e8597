#!/bin/sh
# A frame that the device does not end: the program says which pass, and ends. One that ends in time is the same
# picture as without a limit.  usage: frame_timeout.sh ORRERY
# Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
unset ORRERY_MODULES

fail() {
    echo "$*"
    failed=1
}

cat >shot.lua <<'END_OF_SCRIPT'
local scene = orrery.scene()
scene:mesh{ shape = orrery.sphere{} }
scene:sun{} scene:environment{}
local camera = scene:camera{ position_m = {0, 0, 4}, look_at_m = {0, 0, 0} }
return orrery.sequence{ name = "shot", scene = scene, camera = camera, size = {320, 180}, fps = 1, frames = 3, samples = 2 }
END_OF_SCRIPT

"$orrery" render shot.lua --quiet --out 'plain_####.png' 2>err.txt
case $? in
0) ;;
3) echo "skipped: $(cat err.txt)" && exit 77 ;;
*) cat err.txt && exit 1 ;;
esac
"$orrery" render shot.lua --quiet --out 'timed_####.png' --frame-timeout 60 2>err.txt || fail "$(cat err.txt)"
for frame in 0000 0001 0002; do
    cmp "plain_$frame.png" "timed_$frame.png" || fail "--frame-timeout changes frame $frame"
done
"$orrery" render shot.lua --quiet --frame-timeout 0 2>err.txt
[ $? -eq 2 ] && grep -q -- --frame-timeout err.txt || fail "--frame-timeout 0 is taken: $(cat err.txt)"

# It does end, after a quarter of a minute on a large GPU and minutes on a CPU, so that no machine hangs. Old llvmpipes
# end an invocation's loops after 65 535 turns in all, so each turn is long. What it comes to is written, and its bound is a
# parameter, so that no compiler drops it.
mkdir -p modules/endless
cat >modules/endless/endless.lua <<'END_OF_MANIFEST'
return { name = "endless", abi = 1, doc = "does not end",
  params = { { name = "strength", type = "f32", def = 0.5, min = 0, max = 1, neutral = 0, doc = "how much" } },
  passes = { { name = "main", stage = "lens", shader = "endless.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } } } }
END_OF_MANIFEST
cat >modules/endless/endless.comp <<'END_OF_SHADER'
#define STEP x = x * 1664525u + 1013904223u; x ^= x >> 13;
#define STEPS_8 STEP STEP STEP STEP STEP STEP STEP STEP
#define STEPS_64 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8
#define STEPS_512 STEPS_64 STEPS_64 STEPS_64 STEPS_64 STEPS_64 STEPS_64 STEPS_64 STEPS_64
void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(frame.size)))) return;
    uint x = uint(p.x);
    for (uint i = 0u; i < 4000000u && params.strength < 2.0; i++) { STEPS_512 }
    ldr_write(p, ldr_read(p) + float(x & 1u));
}
END_OF_SHADER
# Once only: what a process leaves running on a GPU that it gave up can keep others from it for a long time.
timeout 120 "$orrery" render shot.lua --quiet --json --modules modules --enable endless --out 'endless_####.png' \
    --frame-timeout 5 >out.txt 2>err.txt
code=$?
[ $code -eq 1 ] || fail "a frame without end: exit code $code, not 1: $(cat out.txt err.txt)"
grep -q "frame 0: it did not end within 5 s: the device is still in pass 'endless.main'" err.txt ||
    fail "the message does not name the pass: $(cat err.txt)"
grep -q '"error": "frame_timeout".*endless\.main' out.txt || fail "--json does not say it: $(cat out.txt)"
[ ! -e endless_0000.png ] || fail "a frame that did not end has a file"
exit $failed
