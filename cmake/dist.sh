#!/bin/sh
# Packs an installed tree with the shared libraries it needs. Called by ./dev dist:  dist.sh BUILD OUT
#
# Carried: whatever the program and the modules load, but not the C library (the system's own, always), nor
# libstdc++ and libgcc_s: the Vulkan driver of the system that it runs on brings those and may need newer ones
# than ours, which would be loaded first. The Vulkan loader is opened at run time and belongs to the system too.
set -eu
build=$1 out=$2
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
name=orrery-$version-linux-$(uname -m)
tree=$out/$name
rm -rf "$tree" "$tree.tar.gz"
mkdir -p "$out"
cmake --install "$build" --prefix "$tree" --strip >"$build/install.log" || { cat "$build/install.log" >&2; exit 1; }

libraries=$tree/lib/orrery/lib licences=$tree/share/doc/orrery/licences
mkdir -p "$libraries" "$licences"
find "$tree/bin" "$tree/lib/orrery/modules" -type f \( -name orrery -o -name '*.so' \) -exec ldd {} + |
    awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | LC_ALL=C sort -u |
    grep -Ev '/(libc|libm|libpthread|libdl|librt|libresolv|libutil|libstdc\+\+|libgcc_s)\.so\.[0-9]+$' |
    while read -r library; do
        cp -L "$library" "$libraries/"
        chmod 644 "$libraries/${library##*/}"
        # dpkg knows the file by its real path, or by that of /lib before it became a link.
        for file in "$(readlink -f "$library")" "${library#/usr}"; do
            package=$(dpkg-query -S "$file" 2>/dev/null | sed -n '1s/:.*//p') || true
            [ -z "$package" ] || cp "/usr/share/doc/$package/copyright" "$licences/$package" 2>/dev/null || true
        done
    done
for library in "$libraries"/*; do
    # shellcheck disable=SC2016 # the dynamic linker's own variable
    patchelf --set-rpath '$ORIGIN' "$library"
done

# The same tree gives the same archive: names in order, no owner, the time of the last commit.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$(dirname "$0")" log -1 --format=%ct 2>/dev/null || echo 0)}
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -cf - "$name" | gzip -n -9 >"$tree.tar.gz"
echo "$tree.tar.gz: $(du -h "$tree.tar.gz" | cut -f1), unpacked $(du -sh "$tree" | cut -f1)"
