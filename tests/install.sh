#!/bin/sh
# An installed tree works from wherever it is moved to, and a module builds against its headers alone.
# usage: install.sh BUILD
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "$*"
    exit 1
}

cmake --install "$build" --prefix "$work/first" >"$work/log" 2>&1 || { cat "$work/log"; fail "cmake --install failed"; }
mv "$work/first" "$work/moved"
prefix=$work/moved

"$prefix/bin/orrery" info | grep -q " $prefix/share/orrery\$" || fail "orrery info names another root than the moved tree"
for name in exposure tonemap vignette; do
    "$prefix/bin/orrery" modules | grep -q "^$name " || fail "orrery modules does not list $name"
done
ls "$prefix"/share/orrery/spirv/*.spv >/dev/null || fail "no SPIR-V is installed"
for file in scripts/turntable.lua scripts/flythrough.lua scripts/timelapse.lua content/SOURCES.md shaders/frame.glsl; do
    [ -f "$prefix/share/orrery/$file" ] || fail "$file is not installed"
done

# The guide's own example, against the installed headers.
sed -n '/^```c$/,/^```$/p' "$prefix/share/doc/orrery/docs/module-author.md" | grep -v '^```' >"$work/glow.c"
cc -std=c17 -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror -I "$prefix/include" "$work/glow.c" -o "$work/glow.so" ||
    fail "the example of docs/module-author.md does not build against the installed headers"
echo "the moved tree finds itself"
