/* graph_sample.c -- golden samples as steps of random functions: so every operation is drawn,
 * with arguments that it takes and numbers of its domain.
 */
#include <math.h>
#include "graph_draw.h"
#include "sample.h"

static sample *samples;
static size_t count;

bool graph_samples_open(epl_scope *s, const char *path)
{
    const char *const *line = samples_read(s, path);
    size_t n = 0;
    while (line && line[n])
        n++;
    samples = n ? epl_scope_alloc(s, n * sizeof *samples) : NULL;
    for (size_t i = 0; samples && i < n; i++)
        count += sample_open(&samples[count], line[i], i, false);
    return count > 0;
}

size_t graph_samples(void)
{
    return count;
}

void graph_samples_close(void)
{
    for (size_t i = 0; i < count; i++)
        sample_close(&samples[i]);
    count = 0;
}

/* a (1 + sin(v) / 100): v by element where the counts are equal, else its mean. */
static epl_val moved(epl_fn *f, const epl_array *a, epl_val v)
{
    epl_val numbers = epl_data(f, *a);
    if (a->type.dtype != EPL_F64 || !epl_count(a->type))
        return numbers;
    bool is_same = epl_count(a->type) == epl_count(epl_typeof(v));
    v = is_same ? epl_reshape(v, a->type.shape) : epl_mean(v);
    return epl_mul(numbers, epl_add(epl_scale(epl_sin(v), 0.01), epl_num(1)));
}

epl_val graph_sampled(epl_fn *f, size_t i, epl_val v)
{
    const sample *p = &samples[i];
    epl_val in[DERIVED_ROOM], out[DERIVED_ROOM];
    if (!p->call.inputs || p->call.inputs > DERIVED_ROOM || !epl_count(epl_typeof(v)) ||
        epl_scope_status(epl_val_scope(v)) != EPL_OK) /* samples must not fail with it */
        return EPL_NO_VAL;
    for (size_t k = 0; k < p->call.inputs; k++)
        in[k] = moved(f, &p->call.input[k], v);
    epl_call(p->fn, (epl_vals){p->call.inputs, in}, out);
    for (size_t k = 0; k < p->outs; k++)
        if (p->out[k].dtype == EPL_F64 && epl_count(p->out[k]))
            return epl_atan(out[k]);
    return EPL_NO_VAL;
}
