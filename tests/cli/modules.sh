#!/bin/sh
# Modules from folders of the user: how they are found, what their mistakes are told, how passes are ordered, and that
# off, neutral and never loaded are the same picture.  usage: modules.sh ORRERY SOURCE CC
# Ends with 77 (skipped) where no device is usable.
set -u
orrery=$1 source=$2 cc=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
unset ORRERY_MODULES

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

# module FOLDER NAME PARAMS SHADER: a manifest with one pass at the end of the pipeline.
module() {
    mkdir -p "$1/$2"
    printf 'return { name = "%s", abi = 1, doc = "of %s", params = { %s },\n' "$2" "$1" "$3" >"$1/$2/$2.lua"
    printf 'passes = { { name = "main", stage = "lens", shader = "%s.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } } } }\n' "$2" >>"$1/$2/$2.lua"
    {
        printf 'void main() {\n    ivec2 p = ivec2(gl_GlobalInvocationID.xy);\n'
        printf '    if (any(greaterThanEqual(p, ivec2(frame.size)))) return;\n    vec4 c = ldr_read(p);\n%s\n    ldr_write(p, c);\n}\n' "$4"
    } >"$1/$2/$2.comp"
}
strength='{ name = "strength", type = "f32", def = 0.5, min = 0, max = 1, neutral = 0, doc = "How much" }'

# --- found ------------------------------------------------------------------------------------------------

module mine fade "$strength" '    c.rgb *= 1.0 - params.strength;'
module theirs fade "$strength" '    c.rgb += params.strength;'
module theirs lift "$strength" '    c.rgb += params.strength * 0.5;'
expect 2 "there is no module 'fade'" params fade
expect 0 'fade.strength' params fade --modules mine
expect 0 'of mine' modules --modules mine --modules theirs
expect 0 'of theirs' modules --modules theirs --modules mine
ORRERY_MODULES=theirs expect 0 'of mine' modules --modules mine
ORRERY_MODULES=nowhere:theirs expect 4 "'nowhere'" modules
ORRERY_MODULES=mine:theirs expect 0 'lift' modules --names
expect 4 "'mine/fade' holds no module" modules --modules mine/fade

# --- rendered ---------------------------------------------------------------------------------------------

cat >shot.lua <<'END_OF_SCRIPT'
local scene = orrery.scene()
scene:mesh{ shape = orrery.sphere{} }
scene:sun{} scene:environment{}
local camera = scene:camera{ position_m = {0, 0, 4}, look_at_m = {0, 0, 0} }
return orrery.sequence{ name = "shot", scene = scene, camera = camera, size = {32, 18}, frames = 1, samples = 1 }
END_OF_SCRIPT

# render FILE ARGUMENTS...: must succeed.
render() {
    file=$1
    shift
    "$orrery" render shot.lua --quiet --out "$file" "$@" >out.txt 2>err.txt && return
    fail "orrery render --out $file $*: exit code $?"
    cat out.txt err.txt
}

"$orrery" render shot.lua --quiet --out off.png 2>err.txt
case $? in
0) ;;
3) echo "skipped: no usable device" && [ $failed -eq 0 ] && exit 77 ;;
*) cat err.txt && exit 1 ;;
esac
same() { cmp -s "$1" "$2" || fail "$1 is not $2: $3"; }
other() { cmp -s "$1" "$2" && fail "$1 is $2: $3"; }

render mine.png --modules mine --enable fade
render theirs.png --modules theirs --enable fade
other off.png mine.png "the module does nothing"
other mine.png theirs.png "the wrong module was taken"

# --- in which order -----------------------------------------------------------------------------------------

cat >ordered.lua <<'END_OF_SCRIPT'
local order = orrery.param{ name = "order", type = "string", def = "", doc = "Names of passes" }
local list = {}
for name in order:gmatch("%S+") do list[#list + 1] = name end
local scene = orrery.scene()
scene:mesh{ shape = orrery.sphere{} }
scene:sun{} scene:environment{}
local camera = scene:camera{ position_m = {0, 0, 4}, look_at_m = {0, 0, 0} }
return orrery.sequence{ scene = scene, camera = camera, size = {32, 18}, frames = 1, samples = 1, order = list, modules = { fade = true, lift = true } }
END_OF_SCRIPT
module both fade "$strength" '    c.rgb *= 1.0 - params.strength;'
module both lift "$strength" '    c.rgb += params.strength * 0.5;'
ordered() { expect "$1" "$2" render ordered.lua --modules both --out "$3.png" --set order="$4"; }
ordered 1 'order = { "fade.main", "lift.main" }' none ''
ordered 1 'after = "fade.main"' none ''
ordered 5 "ordered.lua:8: orrery.sequence: order: there is no pass 'fade.mian': did you mean 'fade.main'?" none 'fade.mian'
ordered 5 "'fade.main' is named twice" none 'fade.main lift.main fade.main'
ordered 1 "'fade.main' cannot come before 'tonemap.main'" none 'fade.main tonemap.main'
ordered 0 '' first 'fade.main lift.main'
ordered 0 '' second 'lift.main fade.main'
other first.png second.png "the order of passes is no matter"
sed -i 's/shader = "lift.comp"/shader = "lift.comp", after = "fade.main"/' both/lift/lift.lua
ordered 0 '' after ''
same after.png first.png "after and order differ"

# --- mistakes of an author ----------------------------------------------------------------------------------

module wrong typo "$strength" '    c.rgb *= params.strenght;'
module wrong idle "$strength, { name = \"width_px\", type = \"f32\", def = 1, doc = \"Nothing\" }" '    c.rgb *= 1.0 - params.strength;'
module wrong still "$strength, { name = \"kind\", type = \"enum\", choices = { \"a\", \"b\" }, def = \"a\", rebuild = \"spec\", doc = \"Nothing\" }" '    c.rgb *= 1.0 - params.strength;'
module wrong told "$strength, { name = \"note\", type = \"string\", def = \"\", doc = \"Nothing\" }" '    c.rgb *= 1.0 - params.strength;'
module wrong kinds "$strength, { name = \"kind\", type = \"enum\", choices = { \"a\", \"b\" }, def = \"a\", rebuild = \"spec\", doc = \"Which\" }, { name = \"width\", type = \"f32\", def = 1, doc = \"Of b\", used_when = \"kind=b\" }" \
    '    c.rgb *= 1.0 - params.strength * (SPEC_KIND == KIND_B ? params.width : 0.5);'
wrong() { expect "$1" "$2" render shot.lua --modules wrong --out wrong.png --enable "$3"; }
wrong 1 "module 'typo': wrong/typo/typo.comp:5: 'strenght'" typo
grep -q "compilation terminated" err.txt && fail "the compiler's last words were not dropped"
wrong 1 "no pass of 'idle' reads its parameter 'width_px'" idle
wrong 1 "no pass of 'still' reads its parameter 'kind'" still
wrong 1 "no pass of 'told' reads its parameter 'note'" told
wrong 0 '' kinds
kinds() { expect "$1" "$2" render shot.lua --modules wrong --out wrong.png --enable kinds --set kinds.width=2 ${3+--set kinds.kind="$3"}; }
kinds 2 "'width' was set (command line), but it counts only with kind=b, and 'kind' is 'a'"
kinds 0 '' b
expect 2 "only with mode=manual" render shot.lua --out wrong.png --set exposure.ev=12
expect 2 "'mode' is 'none'" render shot.lua --out wrong.png --set exposure.mode=none --set exposure.compensation_ev=1
expect 2 "only with operator=reinhard_extended" render shot.lua --out wrong.png --set tonemap.white_point=2

# A module of two passes, each of which reads a part of the parameters; one whose strength is animated from neutral.
module pair two "$strength, { name = \"lift\", type = \"f32\", def = 0.1, doc = \"How much more\" }" '    c.rgb *= 1.0 - params.strength;'
sed 's/1.0 - params.strength/1.0 + params.lift/' pair/two/two.comp >pair/two/more.comp
sed -i 's/passes = {/passes = { { name = "more", stage = "overlay", shader = "more.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } },/' pair/two/two.lua
render two.png --modules pair --enable two
other two.png off.png "two passes do nothing"
module calm calm '{ name = "strength", type = "f32", def = 0, min = 0, max = 1, neutral = 0, doc = "How much" }' '    c.rgb *= 1.0 - params.strength;'
sed 's/samples = 1 }/samples = 1, modules = { calm = { strength = function(t) return 0.5 end } } }/' shot.lua >moving.lua
expect 0 '' render moving.lua --modules calm --out moving.png
other moving.png off.png "a strength that is animated from neutral was dropped"

# --- the guide's own examples -----------------------------------------------------------------------------------

# block LANGUAGE N: the guide's Nth block of a language.
block() {
    awk -v open="\`\`\`$1" -v wanted="$2" '$0 == open { n++; inside = 1; next } /^```/ { inside = 0 } inside && n == wanted' "$source/docs/module-author.md"
}
mkdir -p guide/vignette guide/glow
block lua 1 >guide/vignette/vignette.lua
block glsl 1 >guide/vignette/vignette.comp
cp guide/vignette/vignette.comp guide/glow/glow.comp
block c 1 >guide/glow/glow.c
"$cc" -std=c17 -shared -fPIC -fvisibility=hidden -Wall -Wextra -Wpedantic -Werror -I "$source/engine/include" guide/glow/glow.c -o guide/glow/glow.so ||
    fail "the guide's C example does not compile"
render guide.png --modules guide --enable vignette --set vignette.strength=0.5
render glow.png --modules guide --enable glow --set glow.strength=0.5
sed 's/samples = 1 }/samples = 1, modules = { glow = { strength = 0.5 } } }/' shot.lua >glowing.lua
expect 0 'guide/glow/glow.so' bundle trace glowing.lua --modules guide
expect 4 'is native code' bundle pack glowing.lua --modules guide --out native.zip
render fade.png --modules mine --enable fade --set fade.strength=0.5
same guide.png glow.png "the guide's two examples do not agree"
same guide.png fade.png "the guide's example darkens by another factor than it says"
{
    sed '/^return/d' shot.lua
    block lua 2 | sed 's/…/scene = scene, camera = camera, size = {32, 18}, frames = 1, samples = 1/'
} >guided.lua
expect 0 '' render guided.lua --modules guide --out guided.png
same guide.png guided.png "script and command line differ"

# --- off, neutral and never loaded ----------------------------------------------------------------------------

# The same files with the modules of the two roles alone: what no effect was ever loaded for.
mkdir -p bare/modules
for folder in shaders scripts content; do ln -s "$source/$folder" "bare/$folder"; done
all="--modules guide --modules mine --modules theirs --modules pair"
"$orrery" modules --json $all >modules.json || fail "orrery modules --json"
# "NAME ROLE FOLDER" of each module; role: null, or in quotes.
listed() { sed -n 's/^ *{"name": "\([^"]*\)", "version": "[^"]*", "role": \([^,]*\), "folder": "\([^"]*\)", "doc".*/\1 \2 \3/p' modules.json; }
listed | while read -r name role folder; do [ "$role" = null ] || ln -s "$folder" "bare/modules/$name"; done
[ -e bare/modules/exposure ] && [ -e bare/modules/tonemap ] || fail "the modules of the roles are not among: $(listed)"
render bare.png --root bare
same off.png bare.png "modules that are off change the picture"

# "PARAM=VALUE" of each parameter of a module that has a neutral value.
neutral_of() {
    awk -v name="$1" '/^ *{"name": .*"params"/ { inside = index($0, "{\"name\": \"" name "\",") > 0; next } inside' modules.json |
        sed -n 's/^ *{"name": "\([^"]*\)".*"neutral": "\([^"]*\)".*/\1=\2/p'
}
listed >listed.txt
while read -r name role folder; do
    [ "$role" = null ] || continue
    neutral=$(neutral_of "$name")
    [ -n "$neutral" ] || fail "module $name: no parameter has a neutral value"
    set --
    for pair in $neutral; do set -- "$@" --set "$name.$pair"; done
    render disabled.png $all --enable "$name" --disable "$name"
    same off.png disabled.png "module $name, disabled"
    render neutral.png $all --enable "$name" "$@"
    same disabled.png neutral.png "module $name, neutral"
    render on.png $all --enable "$name"
    other off.png on.png "module $name does nothing at its defaults"
done <listed.txt
[ "$(grep -c ' null ' listed.txt)" -ge 5 ] || fail "too few modules were tried: $(cat listed.txt)"
exit $failed
