/* pad_modes.c -- entries around the last axes: a constant, a mirror, the edge, a circle. */
#include <inttypes.h>
#include <string.h>
#include "shape.h"

typedef enum { CONSTANT, REFLECT, REPLICATE, CIRCULAR, MODES } mode;
static const char *const names[MODES] = {"constant", "reflect", "replicate", "circular"};

/* n entries to stand before (or after) axis `axis` of x. */
static epl_val side(epl_val x, int axis, int64_t n, bool before, mode how, double value)
{
    int64_t size = epl_dim(x, axis);
    epl_shape s = epl_typeof(x).shape;
    s.dim[axis] = n;
    if (how == CONSTANT)
        return epl__full(x, epl_typeof(x).dtype, s, value);
    if (how == REFLECT)
        return epl__slice(x, axis, before ? n : size - 2, n, -1);
    if (how == REPLICATE)
        return epl__expand(epl__slice(x, axis, before ? 0 : size - 1, 1, 1), s);
    return epl__slice(x, axis, before ? size - n : 0, n, 1);
}

/* Are there as many entries as the mode takes from? */
static bool enough(epl_val x, int axis, int64_t lo, int64_t hi, mode how)
{
    int64_t size = epl_dim(x, axis), most = lo > hi ? lo : hi, length;
    if (lo < -size || hi < -size)
        return false;
    int64_t cut = (lo < 0 ? lo : 0) + (hi < 0 ? hi : 0);
    if (cut < -size)
        return false;
    bool long_enough = how == REFLECT     ? most < size || most <= 0
                       : how == REPLICATE ? size > 0 || most <= 0
                       : how == CIRCULAR  ? most <= size + cut
                                          : true;
    return long_enough && epl__sum_fits(size, lo, &length) && epl__sum_fits(length, hi, &length) &&
           length >= 0;
}

static epl_val padded(epl_val x, int axis, int64_t lo, int64_t hi, mode how, double value)
{
    int64_t size = epl_dim(x, axis), cut_lo = lo < 0 ? -lo : 0, cut_hi = hi < 0 ? -hi : 0;
    epl_val part[3];
    size_t n = 0;
    if (how == CONSTANT && value == 0)
        return epl__pad(x, axis, lo, hi, 0);
    if (how == CIRCULAR) { /* the circle is of what is kept */
        x = epl__slice(x, axis, cut_lo, size - cut_lo - cut_hi, 1);
        size = epl_dim(x, axis);
        cut_lo = cut_hi = 0;
    }
    if (lo > 0)
        part[n++] = side(x, axis, lo, true, how, value);
    part[n++] = epl__slice(x, axis, cut_lo, size - cut_lo - cut_hi, 1);
    if (hi > 0)
        part[n++] = side(x, axis, hi, false, how, value);
    return n == 1 ? part[0] : epl__concat((epl_vals){n, part}, axis);
}

epl_val epl_op_pad(const epl_pad_args *a, const char *given)
{
    epl_val x = a->input;
    epl_ints pad = epl__ints(a->pad);
    int rank = epl_rank(x), axes = (int)(pad.count / 2);
    const char *word = a->mode ? a->mode : "constant";
    mode how = CONSTANT;
    if (!epl__fn_of(x))
        return EPL_NO_VAL;
    while (how < MODES && strcmp(names[how], word))
        how++;
    if (how == MODES)
        return epl__bad(x, EPL_ERR_ARG,
                        "[pad] mode \"%s\" is none of constant, reflect, replicate, "
                        "circular",
                        word);
    bool spatial = how == CONSTANT || (axes <= 3 && (rank == axes + 1 || rank == axes + 2));
    if (pad.count % 2 || pad.count > 2 * EPL_MAX_RANK || axes > rank || !spatial)
        return epl__bad(x, EPL_ERR_ARG,
                        "[pad] %zu sizes do not fit %s in mode %s: two for each axis%s", pad.count,
                        epl__show(x), word,
                        how == CONSTANT ? "" : ", and one or two axes before them");
    double value = epl__given(given, "value") ? a->value : 0;
    for (int k = 0; k < axes; k++) {
        int axis = rank - 1 - k;
        int64_t lo = pad.at[2 * k], hi = pad.at[2 * k + 1];
        if (!enough(x, axis, lo, hi, how))
            return epl__bad(x, EPL_ERR_ARG,
                            "[pad] axis %d of %s cannot be padded by %" PRId64 " and %" PRId64
                            " in mode %s",
                            axis, epl__show(x), lo, hi, word);
        x = padded(x, axis, lo, hi, how, value);
    }
    return epl__own(x, a->input);
}

static const epl_attr table[] = {
    EPL_ARG(epl_pad_args, input), EPL__ARG_LIST(epl_pad_args, pad),
    EPL_ATTR_WORD(epl_pad_args, mode, "constant|reflect|replicate|circular"),
    EPL_ATTR_F(epl_pad_args, value, EPL_NUMBER, 0, 0, 0, 1, EPL_ATTR_NONE), EPL_ATTR_END};
EPL__OPERATION(pad, "entries before and after the last axes", epl_pad_args, table);
