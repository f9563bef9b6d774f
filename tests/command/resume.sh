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
        --batch-size 16 --epochs 120 --save "$file" --save-interval 3 "$@" \
        >"$file.out" 2>"$file.err"
}
last=1560 # 120 epochs of 13 steps

train() {
    (start "$@")
}

saved() { # when
    stat -c %y "$1" 2>/dev/null
}

# Starts or resumes a training, waits for its next save and then some milliseconds, and ends it by
# a signal; `step` and `status` are where and how it ended. A training that came to its end before
# the signal did is begun anew: the machine may have other work.
stopped() { # signal, milliseconds, file, options...
    signal=$1
    after=$2
    at=$3
    shift 3
    for try in 1 2 3 4 5 6 7 8 9 10; do
        before=$(saved "$at")
        start "$at" --resume "$@" &
        id=$!
        while [ "$(saved "$at")" = "$before" ] && kill -0 $id 2>/dev/null; do sleep 0.005; done
        sleep "$(printf '0.%03d' "$after")"
        kill -"$signal" $id 2>/dev/null
        wait $id 2>/dev/null
        status=$?
        step=$("$espalier" inspect "$at" | sed -n 's/.*{"step": \([0-9]*\).*/\1/p')
        [ "${step:-0}" -gt 0 ] && [ "$step" -lt $last ] && return 0
        echo "ended at step ${step:-0} before the signal, begun anew: $try"
        rm -f "$at"
    done
    return 1
}

check "a whole training ends well" train "$here/whole" --threads 1
for threads in 2 4; do
    check "$threads threads" train "$here/threads$threads" --threads $threads
    check "$threads threads: same bytes" cmp "$here/whole" "$here/threads$threads"
done

# At ten random moments, while it saves or between; the number of threads changes too.
for moment in $(od -An -N20 -tu2 /dev/urandom); do
    check "killed" stopped KILL $((moment % 16)) "$here/killed" --threads $((1 + moment % 3))
    check "killed in its midst: $status" test "$status" -eq 137
    echo "killed, the file is of step $step of $last"
done
check "the training goes on and ends" train "$here/killed" --resume --threads 2
check "killed ten times, resumed: same bytes" cmp "$here/whole" "$here/killed"

# A signal: saves, says so, exits with 0.
for signal in INT TERM; do
    check "SIG$signal" stopped $signal 0 "$here/$signal"
    check "SIG$signal: exit 0" test "$status" -eq 0
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
