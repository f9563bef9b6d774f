#!/bin/sh
# `espalier meta`: every algorithm trains and is tested; a training that was interrupted ends
# with the bytes of one that was not, on any number of threads; wrong use is told.
#     meta.sh ESPALIER
set -u
espalier=$(realpath "$1")
. "$(dirname "$0")/data.sh"
cd "$here" || exit 1

meta() { # its answer is in `out`
    "$espalier" meta "$@" --json --test-tasks 10 >out
}

run() { # a training that must end well; its options say what it is
    check "meta $*" meta "$@"
}

refused() { # exit status, what is said, options...
    status=$1
    want=$2
    shift 2
    check "refused: $*" fails $status "$want" "$espalier" meta "$@"
}

# In the background, until its file is another than `before`; sets `id`.
until_saved() { # options...
    cp part before 2>/dev/null || echo none >before
    "$espalier" meta "$@" --save part >start.out 2>start.err &
    id=$!
    while { [ ! -f part ] || cmp -s part before; } && kill -0 $id 2>/dev/null; do sleep 0.02; done
}

is() { # what, numbers and a comparison of them for awk
    check "$1: $2" awk "BEGIN { exit !($2) }"
}

# -- each algorithm ----------------------------------------------------------------------------
for algorithm in maml fomaml reptile anil meta-sgd imaml; do
    sine="sine --algorithm $algorithm --inner-steps 2"
    run $sine --iterations 10 --save whole.$algorithm
    check "$algorithm: the table" lines out '"mse": [0-9.]*, "ci95": [0-9.]*}' 15
    check "$algorithm: the end" lines out '"iterations": 10, "seconds": [0-9.]*' 1
    sed 's/"seconds.*//' out >table
    run $sine --iterations 4 --save part --threads 1
    run $sine --iterations 10 --save part --threads 2 --resume
    check "$algorithm: the bytes after --resume" cmp part whole.$algorithm
    sed 's/"seconds.*//' out >again
    check "$algorithm: the table after --resume" cmp table again
    rm -f part
done
check "maml and fomaml differ" differ whole.maml whole.fomaml
check "maml and anil differ" differ whole.maml whole.anil

# -- killed after a save, three times, and resumed; then stopped by a signal -------------------------
long="sine --iterations 1000 --threads 1"
run $long --save whole
for i in 1 2 3; do
    for try in 1 2 3 4 5 6 7 8 9 10; do # one that ended before the kill is begun anew
        until_saved $long --test-tasks 10 --save-interval 20 --resume
        kill -9 $id 2>/dev/null
        wait $id 2>/dev/null
        cmp -s part whole || break
        rm part
    done
    check "kill $i: after a save" differ part before
    check "kill $i: before the end" differ part whole
done
run $long --save part --resume
check "killed and resumed: same bytes" cmp part whole
check "no partial file stays" test ! -e part.partial
for signal in INT TERM; do
    rm -f part
    until_saved sine --iterations 1000000 --threads 1 --save-interval 1
    kill -$signal $id
    wait $id
    check "SIG$signal: exit 0" test $? -eq 0
    check "SIG$signal: said" grep -q \
        'stopped by a signal after iteration [0-9]*; --resume goes on from part' start.err
    done=$("$espalier" inspect part | sed -n 's/.*"iteration": \([0-9]*\).*/\1/p')
    run sine --iterations $((done + 5)) --threads 1 --save whole
    run sine --iterations $((done + 5)) --threads 1 --save part --resume
    check "SIG$signal: same bytes after --resume" cmp part whole
done
rm start.err # of another one
"$espalier" meta sine --iterations 1000000 >start.out 2>start.err &
id=$!
while ! grep -qs '^iteration' start.err && kill -0 $id 2>/dev/null; do sleep 0.02; done # it listens
kill -TERM $id
wait $id
check "a signal without --save is a failure" test $? -ne 0
check "and said" grep -q 'nothing was saved' start.err
run sine --iterations 0 --save nothing --test-shots 7
check "--test-shots" lines out '"shots": 7, "steps": [0-9]*, "mse": [0-9.]*' 5
check "--iterations 0 is saved, too" test -f nothing

# -- numbers -----------------------------------------------------------------------------------------
# What diverges is told, and is in the mean.
run sine --iterations 0 --algorithm meta-sgd --inner-lr 1
check "divergence" lines out '"steps": 10, "mse": "nan", "ci95": "nan", "diverged": [0-9]*' 3
check "a table for people" "$espalier" meta sine --iterations 0 --inner-lr 1 --test-tasks 10
cp last.log out
check "divergence in it" lines out '  10  not finite  [0-9]* of 10 tasks diverge' 3

# iMAML solves its inner problem as far as corners of ReLU let it, and tells how well; or takes
# gradient steps.
left() {
    sed -n 's/.*"inner_residual": \([^,]*\),.*/\1/p' out
}
run sine --algorithm imaml --iterations 30 --inner-steps 10 --lambda 10
is "what is left of the inner problem" "$(left) < 0.4"
run sine --algorithm imaml --iterations 3 --inner-steps 10 --lambda 10 --inner-lr 0.001
is "and after ten small steps" "$(left) > 0.5"

# Training helps: the error after a step is less than before.
mse() { # steps
    sed -n 's/.*"shots": 10, "steps": '"$1"', "mse": \([0-9.]*\).*/\1/p' out
}
run sine --iterations 500 --threads 1
is "a step helps" "$(mse 1) < 0.9 * $(mse 0)"

# -- images ------------------------------------------------------------------------------------------
idx train 40 0 28
idx t10k 40 7000 28
images="images --data data --iterations 2 --inner-steps 1 --tasks 2"
run $images --turns 1 --save unturned
run $images --save turned
check "--turns" differ turned unturned
check "accuracies" lines out '"accuracy": [0-9.]*, "ci95": [0-9.]*}' 10

# -- wrong use -----------------------------------------------------------------------------------------
run sine --iterations 2 --save file
run sine --iterations 2 --check finite
refused 2 '--check must be nan or finite' sine --check inf
refused 1 'inner_steps was 1, got 2' sine --iterations 3 --inner-steps 2 --save file --resume
refused 1 'algorithm was "maml", got "anil"' sine --algorithm anil --save file --resume
refused 2 '--resume and --save-interval need --save' sine --resume
refused 2 '--resume and --save-interval need --save' sine --save-interval 2
refused 1 'save: nowhere: No such file' sine --save nowhere/file
refused 2 '--test-shots must' sine --test-shots -1
refused 2 '--turns must lie between 1 and 4' images --turns 5
refused 2 'sine or images' cosine
refused 2 '--algorithm must be' sine --algorithm adam
refused 2 'must be positive' sine --tasks 0
refused 2 '--inner-steps and --cg-steps are unrolled' sine --inner-steps 101
refused 1 'No such file' images --data nowhere
echo broken >file
refused 1 'file' sine --save file --resume
finish meta
