#!/bin/sh
# Checks the #include lines of engine/ and modules/ against the layers: who may use whom, and where a library lives.
# Usage: tests/layers.sh [ROOT]      Prints file:line: reason for each breach; exit code 1 when there is one.
set -eu
cd "${1:-$(dirname "$0")/..}"
find engine modules \( -name '*.c' -o -name '*.h' -o -name '*.cpp' \) -print | LC_ALL=C sort | xargs awk '
# layer: the layers it names; what those may use is its own too. docs/architecture.md explains the table.
BEGIN {
    uses["include"] = ""
    uses["base"] = ""
    uses["jobs"] = "base"
    uses["space"] = "base jobs"
    uses["vfs"] = "base"
    uses["image"] = "base jobs vfs"
    uses["gpu"] = "base jobs vfs"
    uses["resource"] = "gpu image vfs space jobs"
    uses["scene"] = "resource space"
    uses["render"] = "scene gpu resource"
    uses["host"] = "render"
    uses["bundle"] = "vfs jobs"
    uses["check"] = "host"
    uses["script"] = "host check bundle"
    uses["cli"] = "script"
    for (l in uses) close_over(l, l)

    n = split("assert ctype errno fenv float inttypes limits locale math setjmp signal stdalign stdarg stdatomic " \
        "stdbool stddef stdint stdio stdlib stdnoreturn string time uchar wchar wctype", libc, " ")
    for (i = 1; i <= n; i++) standard[libc[i] ".h"] = 1

    # A library: the one layer that may include its headers, as a pattern over the name between < and >.
    home["^(lua|lualib|lauxlib|luaconf|luajit)\\.h$"] = "script"
    home["^(vulkan/|volk\\.h$|vk_|glslang/|spirv|SPIRV)"] = "gpu"
    home["^physfs\\.h$"] = "vfs"
    home["^(png|jpeglib|jerror|jpegint|tiff|tiffio|xtiffio|openexr.*|tinyexr|stb_image)\\.h$"] = "image"
    home["^zlib\\.h$"] = "image bundle"
    home["^geo[a-z_]*\\.h$"] = "image"
    home["^jansson\\.h$"] = "resource render bundle check cli"
    home["^sodium(\\.h|/)"] = "bundle"
    home["^(xxhash\\.h$|openssl/)"] = "base"
    home["^pthread\\.h$"] = "base image" # image: once, around the libtiff hook
    home["^(unistd|fcntl|dlfcn|elf|link|dirent|sched|spawn|pwd|poll|seccomp|sys/.*|mach/.*|mach-o/.*)(\\.h)?$"] = "base"
    home["^(windows|io|process|psapi|direct|shlobj)\\.h$"] = "base"
}

function close_over(top, l,    parts, n, i) {
    may[top, l] = 1
    n = split(uses[l], parts, " ")
    for (i = 1; i <= n; i++) close_over(top, parts[i])
}

function breach(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}

function quoted(name,    first, rest) {
    if (name ~ /^orrery\/[a-z0-9_]+\.h$/) return
    first = name
    if (!sub(/\/.*/, "", first)) return breach("\"" name "\": write the path from engine/, as in \"base/text.h\"")
    if (module) return breach("\"" name "\": a module sees the public headers (orrery/*.h) and libc alone")
    if (layer == "include") return breach("\"" name "\": a public header includes public headers and libc alone")
    if (!(first in uses)) return breach("\"" name "\": there is no layer " first)
    if (!((layer, first) in may)) return breach("\"" name "\": " layer " may not use " first)
    rest = name
    sub(/.*\//, "", rest)
    if (first != layer && rest ~ /(private|internal)\.h$/) breach("\"" name "\" is private to " first)
}

function angled(name,    pattern) {
    if (name in standard) return
    if (module || layer == "include") return breach("<" name ">: public headers and libc alone here")
    for (pattern in home) {
        if (name !~ pattern) continue
        if (index(" " home[pattern] " ", " " layer " ") == 0) breach("<" name "> belongs to engine/" home[pattern] " alone, not to " layer)
        return
    }
    breach("<" name ">: no layer owns this header; give it one in tests/layers.sh")
}

FNR == 1 {
    split(FILENAME, path, "/")
    module = path[1] == "modules"
    layer = module ? "" : path[2]
    if (!module && !(layer in uses)) breach("engine/" layer " is no layer; add it to tests/layers.sh")
}
/^[ \t]*#[ \t]*include/ {
    line = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
    if (line ~ /^"[^"]+"/) { split(line, part, "\""); quoted(part[2]) }
    else if (line ~ /^<[^>]+>/) { sub(/^</, "", line); sub(/>.*/, "", line); angled(line) }
    else breach("a computed include cannot be checked: write the name")
}
END { exit bad }
' || exit 1
