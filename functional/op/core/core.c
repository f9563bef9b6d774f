/* core.c -- the primitives that hold numbers or mark a value; they compute nothing. */
#include "../op.h"
#include <string.h>
#include "../../../src/base/spec.h"

static epl_val as_lead(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    (void)mapped, (void)count, (void)attrs;
    return x[0];
}

static epl_val same(const epl_val *x, size_t count, int wrt, epl_val ct, const void *attrs)
{
    (void)x, (void)count, (void)wrt, (void)attrs;
    return ct;
}

static const epl_attr const_attrs[] = {
    EPL_ATTR_N(epl__const_attrs, dim, EPL_MAX_RANK, 0, 0, 0),
    EPL_ATTR(epl__const_attrs, rank, EPL_INT, 0, 0, EPL_MAX_RANK),
    EPL_ATTR(epl__const_attrs, dtype, EPL_INT, 0, 0, EPL_DTYPE_END),
    EPL_ATTR(epl__const_attrs, value, EPL_NUMBER, 0, 0, 0),
    EPL_ATTR(epl__const_attrs, integer, EPL_INT, 0, 0, 0),
    EPL_ATTR_END,
};
const epl_prim epl__prim_const = {.name = "const",
                                  .formula = "y[...] = value",
                                  .inputs = 0,
                                  .attrs_size = sizeof(epl__const_attrs),
                                  .attrs = const_attrs,
                                  .lower = EPL_LOWER_ENGINE};

static const epl_attr input_attrs[] = {EPL_ATTR(epl__input_attrs, index, EPL_INT, 0, -1, 1e9),
                                       EPL_ATTR_END};
const epl_prim epl__prim_input = {.name = "input",
                                  .formula = "numbers given at a run",
                                  .inputs = 0,
                                  .attrs_size = sizeof(epl__input_attrs),
                                  .attrs = input_attrs,
                                  .lower = EPL_LOWER_ENGINE};

const epl_prim epl__prim_data = {.name = "data",
                                 .formula = "numbers known now",
                                 .inputs = 0,
                                 .attrs_size = sizeof(epl__data_attrs),
                                 .lower = EPL_LOWER_ENGINE};

const epl_prim epl__prim_copy = {.name = "copy",
                                 .formula = "y = x, a variable of its own",
                                 .inputs = 1,
                                 .linear = 1,
                                 .transpose = same,
                                 .batch = as_lead,
                                 .lower = EPL_LOWER_VIEW};

/* The derivative is cut: no tangent leaves. */
static epl_val no_tangent(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)x, (void)dx, (void)count, (void)attrs;
    return EPL_NO_VAL;
}
/* Still cut: the gradient may be taken outside of the map. */
static epl_val stop_batch(const epl_val *x, const bool *mapped, size_t count, const void *attrs)
{
    return epl_stop_gradient(as_lead(x, mapped, count, attrs));
}
const epl_prim epl__prim_stop = {.name = "stop",
                                 .formula = "y = x, with derivative 0",
                                 .inputs = 1,
                                 .jvp = no_tangent,
                                 .batch = stop_batch,
                                 .lower = EPL_LOWER_VIEW};

/* A mixed tree: its ranges, one for each dtype. Its type is given when it is built. */
const epl_prim epl__prim_tuple = {.name = "tuple",
                                  .formula = "the ranges of a mixed tree",
                                  .inputs = -1,
                                  .lower = EPL_LOWER_ENGINE};

static bool iota_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                        char *message)
{
    const epl__iota_attrs *a = attrs;
    (void)in, (void)count, (void)message;
    for (int64_t i = 0; i < a->length; i++) {
        if (a->dtype == EPL_F32)
            ((float *)out->data)[i] = (float)i;
        else if (a->dtype == EPL_F64)
            ((double *)out->data)[i] = (double)i;
        else if (a->dtype == EPL_I32)
            ((int32_t *)out->data)[i] = (int32_t)i;
        else
            ((int64_t *)out->data)[i] = i;
    }
    return true;
}
static const epl_attr iota_attrs[] = {
    EPL_ATTR(epl__iota_attrs, dtype, EPL_INT, EPL_I64, 1, EPL_DTYPE_END),
    EPL_ATTR(epl__iota_attrs, length, EPL_INT, 0, 0, 9e18), EPL_ATTR_END};
/* dtype F32, F64, I32 or I64 */
const epl_prim epl__prim_iota = {.name = "iota",
                                 .formula = "y[i] = i",
                                 .inputs = 0,
                                 .attrs_size = sizeof(epl__iota_attrs),
                                 .attrs = iota_attrs,
                                 .kernel = iota_kernel};

epl_val epl_data(epl_fn *f, epl_array a)
{
    char text[EPL_TYPE_TEXT];
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    bool tree = a.type.dtype == EPL_NONE && a.type.spec;
    if (f->closed || (!tree && !epl__type_valid(a.type)) || (!a.data && epl_count(a.type))) {
        epl__fail(f, f->closed ? EPL_ERR_USE : EPL_ERR_ARG, "[data] %s (%s)",
                  f->closed ? "the function is closed" : "an array with a type is expected",
                  epl_type_text(a.type, text));
        return EPL_NO_VAL;
    }
    size_t bytes = epl_bytes(a.type);
    char *copy = epl__arena_take(&f->arena, bytes + 1);
    if (!copy) {
        epl__fail(f, EPL_ERR_MEMORY, "[data] no memory for %zu bytes", bytes);
        return EPL_NO_VAL;
    }
    if (bytes)
        memcpy(copy, a.data, bytes);
    if (!tree) {
        epl__data_attrs attrs = {copy};
        return epl__build(f, &epl__prim_data, NULL, 0, &attrs, &a.type);
    }
    epl__id part[EPL__MAX_PARTS];
    int parts = epl__spec_parts(a.type.spec);
    int64_t copies = epl__product(a.type.shape, 0, a.type.shape.rank);
    for (int i = 0; i < parts; i++) {
        epl_type t = epl__spec_part(a.type.spec, i, a.type.shape);
        epl__data_attrs attrs = {copy + epl__spec_part_byte(a.type.spec, i, copies)};
        part[i] = epl__id_of(epl__build(f, &epl__prim_data, NULL, 0, &attrs, &t));
    }
    return epl__build(f, &epl__prim_tuple, part, (size_t)parts, NULL, &a.type);
}
