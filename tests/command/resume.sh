#!/bin/sh
# A training that is killed again and again, and resumed each time, ends with the same bytes as
# one that was left alone; so does one with other numbers of threads, or stopped by a signal.
#     resume.sh ESPALIER
set -u
espalier=$(realpath "$1")
. "$(dirname "$0")/data.sh"

# Becomes the training of a file; for a process of its own.
start() { # file, options...
    file=$1
    shift
    exec "$espalier" train "$here/net.json" --data "$here/data" --optimizer adam --lr 0.003 \
        --batch-size 16 --epochs 24 --save "$file" --save-interval 3 "$@" \
        >"$file.out" 2>"$file.err"
}

train() {
    (start "$@")
}

now() { # in milliseconds
    echo $(($(date +%s%N) / 1000000))
}

began=$(now)
check "a whole training ends well" train "$here/whole" --threads 1
took=$(($(now) - began)) # the least of all whole ones: the machine may have other work

for threads in 2 4; do
    began=$(now)
    check "$threads threads" train "$here/threads$threads" --threads $threads
    ran=$(($(now) - began))
    [ $ran -lt $took ] && took=$ran
    check "$threads threads: same bytes" cmp "$here/whole" "$here/threads$threads"
done

# Ten random moments, none after the end; the number of threads changes too.
kills=0
for moment in $(od -An -N20 -tu2 /dev/urandom); do
    after=$((1 + moment % (took / 11 + 1)))
    start "$here/killed" --resume --threads $((1 + moment % 3)) &
    id=$!
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    kill -9 $id 2>/dev/null
    wait $id 2>/dev/null
    [ $? -eq 137 ] && kills=$((kills + 1))
done
check "killed ten times: $kills" test "$kills" -eq 10
step=$("$espalier" inspect "$here/killed" 2>/dev/null | sed -n 's/.*{"step": \([0-9]*\).*/\1/p')
check "the last kill came between the first save and the end: step ${step:-0} of 312" test \
    "${step:-0}" -gt 0 -a "${step:-0}" -lt 312
echo "killed ten times, the last file is of step ${step:-0} of 312"
check "the training goes on and ends" train "$here/killed" --resume --threads 2
check "killed ten times, resumed: same bytes" cmp "$here/whole" "$here/killed"

# A signal: saves, says so, exits with 0.
for signal in INT TERM; do
    at=$here/$signal
    : >"$at.out"
    start "$at" &
    id=$!
    while ! grep -q '^epoch 2:' "$at.out" && kill -0 $id 2>/dev/null; do
        sleep 0.01
    done
    kill -$signal $id
    wait $id
    check "SIG$signal: exit 0" test $? -eq 0
    check "SIG$signal: said" grep -q 'stopped by a signal after step .* --resume goes on' "$at.err"
    check "SIG$signal: not the end" differ "$here/whole" "$at"
    check "SIG$signal: resumed" train "$at" --resume
    check "SIG$signal: same bytes" cmp "$here/whole" "$at"
done

cp "$here/whole" "$here/done"
check "a finished training is left as it is" train "$here/done" --resume
check "its file too" cmp "$here/whole" "$here/done"
check "no partial file stays" test -z "$(find "$here" -name '*.partial')"
finish resume
