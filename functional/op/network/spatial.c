/* spatial.c -- see spatial.h. */
#include <string.h>
#include "spatial.h"

const int64_t epl__space_ones[EPL__SPATIAL] = {1, 1, 1};

bool epl__space_countable(epl_shape s, int axes)
{
    for (int i = s.rank - axes; i < s.rank; i++)
        if (s.dim[i] > INT32_MAX)
            return false;
    return true;
}

bool epl__space_fits(const epl__on_space *o)
{
    int rank = epl_rank(o->x);
    if (!o->x.graph)
        return false;
    if ((rank == o->axes + 1 || rank == o->axes + 2) &&
        epl__space_countable(epl_typeof(o->x).shape, o->axes))
        return true;
    const char *s = "s1, s2, s3";
    epl__bad(o->x, EPL_ERR_SHAPE, "[%s] input [n, c, %.*s] or [c, %.*s] is expected, got %s", o->op,
             4 * o->axes - 2, s, 4 * o->axes - 2, s, epl__show(o->x));
    return false;
}

static bool refuse(const epl__on_space *o, const char *name, const char *what, int64_t got)
{
    epl__bad(o->x, EPL_ERR_ARG, "[%s] \"%s\" must be %s integer or %d of them, got %lld", o->op,
             name, what, o->axes, (long long)got);
    return false;
}

bool epl__space_sizes(const epl__on_space *o, const char *name, const int64_t *value,
                      const int64_t *fallback, int64_t *out)
{
    const int64_t *from = !fallback || epl__given(o->given, name) ? value : fallback;
    bool one = o->axes > 1 && from[0] && !from[1] && !from[2];
    for (int i = 0; i < o->axes; i++) {
        out[i] = from[one ? 0 : i];
        if (out[i] < 1 || out[i] > INT32_MAX)
            return refuse(o, name, "a positive", out[i]);
    }
    return true;
}

bool epl__space_list(const epl__on_space *o, const char *name, epl_ints value, int64_t *out)
{
    if (value.at && value.count > 1 && value.count != (size_t)o->axes) {
        epl__bad(o->x, EPL_ERR_ARG, "[%s] \"%s\" must be one integer or %d of them, got %zu", o->op,
                 name, o->axes, value.count);
        return false;
    }
    for (int i = 0; i < o->axes; i++) {
        out[i] = value.at && value.count ? value.at[value.count == 1 ? 0 : i] : 0;
        if (out[i] < 0 || out[i] > INT32_MAX)
            return refuse(o, name, "a non-negative", out[i]);
    }
    return true;
}

epl_val epl__space_lead(const epl__on_space *o)
{
    epl_shape s = epl_typeof(o->x).shape;
    return s.rank == o->axes + 1 ? epl__reshape(o->x, epl__shape_insert(s, 0, 1)) : o->x;
}

epl_val epl__space_unlead(const epl__on_space *o, epl_val y)
{
    return y.graph && epl_rank(o->x) == o->axes + 1 ? epl__drop(y, 0) : y;
}

int64_t epl__window_count(const epl__on_space *o, const epl__windows *w, int64_t length)
{
    int64_t width = (w->window - 1) * w->dilation + 1, room = length + 2 * w->pad - width;
    if (w->pad > width / 2) {
        epl__bad(o->x, EPL_ERR_ARG, "[%s] padding %lld is more than half of the window, %lld",
                 o->op, (long long)w->pad, (long long)width);
        return 0;
    }
    if (room < 0 || length < 1) {
        epl__bad(o->x, EPL_ERR_SHAPE,
                 "[%s] a window of %lld does not fit into %s with padding %lld", o->op,
                 (long long)width, epl__show(o->x), (long long)w->pad);
        return 0;
    }
    int64_t count = (room + (w->ceil_mode ? w->stride - 1 : 0)) / w->stride + 1;
    if (w->ceil_mode && (count - 1) * w->stride >= length + w->pad)
        count--; /* the last window starts inside */
    return count;
}
