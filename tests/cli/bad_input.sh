#!/bin/sh
# What users get wrong, end to end: each case must end with one clear message on standard error (which file, which
# place, why, what would be right), the documented exit code, and no partial file.  usage: bad_input.sh ORRERY
# Ends with 77 (skipped) where no device is usable. The damaged inputs are made here; real data is not needed.
set -u
orrery=$1
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir run in
cases=0 failed=0

fail() {
    echo "FAILED $*"
    [ -s "$work/err" ] && sed 's/^/    /' "$work/err"
    failed=1
}

# bad CODE TEXTS ARGUMENTS...: TEXTS are the fixed strings, one a line, that the one message must have. Runs in run/,
# which must be as empty afterwards as it was before.
bad() {
    code=$1 texts=$2
    shift 2
    cases=$((cases + 1))
    (cd run && timeout 60 "$orrery" "$@" >"$work/out" 2>"$work/err")
    got=$?
    check "$code" "$texts" "orrery $*"
    left=$(cd run && find . ! -name .)
    [ -z "$left" ] || fail "orrery $*: left behind:" "$left"
    rm -rf run && mkdir run
}

# The exit code `got` and the message in err.
check() {
    [ "$got" -eq "$1" ] || fail "$3: exit code $got, not $1"
    [ "$(grep -c '^orrery: ' "$work/err")" -eq 1 ] || fail "$3: not one message"
    # A message has lines of its own only where a compiler's are quoted; nothing else may stand around it.
    [ "$(grep -v '^device ' "$work/err" | wc -l)" -eq 1 ] || fail "$3: more than a message"
    printf '%s\n' "$2" >"$work/texts"
    while IFS= read -r text; do
        grep -qF -- "$text" "$work/err" || fail "$3: does not say: $text"
    done <"$work/texts"
}

model() { # model CODE TEXTS FILE
    bad "$1" "$2" render "$work/in/model.lua" --quiet --out 'out/####.png' --set "model=$work/in/$3"
}
dem() { # dem CODE TEXTS FILE
    bad "$1" "$2" render "$work/in/dem.lua" --quiet --out 'out/####.png' --set "dem=$work/in/$3"
}
sky() { # sky CODE TEXTS FILE
    bad "$1" "$2" render "$work/in/sky.lua" --quiet --out 'out/####.png' --set "sky=$work/in/$3"
}
script() { # script CODE TEXTS OPTIONS...: the script is what stands on standard input
    cat >in/script.lua
    code=$1 texts=$2
    shift 2
    bad "$code" "$texts" render "$work/in/script.lua" --quiet --out 'out/####.png' "$@"
}
good() { # good ARGUMENTS...: from the folder run/
    cases=$((cases + 1))
    (cd run && timeout 60 "$orrery" "$@" >"$work/out" 2>"$work/err") || fail "orrery $*: exit code $?"
}

# --- scripts and inputs ------------------------------------------------------------------------------

cat >in/sequence.lua <<'END'
return function(scene, camera)
    return orrery.sequence{ name = "bad", scene = scene, camera = camera or scene:camera{ position_m = {0, 0, 4} },
                            size = {48, 32}, fps = 4, frames = 4, samples = 1 }
end
END
cat >in/shot.lua <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, rotation_deg = function(t) return 20, 90 * t, 0 end }
scene:sun{}
return require("sequence")(scene)
END
cat >in/model.lua <<'END'
local scene = orrery.scene()
scene:model{ path = orrery.param{ name = "model", type = "asset", doc = "A model" } }
return require("sequence")(scene)
END
cat >in/dem.lua <<'END'
local scene = orrery.scene()
local ground = scene:terrain{ dem = orrery.param{ name = "dem", type = "asset", doc = "An elevation model" } }
return require("sequence")(scene, scene:camera{ position_m = {0, ground:bounds().max[2] + 100, 0} })
END
cat >in/sky.lua <<'END'
local scene = orrery.scene()
scene:environment{ hdri = orrery.param{ name = "sky", type = "asset", doc = "A sky" } }
return require("sequence")(scene)
END

png_end='\000\000\000\000\111\105\116\104\256\102\140\202'
png_head='\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122'
printf '%b' "$png_head"'\000\000\000\000\000\000\000\000\010\000\000\000\000\036\340\043\316'"$png_end" >in/zero.png
printf '%b' "$png_head"'\000\001\000\000\000\001\000\000\010\000\000\000\000\111\357\157\077'"$png_end" >in/huge.png
printf 'This is a letter, not a picture.\n' >in/letter.png
cp in/letter.png in/letter.tif && cp in/letter.png in/letter.npy && cp in/letter.png in/letter.npz
cp in/letter.png in/letter.hgt && cp in/letter.png in/letter.hdr && cp in/letter.png in/letter.glb
cp in/letter.png in/letter.gltf && cp in/letter.png in/letter.txt && cp in/letter.png in/letter.exr
: >in/empty.glb && : >in/empty.tif && : >in/empty.hdr && : >in/empty.png

# A triangle. gltf FILE [NAME VALUE]...: with one part replaced.
gltf() {
    file=$1
    positions='AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA' indices='AAABAAIA' count=3 nodes='{"mesh": 0}' more=''
    uri="data:application/octet-stream;base64,$positions" material='' required=''
    shift
    while [ $# -gt 1 ]; do
        eval "$1=\$2"
        shift 2
    done
    cat >"in/$file" <<END
{"asset": {"version": "2.0"}, $required "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [$nodes],
 "buffers": [{"byteLength": 36, "uri": "$uri"}, {"byteLength": 6, "uri": "data:application/octet-stream;base64,$indices"}],
 "bufferViews": [{"buffer": 0, "byteLength": 36}, {"buffer": 1, "byteLength": 6}],
 "accessors": [{"bufferView": 0, "componentType": 5126, "count": $count, "type": "VEC3"},
               {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"}],
 "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1 $material}]}]$more}
END
}
texture() { # texture FILE IMAGE: a triangle with that base colour
    gltf "$1" material ', "material": 0' more ", \"images\": [{\"uri\": \"$2\"}], \"textures\": [{\"source\": 0}],
 \"materials\": [{\"pbrMetallicRoughness\": {\"baseColorTexture\": {\"index\": 0}}}]"
}

# --- is there a device? ------------------------------------------------------------------------------

(cd run && "$orrery" render "$work/in/shot.lua" --frames 0 --out probe.png --quiet 2>"$work/err")
case $? in
0) rm -rf run && mkdir run ;;
3) echo "skipped: no usable device" && exit 77 ;;
*) cat err && exit 1 ;;
esac
gltf good.gltf
good render "$work/in/model.lua" --quiet --out 'out/####.png' --set "model=$work/in/good.gltf"
rm -rf run && mkdir run

# --- models ------------------------------------------------------------------------------------------

model 4 'gone.glb' gone.glb
model 4 'letter.glb' letter.glb
model 4 'letter.gltf' letter.gltf
model 4 'letter.txt' letter.txt
model 4 'zero.png' zero.png
model 4 'empty.glb' empty.glb
model 4 'in' ''
head -c 200 in/good.gltf >in/cut.gltf
model 4 'cut.gltf
line' cut.gltf
gltf cutbin.gltf uri cut.bin && printf 'short' >in/cut.bin
model 4 'cut.bin
36' cutbin.gltf
gltf nobin.gltf uri gone.bin
model 4 'gone.bin' nobin.gltf
gltf escape.gltf uri ../../../../etc/hostname
model 4 'escape.gltf' escape.gltf
printf 'glTF\002\000\000\000\377\377\000\000\010\000\000\000JSON{}      ' >in/cut.glb
model 4 'cut.glb' cut.glb
gltf nan.gltf uri 'data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAMB/AAAAAAAAgD8AAAAA'
model 4 'nan.gltf
POSITION' nan.gltf
gltf index.gltf indices 'AAABAAcA'
model 4 'index.gltf
vertex 7' index.gltf
gltf count.gltf count 4000000000
model 4 'count.gltf
"count" is 4000000000' count.gltf
gltf past.gltf count 4
model 4 'past.gltf
accessor 0' past.gltf
gltf cycle.gltf nodes '{"mesh": 0, "children": [1]}, {"children": [0]}'
model 4 'cycle.gltf
node 0' cycle.gltf
gltf needs.gltf required '"extensionsRequired": ["EXT_made_up"],'
model 4 'needs.gltf
EXT_made_up' needs.gltf
for image in gone letter zero huge empty; do
    texture "texture_$image.gltf" "$image.png"
    model 4 "$image.png" "texture_$image.gltf"
done

# --- elevation models and skies ----------------------------------------------------------------------

dem 4 'gone.tif' gone.tif
for file in letter.tif letter.npy letter.npz letter.hgt letter.txt letter.glb zero.png huge.png empty.tif; do
    dem 4 "$file" $file
done
printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (8, 8), }" >in/cut.npy
dem 4 'cut.npy
0 samples of 64' cut.npy
printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 8), }" >in/none.npy
dem 4 'none.npy' none.npy
head -c 1000 /dev/zero >in/N48W125.hgt
dem 4 'N48W125.hgt' N48W125.hgt
printf 'PK\003\004\024\000\000\000' >in/cut.npz
dem 4 'cut.npz' cut.npz
printf 'II*\000\377\377\000\000' >in/cut.tif
dem 4 'cut.tif' cut.tif

sky 4 'gone.hdr' gone.hdr
for file in letter.hdr letter.exr letter.txt empty.hdr zero.png; do
    sky 4 "$file" $file
done
printf '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 8\nshort' >in/cut.hdr
sky 4 'cut.hdr' cut.hdr
printf '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 65536 +X 65536\nshort' >in/huge.hdr
sky 4 'huge.hdr' huge.hdr
flat() { # flat FILE WIDTH HEIGHT EXPONENT: a grey map; the exponent in octal
    printf '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %s +X %s\n' "$3" "$2" >"in/$1"
    pixels=$(($2 * $3))
    while [ $pixels -gt 0 ]; do
        printf '\200\200\200\'"$4"
        pixels=$((pixels - 1))
    done >>"in/$1"
}
flat wide.hdr 9 4 201
sky 4 "wide.hdr
9 x 4 pixels
twice as wide as high" wide.hdr
flat black.hdr 8 4 000
sky 4 "black.hdr
gives 0 lx
upper 2 rows" black.hdr
flat even.hdr 8 4 201
script 4 "even.hdr
neutralize_sun finds no sun
100 times or more" --set "sky=$work/in/even.hdr" <<'END'
local scene = orrery.scene()
scene:environment{ source = "hdri", hdri = orrery.param{ name = "sky", type = "asset", doc = "A sky" }, neutralize_sun = true }
return require("sequence")(scene)
END
script 4 "script.lua:1:
neutralize_sun finds no sun" --set "sky=$work/in/even.hdr" <<'END'
orrery.hdri_info{ path = orrery.param{ name = "sky", type = "asset", doc = "A sky" }, neutralize_sun = true }
END

# What properties of a node come to together is found when the scene is posed: still at the line that made it.
script 5 "script.lua:2:
both flux_lm (800) and intensity_cd (60)" <<'END'
local scene = orrery.scene()
scene:point{ flux_lm = 800, intensity_cd = 60 }
return require("sequence")(scene)
END
script 5 "script.lua:2:
the sun has both date and elevation_deg" <<'END'
local scene = orrery.scene()
scene:sun{ date = "2026-06-21T18:00Z", latitude_deg = 46.85, longitude_deg = -121.76, elevation_deg = 5 }
return require("sequence")(scene)
END
script 5 "script.lua:2:
neither sun nor moon" <<'END'
local scene = orrery.scene()
scene:atmosphere{}
return require("sequence")(scene)
END

# --- scripts -----------------------------------------------------------------------------------------

bad 4 'gone.lua' render gone.lua --quiet
bad 4 "$work/in" render "$work/in" --quiet
script 5 'script.lua:2:' <<'END'
local a = 1
local = 2
END
script 5 'script.lua:2:
boo' <<'END'
local a = 1
error("boo")
END
script 5 'script.lua:1:
nil' <<'END'
local a = nil + 1
END
script 5 'script.lua
orrery.sequence' <<'END'
orrery.scene()
END
script 5 'script.lua:2:
cycle' <<'END'
local scene = orrery.scene() local a = scene:group{} local b = scene:group{ parent = a } local c = scene:group{ parent = b }
a:set{ parent = c }
return require("sequence")(scene)
END
script 5 "script.lua:1:
did you mean 'radius_m'?" <<'END'
orrery.scene():mesh{ shape = orrery.sphere{ raduis_m = 1 } }
END
script 5 'script.lua:2:' <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, position_m = {0, 0 / 0, 0} }
return require("sequence")(scene)
END
script 5 'script.lua:2:' <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, position_m = function(t) return 0 / 0, 0, 0 end }
return require("sequence")(scene)
END
script 5 'script.lua:2:
late' <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, position_m = function(t) error("late") end }
return require("sequence")(scene)
END

script 5 'script.lua:3: scene:terrain
visible = false' <<'END'
local scene, dem = orrery.scene(), "dem/jacksboro_fault.tif"
scene:terrain{ dem = dem, visible = false } scene:terrain{ dem = dem }
scene:terrain{ dem = dem }
END
script 5 "script.lua:3:
did you mean 'vignette'?" <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{} }
return orrery.sequence{ name = "bad", scene = scene, camera = scene:camera{}, size = {48, 32}, fps = 4, frames = 4, modules = { vignete = true } }
END

# Scripts that never end: loops in Lua stop at the limit, wherever they are.
script 6 'script.lua:1' --timeout 0.3 <<'END'
while true do end
END
script 6 'script.lua:1' --timeout 0.3 <<'END'
while true do pcall(function() while true do end end) end
END
script 6 'script.lua:1' --timeout 0.3 <<'END'
coroutine.wrap(function() while true do end end)()
END
script 6 'script.lua:1' --timeout 0.3 <<'END'
while true do string.rep("x", 1000) end
END
script 6 'script.lua:1' --timeout 0.3 <<'END'
local t = setmetatable({}, {__index = function(t, k) while true do end end}) local x = t.y
END
script 6 'script.lua:2' --timeout 0.3 <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, position_m = function(t) while true do end end }
return require("sequence")(scene)
END
# Inside one call of C no hook is reached: the watchdog ends the program.
script 6 'inside one call' --timeout 0.3 <<'END'
local text = string.rep("a", 40)
return text:find(".-.-.-.-.-.-.-.-b")
END

# --- options -----------------------------------------------------------------------------------------

shot() { # shot CODE TEXTS OPTIONS...
    code=$1 texts=$2
    shift 2
    bad "$code" "$texts" render "$work/in/shot.lua" --quiet "$@"
}
shot 2 "did you mean --frames?" --frame 3
shot 2 'did you mean' --set exposure.evv=3
shot 2 "did you mean 'vignette'?" --enable vignete
shot 2 "did you mean 'strength'?" --set vignette.strenght=1
shot 2 'vignette.strength' --set vignette.strength=lots
shot 2 'vignette.strength' --set vignette.strength=1e9
shot 2 'vignette.strength' --set vignette.strength=nan
shot 2 "there is no AOV 'depht': did you mean 'depth'?" --aovs depht --out 'out/####.exr'
shot 2 '.exr' --aovs depth --out 'out/####.png'
shot 2 '.png or .exr' --out 'out/####.jpg'
shot 2 '.png or .exr' --out 'out/####'
shot 2 '####' --out out/one.png
shot 2 '--frames 4' --frames 4
shot 2 '--frames 3-1' --frames 3-1
shot 2 '--frames x' --frames x
shot 2 '--size 0x0' --size 0x0
shot 2 '65536' --size 70000x10
shot 2 'on this device' --size 65536x10
shot 2 '--samples' --samples 0
shot 2 '--samples' --samples 1e9
shot 2 '65536' --samples 4000000000
shot 2 '--png16' --png16 --out 'out/####.exr'
shot 2 '--exr-compression' --exr-compression zip --out 'out/####.png'
shot 2 'in .png' --contact-sheet sheet.jpg
shot 2 '--shard 3/2' --shard 3/2
shot 2 '--timeout' --timeout -1
shot 2 '--threads' --threads 0
shot 3 "matches 'made up'" --device 'made up'
shot 3 "matches '99'" --device 99
shot 4 'gone.preset' --preset gone.preset
printf 'vignette.strength = 0.5\nvignette.strenght = 1\n' >in/bad.preset
shot 4 "bad.preset:2
did you mean 'strength'?" --preset "$work/in/bad.preset"
VK_DRIVER_FILES=/dev/null VK_ICD_FILENAMES=/dev/null
export VK_DRIVER_FILES VK_ICD_FILENAMES
shot 3 'Vulkan'
unset VK_DRIVER_FILES VK_ICD_FILENAMES

# --- modules -----------------------------------------------------------------------------------------

# A root of our own, with the modules to break in it.
root=$("$orrery" info | sed -n 's/^  root  *//p')
modules=$(dirname "$orrery")/../modules
[ -d "$modules" ] || modules=$(dirname "$orrery")/../lib/orrery/modules
mkdir root && ln -s "$root/shaders" "$root/scripts" "$root/content" root/
fresh() { rm -rf root/modules && mkdir root/modules && cp -r "$modules/exposure" "$modules/tonemap" "$modules/vignette" root/modules/; }
broken() { # broken CODE TEXTS OPTIONS...
    code=$1 texts=$2
    shift 2
    bad "$code" "$texts" render "$work/in/shot.lua" --root "$work/root" --quiet --out 'out/####.png' "$@"
}
fresh
printf 'void main() { colour = vec4(1.0); }\n' >root/modules/vignette/vignette.comp
broken 1 "module 'vignette'
vignette.comp:1:
colour" --enable vignette
fresh
rm root/modules/vignette/vignette.comp
broken 1 "module 'vignette'
vignette.comp" --enable vignette
fresh
sed 's/doc = "darkens/dok = "darkens/' "$modules/vignette/vignette.lua" >root/modules/vignette/vignette.lua
broken 1 "vignette.lua
'dok'" --enable vignette
fresh
printf 'return {\n  name = ,\n}\n' >root/modules/vignette/vignette.lua
broken 1 'vignette.lua:2:' --enable vignette
fresh
head -c 2000 "$modules/tonemap/tonemap.so" >root/modules/tonemap/tonemap.so
broken 1 "tonemap" --set tonemap.operator=aces
broken 1 "role 'tonemap'"

# --- where frames go ---------------------------------------------------------------------------------

: >in/file
shot 1 "$work/in/file" --out "$work/in/file/deep/####.png"
if [ "$(id -u)" != 0 ]; then
    mkdir in/locked && chmod 500 in/locked
    shot 4 'in/locked' --out "$work/in/locked/####.png"
fi
# full: the message and the code of a disk that is full; the frames that are there are whole, and nothing else is.
full() {
    cases=$((cases + 1))
    check 1 '.png
free some space' "$1"
    left=$(find "$2" -name '*.part*')
    [ -z "$left" ] || fail "$1: left behind:" "$left"
    for frame in "$2"/*.png; do
        [ -e "$frame" ] && ! cmp -s "$frame" "whole/${frame##*/}" && fail "$1: $frame is not whole"
    done
}
big="render $work/in/shot.lua --quiet --size 640x360"
# shellcheck disable=SC2086 # words are words
"$orrery" $big --out 'whole/####.png' 2>err || fail "whole: exit code $?"
# shellcheck disable=SC2086
unshare -m sh -c 'mkdir disk && mount -t tmpfs -o size=32k none disk && "$@" 2>err; echo $? >code; cp -r disk copy' \
    sh "$orrery" $big --out 'disk/####.png' 2>/dev/null
if [ -s err ] && [ -d copy ]; then # a machine that lets us mount
    got=$(cat code)
    full 'a full disk' copy
fi
# shellcheck disable=SC2086
(ulimit -f 4 && exec "$orrery" $big --out 'limited/####.png' >/dev/null 2>err)
got=$?
cases=$((cases + 1))
check 1 'limited/' 'a limit on file sizes'
left=$(find limited ! -name '*.orrery' ! -name limited 2>/dev/null)
[ -z "$left" ] || fail "a limit on file sizes: left behind:" "$left"
if [ -e /dev/full ]; then
    "$orrery" api >/dev/full 2>err
    got=$?
    check 1 'standard output' 'a full standard output'
fi

# Stopped in the middle: whole frames, at most .part files beside them, and --resume does the rest.
stop() { # stop SIGNAL FOLDER
    cases=$((cases + 1))
    # shellcheck disable=SC2086
    "$orrery" $big --samples 4 --out "$2/####.png" 2>err &
    pid=$!
    tries=0
    until [ -e "$2/0000.png" ] || [ $tries -gt 600 ]; do sleep 0.05 && tries=$((tries + 1)); done
    kill "-$1" $pid
    wait $pid 2>/dev/null
    got=$?
}
goes_on() { # goes_on FOLDER: what is there is whole, and the rest can be made
    # shellcheck disable=SC2086
    "$orrery" $big --samples 4 --resume --json --out "$1/####.png" >out 2>err || fail "$1: --resume: exit code $?"
    for frame in 0000 0001 0002 0003; do
        cmp -s "$1/$frame.png" "alone/$frame.png" || fail "$1: frame $frame is not whole"
    done
}
# shellcheck disable=SC2086
"$orrery" $big --samples 4 --out 'alone/####.png' 2>err || fail "alone: exit code $?"
stop KILL killed
goes_on killed
stop INT interrupted
case $got in
130) check 130 '--resume' 'SIGINT' ;;
0) ;; # it was quicker than the signal
*) fail "SIGINT: exit code $got" ;;
esac
[ -z "$(find interrupted -name '*.part*')" ] || fail "SIGINT: a partial file"
goes_on interrupted
grep -q '"skipped": 0,' out && fail "interrupted: --resume began anew"

# A run over another's frames, stopped: none of the old ones counts as its own.
# shellcheck disable=SC2086
"$orrery" $big --samples 1 --out 'again/####.png' 2>err || fail "again: exit code $?"
: >again/0000.png.mine && rm again/0000.png
stop KILL again
goes_on again
[ -e again/0000.png.mine ] || fail "again: a file of the user's is gone"

# --- names and places --------------------------------------------------------------------------------

mkdir 'a place ü ☃' && cp in/*.lua 'a place ü ☃/' && cp in/good.gltf 'a place ü ☃/güt [1].gltf'
(cd 'a place ü ☃' && "$orrery" render model.lua --quiet --out 'öut put/f ####.png' --set 'model=güt [1].gltf' --frames 0-1 \
    --stats 'ä/s.json' --contact-sheet 'ö/s.png' 2>"$work/err") || fail "a path with spaces: exit code $?"
for file in 'öut put/f 0000.png' 'öut put/f 0001.png' 'ä/s.json' 'ö/s.png'; do
    [ -s "a place ü ☃/$file" ] || fail "a path with spaces: no $file"
done
# shellcheck disable=SC2086
{
    "$orrery" $big --out 'one/####.png' 2>err.one &
    "$orrery" $big --out 'two/####.png' 2>err.two
    wait $!
}
diff -r one two >/dev/null || fail "two at once: not the same"
diff -r one whole >/dev/null || fail "two at once: not what one alone makes"

[ "$failed" = 0 ] && echo "$cases cases"
exit $failed
