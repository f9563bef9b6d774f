/* lookup.c -- rows of a table, and classes as vectors. Out of range fails the run. */
#include <inttypes.h>
#include "shape.h"

static bool is_index(epl_val v)
{
    epl_dtype d = epl_typeof(v).dtype;
    return d == EPL_I64 || d == EPL_I32;
}

/* A scatter of ones, because that checks the range. */
epl_val epl_one_hot(epl_val input, int64_t num_classes)
{
    epl_shape s = epl_typeof(input).shape;
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    if (!is_index(input) || num_classes < 1)
        return epl__bad(input, EPL_ERR_ARG,
                        "[one_hot] i64 classes and their number are expected, got %s, "
                        "%" PRId64 "; the number cannot be taken from the data",
                        epl__show(input), num_classes);
    epl_val at = epl__insert(input, s.rank, 1);
    epl_val ones = epl__full(input, EPL_I64, epl__shape_insert(s, s.rank, 1), 1);
    return epl__scatter(ones, at, s.rank, num_classes);
}

/* The row of padding_idx is taken without its derivative. */
epl_val epl_op_embedding(const epl_embedding_args *a, const char *given)
{
    epl_val x = a->input, w = a->weight;
    if (!epl__all_values("embedding", epl_list(x, w)))
        return EPL_NO_VAL;
    int64_t rows = epl_dim(w, 0), pad = a->padding_idx;
    if (epl__given(given, "max_norm") || a->scale_grad_by_freq)
        return epl__bad(w, EPL_ERR_ARG, "[embedding] %s is not supported",
                        a->scale_grad_by_freq ? "scale_grad_by_freq" : "max_norm");
    if (!is_index(x) || epl_rank(w) != 2)
        return epl__bad(w, EPL_ERR_SHAPE,
                        "[embedding] input i64[...] and weight [n, d] are expected, got "
                        "%s and %s",
                        epl__show(x), epl__show(w));
    epl_val y = epl__gather(w, x, 0);
    if (!epl__given(given, "padding_idx"))
        return y;
    if (!epl__computes("embedding", w, false))
        return EPL_NO_VAL;
    if (pad < -rows || pad >= rows)
        return epl__bad(w, EPL_ERR_ARG,
                        "[embedding] padding_idx %" PRId64 " is out of range [%" PRId64 ", %" PRId64
                        ")",
                        pad, -rows, rows);
    epl_val fixed = epl_eq(x, epl_int(pad < 0 ? pad + rows : pad));
    fixed = epl__insert(fixed, epl_rank(x), epl_dim(w, 1));
    return epl__select(fixed, epl_stop_gradient(y), y);
}

typedef struct {
    epl_val input;
    int64_t num_classes;
} one_hot_args;
static const epl_attr one_hot_table[] = {EPL_ARG(one_hot_args, input),
                                         EPL__ARG_INT(one_hot_args, num_classes), EPL_ATTR_END};
EPL__OPERATION_OF(one_hot, "1 at the class, else 0", one_hot_args, one_hot_table,
                  epl_one_hot(a->input, a->num_classes));

/* Here the table may also come first: the operand of integers is the index. */
static size_t embedding_build(const void *args, const char *given, epl_val *out, size_t room)
{
    epl_embedding_args a = *(const epl_embedding_args *)args;
    if (is_index(a.weight) && epl_dtype_is_float(epl_typeof(a.input).dtype)) {
        epl_val w = a.input;
        a.input = a.weight;
        a.weight = w;
    }
    return epl__one_result(epl_op_embedding(&a, given), out, room);
}
static const epl_attr embedding_table[] = {
    EPL_ARG(epl_embedding_args, input),
    EPL_ARG(epl_embedding_args, weight),
    EPL__ARG_MAYBE(epl_embedding_args, padding_idx, EPL_INT),
    EPL_ATTR_F(epl_embedding_args, max_norm, EPL_NUMBER, 0, 0, 0, 1, EPL_ATTR_NONE),
    EPL_ATTR(epl_embedding_args, norm_type, EPL_NUMBER, 2, 0, 0),
    EPL_ATTR(epl_embedding_args, scale_grad_by_freq, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR(epl_embedding_args, sparse, EPL_BOOLEAN, 0, 0, 1),
    EPL_ATTR_END};
const epl_operation epl__operation_embedding = {"embedding", "rows input[...] of weight",
                                                sizeof(epl_embedding_args), embedding_table,
                                                embedding_build};
