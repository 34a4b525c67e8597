#!/bin/sh
# Compiles the layers without outside libraries for Windows, with the warnings of every other build. Nothing is
# linked or run: this keeps the Windows files from rotting on machines that never see Windows.
# Usage: tests/check_mingw.sh [LAYER…]   (default: base jobs space)
set -eu
cd "$(dirname "$0")/.."
cc=x86_64-w64-mingw32-gcc
if ! command -v $cc >/dev/null; then
    echo "skipped: $cc is not installed (package gcc-mingw-w64-x86-64)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Only the headers of these two libraries: the rest of /usr/include is for another system.
mkdir "$work/include"
for header in xxhash.h openssl; do
    [ -e "/usr/include/$header" ] && cp -r "/usr/include/$header" "$work/include/"
done
for folder in /usr/include/*-linux-gnu/openssl; do
    [ -d "$folder" ] && cp "$folder"/* "$work/include/openssl/"
done
warnings=$(sed -n '/^set(ORRERY_C_FLAGS/,/)$/p' cmake/OrreryFlags.cmake | sed 's/set(ORRERY_C_FLAGS//; s/)$//')
failed=0
for layer in ${*:-base jobs space}; do
    [ -d "engine/$layer" ] || continue
    for file in engine/"$layer"/*.c engine/"$layer"/platform/*_windows.c engine/"$layer"/platform/*_other.c; do
        [ -f "$file" ] || continue
        # shellcheck disable=SC2086 # the warnings are many words
        $cc -std=c17 -O1 $warnings -D__USE_MINGW_ANSI_STDIO=1 '-DORRERY_VERSION="0"' -Iengine/include -Iengine \
            -isystem "$work/include" -c "$file" -o "$work/out.o" || failed=1
    done
done
[ $failed = 0 ] && echo "compiles for Windows: ${*:-base jobs space}"
exit $failed
