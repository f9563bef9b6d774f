#!/bin/sh
# A layer's file is copied out of the tree, renamed, built against the installed library, and
# trained with: layers use public headers alone.
#     layer.sh BUILD SOURCE
set -eu
build=$1
source=$2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
meson install -C "$build" --no-rebuild --destdir "$here" >"$here/log" 2>&1 || { cat "$here/log"; exit 1; }
pc=$(find "$here" -name espalier.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$libdir/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$here" LD_LIBRARY_PATH="$libdir"
for layer in linear batch_norm conv dropout multihead_attention graph sequential residual; do
    sed 's/epl_kind_/my_kind_/g; s/\.name = "/.name = "My/' "$source/functional/nn/$layer.c" >"$here/my_$layer.c"
done
cc -std=c11 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags espalier) "$here"/my_*.c \
    "$source/tests/install/layer.c" $(pkg-config --libs espalier) -lm -o "$here/layer"
"$here/layer"
