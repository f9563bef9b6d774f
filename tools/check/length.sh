#!/bin/sh
# Files have at most 600 lines, functions 80, lines 100 columns; MAML for any module has 60 lines.
cd "$(dirname "$0")/../.." || exit 1
files=$(git ls-files '*.c' '*.h' '*.cc')
status=0
long=$(wc -l $files | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines, at most 600" }')
functions=$(ctags -x --languages=C,C++ --kinds-C=f --kinds-C++=f \
    --_xformat='%{line} %{end} %N %F' $files |
    awk '$2 - $1 + 1 > 80 { print $4 ": " $3 " has " $2 - $1 + 1 " lines, at most 80" }')
wide=$(LC_ALL=C.UTF-8 awk 'length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns" }' $files)
maml=$(wc -l <examples/03_maml.c) # none, if the shell has told that it is missing
[ "${maml:-99}" -le 60 ] && maml= || maml="examples/03_maml.c: ${maml:-no} lines, at most 60"
for found in "$long" "$functions" "$wide" "$maml"; do
    [ -z "$found" ] || { printf '%s\n' "$found"; status=1; }
done
exit $status
