/* shuffle.c -- channels and positions change places: reshape, permute, reshape. */
#include <inttypes.h>
#include "shape.h"

/* The three last axes; false after an error. */
static bool image(const char *op, epl_val x, int64_t factor)
{
    if (!epl__fn_of(x))
        return false;
    if (epl_rank(x) < 3 || epl_rank(x) + 2 > EPL_MAX_RANK || factor < 1 || factor > 1 << 20)
        epl__bad(x, EPL_ERR_SHAPE,
                 "[%s] [..., c, h, w] and a positive factor are expected, got %s and %" PRId64, op,
                 epl__show(x), factor);
    return epl_scope_status(epl_val_scope(x)) == EPL_OK;
}

epl_val epl_pixel_shuffle(epl_val input, int64_t upscale_factor)
{
    int64_t r = upscale_factor;
    if (!image("pixel_shuffle", input, r))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(input).shape, out = s, split = s;
    int c = s.rank - 3, axis[EPL_MAX_RANK];
    if (s.dim[c] % (r * r))
        return epl__bad(input, EPL_ERR_SHAPE,
                        "[pixel_shuffle] %" PRId64 " channels of %s are no multiple "
                        "of %" PRId64,
                        s.dim[c], epl__show(input), r * r);
    split.rank = s.rank + 2;
    out.dim[c] = split.dim[c] = s.dim[c] / (r * r);
    split.dim[c + 1] = split.dim[c + 2] = r;
    split.dim[c + 3] = s.dim[c + 1];
    split.dim[c + 4] = s.dim[c + 2];
    out.dim[c + 1] *= r;
    out.dim[c + 2] *= r;
    for (int i = 0; i <= c; i++)
        axis[i] = i;
    axis[c + 1] = c + 3;
    axis[c + 2] = c + 1;
    axis[c + 3] = c + 4;
    axis[c + 4] = c + 2;
    return epl__own(epl__reshape(epl__permute(epl__reshape(input, split), axis), out), input);
}

epl_val epl_pixel_unshuffle(epl_val input, int64_t downscale_factor)
{
    int64_t r = downscale_factor;
    if (!image("pixel_unshuffle", input, r))
        return EPL_NO_VAL;
    epl_shape s = epl_typeof(input).shape, out = s, split = s;
    int c = s.rank - 3, axis[EPL_MAX_RANK];
    if (s.dim[c + 1] % r || s.dim[c + 2] % r)
        return epl__bad(input, EPL_ERR_SHAPE,
                        "[pixel_unshuffle] height and width of %s are no multiples "
                        "of %" PRId64,
                        epl__show(input), r);
    split.rank = s.rank + 2;
    out.dim[c] = s.dim[c] * r * r;
    split.dim[c + 1] = out.dim[c + 1] = s.dim[c + 1] / r;
    split.dim[c + 3] = out.dim[c + 2] = s.dim[c + 2] / r;
    split.dim[c + 2] = split.dim[c + 4] = r;
    for (int i = 0; i <= c; i++)
        axis[i] = i;
    axis[c + 1] = c + 2;
    axis[c + 2] = c + 4;
    axis[c + 3] = c + 1;
    axis[c + 4] = c + 3;
    return epl__own(epl__reshape(epl__permute(epl__reshape(input, split), axis), out), input);
}

epl_val epl_channel_shuffle(epl_val input, int64_t groups)
{
    epl_shape s = epl_typeof(input).shape;
    if (!epl__fn_of(input))
        return EPL_NO_VAL;
    if (s.rank < 3 || s.rank == EPL_MAX_RANK || groups < 1 || s.dim[1] % groups)
        return epl__bad(input, EPL_ERR_SHAPE,
                        "[channel_shuffle] %s has no channels in %" PRId64 " groups",
                        epl__show(input), groups);
    epl_shape split = epl__shape_insert(s, 1, groups);
    split.dim[2] = s.dim[1] / groups;
    return epl__own(epl__reshape(epl__move_axis(epl__reshape(input, split), 2, 1), s), input);
}

typedef struct {
    epl_val input;
    int64_t upscale_factor;
} up_args;
static const epl_attr up_table[] = {EPL_ARG(up_args, input), EPL__ARG_INT(up_args, upscale_factor),
                                    EPL_ATTR_END};
EPL__OPERATION_OF(pixel_shuffle, "[.., c r r, h, w] -> [.., c, h r, w r]", up_args, up_table,
                  epl_pixel_shuffle(a->input, a->upscale_factor));

typedef struct {
    epl_val input;
    int64_t downscale_factor;
} down_args;
static const epl_attr down_table[] = {EPL_ARG(down_args, input),
                                      EPL__ARG_INT(down_args, downscale_factor), EPL_ATTR_END};
EPL__OPERATION_OF(pixel_unshuffle, "[.., c, h r, w r] -> [.., c r r, h, w]", down_args, down_table,
                  epl_pixel_unshuffle(a->input, a->downscale_factor));

typedef struct {
    epl_val input;
    int64_t groups;
} groups_args;
static const epl_attr groups_table[] = {EPL_ARG(groups_args, input),
                                        EPL__ARG_INT(groups_args, groups), EPL_ATTR_END};
EPL__OPERATION_OF(channel_shuffle, "[n, g c, ...] -> [n, c g, ...]", groups_args, groups_table,
                  epl_channel_shuffle(a->input, a->groups));
