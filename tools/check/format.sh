#!/bin/sh
# Every source is as clang-format would have it; `clang-format -i FILE` makes it so.
cd "$(dirname "$0")/../.." || exit 1
status=0
for file in $(git ls-files '*.c' '*.h' '*.cc'); do
    [ -f "$file" ] || continue
    lines=$(clang-format --style=file "$file" | diff "$file" - | grep -c '^<')
    [ "$lines" -eq 0 ] || { echo "$file: $lines lines differ"; status=1; }
done
exit $status
