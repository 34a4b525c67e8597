#!/bin/sh
# Bundles as users make and use them.  usage: bundle.sh ORRERY      Real data: $ORRERY_TEST_DATA, when it is set.
# Ends with 77 (skipped) where no device is usable.
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
    [ "$got" -eq "$code" ] && { [ -z "$text" ] || cat out.txt err.txt | grep -qF -- "$text"; } && return
    fail "orrery $*: exit code $got, not $code, or it does not say: $text"
}
same() { cmp -s "$1" "$2" || fail "$1 is not $2"; }
holds() { # BUNDLE NAME...: these files and no others
    bundle=$1
    shift
    "$orrery" bundle list "$bundle" --json 2>err.txt >out.txt
    sed -n 's/^  {"name": "\([^"]*\)", "size.*/\1/p' out.txt >names.txt
    printf '%s\n' "$@" | LC_ALL=C sort | cmp -s - names.txt || fail "$bundle holds $(paste -sd' ' names.txt), not: $*"
}

# --- a script with one of everything that can travel, and what it reads -------------------------------------------
mkdir -p shot/parts shot/looks shot/models/textures far/away mods/stripes
cat >shot/main.lua <<'END'
local file = orrery.param{ name = "file", type = "asset", def = "models/flag.gltf", doc = "The model" }
local wide = orrery.param{ name = "wide", def = 1, min = 0.1, max = 9, doc = "How wide" }
local colour = require "parts.colour"
local size = dofile("parts/size.lua")
local scene = orrery.scene()
scene:model{ path = file, scale = size * wide }
scene:mesh{ shape = orrery.box{}, material = scene:material{ base_colour = colour }, position_m = {0, -1, 0},
            rotation_deg = function(t) return 0, 90 * t, 0 end }
scene:sun{}
scene:environment{ source = "hdri", hdri = "hdri/studio.hdr" }
return orrery.sequence{ name = "shot", scene = scene, camera = scene:camera{ position_m = {0, 0.5, 4} }, size = {48, 32},
                        fps = 4, frames = 3, samples = 1, preset = "looks/dark.preset" }
END
echo 'return {0.9, 0.5, 0.1}' >shot/parts/colour.lua
echo 'return 1.5' >shot/parts/size.lua
echo 'vignette.strength = 0.6' >shot/looks/dark.preset
echo 'parts/* = CC0-1.0' >shot/LICENCES
echo 'not read by anything' >shot/parts/other.lua
cat >shot/models/flag.gltf <<'END'
{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],
 "meshes":[{"primitives":[{"attributes":{"POSITION":0,"TEXCOORD_0":1},"material":0}]}],
 "materials":[{"doubleSided":true,"pbrMetallicRoughness":{"baseColorTexture":{"index":0}}}],
 "textures":[{"source":0}],"images":[{"uri":"textures/paint.png"}],
 "accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[-1,0,0],"max":[1,1,0]},
  {"bufferView":1,"componentType":5126,"count":3,"type":"VEC2"}],
 "bufferViews":[{"buffer":0,"byteLength":36},{"buffer":0,"byteOffset":36,"byteLength":24}],
 "buffers":[{"byteLength":60,"uri":"flag.bin"}]}
END
# (-1,0,0) (1,0,0) (0,1,0), then (0,0) (1,0) (0.5,1), as little-endian floats
printf '\000\000\200\277\000\000\000\000\000\000\000\000\000\000\200\077\000\000\000\000\000\000\000\000\000\000\000\000\000\000\200\077\000\000\000\000' >shot/models/flag.bin
printf '\000\000\000\000\000\000\000\000\000\000\200\077\000\000\000\000\000\000\000\077\000\000\200\077' >>shot/models/flag.bin
cat >paint.lua <<'END'
local s = orrery.scene()
s:environment{}
orrery.render{ sequence = orrery.sequence{ scene = s, camera = s:camera{}, size = {8, 8}, samples = 1 }, out = "paint.png" }
END
"$orrery" run paint.lua 2>err.txt
case $? in
0) ;;
3) echo "skipped: no usable device" && exit 77 ;;
*) cat err.txt && exit 1 ;;
esac
mv paint.png shot/models/textures/
cp -r shot/models far/away/

# --- trace: exactly what is read ---------------------------------------------------------------------------------
expect 0 "$(sha256sum <shot/models/flag.bin | cut -c1-64)" bundle trace shot/main.lua
sed 's/^[a-z]* *[0-9]*  [0-9a-f]*  //' out.txt | sed "s#^$root/#ROOT/#;s#^$(pwd -P)/##" | LC_ALL=C sort >read.txt
printf '%s\n' ROOT/content/hdri/studio.hdr shot/looks/dark.preset shot/main.lua shot/models/flag.bin shot/models/flag.gltf \
    shot/models/textures/paint.png shot/parts/colour.lua shot/parts/size.lua | LC_ALL=C sort >wanted.txt
cmp -s read.txt wanted.txt || fail "the trace is $(paste -sd' ' read.txt)"
expect 0 '"sequence": "shot"' bundle trace shot/main.lua --json --set wide=2
expect 0 '' bundle trace shot/main.lua --json --set wide=2 --out trace.json
expect 0 '' bundle trace shot/main.lua --out trace.txt
grep -q main.lua trace.txt || fail "no trace.txt"

# --- pack, list, verify, and the same frames from an empty folder ------------------------------------------------
expect 0 '8 files' bundle pack shot/main.lua --out shot.zip --licence 'scripts/models/*=CC-BY-4.0'
holds shot.zip content/hdri/studio.hdr scripts/looks/dark.preset scripts/main.lua scripts/models/flag.bin scripts/models/flag.gltf \
    scripts/models/textures/paint.png scripts/parts/colour.lua scripts/parts/size.lua
expect 0 'CC-BY-4.0            scripts/models/flag.bin' bundle list shot.zip
expect 0 'CC0-1.0              scripts/parts/size.lua' bundle list shot.zip
expect 0 'CC0-1.0              content/hdri/studio.hdr' bundle list shot.zip
expect 0 'not stated           scripts/main.lua' bundle list shot.zip
expect 0 'all as the manifest says' bundle verify shot.zip --no-render
expect 0 'entry scripts/main.lua: runs' bundle verify shot.zip
expect 0 '"signature": "none", "modules": [], "entries": [{"script": "scripts/main.lua", "verdict": "runs"' bundle verify shot.zip --json
expect 0 '8 files' bundle pack shot/main.lua --out again.zip --licence 'scripts/models/*=CC-BY-4.0'
same shot.zip again.zip
expect 0 '8 files' bundle pack --from-trace trace.json --out traced.zip
expect 0 'entry         scripts/main.lua  wide=2' bundle list traced.zip
expect 0 '8 files' bundle pack shot/main.lua --set wide=2 --out set.zip
same traced.zip set.zip
mkdir empty && cp shot.zip set.zip empty/
expect 0 '"rendered": 3' render shot/main.lua --out 'plain/####.png' --json
expect 0 '"rendered": 3' render shot/main.lua --set wide=2 --out 'wide/####.png' --json
cd empty || exit 1
expect 0 '"rendered": 3' bundle render shot.zip --out 'frames/####.png' --json
expect 0 '"rendered": 3' bundle render set.zip --entry main.lua --out 'wide/####.png' --json
expect 0 '"skipped": 3' bundle render shot.zip --out 'frames/####.png' --json --resume
expect 4 'digest' bundle render set.zip --out 'frames/####.png' --json --resume
expect 0 '"rendered": 1' bundle render set.zip --set wide=1 --frames 1 --out back.png --json
expect 0 'wide=1' bundle render shot.zip --help
expect 0 '  wide=2' bundle render set.zip --help
expect 0 '"name": "wide"' bundle render set.zip --help --json
cd "$work" || exit 1
for i in 0 1 2; do same plain/000$i.png empty/frames/000$i.png; done
for i in 0 1 2; do same wide/000$i.png empty/wide/000$i.png; done
cmp -s plain/0000.png wide/0000.png && fail "wide=2 changes nothing"
same empty/back.png plain/0001.png
expect 0 '8 files' bundle pack shot/main.lua --out small.zip --compress
expect 0 '"rendered": 1' bundle render small.zip --frames 2 --out small.png --json
same small.png plain/0002.png

# --- a file that --set names, with all that it refers to ----------------------------------------------------------
expect 0 '8 files' bundle pack shot/main.lua --set file=far/away/models/flag.gltf --out far.zip
expect 0 'file=assets/file/flag.gltf' bundle list far.zip
holds far.zip content/hdri/studio.hdr scripts/looks/dark.preset scripts/main.lua assets/file/flag.bin assets/file/flag.gltf \
    assets/file/textures/paint.png scripts/parts/colour.lua scripts/parts/size.lua
expect 0 '"rendered": 1' bundle render far.zip --frames 0 --out far.png --json
same far.png plain/0000.png
expect 0 '8 files' bundle pack shot/main.lua --set file=shot/models/flag.gltf --out near.zip
"$orrery" bundle list near.zip >out.txt
grep -q 'file=scripts/models/flag.gltf' out.txt || fail "near.zip does not set the file"
expect 4 "no file 'none.gltf' in the bundle" bundle render far.zip --set file=none.gltf --out none.png
expect 4 'in the bundle' bundle render far.zip --set file="$work/far/away/models/flag.gltf" --out none.png

ln -s ../far/away/models shot/linked
sed 's#models/flag.gltf#linked/flag.gltf#' shot/main.lua >shot/links.lua
expect 0 '8 files' bundle pack shot/links.lua --out links.zip
expect 0 '"rendered": 1' bundle render links.zip --frames 0 --out links.png --json
same links.png plain/0000.png
mkdir other && cp -r shot/. other/ && rm other/main.lua && ln -s ../shot/main.lua other/main.lua
expect 0 '8 files' bundle pack other/main.lua --out other.zip
expect 0 '"rendered": 1' bundle render other.zip --frames 0 --out other.png --json
same other.png plain/0000.png
rm shot/linked other/linked

# --- what cannot travel says so --------------------------------------------------------------------------------------
sed "s#path = file#path = '$work/far/away/models/flag.gltf'#" shot/main.lua >shot/absolute.lua
sed "s#path = file#path = '../far/away/models/flag.gltf'#" shot/main.lua >shot/climbs.lua
sed '1i io.open("shot/parts/other.lua"):close()' shot/main.lua >shot/opens.lua
sed "s#path = file#path = 'models/flag.gltf'#" shot/main.lua >shot/fixed.lua
echo 'print(1)' >shot/nothing.lua
expect 4 'declare it as a parameter' bundle pack shot/absolute.lua --out no.zip
expect 4 'declare it as a parameter' bundle pack shot/climbs.lua --out no.zip
expect 4 'make it a Lua file' bundle pack shot/opens.lua --out no.zip
expect 5 'returned no sequence' bundle pack shot/nothing.lua --out no.zip
expect 2 'does not read' bundle pack shot/fixed.lua --set file=shot/models/flag.gltf --out no.zip
[ -e no.zip ] && fail "a bundle was written that cannot be"
expect 2 '--out FILE.zip' bundle pack shot/main.lua
expect 2 'one of them' bundle pack --out no.zip
expect 2 '--entry is for a folder' bundle pack shot/main.lua --entry main.lua --out no.zip
expect 2 "PATTERN=WORDS" bundle pack shot/main.lua --licence MIT --out no.zip
expect 2 'does not take --frames' bundle list shot.zip --frames 1
expect 2 "did you mean 'bundle verify'?" bundle verfy shot.zip
expect 2 "no entry 'none.lua'" bundle render shot.zip --entry none.lua
echo 'return 1.6' >shot/parts/size.lua
expect 1 "size.lua' was changed since" bundle pack --from-trace trace.json --out no.zip
expect 1 "size.lua' was changed since" bundle pack --from-trace trace.json --out again.zip
same shot.zip again.zip
expect 0 '8 files' bundle pack shot/main.lua --out now.zip
expect 1 "size.lua' was changed since" bundle pack --from-trace trace.json --base now.zip --out no.zip
[ ! -e no.zip ] || fail "a bundle that was not finished is left"
echo 'return 1.5' >shot/parts/size.lua
echo '{"script": 1}' >bad.json
expect 4 'bad.json' bundle pack --from-trace bad.json --out no.zip
[ -e no.zip ] && fail "a bundle was written that cannot be"

# --- a folder as it is ------------------------------------------------------------------------------------------------
cp -r shot folder && rm folder/LICENCES && mkdir folder/hdri && cp "$root/content/hdri/studio.hdr" folder/hdri/
expect 0 'files' bundle pack folder --out folder.zip
expect 0 '"rendered": 1' bundle render folder.zip --frames 0 --out folder.png --json
same folder.png plain/0000.png
expect 0 '"rendered": 1' bundle render folder.zip --preset bundle:/looks/dark.preset --frames 0 --out folder.png --json
expect 4 "no file 'looks/none.preset' in the bundle" bundle render folder.zip --preset bundle:/looks/none.preset --out no.png
expect 2 'no none.lua' bundle pack folder --entry none.lua --out no.zip
expect 2 'into itself' bundle pack folder --out folder/in.zip
expect 2 'into itself' bundle pack folder --out folder/parts/in.zip
ln -s main.lua folder/link.lua
expect 4 'symbolic link' bundle pack folder --out no.zip
rm folder/link.lua && cp "$orrery" folder/program
expect 4 'program' bundle pack folder --out no.zip
rm folder/program

# --- modules: a manifest and its GLSL travel, with SPIR-V; native code does not ----------------------------------------
sed 's/"vignette"/"stripes"/; s/vignette.comp/stripes.comp/' "$root/modules/vignette/vignette.lua" >mods/stripes/stripes.lua
{ echo '#include "stripes.glsl"' && sed 's/smoothstep(/stripes(/' "$root/modules/vignette/vignette.comp"; } >mods/stripes/stripes.comp
echo 'float stripes(float a, float b, float r) { return fract(8.0 * r) * step(a, r) + b * 0.0; }' >mods/stripes/stripes.glsl
echo '* = MIT' >mods/stripes/LICENCES
sed 's/preset = .*}/modules = { stripes = { strength = 0.9 } } }/' shot/main.lua >shot/striped.lua
expect 0 'mods/stripes/stripes.glsl' bundle trace shot/striped.lua --modules mods
grep -q 'mods/stripes/stripes.lua' out.txt && grep -q 'mods/stripes/stripes.comp' out.txt || fail "the trace lacks the module"
"$orrery" bundle trace shot/main.lua --modules mods | grep stripes && fail "a module that is off was traced"
expect 0 'manifest' bundle pack shot/striped.lua --modules mods --out striped.zip
expect 0 'MIT                  modules/stripes/stripes.glsl' bundle list striped.zip
[ "$(grep -c 'modules/stripes/stripes.comp.*.spv' out.txt)" -ge 1 ] || fail "no SPIR-V in striped.zip"
mkdir -p shares/stripes && cp mods/stripes/* shares/stripes/ && echo 'shared float s[4]; float stripes(float a, float b, float r) { s[0] = a + b; return s[1] * r; }' >shares/stripes/stripes.glsl
expect 1 'no shared memory' bundle pack shot/striped.lua --modules shares --out no.zip
expect 0 '"rendered": 1' render shot/striped.lua --modules mods --frames 1 --out striped.png --json
expect 0 '"rendered": 1' bundle render striped.zip --frames 1 --out inside.png --json
same striped.png inside.png
cmp -s striped.png plain/0001.png && fail "stripes cannot be seen"
expect 0 'module stripes: SPIR-V is that of its GLSL for' bundle verify striped.zip
expect 0 '"name": "stripes", "variants": ' bundle verify striped.zip --json
expect 4 'one of that name is installed' bundle render striped.zip --modules mods --out no.png
# A folder that claims other SPIR-V for its GLSL, or GLSL that does not compile.
spirv=$("$orrery" bundle list striped.zip --json | sed -n 's/.*"name": "\(modules[^"]*spv\)".*/\1/p' | head -1)
mkdir -p liar/modules/stripes && cp -r shot/. liar/ && rm liar/LICENCES && cp mods/stripes/* liar/modules/stripes/
mkdir liar/hdri && cp "$root/content/hdri/studio.hdr" liar/hdri/
echo 'not this' >"liar/$spirv"
expect 0 'files' bundle pack liar --entry striped.lua --out liar.zip
expect 4 'not what its GLSL compiles to' bundle verify liar.zip
rm "liar/$spirv" && echo 'no GLSL at all' >liar/modules/stripes/stripes.glsl
expect 0 'files' bundle pack liar --entry striped.lua --out liar.zip
expect 4 'stripes.glsl:1' bundle verify liar.zip

# --- goldens: they travel, and verify renders again ---------------------------------------------------------------------
sed '1i orrery.check{ golden = "golden/checked", frames = {0, 2}, expect = function(frame) assert(frame.width == 48) end }' shot/main.lua >shot/checked.lua
expect 0 '1 passed' check shot/checked.lua --update
expect 0 'files' bundle pack shot/checked.lua --out checked.zip
"$orrery" bundle list checked.zip >out.txt
[ "$(grep -c scripts/golden/checked/ out.txt)" -eq 3 ] || fail "the golden is not in checked.zip"
expect 0 'entry scripts/checked.lua: passed' bundle verify checked.zip
mkdir tree && cp -r "$root/shaders" "$root/scripts" "$root/content" "$(dirname "$orrery")/../modules" tree/
sed -i 's/return (diffuse/return (0.5 * diffuse/' tree/shaders/brdf.glsl
expect 1 'entry scripts/checked.lua: failed' bundle verify checked.zip --root tree
expect 1 "first to differ: pass 'lighting'" bundle verify checked.zip --root tree
expect 1 '"verdict": "failed"' bundle verify checked.zip --root tree --json
expect 0 'all as the manifest says' bundle verify checked.zip --root tree --no-render
sed -i 's/frame.width == 48/frame.width == 49/' shot/checked.lua
expect 0 'files' bundle pack shot/checked.lua --out wrong.zip
expect 1 'scripts/checked.lua:1' bundle verify wrong.zip

# --- tampering, signing ------------------------------------------------------------------------------------------------
cp shot.zip bad.zip
at=$(grep -abo 'How wide' bad.zip | head -1 | cut -d: -f1)
printf 'X' | dd of=bad.zip bs=1 seek="$at" conv=notrunc 2>/dev/null
expect 4 'scripts/main.lua' bundle verify bad.zip --no-render
expect 4 'scripts/main.lua' bundle render bad.zip --out bad.png
[ -e bad.png ] && fail "a bundle that was changed was rendered"
head -c 3000 shot.zip >cut.zip
expect 4 'cut.zip' bundle list cut.zip
expect 4 'main.lua' bundle list shot/main.lua
expect 4 'none.zip' bundle verify none.zip
expect 0 'mine.pub' bundle keys mine
expect 0 'theirs.pub' bundle keys theirs
[ "$(stat -c %a mine.key)" = 600 ] || fail "anybody can read mine.key"
expect 1 'mine' bundle keys mine
expect 0 'files' bundle pack shot/main.lua --out signed.zip --sign mine.key
expect 0 'signature: of this key' bundle verify signed.zip --key mine.pub --no-render
expect 0 'checks whose' bundle verify signed.zip --no-render
expect 4 'sign' bundle verify signed.zip --key theirs.pub --no-render
expect 4 'sign' bundle verify shot.zip --key mine.pub --no-render
expect 4 'sign' bundle render signed.zip --key theirs.pub --out no.png
expect 0 '"rendered": 1' bundle render signed.zip --key mine.pub --frames 0 --out signed.png --json
same signed.png plain/0000.png

# --- differences and deltas ----------------------------------------------------------------------------------------------
expect 0 '8 files' bundle pack shot/main.lua --out base.zip
echo 'return 1.4' >shot/parts/size.lua
expect 0 '8 files' bundle pack shot/main.lua --out new.zip
expect 0 '' bundle diff base.zip base.zip
[ -s out.txt ] && fail "a bundle differs from itself"
expect 0 'entry    scripts/main.lua -> scripts/main.lua  wide=2' bundle diff shot.zip set.zip
expect 0 '{"old": "scripts/main.lua", "new": "scripts/main.lua  wide=2"}' bundle diff shot.zip set.zip --json
mkdir torn && echo 'no picture' >torn/sky.hdr && cat >torn/main.lua <<'END'
local scene = orrery.scene()
scene:environment{ source = "hdri", hdri = "sky.hdr" }
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {8, 8}, samples = 1 }
END
expect 0 '2 files' bundle pack torn --out torn.zip
expect 4 'sky.hdr' bundle verify torn.zip
expect 0 'changed' bundle diff base.zip new.zip
[ "$(wc -l <out.txt)" -eq 1 ] && grep -q 'scripts/parts/size.lua' out.txt || fail "other differences"
expect 0 '"change": "removed", "name": "modules/stripes/stripes.comp"' bundle diff striped.zip base.zip --json
expect 0 'file' bundle pack shot/main.lua --base base.zip --out delta.zip
[ "$(wc -c <delta.zip)" -lt 8000 ] || fail "the delta is no smaller"
expect 0 'delta over' bundle list delta.zip
expect 4 'bundle apply' bundle render delta.zip --out no.png
expect 0 '8 files' bundle apply base.zip delta.zip --out applied.zip
same applied.zip new.zip
expect 4 'base' bundle apply striped.zip delta.zip --out no.zip
expect 2 '--out FILE.zip' bundle apply base.zip delta.zip

# --- the two scripts that Orrery comes with, and real data ---------------------------------------------------------------
for name in turntable flythrough; do
    expect 0 'files' bundle pack "$root/scripts/$name.lua" --out "empty/$name.zip"
    expect 0 '"rendered": 1' render "$root/scripts/$name.lua" --frames 3 --size 64x36 --samples 1 --out "$name.png" --json
    cd empty || exit 1
    expect 0 'not signed' bundle list "$name.zip"
    grep -q 'not stated' out.txt && fail "a file of Orrery's own has no licence"
    expect 0 '"rendered": 1' bundle render "$name.zip" --frames 3 --size 64x36 --samples 1 --out "$name.png" --json
    cd "$work" || exit 1
    same "$name.png" "empty/$name.png"
done
if [ -n "${ORRERY_TEST_DATA:-}" ]; then
    dem=$ORRERY_TEST_DATA/dem/mt_rainier_90m.tif model=$ORRERY_TEST_DATA/models/FlightHelmet/FlightHelmet.gltf
    expect 0 '2 files' bundle pack "$root/scripts/flythrough.lua" --set dem="$dem" --out empty/rainier.zip
    expect 0 '19 files' bundle pack "$root/scripts/turntable.lua" --set model="$model" --out empty/helmet.zip
    expect 0 '"rendered": 1' render "$root/scripts/flythrough.lua" --set dem="$dem" --frames 3 --size 64x36 --samples 1 --out rainier.png --json
    expect 0 '"rendered": 1' render "$root/scripts/turntable.lua" --set model="$model" --frames 3 --size 64x36 --samples 1 --out helmet.png --json
    cd empty || exit 1
    for name in rainier helmet; do
        expect 0 'runs' bundle verify "$name.zip"
        expect 0 '"rendered": 1' bundle render "$name.zip" --frames 3 --size 64x36 --samples 1 --out "$name.png" --json
        same "$name.png" "../$name.png"
    done
else
    echo "skipped: no test data"
fi
exit $failed
