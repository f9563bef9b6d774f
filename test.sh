#!/bin/sh
# Installs what is missing, builds into build/, runs all tests, and closes with the line
# "N passed, M failed".
set -u
cd "$(dirname "$0")" || exit 1
. tools/steps.sh

need_tests || exit 1
say "building"
configure build -Dtests=true -Dexamples=true && compile build || exit 1
say "testing"
run_tests build
finish
