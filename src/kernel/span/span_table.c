/* span_table.c -- all that one instruction set offers, in one record. */
#include "span.h"

extern const epl__span_entry EPL_SPAN_NAME(arith_entries)[], EPL_SPAN_NAME(compare_entries)[],
    EPL_SPAN_NAME(cast_entries)[], EPL_SPAN_NAME(math_f32_entries)[],
    EPL_SPAN_NAME(math_f64_entries)[], EPL_SPAN_NAME(pair_entries)[];
extern const epl__reduce_spans EPL_SPAN_NAME(reduce_spans)[];
extern const epl__move_spans EPL_SPAN_NAME(move_spans)[];

static const epl__span_entry *const entries[] = {
    EPL_SPAN_NAME(arith_entries),
    EPL_SPAN_NAME(compare_entries),
    EPL_SPAN_NAME(cast_entries),
    EPL_SPAN_NAME(math_f32_entries),
    EPL_SPAN_NAME(math_f64_entries),
    EPL_SPAN_NAME(pair_entries),
    NULL,
};

const epl__spans EPL_SPAN_NAME(spans) = {
    entries,
    EPL_SPAN_NAME(reduce_spans),
    EPL_SPAN_NAME(move_spans),
};
