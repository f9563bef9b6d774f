# steps.sh -- what test.sh, demo.sh and .ci/run share; read by them from the project's root.
#
# On Debian, what is missing is installed with apt (as root, or by sudo). Where nothing is
# missing, nothing is asked of the network. Elsewhere the tools must be there already.

say() {
    printf '\n== %s\n' "$*"
}

have_package() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the named packages that are missing.
need() {
    command -v dpkg-query >/dev/null 2>&1 || return 0
    missing=
    for package in "$@"; do
        have_package "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "missing:$missing (install them as root, or install sudo)" >&2
            return 1
        }
        as_root=sudo
    fi
    say "installing:$missing"
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends -o Dpkg::Use-Pty=0 $missing >/dev/null </dev/null || {
        echo "could not install:$missing" >&2
        return 1
    }
}

need_build() {
    need gcc libc6-dev meson ninja-build pkg-config zlib1g-dev libcjson-dev || return 1
    if [ "$(uname -m)" = x86_64 ]; then
        need libblis-serial-dev libxsmm-dev
    fi
}

need_tests() {
    need_build && need libcriterion-dev g++
}

# Configures a build folder, once; later calls only change options that differ.
#     configure FOLDER [meson options]
configure() {
    folder=$1
    shift
    if [ -f "$folder/build.ninja" ]; then
        meson configure "$folder" "$@" >/dev/null && return 0
    fi
    if [ -e "$folder" ]; then # made by another meson, or half made
        [ -d "$folder/meson-private" ] || {
            echo "$folder is in the way: not a build folder" >&2
            return 1
        }
        rm -rf "$folder"
    fi
    log=$(meson setup "$folder" "$@" 2>&1) || {
        printf '%s\n' "$log" >&2
        return 1
    }
}

# Compiles quietly; the output is shown if it fails.
#     compile FOLDER [targets]
compile() {
    folder=$1
    shift
    if ! ninja -C "$folder" "$@" >"$folder/compile.log" 2>&1; then
        grep -v '^\[' "$folder/compile.log" | tail -n 200 >&2
        return 1
    fi
}

# Adds up all that the tests of a run have counted: Criterion's own summary, lines of the
# form "name: N passed, M failed", and 1 for a test that does not count. A test that ends
# badly without a failure of its own (a crash, a time-out) is a failure.
#     count_tests LOG   prints "PASSED FAILED"
count_tests() {
    awk '
        function finish() {
            if (name == "") return
            if (!is_counted && is_good) p++
            if (!is_good && f == 0) f = 1
            passed += p; failed += f
            name = ""; p = 0; f = 0; is_counted = 0; is_good = 0
        }
        /^test: / { finish(); name = $0 }
        /^result: / && $0 ~ /exit status 0/ { is_good = 1 }
        /Synthesis: Tested: [0-9]+/ {
            split($0, part, /(Tested|Passing): /)
            tested = part[2] + 0; passing = part[3] + 0
            p += passing; f += tested - passing; is_counted = 1
        }
        /^[^ ]+: [0-9]+ passed, [0-9]+ failed$/ { p += $2; f += $4; is_counted = 1 }
        END { finish(); print passed + 0, failed + 0 }
    ' "$1"
}

total_passed=0
total_failed=0

# A check of one command: counts as one test.
#     check NAME COMMAND...
check() {
    name=$1
    shift
    if "$@"; then
        total_passed=$((total_passed + 1))
    else
        total_failed=$((total_failed + 1))
        echo "failed: $name" >&2
    fi
}

# Runs the tests of a build folder and adds to the totals.
#     run_tests FOLDER [meson test options]
run_tests() {
    folder=$1
    shift
    ran=$folder/meson-logs/testlog.txt
    rm -f "$ran"
    meson test -C "$folder" --no-rebuild --print-errorlogs "$@" || true
    if [ ! -f "$ran" ]; then
        total_failed=$((total_failed + 1))
        return
    fi
    counts=$(count_tests "$ran")
    total_passed=$((total_passed + ${counts% *}))
    total_failed=$((total_failed + ${counts#* }))
}

# The closing line, and the exit status.
finish() {
    printf '\n%d passed, %d failed\n' "$total_passed" "$total_failed"
    [ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
}
