# data.sh -- a small data set of IDX files, and a network with random numbers, statistics and
# optimizer state in it; read by the scripts beside it.
. "$(dirname "$0")/../check.sh"

# The digits of consecutive numbers, as bytes: images of no meaning, the same everywhere.
# Labels are 0 to 9 in turn.
bytes() { # count, first number
    seq "$2" $(($2 + $1)) | tr -d '\n' | head -c "$1"
}

idx() { # name, examples (below 256), first number, height and width
    count=$(printf '\\000\\000\\000\\%03o' "$2")
    side=$(printf '\\000\\000\\000\\%03o' "$4")
    printf '\000\000\010\003'"$count$side$side" >"$here/data/$1-images-idx3-ubyte"
    bytes $(($2 * $4 * $4)) "$3" | tr '0-9' '\000\031\062\113\144\175\226\257\310\341' \
        >>"$here/data/$1-images-idx3-ubyte"
    printf '\000\000\010\001'"$count" >"$here/data/$1-labels-idx1-ubyte"
    yes 0123456789 | tr -d '\n' | head -c "$2" | tr '0-9' '\000-\011' \
        >>"$here/data/$1-labels-idx1-ubyte"
}

mkdir "$here/data"
idx train 200 1000 8
idx t10k 50 5000 8
cat >"$here/net.json" <<'NET'
{"kind": "Sequential", "children": {
    "conv": {"kind": "Conv2d", "out_channels": 6, "kernel_size": 3},
    "norm": {"kind": "BatchNorm2d"}, "relu": {"kind": "ReLU"},
    "pool": {"kind": "MaxPool2d", "kernel_size": 2}, "flat": {"kind": "Flatten"},
    "drop": {"kind": "Dropout", "p": 0.25}, "fc": {"kind": "Linear", "out_features": 10}}}
NET
