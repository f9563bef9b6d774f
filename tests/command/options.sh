#!/bin/sh
# The options of `espalier train`, each by what it changes, and how trainings end that cannot
# go on: what is said, the exit status, and the file that is left.
#     options.sh ESPALIER
set -u
espalier=$(realpath "$1")
. "$(dirname "$0")/data.sh"
cd "$here" || exit 1

train() { # model, options...
    model=$1
    shift
    "$espalier" train "$model" --data data --batch-size 16 "$@"
}

# -- what is written ---------------------------------------------------------------------------
check "a training" train net.json --epochs 2 --save a --log log --json
check "its lines are its epochs" cp last.log a.out
check "a JSON line for each epoch" lines a.out '^{"event": "epoch", .*"test_accuracy": [0-9.]*}$' 2
number='[-+.0-9e]*'
step='^{"event": "step", "epoch": [12], "batch": [0-9]*, "step": [0-9]*, "loss": '$number'}$'
check "--log: a line for each step" lines log "$step" 26
check "--log: a line for each epoch" lines log '^{"event": "epoch", .*}$' 2
check "--log: no other lines" lines log '' 28
check "--log on resume: goes on" train net.json --epochs 3 --save a --log log --resume
check "--log on resume: all lines" lines log '' 42

# -- measuring alone -----------------------------------------------------------------------------
cp a before
check "--eval-only" train a --eval-only --json
cp last.log eval.out
last=$(sed -n 's/.*"epoch": 3, "train_loss": [^,]*, \(.*\)$/\1/p' log)
check "--eval-only: what the last epoch had ($last)" grep -qF "$last" eval.out
check "--eval-only: writes nothing" cmp a before

# -- order, batches ---------------------------------------------------------------------------------
for name in one two; do
    check "--no-shuffle, $name" train net.json --epochs 2 --no-shuffle --save $name
done
check "equal trainings, equal bytes" cmp one two
check "shuffled" train net.json --epochs 2 --save shuffled
check "another order, other numbers" differ one shuffled
check "--seed" train net.json --epochs 2 --save seed --seed 2
check "another seed, other numbers" differ seed shuffled
check "--drop-last" train net.json --epochs 2 --drop-last --log drop
check "--drop-last: 12 batches of 16 of 200" lines drop '"step"' 24
check "--limit-batches" train net.json --epochs 2 --limit-batches 3 --log limit
check "--limit-batches: 3 an epoch" lines limit '"event": "step"' 6

# -- numbers ----------------------------------------------------------------------------------------
check "--dtype f64" train net.json --epochs 1 --dtype f64 --save f64
check "inspect: its leaves" "$espalier" inspect f64
check "--dtype f64: all but the counter" lines last.log ' f64 ' 15
check "init" "$espalier" init net.json --input-shape 1,8,8 --seed 9 --out first
check "from a saved file" train first --epochs 1 --normalize none --save from
check "--params" train net.json --params first --epochs 1 --normalize none --save params
check "--params: the same training" cmp from params
check "--params and another dtype" fails 1 'compute in f32' \
    train net.json --params first --dtype f64 --epochs 1

# -- a loss that is no number -------------------------------------------------------------------------
check "NaN: stops and tells the step" fails 1 'step 2 (epoch 1, batch 2): the loss is nan' \
    train net.json --epochs 1 --lr 1e38 --save nan --save-interval 1
check "NaN: the file of step 1 is left" "$espalier" inspect nan
check "NaN: step 1" lines last.log '"step": 1,' 1
check "--check: names the first operation, in the step before" fails 1 \
    '\[[a-z]*\] makes -*[a-z]* at \[.*\] of f32' train net.json --epochs 1 --lr 1e38 --check finite
check "--check: nothing to say of an ordinary training" train net.json --epochs 2 --no-shuffle \
    --check finite --save checked
check "--check: the same numbers" cmp one checked
check "--check: nan or finite" fails 2 'must be nan or finite' train net.json --check all
cp a good
check "NaN at once, over a good file" fails 1 'the saved file is left as it was' \
    train net.json --epochs 1 --lr 1e38 --save good
check "NaN: the good file is left" cmp a good
check "--allow-nan" train net.json --epochs 1 --lr 1e38 --allow-nan --save allowed
check "--allow-nan: goes on to the end" train net.json --epochs 1 --save allowed --resume

# -- what cannot be done ------------------------------------------------------------------------------
check "a changed option" fails 1 'trained otherwise: lr was 0.01, got 0.3' \
    train net.json --epochs 4 --save a --resume --lr 0.3
check "fewer epochs" fails 1 'epochs' train net.json --epochs 1 --save a --resume
sed 's/"out_channels": 6/"out_channels": 5/' net.json >other.json
check "another network" fails 1 'another network' train other.json --epochs 4 --save a --resume
check "no file yet: fresh, and said" fails 0 'a fresh training' \
    train net.json --epochs 1 --save new --resume
check "an option of another optimizer" fails 1 'adam has no momentum' \
    train net.json --optimizer adam --momentum 0.4
check "a loss that is none" fails 1 'no_loss' train net.json --loss no_loss
check "no data" fails 2 'usage:' "$espalier" train net.json
check "no such data" fails 1 'nowhere: No such file' "$espalier" train net.json --data nowhere
check "no such model" fails 1 'No such file' train nothing
check "a log on a full disk" fails 1 '/dev/full could not be written' \
    train net.json --epochs 1 --log /dev/full
check "no folder to save in" fails 1 'nowhere: No such file' \
    train net.json --epochs 1 --save nowhere/a
check "a folder in place of the file" fails 1 'is no regular file' train net.json --save data
check "told before the first step" lines fails.err 'epoch 1' 0
check "a label out of range" sh -c "printf '\\377' | dd of=data/train-labels-idx1-ubyte \
    bs=1 seek=20 conv=notrunc"
check "is told with its step" fails 1 'step [0-9]* (epoch 1, batch [0-9]*): .*255' \
    train net.json --epochs 1 --save label
check "and nothing is saved" test ! -e label

# -- bench ----------------------------------------------------------------------------------------
first_loss() { # options...
    "$espalier" bench maml_sine --steps 1 "$@" | sed 's/.*"loss_first": \([0-9.]*\)[0-9]\{11\},.*/\1/'
}
first_loss >mapped
first_loss --chunk 2 >chunked
first_loss --members 3 >fewer
check "bench: a line of JSON" "$espalier" bench hessian --steps 1
check "and nothing else" lines last.log '^{"workload": "hessian", .*"first_s": [0-9.]*, .*}$' 1
check "bench --chunk: the same loss, but for rounding" cmp mapped chunked
check "bench --members: other tasks" differ mapped fewer
check "bench --loop" "$espalier" bench ensemble_train --steps 1 --loop --members 2
check "bench --loop: no members" fails 2 'hvp has no members' "$espalier" bench hvp --loop
check "bench --members: none" fails 2 'hvp has none' "$espalier" bench hvp --members 2
check "bench --chunk: no map" fails 2 'hvp maps nothing' "$espalier" bench hvp --chunk 2
check "bench --steps 0" fails 2 'must be positive' "$espalier" bench hvp --steps 0
finish options
