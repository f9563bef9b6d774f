#!/bin/sh
# Every C file is named in its folder's meson.build or in one above it; nothing is left out
# of the build by accident. Files that a script builds are named in the script.
cd "$(dirname "$0")/../.." || exit 1
status=0
for file in $(git ls-files '*.c'); do
    case $file in tests/install/*) continue ;; esac # built by its scripts
    folder=$(dirname "$file")
    inside=$(basename "$file")
    found=
    while [ "$folder" != . ]; do
        for list in "$folder/meson.build" "$folder"/*.sh; do
            [ -f "$list" ] || continue
            grep -q -e "'$inside'" -e "'${inside%.c}'" -e "/${inside%.c}\$" "$list" && found=1
        done
        inside=$(basename "$folder")/$inside
        folder=$(dirname "$folder")
    done
    [ -n "$found" ] || { echo "$file: in no meson.build"; status=1; }
done

# Criterion's timer of a test leaks now and then, which LSan then reports; meson has one.
grep -rn --include='*.c' -E '\.timeout *=' tests && {
    echo "a test with a timeout of Criterion's: tests/meson.build has one for its program"
    status=1
}
exit $status
