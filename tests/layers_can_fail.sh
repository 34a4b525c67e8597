#!/bin/sh
# Proves that tests/layers.sh finds what it is for: each line below is one breach, and one file without any.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect pass|breach FILE LINE: a tree of that one file with that one line.
expect() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/engine" "$work/tree/modules" "$work/tree/$(dirname "$2")"
    printf '%s\n' "$3" >"$work/tree/$2"
    if sh "$here/layers.sh" "$work/tree" >"$work/said" 2>&1; then got=pass; else got=breach; fi
    if [ $got = "$1" ] && { [ $got = pass ] || grep -q "^$2:1: " "$work/said"; }; then return 0; fi
    echo "$2 with '$3': expected $1, got $got:"
    cat "$work/said"
    exit 1
}

expect pass engine/render/x.c '#include "gpu/gpu.h"'
expect pass engine/cli/x.c '#include "base/text.h"'
expect pass engine/gpu/x.c '#include <volk.h>'
expect pass modules/fog/fog.c '#include "orrery/module.h"'
expect pass modules/fog/fog.c '#include <math.h>'
expect breach engine/base/x.c '#include "jobs/jobs.h"'
expect breach engine/vfs/x.c '#include "image/image.h"'
expect breach engine/scene/x.h '#  include "render/target.h"'
expect breach engine/render/x.c '#include "gpu/gpu_private.h"'
expect breach engine/host/x.c '#include <lua.h>'
expect breach engine/render/x.c '#include <vulkan/vulkan.h>'
expect breach engine/resource/x.c '#include <glslang/Include/glslang_c_interface.h>'
expect breach engine/image/x.c '#include <physfs.h>'
expect breach engine/space/x.c '#include <unistd.h>'
expect breach engine/base/x.c '#include <curl/curl.h>'
expect breach engine/base/x.c '#include "../gpu/gpu.h"'
expect breach engine/base/x.c '#include HEADER'
expect breach engine/nowhere/x.c '#include <stdio.h>'
expect breach engine/include/orrery/x.h '#include "base/text.h"'
expect breach engine/include/orrery/x.h '#include <pthread.h>'
expect breach modules/fog/fog.c '#include "base/text.h"'
expect breach modules/fog/fog.c '#include <vulkan/vulkan.h>'
echo "layers.sh told 22 samples apart"
