#!/bin/sh
# orrery check as its users meet it: a golden is made, a shader breaks, scenes crash, hang and take too much, other devices come along.
# usage: check.sh ORRERY SOURCE CC      Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1 source=$2 cc=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
TMPDIR=$work/tmp
export TMPDIR
mkdir "$TMPDIR"
unset ORRERY_TEST_DATA
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0 # a crash is to look like one in every build
export ASAN_OPTIONS
failed=0

fail() {
    echo "$*"
    failed=1
}

# expect CODE TEXT OPTIONS...: of orrery check
expect() {
    code=$1 text=$2
    shift 2
    "$orrery" check "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq "$code" ] && cat out.txt err.txt | grep -qF -- "$text" && return
    fail "orrery check $*: exit code $got, not $code, or it does not say: $text"
    cat out.txt err.txt
}

says() { grep -qF -- "$1" out.txt err.txt || fail "it does not say '$1': $(cat out.txt)"; }

scene() { # scene FILE CHECK: a ball in the sun
    mkdir -p "$(dirname "$1")"
    printf 'orrery.check{ size = {64, 48}, samples = 1, %s }\n' "$2" >"$1"
    cat >>"$1" <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.sphere{} }
scene:sun{} scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{ position_m = {0, 0, 3}, look_at_m = {0, 0, 0} } }
END
}

# --- a golden is made -------------------------------------------------------------------------------------

scene ball.lua 'golden = "golden/ball", aovs = { "display", "beauty", "N", "Z", "id" }, tags = { "quick" }'
"$orrery" check --list ball.lua >out.txt 2>err.txt || fail "--list: $(cat err.txt)"
says 'quick'
"$orrery" check ball.lua >out.txt 2>err.txt
case $? in
3) echo "skipped: no usable device" && exit 77 ;;
1) says 'golden missing' ;;
*) fail "a missing golden: $(cat out.txt err.txt)" ;;
esac
rm -rf "${TMPDIR:?}"/*
expect 0 'golden written' --update ball.lua
expect 0 '1 passed' ball.lua
[ -s golden/ball/0000.png ] && [ -s golden/ball/0000.exr ] || fail "a golden without its pictures"
grep -qF "$work" golden/ball/golden.json && fail "a golden with a path of this machine"
cp -r golden first
expect 0 'golden is as it was' --update ball.lua
diff -r golden first >/dev/null || fail "the same golden is not the same bytes"
[ -z "$(ls "$TMPDIR")" ] || fail "a run that passed left $(ls "$TMPDIR")"
expect 3 'no device' --device nosuchdevice ball.lua

# One that is too large for digests of its passes has none.
scene large.lua 'golden = "golden/large", memory_mib = 4096'
sed -i 's/{64, 48}/{3840, 2160}/' large.lua
expect 0 'golden written' --update large.lua
grep -q '"passes": \[\]' golden/large/golden.json || fail "digests of 3840x2160"
expect 0 '1 passed' large.lua
rm -rf golden/large

# --- a shader breaks ----------------------------------------------------------------------------------------

mkdir root
for part in scripts content; do ln -s "$source/$part" root/$part; done
mkdir root/modules
cp -r "$source/shaders" root/shaders
modules=$(dirname "$orrery")/../modules
broken() { "$@" --root root --modules "$modules"; }
sed -i 's/vec4(s.normal, 0.0)/vec4(s.normal * 0.99, 0.0)/' root/shaders/resolve.comp
broken expect 1 "first to differ: pass 'resolve', writing normal" ball.lua --out kept --junit j.xml --html r.html --history h.jsonl --label one
for file in kept/ball/0000-N-heat.png kept/ball/0000-display-golden.png kept/ball/0000-display-test.png j.xml r.html h.jsonl; do
    [ -s $file ] || fail "no $file"
done
grep -q '<failure' j.xml || fail "JUnit has no failure: $(cat j.xml)"
grep -q 'https\?://[a-z]*\.[a-z]*/.*\.js' r.html && fail "the page loads something"
# On another numeric fingerprint nothing may differ that was not measured…
sed -i 's/"fingerprint": "[0-9a-f]\{8\}/"fingerprint": "00000000/' golden/ball/golden.json
expect 0 '1 passed' ball.lua
broken expect 1 '--calibrate' ball.lua
says 'by its stored AOVs: N is the first that differs'
# …and then as far as it was.
broken expect 0 'repeats alike' --calibrate 1 ball.lua
broken expect 0 '1 passed' ball.lua
grep -q '"repeats": 2' golden/ball/golden.json || fail "nothing was recorded"
sed -i 's/s.normal \* 0.99/s.normal * 0.9/' root/shaders/resolve.comp
broken expect 1 'measured on' ball.lua
rm -rf golden && cp -r first golden
broken expect 1 'not recorded' --calibrate 1 ball.lua
broken expect 0 'golden replaced: display differs' --update ball.lua
rm -rf golden && cp -r first golden
# A planted fault that a check misses is a failure of the check.
scene blind.lua 'expect = function(frame) frame:expect(frame:max{} > 0, "not black") end, mutate = { { name = "normals shrink", file = "resolve.comp", find = "vec4(s.normal, 0.0)", replace = "vec4(s.normal * 0.99, 0.0)" } }'
expect 0 '1 passed' blind.lua
expect 1 "the planted fault 'normals shrink' was not noticed" --mutate blind.lua
scene gone.lua 'expect = function() end, mutate = { { file = "resolve.comp", find = "no such line", replace = "x" } }'
expect 1 'could not be tried' --mutate gone.lua
# A bug in a module's C code: the exposure's factor.
mkdir -p wrong/exposure
sed 's/orr_exposure(out->ev100,/1.01 * &/' "$source/modules/exposure/exposure.c" >wrong/exposure/exposure.c
if $cc -std=c17 -shared -fPIC -I"$source/engine/include" wrong/exposure/exposure.c -o wrong/exposure/exposure.so -lm 2>err.txt; then
    expect 0 '1 passed' "$source/tests/scenes/exposure.lua"
    expect 1 'the factor, over what it should be' "$source/tests/scenes/exposure.lua" --modules wrong
else
    fail "the exposure module does not build: $(cat err.txt)"
fi

# --- what changed is the scene --------------------------------------------------------------------------------

sed -i 's/scene:sun{}/scene:sun{ elevation_deg = 70 }/' ball.lua
expect 1 'changed since the golden was made: script ball.lua' ball.lua
says 'stale reference'
sed -i 's/scene:sun{ elevation_deg = 70 }/scene:sun{}/' ball.lua
expect 0 '1 passed' ball.lua
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >golden/ball/0000.png
expect 1 'git lfs pull' ball.lua
expect 0 'golden replaced' --update ball.lua

# --- each in a process of its own -------------------------------------------------------------------------------

scene many/good.lua 'expect = function(frame) frame:near(frame.width, 64, 0) end, tags = { "good" }'
scene many/crash.lua 'expect = function() require("ffi").cast("int *", 0)[0] = 1 end'
printf 'require("ffi").cast("int *", 0)[0] = 1\norrery.check{ expect = function() end }\n' >many/crash_early.lua
scene many/hang.lua 'expect = function() while true do end end, timeout_s = 3'
scene many/greedy.lua 'expect = function() local ffi, t = require("ffi"), {} for i = 1, 200 do t[i] = ffi.new("char[?]", 2e7) ffi.fill(t[i], 2e7, 1) end end, memory_mib = 400'
scene many/wrong.lua 'expect = function(frame) frame:near(frame:mean{ aov = "display" }, 2, 0.1, "a mean") assert(frame.height == 3, "its height") end'
scene many/data.lua 'data = { model = "m.glb" }, expect = function() end'
printf 'orrery.check{ expect = \n' >many/syntax.lua
printf 'return 1\n' >many/library.lua
expect 1 '1 passed, 1 skipped, 1 failed, 1 error, 1 timeout, 1 out of memory, 2 crashed' many
says 'wrong.lua:1: a mean is'
says 'wrong.lua:1: its height'
says 'skipped: no test data'
says 'crash_early: ended by SIGSEGV'
mkdir -p endless/slow # a shader that does not end is told by its pass
printf '%s\n' 'return { name = "slow", abi = 1, doc = "slow", params = { { name = "turns", type = "f32", def = 9e8, min = 0, max = 1e9, neutral = 0, doc = "how many" } },' \
    '  passes = { { name = "main", stage = "lens", shader = "slow.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } } } }' >endless/slow/slow.lua
printf '%s\n' '#define A x = x * 1664525u + 1013904223u; x ^= x >> 13;' '#define B A A A A A A A A' '#define C B B B B B B B B' '#define D C C C C C C C C' \
    'void main() { ivec2 p = ivec2(gl_GlobalInvocationID.xy); uint x = uint(p.x); for (uint i = 0u; i < uint(params.turns); i++) { D }' \
    '  ldr_write(p, ldr_read(p) + float(x & 1u)); }' >endless/slow/slow.comp
scene slow_pass.lua 'expect = function() end, timeout_s = 8'
expect 1 "in pass 'slow.main'" slow_pass.lua --modules endless --enable slow
expect 0 '1 passed' many --filter good
ln -s . many/again && ln -s ../.. many/above # links that lead back are not followed
expect 0 '1 scene ' many --filter good
rm many/again many/above
expect 1 '1 passed, 1 error, 1 crashed' many --tag good # whose tags cannot be read does not vanish
mkdir tagged && cp many/good.lua tagged && printf 'orrery.check{ expect = \n' >tagged/broken.lua
"$orrery" check --list tagged >out.txt 2>err.txt || fail "--list: $(cat err.txt)"
says 'broken                       broken'
# More of them than one process is given, and one that takes it down.
mkdir crowd && i=0
while [ $i -lt 1010 ]; do i=$((i + 1)) && echo 'orrery.check{ tags = { "c" }, expect = function() end }' >crowd/s$i.lua; done
cp many/crash_early.lua crowd/s700.lua
"$orrery" check --list crowd >out.txt 2>err.txt || fail "--list: $(cat err.txt)"
[ "$(grep -c 'asserts alone  c$' out.txt)" -eq 1009 ] && [ "$(grep -c 's700 *broken' out.txt)" -eq 1 ] || fail "a crowd: $(sort out.txt | uniq -c | sort -n | tail -3)"
# Names that look alike as those of folders: neither is judged by the other's result.
scene twins/a/b.lua 'expect = function(frame) frame:expect(false, "red: \27[31m") end'
scene twins/a_b.lua 'expect = function() end'
for i in 1 2 3 4 5; do expect 1 '1 passed, 1 failed' twins; done
says 'a/b: frame 0: twins/a/b.lua:1: red: ?[31m'
expect 2 'no scene fits' many --filter nosuch
expect 2 'is no regression scene' many/library.lua
expect 2 'no file or folder' nosuch.lua
expect 2 '--update writes goldens' --update --mutate ball.lua
sed 's/expect = /golden = "pair", expect = /' many/good.lua >twins/one.lua
cp twins/one.lua twins/two.lua
expect 2 'have one golden' --update twins
expect 2 'what scenes say themselves' --update --enable vignette ball.lua
expect 2 'what scenes say themselves' --calibrate 1 --set tonemap.white_point=3 ball.lua
expect 2 'at most 1000 times' --calibrate 2147483648 ball.lua
expect 1 '1 passed' ball.lua --html nosuch/page.html # what came of the scenes is told all the same
expect 2 'tests/scenes'

# --- a frame that depends on the one before ---------------------------------------------------------------------

cat >stateful.lua <<'END'
orrery.check{ size = {16, 16}, samples = 1, frames = {1, 2, 3}, expect = function() end }
local scene, last, sum = orrery.scene(), nil, 0
scene:mesh{ shape = orrery.sphere{}, position_m = function(t) if t ~= last then last, sum = t, sum + 0.1 end return {sum, 0, 0} end }
return orrery.sequence{ scene = scene, camera = scene:camera{}, frames = 8 }
END
expect 1 "a function of time for 'position_m' gives another value" stateful.lua

# --- budgets ---------------------------------------------------------------------------------------------------

scene slow.lua 'expect = function() end, budget = { gpu_ms = 1e-6 }'
expect 0 '1 passed' slow.lua
expect 1 'over budget' --budgets slow.lua
scene odd.lua 'expect = function() end, budget = { passes = { lightning = 1 } }'
expect 1 "did you mean 'lighting'" --budgets odd.lua

# --- interrupted -------------------------------------------------------------------------------------------------

scene long.lua 'expect = function() while true do end end'
rm -rf "${TMPDIR:?}"/* # a signal before it has begun would be lost: what it writes first shows that it has
"$orrery" check long.lua >out.txt 2>err.txt &
pid=$!
while kill -0 $pid 2>/dev/null && [ -z "$(ls -d "$TMPDIR"/orrery-check-*/declared.jsonl 2>/dev/null)" ]; do sleep 0.1; done
kill -INT $pid
wait $pid
[ $? -eq 130 ] || fail "interrupted: exit code $?"

[ $failed -eq 0 ] && echo "all checks passed"
exit $failed
