# data.sh -- a small data set of IDX files, and a network with random numbers, statistics and
# optimizer state in it; read by the scripts beside it. It sets `here`, a folder that goes away.
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

# The digits of consecutive numbers, as bytes: images of no meaning, the same everywhere.
bytes() { # count, first number
    seq "$2" $(($2 + $1)) | tr -d '\n' | head -c "$1"
}

idx() { # name, examples (below 256), first number
    count=$(printf '\\000\\000\\000\\%03o' "$2")
    printf '\000\000\010\003'"$count"'\000\000\000\010\000\000\000\010' \
        >"$here/data/$1-images-idx3-ubyte"
    bytes $(($2 * 64)) "$3" | tr '0-9' '\000\031\062\113\144\175\226\257\310\341' \
        >>"$here/data/$1-images-idx3-ubyte"
    printf '\000\000\010\001'"$count" >"$here/data/$1-labels-idx1-ubyte"
    bytes "$2" "$3" | tr '0-9' '\000-\011' >>"$here/data/$1-labels-idx1-ubyte"
}

mkdir "$here/data"
idx train 200 1000
idx t10k 50 5000
cat >"$here/net.json" <<'NET'
{"kind": "Sequential", "children": {
    "conv": {"kind": "Conv2d", "out_channels": 6, "kernel_size": 3},
    "norm": {"kind": "BatchNorm2d"}, "relu": {"kind": "ReLU"},
    "pool": {"kind": "MaxPool2d", "kernel_size": 2}, "flat": {"kind": "Flatten"},
    "drop": {"kind": "Dropout", "p": 0.25}, "fc": {"kind": "Linear", "out_features": 10}}}
NET
