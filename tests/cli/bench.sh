#!/bin/sh
# orrery bench answers in JSON with the members it promises; no time is judged.  usage: bench.sh ORRERY
# Ends with 77 (skipped) where no device is usable, or without python3 to read the JSON.
set -u
orrery=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME="$work/cache"
model=$here/content/models/tetrahedron.gltf
failed=0

command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
cat >shot.lua <<'END'
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, rotation_deg = function(t) return 20, 90 * t, 0 end }
scene:sun{} scene:environment{}
local camera = scene:camera{ rig = orrery.orbit{ radius_m = 4, elevation_deg = 20, duration_s = 2 } }
return orrery.sequence{ name = "shot", scene = scene, camera = camera, size = {48, 32}, fps = 4, frames = 8, modules = { vignette = { strength = 0.3 } } }
END
"$orrery" render shot.lua --frames 0 --out probe.png --quiet 2>err.txt
case $? in
0) ;;
3) echo "skipped: no usable device" && exit 77 ;;
*) cat err.txt && exit 1 ;;
esac

# bench 'EXPRESSION over r' ARGUMENTS...: the answer is JSON for which the Python expression holds.
bench() {
    holds=$1
    shift
    if ! "$orrery" bench "$@" --json >out.json 2>err.txt; then
        echo "orrery bench $* fails:"
        cat err.txt out.json
        failed=1
    elif ! python3 -c 'import json, sys
r = json.load(open("out.json"))
sys.exit(not eval(sys.argv[1]))' "$holds"; then
        echo "orrery bench $*: not true of its answer: $holds"
        cat out.json
        failed=1
    fi
}

none=orrery-no-such-peer
bench 'r["bench"] == "cold" and r["orrery"]["wall_s"]["min"] > 0 and r["orrery"]["peak_rss_bytes"]["median"] > 1e6 and "skipped" in r and "peer" not in r' \
    cold --model "$model" --peer $none --repeats 1 --size 32x18
# Any program will do as a peer: this one is called with f3d's arguments.
printf '#!/bin/sh\nexit 0\n' >peer && chmod +x peer
DISPLAY=:0 bench 'all(r["ratio"][k] > 0 for k in ("wall", "cpu", "peak_rss")) and "skipped" not in r and r["pairs"] == 2' \
    cold --model "$model" --peer "$work/peer" --repeats 2 --size 32x18
DISPLAY=:0 bench 'r["frames"] == 36 and r["ratio"] > 0' turntable --model "$model" --peer "$work/peer" --repeats 1 --size 32x18
bench '[s["format"] for s in r["sequences"]] == ["png", "exr"] and all(s["wall_to_sum"] > 0 and s["wall_to_max"] > 0 and s["frames"] == 3 for s in r["sequences"])' \
    sequence --script shot.lua --repeats 3 --size 48x32
bench 'r["copy_gb_per_s"] > 0 and {p["pass"]: p["bytes"] for p in r["scripts"]["shot"]["passes"]}["encode"] == 48 * 32 * (8 + 4) and all(p["ms"]["min"] <= p["ms"]["median"] <= p["ms"]["max"] for p in r["scripts"]["shot"]["passes"])' \
    passes --script shot.lua --repeats 2 --size 48x32
bench '[(p["pass"], p["bytes"]) for p in r["passes"]] == [("accumulate", 64 * 64 * 40), ("histogram", 64 * 64 * 16), ("white_balance.main", 64 * 64 * 24), ("tonemap.main", 64 * 64 * 16), ("vignette.main", 64 * 64 * 16), ("encode", 64 * 64 * 12), ("histogram, half, 64x64", 64 * 64 * 8)] and all("over_copy" in p for p in r["passes"])' \
    pointwise --script shot.lua --repeats 4 --size 64x64
bench 'r["frames"] == 12 and r["early_frame"] == 10 and r["rss"]["end_bytes"] > 0 and r["gpu"]["peak_bytes"] > 0' \
    memory --script shot.lua --repeats 12 --size 32x32
bench '"result" in r or "skipped" in r' jobs
bench '"skipped" in r and r["ldr"]["type"] == "u8" and r["hdr"]["type"] == "f16" and all(r[k]["wall_s"]["min"] > 0 and 0 < r[k]["flip"] < 1 and "ratio" not in r[k] for k in ("ldr", "hdr"))' \
    compare --peer $none --repeats 2 --size 64x36
# A peer that has the module, and answers.
printf '#!/bin/sh\ncase $2 in *find_spec*) exit 0 ;; esac\necho "{\\"flip\\": 0.25, \\"wall_s\\": [2, 1]}"\n' >flip && chmod +x flip
bench '"skipped" not in r and all(abs(r[k]["flip"] - 0.25 - r[k]["flip_off_peer"]) < 1e-6 and abs(r[k]["wall_s"]["median"] / 1.5 - r[k]["ratio"]) < 1e-6 for k in ("ldr", "hdr"))' \
    compare --peer "$work/flip" --repeats 2 --size 64x36
bench 'r["lights"] == 1000 and 7 < r["lights_a_pixel"] < 9 and r["pixels_of_floor"] > 0.99 and all(r[k]["lighting_ms"]["min"] > 0 for k in ("clustered", "every_light"))' \
    light --repeats 1 --size 64x36
export ORRERY_BENCH_MIB=2
bench '"skipped" in r or (r["files"] == 12 and r["bundle_bytes"] > 2 << 20 and r["ratio"]["median"] > 0)' bundle --repeats 2
bench 'set(r) == {"bench", "cold", "turntable", "sequence", "passes", "pointwise", "memory", "jobs", "compare", "bundle", "check", "sky", "light"} and "skipped" in r["cold"] and r["memory"]["frames"] == 2' \
    all --script shot.lua --repeats 2 --size 32x32
"$orrery" bench cold >out.txt 2>err.txt
[ $? -eq 2 ] && grep -q -- --model err.txt || { echo "bench cold without a model is not wrong usage"; failed=1; }
"$orrery" bench memory --script shot.lua --repeats 2 --size 32x32 2>&1 | grep -q '^frames  *2' || { echo "no table"; failed=1; }
find "$work/cache" -path '*bench*' -type f | grep . && { echo "files were left behind"; failed=1; }
exit $failed
