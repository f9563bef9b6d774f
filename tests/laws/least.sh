#!/bin/sh
# What is printed of a random function that breaks a law: the least function that still does, with
# the operation that is wrong in it. For this test alone the program has such an operation.
#     least.sh LAW_GRAPHS SAMPLES
set -u
graphs=$1
samples=$2
. "$(dirname "$0")/../check.sh"

least() { # the nodes of the least graph, those of bodies too
    sed -n '/^the least graph of seed/,$s/^ *%[0-9]* = //p' "$here/out"
}

breaks() { # most nodes that may be left, and what must be in one of them, seed [pieces]
    most=$1
    has=$2
    shift 2
    check "$*: holds without it" "$graphs" "$samples" "$@"
    "$graphs" "$samples" "$@" wrong >"$here/out" 2>&1
    check "$*: the exit status" test $? -eq 1
    check "$*: the graph and its law" grep -q "^jvp of graph $1, smooth.*: J v of result" "$here/out"
    check "$*: the sum" grep -q '^jvp: 0 passed, 1 failed$' "$here/out"
    few=$(least | grep -c .)
    all=$(sed '/^the least/,$d' "$here/out" | grep -c '^ *%[0-9]* = ')
    echo "$*: $few nodes of $all"
    check "$*: at most $most of $all nodes are left: $few" test "$few" -le "$most" -a "$few" -lt "$all"
    least >"$here/least"
    check "$*: the wrong operation is among them" grep -q '^wrong_atan ' "$here/least"
    check "$*: $has is, too" grep -q "^$has" "$here/least"
}

breaks 2 input 6
breaks 2 input 21
breaks 2 input 15 pieces # 233 nodes in pieces, none of which is needed
breaks 60 scan 2 pieces  # only in a loop, whose steps are printed
finish least
