#!/bin/sh
# Every source is as clang-format would have it.
cd "$(dirname "$0")/../.." || exit 1
git ls-files '*.c' '*.h' '*.cc' | while read -r file; do [ -f "$file" ] && echo "$file"; done |
    xargs clang-format --dry-run -Werror --style=file
