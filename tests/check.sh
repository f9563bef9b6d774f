# check.sh -- what the test scripts share: `here`, a folder that goes away, checks that are counted,
# and `finish`, their sum. Read by scripts one folder below.
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
passed=0
failed=0

# What a command said is in $here/last.log afterwards.
check() { # what, command...
    what=$1
    shift
    if "$@" >"$here/check.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $what" >&2
        cat "$here/check.log" >&2
    fi
    mv "$here/check.log" "$here/last.log"
}

# For check: a command that must fail; what it said is in $here/fails.out and $here/fails.err.
fails() { # status, what is said, command...
    status=$1
    said=$2
    shift 2
    "$@" >"$here/fails.out" 2>"$here/fails.err"
    got=$?
    cat "$here/fails.err"
    [ $got -eq "$status" ] && grep -q -- "$said" "$here/fails.err"
}

differ() {
    ! cmp -s "$1" "$2"
}

lines() { # file, pattern, count
    got=$(grep -c -- "$2" "$1")
    echo "$got lines with $2, expected $3"
    [ "$got" -eq "$3" ]
}

finish() { # name
    echo "$1: $passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
