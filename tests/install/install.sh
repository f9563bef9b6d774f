#!/bin/sh
# Installs a build into a folder of its own and uses it as a stranger would: programs in C11 and
# C++17, with the shared and the static library, told by pkg-config alone how to build.
#     install.sh BUILD SOURCE
set -u
build=$1
source=$2
. "$(dirname "$0")/../check.sh"

only_epl() {
    bad=$(nm -D --defined-only "$1" | awk '$3 !~ /^epl_[a-z0-9]/ { print $3 }')
    [ -z "$bad" ] || { echo "exported: $bad"; return 1; }
}

check "meson install" meson install -C "$build" --no-rebuild --destdir "$here"
pc=$(find "$here" -name espalier.pc)
check "espalier.pc is installed" test -n "$pc"
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$libdir/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$here"
export LD_LIBRARY_PATH="$libdir"
cflags=$(pkg-config --cflags espalier)
shared=$(pkg-config --libs espalier)
# The sysroot is for our own folders; the system's stay where they are.
static=$(pkg-config --static --libs espalier | sed "s|-L$here/usr/lib|-L/usr/lib|g")

check "versions agree" test "$(pkg-config --modversion espalier)" = \
    "$(sed -n "s/^    version: '\(.*\)',/\1/p" "$source/meson.build" | head -1)"
check "the soname has a number" test -e "$libdir/libespalier.so.0"
check "exported symbols begin with epl_" only_epl "$libdir/libespalier.so"
c11="cc -std=c11 -Wall -Wextra -Wpedantic -Werror"
cxx="c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror"
program=$source/tests/install/program
check "C11, shared: build" $c11 $cflags "$program.c" $shared -o "$here/c"
check "C11, shared: run" "$here/c"
check "C++17, shared: build" $cxx $cflags "$program.cc" $shared -o "$here/cc"
check "C++17, shared: run" "$here/cc"
check "C11, static: build" $c11 $cflags "$program.c" "$libdir/libespalier.a" \
    $(echo "$static" | sed 's|-lespalier||g') -o "$here/static"
check "C11, static: run" env -u LD_LIBRARY_PATH "$here/static"
# What the README and CONTRIBUTING show is what there is.
code() { # of a text: its first block of C
    sed -n '/^```c$/,/^```$/{/^```/d;p}' "$1"
}
code "$source/README.md" >"$here/readme.c"
check "README's program: build" $c11 $cflags "$here/readme.c" $shared -o "$here/readme"
check "README's program: run" "$here/readme"
"$here/readme" >"$here/lines" 2>&1
check "README's program: ten losses that fall" awk '
    { number = $1 == NR - 1 ":" && (NR == 1 || $2 < last) ? number + 1 : 0; last = $2 }
    END { exit !(number == 10 && last > 0) }' "$here/lines"
code "$source/CONTRIBUTING.md" >"$here/sin.c"
check "CONTRIBUTING's operation" cmp "$here/sin.c" "$source/functional/op/math/sin.c"
for header in "$source"/include/espalier/*.h; do
    name=$(basename "$header")
    check "$name alone, C11" sh -c \
        "echo '#include <espalier/$name>' | $c11 $cflags -fsyntax-only -xc -"
    check "$name alone, C++17" sh -c \
        "echo '#include <espalier/$name>' | $cxx $cflags -fsyntax-only -xc++ -"
done
# A layer's file is copied out of the tree, renamed, and trained with: public headers are enough.
for layer in linear batch_norm conv dropout multihead_attention graph sequential residual; do
    sed 's/epl_kind_/my_kind_/g; s/\.name = "/.name = "My/' "$source/functional/nn/$layer.c" \
        >"$here/my_$layer.c"
done
check "layers outside the tree: build" $c11 $cflags "$here"/my_*.c "$source/tests/install/layer.c" \
    $shared -lm -o "$here/layer"
check "layers outside the tree: run" "$here/layer"
finish install
