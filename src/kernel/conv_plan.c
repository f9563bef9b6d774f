/* conv_plan.c -- prepares a convolution: tidies the description and picks a path.
 *
 * Invariant: the choice depends on the description and the instruction set alone.
 */
#include <stdio.h>
#include "conv.h"

epl__conv_at epl__conv_item(const epl__conv_desc *d, int64_t item)
{
    epl__conv_at at = {0};
    for (int i = d->batch_rank - 1; i >= 0; i--) {
        const int64_t x = item % d->batch[i];
        item /= d->batch[i];
        at.in += x * d->in_batch[i];
        at.w += x * d->w_batch[i];
        at.out += x * d->out_batch[i];
    }
    return at;
}

/* Axes that are missing come first, of size 1. */
static epl__conv_desc with_three_axes(const epl__conv_desc *d)
{
    epl__conv_desc t = *d;
    const int missing = EPL__CONV_MAX - d->spatial;
    t.spatial = EPL__CONV_MAX;
    for (int i = EPL__CONV_MAX - 1; i >= 0; i--) {
        const bool have = i >= missing;
        const int j = have ? i - missing : 0;
        t.in[i] = have ? d->in[j] : 1;
        t.window[i] = have ? d->window[j] : 1;
        t.out[i] = have ? d->out[j] : 1;
        t.stride[i] = have ? d->stride[j] : 1;
        t.dilation[i] = have ? d->dilation[j] : 1;
        t.in_dilation[i] = have ? d->in_dilation[j] : 1;
        t.pad_lo[i] = have ? d->pad_lo[j] : 0;
        t.in_s[i] = have ? d->in_s[j] : 0;
        t.w_s[i] = have ? d->w_s[j] : 0;
        t.out_s[i] = have ? d->out_s[j] : 0;
    }
    return t;
}

static char *name_of(epl__arena *a, const epl__conv_desc *d, const char *path)
{
    char text[160];
    int at = snprintf(text, sizeof text, "conv.%s n%lld c%lld k%lld ", path, (long long)d->n,
                      (long long)d->c, (long long)d->k);
    for (int pass = 0; pass < 3; pass++) {
        const int64_t *x = pass == 0 ? d->in : pass == 1 ? d->window : d->out;
        const char *before[] = {"", " * ", " -> "};
        for (int i = 0; i < d->spatial && at < (int)sizeof text; i++) {
            at += snprintf(text + at, sizeof text - (size_t)at, "%s%lld",
                           i > 0 ? "x" : before[pass], (long long)x[i]);
        }
    }
    return epl__arena_text(a, text);
}

epl__call *epl__conv_prepare(epl__arena *a, const epl__conv_desc *d)
{
    const epl__conv_desc t = with_three_axes(d);
    char *name = name_of(a, d, "loops");
    return name == NULL ? NULL : epl__conv_loops_prepare(a, &t, name);
}
