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
exit $failed
