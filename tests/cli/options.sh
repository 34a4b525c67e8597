#!/bin/sh
# What the program says and how it exits: no device is needed for any of it.  usage: options.sh ORRERY
set -u
orrery=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect CODE TEXT ARGUMENTS...: the exit code, and a text that stdout or stderr must have.
expect() {
    code=$1 text=$2
    shift 2
    "$orrery" "$@" >out 2>err
    got=$?
    if [ "$got" -ne "$code" ]; then
        echo "orrery $*: exit code $got, not $code"
        cat out err
        failed=1
    elif ! cat out err | grep -qF -- "$text"; then
        echo "orrery $*: does not say: $text"
        cat out err
        failed=1
    fi
}

printf 'local n = orrery.param{ name = "count", def = 3, min = 1, max = 9, doc = "How many" }\nprint("count", n, unpack(orrery.args))\n' >ask.lua
printf 'local a = orrery.param{ name = "file", type = "asset", doc = "A file" }\norrery.scene():model{ path = a }\n' >model.lua
printf 'error("boo")\n' >bad.lua
printf 'while true do pcall(function() while true do end end) end\n' >endless.lua
printf 'count = 5\n' >good.preset
printf 'count = 5\ncuont = 6\n' >bad.preset

expect 2 'usage: orrery COMMAND'
expect 0 'usage: orrery COMMAND' --help
expect 0 'usage: orrery render' render --help
expect 0 'usage: orrery diff' help diff
expect 0 'orrery 0.' version
expect 0 '"orrery": "0.' version --json
expect 2 "did you mean 'render'?" rendr
expect 2 '`orrery bundle` is several commands' bundle
expect 0 'bundle verify' bundle --help
expect 0 '--no-render' bundle verify --help
expect 0 'usage: orrery bundle pack' help bundle pack
expect 2 'there is no command' bundle packk
expect 2 'does not take --device' bundle pack a.lua --device cpu
expect 2 'did you mean --frames?' render --frame 3
expect 2 'does not take --frames' run ask.lua --frames 3
expect 2 '--size 640: it takes WxH' render --size 640
expect 2 '--size 0x5' render --size 0x5
expect 2 '--shard 3/2' render --shard 3/2
expect 2 '--threads' render --threads none
expect 2 '--seed' render --seed -1
expect 2 '--light-cutoff 2: it takes PART' render --light-cutoff 2
expect 2 '--resume takes no value' render --resume=1
expect 2 '--out needs PATTERN' render --out
expect 2 '--out is empty' render --out=
expect 2 'one word too many' render a b
expect 2 'usage: orrery diff A B' diff a
expect 2 'usage: orrery run SCRIPT' run

expect 0 'count	3' run ask.lua
expect 0 'count	4	x	--y' run ask.lua --set count=4 x -- --y
expect 0 'count	4' run ask.lua --set=count=9 --set count=4
expect 0 'count	5' run ask.lua --preset good.preset
expect 0 'count	7' run ask.lua --preset good.preset --set count=7
expect 0 'count	5' run ask.lua --set count=7 --preset good.preset
expect 0 'count=3' run ask.lua --help
expect 0 'How many (f64, 1 to 9)' render ask.lua --help
expect 0 '"name": "count"' render ask.lua --help --json
expect 0 '"name": "contact-sheet", "argument": "FILE"' render --help --json
expect 0 '"name": "render", "words": "[SCRIPT]"' --help --json
expect 0 'file=…' run model.lua --help
expect 2 "did you mean 'count'?" run ask.lua --set cuont=4
expect 4 "bad.preset:2: the script has no parameter 'cuont': did you mean 'count'?" run ask.lua --preset bad.preset
expect 2 'between 1 and 9' run ask.lua --set count=44
expect 2 '--set count: write --set name=value' run ask.lua --set count
expect 2 'the script needs --set file=' run model.lua
expect 4 'gone.glb' run model.lua --set file=gone.glb
expect 4 'gone.preset' run ask.lua --preset gone.preset
expect 4 'gone.lua' run gone.lua
expect 5 'bad.lua:1: boo' run bad.lua
expect 5 '"error": "script"' run bad.lua --json
expect 6 'endless.lua:1' run endless.lua --timeout 0.2
expect 4 "cannot read 'a'" diff a b

expect 0 '"caches": {"shaders": {"files": 0, "bytes": 0}' info --json --no-cache
expect 0 'of SPIR-V' info
expect 0 'vignette' modules
expect 0 '"name": "vignette"' modules --json
expect 0 'vignette.strength' params vignette
expect 0 'command line' params vignette --set vignette.strength=0.1
expect 2 "did you mean 'vignette'?" params vignete

printf 'vignette.strength = 0.25\nenable = vignette\n' >dark.preset
printf 'local s = orrery.scene()\norrery.param{ name = "count", def = 3, min = 1, max = 9, doc = "How many" }\nreturn orrery.sequence{ name = "x", scene = s, camera = s:camera{}, modules = { exposure = { compensation_ev = function(t) return t end }, vignette = { strength = 0.5 } } }\n' >moving.lua
expect 0 'script (animated)' params exposure --script moving.lua
expect 0 '0.5                  script ' params vignette --script moving.lua
expect 0 '0.25                 preset dark.preset ' params vignette --script moving.lua --preset dark.preset
expect 0 '0.75                 command line ' params vignette --script moving.lua --preset dark.preset --set vignette.strength=0.75
expect 0 '0.25                 preset dark.preset ' params vignette --script moving.lua --set vignette.strength=0.75 --preset dark.preset
expect 0 '5                    preset good.preset ' params --script moving.lua --preset good.preset
expect 0 'it beats the script' render --help
expect 2 "did you mean 'strength'?" params --set vignette.strenght=1
expect 2 "did you mean 'vignette'?" params --enable vignete
expect 0 'How many' params --script ask.lua --set count=4
expect 0 '"name": "scene:mesh"' api --json
expect 0 '---@class orrery.scene' api --stubs
expect 0 '### `scene:mesh' api --markdown
expect 0 'modules' space ls /apps/orrery
expect 2 'ls, get or dump' space cat /
expect 2 "did you mean 'passes'?" bench passe
expect 2 'completion for bash' completion fish

# JSON for machines is JSON.
if command -v python3 >/dev/null; then
    for words in 'info --json' '--help --json' 'help diff --json' 'render --help --json' 'render ask.lua --help --json' 'params --script ask.lua --json' 'api --json' 'modules --json' 'params --json' 'version --json'; do
        # shellcheck disable=SC2086 # words are words
        "$orrery" $words 2>/dev/null | python3 -c 'import json, sys; json.load(sys.stdin)' || { echo "orrery $words: not JSON"; failed=1; }
    done
fi

# The order of pairs does not differ from run to run.
printf 'local t = {} for w in ("the quick brown fox jumps over a lazy dog"):gmatch("%%a+") do t[w] = true end\nfor k in pairs(t) do io.write(k, " ") end\n' >pairs.lua
first=$("$orrery" run pairs.lua)
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ "$("$orrery" run pairs.lua)" = "$first" ] || { echo "pairs: another order"; failed=1; }
done
exit $failed
