/* data.c -- data sets: what kind a path is, statistics, the order of an epoch. */
#include "data.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tensor.h"

/* The last part of a path, or of what it stands for ("." and "x/.."). */
static const char *name_of(epl_scope *s, const char *path)
{
    char *whole = realpath(path, NULL);
    const char *from = whole ? strrchr(whole, '/') : NULL;
    char *name = from ? epl_scope_alloc(s, strlen(from) + 1) : NULL;
    if (name)
        strcpy(name, from + 1);
    free(whole);
    return name ? name : "";
}

static bool bad(epl_scope *s, const char *part, const char *what)
{
    epl_scope_fail(s, EPL_ERR_DATA, "data: %s %s", part, what);
    return false;
}

/* Integers as i64; a column [n, 1] of integers as [n]. Floats stay. */
static bool fit_target(epl_scope *s, const char *part, epl_array *target)
{
    epl_dtype dtype = target->type.dtype;
    epl_shape shape = target->type.shape;
    if (epl_dtype_is_float(dtype))
        return true;
    if (dtype == EPL_BOOL)
        return bad(s, part, "targets are bool; integers or floats are expected");
    if (shape.rank == 2 && shape.dim[1] == 1)
        shape.rank = 1;
    if (dtype == EPL_I64) {
        target->type.shape = shape;
        return true;
    }
    epl_array wide = tensor_new(s, epl_type_of(EPL_I64, shape));
    if (!wide.data)
        return false;
    for (int64_t i = 0, n = epl_count(wide.type); i < n; i++)
        ((int64_t *)wide.data)[i] = tensor_integer(target, i);
    *target = wide;
    return true;
}

static bool fit_part(epl_scope *s, const char *name, data_part *p)
{
    epl_shape input = p->input.type.shape, target = p->target.type.shape;
    if (input.rank < 1 || target.rank < 1)
        return bad(s, name, "input and target need a first axis: the examples");
    if (input.dim[0] != target.dim[0]) {
        epl_scope_fail(s, EPL_ERR_DATA, "data: %s has %lld inputs and %lld targets", name,
                       (long long)input.dim[0], (long long)target.dim[0]);
        return false;
    }
    p->count = input.dim[0];
    if (p->count == 0)
        return bad(s, name, "has no examples");
    return fit_target(s, name, &p->target);
}

bool data_open(epl_scope *s, const char *path, data_set *d)
{
    struct stat st;
    *d = (data_set){0};
    if (stat(path, &st) != 0) {
        epl_scope_fail(s, EPL_ERR_FILE, "data: %s: %s", path, strerror(errno));
        return false;
    }
    bool opened = S_ISDIR(st.st_mode) ? data_open_idx(s, path, d) : data_open_tensors(s, path, d);
    if (!opened || !fit_part(s, "the training part", &d->train))
        return false;
    if (d->has_test && !fit_part(s, "the test part", &d->test))
        return false;
    for (int i = 1; d->has_test && i < EPL_MAX_RANK; i++)
        if (d->test.input.type.shape.rank != d->train.input.type.shape.rank ||
            d->test.input.type.dtype != d->train.input.type.dtype ||
            (i < d->train.input.type.shape.rank &&
             d->test.input.type.shape.dim[i] != d->train.input.type.shape.dim[i]))
            return bad(s, "the test part", "has examples of another type than the training part");
    d->name = name_of(s, path);
    return epl_scope_status(s) == EPL_OK;
}

epl_type data_rows(const epl_array *a, int64_t n)
{
    epl_type t = a->type;
    t.shape.dim[0] = n;
    return t;
}

/* -- statistics --------------------------------------------------------------------------- */
/* Mean and mean square of a channel of bytes, by how often each value occurs: exact. */
static void measure_bytes(const epl_array *a, int64_t channel, int64_t channels, double *mean,
                          double *variance)
{
    int64_t rows = a->type.shape.dim[0], row = epl_count(a->type) / rows, part = row / channels;
    int64_t times[256] = {0};
    double n = (double)(rows * part), sum = 0, squares = 0;
    for (int64_t i = 0; i < rows; i++) {
        const uint8_t *p = (const uint8_t *)a->data + i * row + channel * part;
        for (int64_t k = 0; k < part; k++)
            times[p[k]]++;
    }
    for (int v = 0; v < 256; v++)
        sum += (double)times[v] * v;
    for (int v = 0; v < 256; v++)
        squares += (double)times[v] * (v - sum / n) * (v - sum / n);
    *mean = sum / n / 255;
    *variance = squares / n / (255.0 * 255.0);
}

/* Sum of (x - shift) over a channel, or of its square; row by row, for precision. */
static double channel_sum(const epl_array *a, int64_t channel, int64_t channels, double shift,
                          bool squares)
{
    int64_t rows = a->type.shape.dim[0], row = epl_count(a->type) / rows, part = row / channels;
    double total = 0;
    for (int64_t i = 0; i < rows; i++) {
        double sum = 0;
        for (int64_t k = 0; k < part; k++) {
            double v = tensor_number(a, i * row + channel * part + k) - shift;
            sum += squares ? v * v : v;
        }
        total += sum;
    }
    return total;
}

data_statistics data_measure(const data_part *p)
{
    const epl_shape *shape = &p->input.type.shape;
    data_statistics st = {.channels = 1};
    if (shape->rank == 4 && shape->dim[1] >= 1 && shape->dim[1] <= DATA_CHANNELS)
        st.channels = (int)shape->dim[1];
    double each = (double)(epl_count(p->input.type) / st.channels);
    for (int c = 0; c < st.channels; c++) {
        const epl_array *a = &p->input;
        double variance = 0;
        if (each > 0 && a->type.dtype == EPL_U8) {
            measure_bytes(a, c, st.channels, &st.mean[c], &variance);
        } else if (each > 0) {
            st.mean[c] = channel_sum(a, c, st.channels, 0, false) / each;
            variance = channel_sum(a, c, st.channels, st.mean[c], true) / each;
        }
        st.std[c] = variance > 0 ? sqrt(variance) : 1;
    }
    return st;
}

/* -- order -------------------------------------------------------------------------------- */
void data_shuffle(int64_t *order, int64_t n, epl_key key)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        /* An integer in [0, i]: words that would favour small ones are drawn again. */
        uint64_t range = (uint64_t)i + 1, word, again = 0;
        do {
            word = epl_key_fold(epl_key_fold(key, (uint64_t)i), again++).word[0];
        } while (word > UINT64_MAX - UINT64_MAX % range - 1);
        int64_t j = (int64_t)(word % range), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}
