#!/bin/sh
# `espalier meta`: every algorithm trains and is tested; a training that was interrupted ends
# with the bytes of one that was not, on any number of threads; wrong use is told.
#     meta.sh ESPALIER SOURCE
set -eu
espalier=$(realpath "$1")
source=$2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

fail() { echo "meta.sh: $*" >&2; cat log >&2; exit 1; }
meta() { "$espalier" meta "$@" --json --test-tasks 10 >out 2>log || fail "$*"; }
lines() { [ "$(grep -c "$1" out)" = "$2" ] || { cat out; fail "$2 lines with $1"; }; }
refused() {
    want=$1
    shift
    "$espalier" meta "$@" >out 2>log && fail "$* was taken"
    grep -q -e "$want" log || fail "$*: no word of $want"
}

for algorithm in maml fomaml reptile anil meta-sgd imaml; do
    meta sine --algorithm $algorithm --iterations 10 --inner-steps 2 --save whole.$algorithm
    lines '"mse": [0-9.]*, "ci95": [0-9.]*}' 15
    lines '"iterations": 10, "seconds": [0-9.]*' 1
    mv out table
    meta sine --algorithm $algorithm --iterations 4 --inner-steps 2 --save part --threads 1
    meta sine --algorithm $algorithm --iterations 10 --inner-steps 2 --save part --threads 2 --resume
    cmp part whole.$algorithm || fail "$algorithm: other bytes after --resume"
    sed 's/"seconds.*//' table >a
    sed 's/"seconds.*//' out >b
    cmp a b || fail "$algorithm: another table after --resume"
    rm part
done

# Killed after a save, three times, and resumed: the same bytes; so after a signal, which saves and
# ends well.
long="sine --iterations 1000 --threads 1"
meta $long --save whole
for i in 1 2 3; do
    cp part before 2>/dev/null || echo none >before
    "$espalier" meta $long --test-tasks 10 --save part --save-interval 20 --resume >out 2>log &
    id=$!
    while { [ ! -f part ] || cmp -s part before; } && kill -0 $id 2>/dev/null; do sleep 0.02; done
    kill -9 $id 2>/dev/null || true
    wait $id 2>/dev/null || true
    cmp -s part before && fail "killed before a save"
done
meta $long --save part --resume
cmp part whole || fail "killed and resumed: other bytes"
[ ! -f part.partial ] || fail "a partial file stays"
for signal in INT TERM; do
    rm -f part
    "$espalier" meta sine --iterations 1000000 --threads 1 --save part --save-interval 1 >out 2>log &
    id=$!
    while [ ! -f part ] && kill -0 $id 2>/dev/null; do sleep 0.05; done
    kill -$signal $id
    wait $id || fail "SIG$signal: exit $?"
    grep -q 'stopped by a signal after iteration [0-9]*; --resume goes on from part' log ||
        fail "SIG$signal: not said"
    done=$("$espalier" inspect part | sed -n 's/.*"iteration": \([0-9]*\).*/\1/p')
    meta sine --iterations $((done + 5)) --threads 1 --save whole
    meta sine --iterations $((done + 5)) --threads 1 --save part --resume
    cmp part whole || fail "SIG$signal: other bytes after --resume"
done
"$espalier" meta sine --iterations 1000000 >out 2>log &
id=$!
sleep 0.3
kill -TERM $id
wait $id && fail "a signal without --save ends well"
grep -q 'nothing was saved' log || fail "nothing was saved, and it is not said"
meta sine --iterations 0 --save nothing --test-shots 7
lines '"shots": 7, "steps": [0-9]*, "mse": [0-9.]*' 5
[ -f nothing ] || fail "--iterations 0 saves nothing"

# What diverges is told, and is in the mean.
meta sine --iterations 0 --algorithm meta-sgd --inner-lr 1
lines '"steps": 10, "mse": "nan", "ci95": "nan", "diverged": [0-9]*' 3
"$espalier" meta sine --iterations 0 --inner-lr 1 --test-tasks 10 >out 2>log || fail "no table"
lines '  10  not finite  [0-9]* of 10 tasks diverge' 3

# iMAML solves its inner problem as far as corners of ReLU let it, and tells how well; or takes gradient steps.
meta sine --algorithm imaml --iterations 30 --inner-steps 10 --lambda 10
left=$(sed -n 's/.*"inner_residual": \([^,]*\),.*/\1/p' out)
awk "BEGIN { exit !($left < 0.4) }" || fail "$left of the inner problem is left"
meta sine --algorithm imaml --iterations 3 --inner-steps 10 --lambda 10 --inner-lr 0.001
left=$(sed -n 's/.*"inner_residual": \([^,]*\),.*/\1/p' out)
awk "BEGIN { exit !($left > 0.5) }" || fail "ten small steps leave $left"

cmp -s whole.maml whole.fomaml && fail "maml and fomaml are the same"
cmp -s whole.maml whole.anil && fail "maml and anil are the same"

# Training helps: the error after a step is less than before.
meta sine --iterations 500 --threads 1
after=$(sed -n 's/.*"shots": 10, "steps": 1, "mse": \([0-9.]*\).*/\1/p' out)
before=$(sed -n 's/.*"shots": 10, "steps": 0, "mse": \([0-9.]*\).*/\1/p' out)
awk "BEGIN { exit !($after < 0.9 * $before) }" || fail "$before before a step, $after after it"

# 40 images, 4 of each class; their pixels are bytes of a source file.
head='\000\000\010'
for part in train t10k; do
    printf "$head"'\003\000\000\000\050\000\000\000\034\000\000\000\034' >$part-images-idx3-ubyte
    cat "$source"/functional/*/*.c | head -c 31360 >>$part-images-idx3-ubyte
    printf "$head"'\001\000\000\000\050' >$part-labels-idx1-ubyte
    for i in 1 2 3 4; do
        printf '\000\001\002\003\004\005\006\007\010\011' >>$part-labels-idx1-ubyte
    done
done
meta images --data . --iterations 2 --inner-steps 1 --tasks 2 --turns 1 --save unturned
meta images --data . --iterations 2 --inner-steps 1 --tasks 2 --save turned
cmp -s turned unturned && fail "--turns changes nothing"
lines '"accuracy": [0-9.]*, "ci95": [0-9.]*}' 10

meta sine --iterations 2 --save file
meta sine --iterations 2 --check finite
refused '--check must be nan or finite' sine --check inf
refused 'inner_steps was 1, got 2' sine --iterations 3 --inner-steps 2 --save file --resume
refused 'algorithm was "maml", got "anil"' sine --algorithm anil --save file --resume
refused '--resume and --save-interval need --save' sine --resume
refused '--resume and --save-interval need --save' sine --save-interval 2
refused 'save: nowhere: No such file' sine --save nowhere/file
refused '--test-shots must' sine --test-shots -1
refused '--turns must lie between 1 and 4' images --turns 5
refused 'sine or images' cosine
refused '--algorithm must be' sine --algorithm adam
refused 'must be positive' sine --tasks 0
refused '--inner-steps and --cg-steps are unrolled' sine --inner-steps 101
refused 'No such file' images --data nowhere
echo broken >file
refused 'file' sine --save file --resume
