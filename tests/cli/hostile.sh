#!/bin/sh
# Bundles that mean harm: each ends with one clear message, the documented exit code, within its time and memory, and
# without a trace.  usage: hostile.sh ORRERY      The scripts are tests/hostile/*.lua, a case from each `--@` line on.
# What needs frames is left out where no device is usable.
set -u
orrery=$1
hostile=$(cd "$(dirname "$0")/../hostile" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cases=0 failed=0
unset ORRERY_MODULES
# The memory of all that a run starts. Sanitizers take terabytes of address space, and a tenth of the speed.
if nm "$orrery" 2>/dev/null | grep -q '__[at]san_init'; then limit=unlimited most=300; else limit=8388608 most=60; fi

fail() {
    echo "FAILED $*"
    cut -c1-400 err.txt | tail -5 | sed 's/^/    /'
    failed=1
}

# run CODE TEXT NAME ARGUMENTS...
run() {
    code=$1 text=$2 name=$3
    shift 3
    cases=$((cases + 1))
    rm -rf out && mkdir out
    (ulimit -v $limit && cd out && exec timeout $most "$orrery" "$@" >../out.txt 2>../err.txt)
    got=$?
    if [ $got -eq 3 ] && [ "$code" -ne 3 ]; then
        echo "skipped: $name: $(cat err.txt)"
        return
    fi
    [ $got -eq "$code" ] || fail "$name: exit code $got, not $code"
    [ "$(grep -c '^orrery: ' err.txt)" -eq 1 ] || fail "$name: not one message"
    grep '^orrery: ' err.txt | grep -qF -- "$text" || fail "$name: does not say: $text"
    [ "$(wc -c <err.txt)" -lt 400000 ] || fail "$name: says $(wc -c <err.txt) bytes"
    LC_ALL=C tr -d '\011\012\040-\176\200-\377' <err.txt | grep -q . && fail "$name: control characters"
    rm -f out/0000.png out/.*.orrery # of the frames before
    [ -z "$(ls -A out)" ] || fail "$name: left behind: $(ls -A out)"
}
bundle() { # FOLDER: packs it, as somebody might who means harm
    "$orrery" bundle pack "$1" --entry main.lua --compress --quiet --out bundle.zip >out.txt 2>err.txt || fail "cannot pack $1"
}
render() { # CODE TEXT NAME OPTIONS...
    code=$1 text=$2 name=$3
    shift 3
    run "$code" "$text" "$name" bundle render ../bundle.zip --quiet --timeout $seconds --out '####.png' "$@"
}

# --- files that scripts reach for ---------------------------------------------------------------------------------
mkdir parts
printf '#!/usr/bin/orrery\n\033LJ\002\012' >parts/bytecode.lua
echo 'while true do end' >parts/loop.lua
echo 'return 7' >parts/value.lua
cat >parts/escape.gltf <<'END'
{"asset":{"version":"2.0"},"buffers":[{"uri":"../../../../../../../../etc/passwd","byteLength":36}],"bufferViews":[{"buffer":0,"byteLength":36}],
 "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3"}],"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"nodes":[{"mesh":0}]}
END
sed 's/"count":3/"count":4294967295/; s/"uri":[^,]*,//; s/"byteLength":36/"byteLength":4294967295/g' parts/escape.gltf >parts/huge.gltf
printf '\211PNG\r\n\032\n\000\000\000\015IHDR\000\000\165\060\000\000\165\060\010\006\000\000\000\120\133\225\056' >parts/huge.png
printf "\223NUMPY\001\000\166\000{'descr': '<f4', 'fortran_order': False, 'shape': (46341, 46341), }%51s\n" '' >parts/huge.npy
: >parts/empty.tif

# --- the scripts --------------------------------------------------------------------------------------------------
for file in "$hostile"/*.lua; do
    base=$(basename "$file" .lua)
    mkdir "$base"
    awk -v folder="$base" '/^--@ / { n++; out = sprintf("%s/%02d", folder, n); print substr($0, 5) >(out ".wants"); next }
        n { print >(out ".lua") }' "$file"
    for script in "$base"/*.lua; do
        read -r code text <"${script%.lua}.wants"
        case $code$base in 6later) seconds=1 ;; 6*) seconds=0.5 ;; *) seconds=20 ;; esac # what ends by itself has time
        [ $limit = unlimited ] && [ "$text" = 'out of memory' ] && continue # of this machine, that would be
        rm -rf b && mkdir b && cp "$script" b/main.lua && cp -r parts b/parts
        [ "$base" != files ] || head -c 67108864 /dev/zero >b/parts/zeros.lua
        bundle b
        render "$code" "$text" "$script: $(head -1 "$script")"
    done
done

seconds=20
# --- prints without end: what is too much is left out, and nothing reaches the terminal but text --------------------
rm -rf b && mkdir b
cat >b/main.lua <<'END'
print("\27[2J\27]0;title\7", "\155\0\226\128\174")
for i = 1, 100000 do print(("x"):rep(100)) end
error "enough"
END
bundle b
render 5 enough "prints ten megabytes"
grep -q 'the script prints too much' err.txt || fail "nothing says that some is left out"

# --- archives that were tampered with: names of the same length are put over those that were packed ------------------
rm -rf b && mkdir b b/ab && echo 'return 1' | tee b/ab/evil.lua b/ab/ever.lua >b/main.lua
bundle b
mv bundle.zip good.zip
tamper() { # TEXT NAME SED-COMMAND
    LC_ALL=C sed "$3" good.zip >bundle.zip
    cmp -s good.zip bundle.zip && fail "$2: nothing was changed"
    render 4 "$1" "$2"
}
tamper '../evil.lua' "an entry above the bundle" 's#ab/evil\.lua#../evil.lua#g'
tamper '/b/evil.lua' "an entry with an absolute name" 's#ab/evil\.lua#/b/evil.lua#g'
tamper 'ab' "an entry with a backslash" 's#ab/evil\.lua#ab\\evil.lua#g'
tamper 'ab/ever.lua' "a doubled entry" 's#ab/evil\.lua#ab/ever.lua#g'
tamper 'EVER.lua' "entries that differ in case alone" 's#ab/evil\.lua#ab/EVER.lua#g'
tamper "is not what the manifest's digest says" "a file that is not what was listed" 's#return 1#return 2#'

# --- a shader that never ends -----------------------------------------------------------------------------------------
rm -rf b && mkdir -p b/modules/endless
cat >b/main.lua <<'END'
local scene = orrery.scene()
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {320, 180}, samples = 1, modules = { endless = true } }
END
cat >b/modules/endless/endless.lua <<'END'
return { name = "endless", abi = 1, doc = "does not end",
  params = { { name = "strength", type = "f32", def = 0.5, min = 0, max = 1, neutral = 0, doc = "how much" } },
  passes = { { name = "main", stage = "lens", shader = "endless.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } } } }
END
cat >b/modules/endless/endless.comp <<'END'
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
END
bundle b
render 1 "the device is still in pass 'endless.main'" "a shader that never ends" --frame-timeout 5

# --- shaders that reach for the memory of the program: on a device that is the processor it is theirs too -----------------
# shader TEXT NAME OUTSIDE INSIDE
shader() {
    printf '%b\nvoid main() { ivec2 p = ivec2(gl_GlobalInvocationID.xy); vec4 c = ldr_read(p); %s ldr_write(p, c * params.strength); }\n' \
        "$3" "$4" >b/modules/endless/endless.comp
    bundle b
    render 4 "$1" "$2"
}
shader 'uses no extension' "an address made of numbers" '#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
layout(buffer_reference, std430) buffer B { uint v[]; };' 'B b = B(uvec2(0xdead0000u, 0x1234u)); b.v[p.x] = 7u;'
shader 'has no shared memory' "past the end of shared memory" 'shared float s[4];' 's[p.x * 100000000] = 1.0;'
shader 'has no shared memory' "a buffer that nobody gave it" 'layout(binding = 99) buffer B { uint v[]; } b;' 'b.v[p.x] = 7u;'
shader 'declares no images' "images that nobody gave it" 'layout(binding = 77) uniform sampler2D t[99];' 'c += texture(t[p.x], vec2(0.5));'
shader 'numbers in an array' "an array of 8 GiB" '' 'float a[2147483647]; a[p.x] = 1.0; c.r += a[p.y];'
shader 'instructions' "functions that call each other twice" "float f0(float x) { return sin(x); }$(
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        echo "\\nfloat f$i(float x) { return f$((i - 1))(x) + f$((i - 1))(x + 1.0); }"
    done)" 'c.r += f30(c.g);'
shader 'ended the process' "what takes the compiler all its stack" "#if $(head -c 100000 /dev/zero | tr '\000' '(')1\n#endif" ''
shader '?[31m' "a file's name that talks to the terminal" '#line 7 "\033[31m"\n#error' ''

# --- modules whose manifests are programs -------------------------------------------------------------------------------
rm -rf b/modules && mkdir -p b/modules/evil
echo 'while true do end' >b/modules/evil/evil.lua
bundle b
render 4 "runs for more than" "a manifest that never ends"
echo 'local s = "x" while true do s = s .. s end' >b/modules/evil/evil.lua
bundle b
render 4 "evil.lua" "a manifest that takes all memory"
echo 'return { name = os.getenv("HOME"), abi = 1, doc = "x" }' >b/modules/evil/evil.lua
bundle b
render 4 "evil.lua" "a manifest that asks for the system"

[ ! -e /tmp/orrery_escaped ] && [ ! -e /tmp/orrery_escaped.png ] || fail "a script wrote a file"
echo "$cases cases"
exit $failed
