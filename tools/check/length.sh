#!/bin/sh
# Files have at most 600 lines, functions 80, lines 100 columns.
cd "$(dirname "$0")/../.." || exit 1
files=$(git ls-files '*.c' '*.h' '*.cc')
status=0
long=$(wc -l $files | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines, at most 600" }')
functions=$(ctags -x --languages=C,C++ --kinds-C=f --kinds-C++=f \
    --_xformat='%{line} %{end} %N %F' $files |
    awk '$2 - $1 + 1 > 80 { print $4 ": " $3 " has " $2 - $1 + 1 " lines, at most 80" }')
wide=$(LC_ALL=C.UTF-8 awk 'length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns" }' $files)
for found in "$long" "$functions" "$wide"; do
    [ -z "$found" ] || { printf '%s\n' "$found"; status=1; }
done
exit $status
