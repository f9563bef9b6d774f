/* test_conv.c -- convolutions against the definition: random descriptions with strides,
 * pads of either sign, dilations, flips, batch axes and layouts of any kind; and the
 * forms that training makes of them. Parts never change a bit. */
#include "product_test.h"

typedef struct {
    const epl__conv_desc *d;
    const void *in, *w;
    double value, size;
    int64_t at_in, at_w;
} sum;

/* Adds the terms of spatial axes from `axis` on, for output o. */
static void add_terms(sum *s, const int64_t *o, int axis, int64_t i, int64_t j)
{
    const epl__conv_desc *d = s->d;
    if (axis == d->spatial) {
        const double x = get(s->in, d->dtype, i) * get(s->w, d->dtype, j);
        s->value += x;
        s->size += fabs(x);
        return;
    }
    for (int64_t t = 0; t < d->window[axis]; t++) {
        const int64_t x = o[axis] * d->stride[axis] + t * d->dilation[axis] - d->pad_lo[axis];
        const int64_t r = d->flip ? d->window[axis] - 1 - t : t;
        if (x >= 0 && x % d->in_dilation[axis] == 0 && x / d->in_dilation[axis] < d->in[axis]) {
            add_terms(s, o, axis + 1, i + x / d->in_dilation[axis] * d->in_s[axis],
                      j + r * d->w_s[axis]);
        }
    }
}

/* dims: batch axes, n, k, then out. */
static int out_dims(const epl__conv_desc *d, int64_t *dim)
{
    const int b = d->batch_rank;
    memcpy(dim, d->batch, sizeof d->batch[0] * (size_t)b);
    dim[b] = d->n;
    dim[b + 1] = d->k;
    memcpy(dim + b + 2, d->out, sizeof d->out[0] * (size_t)d->spatial);
    return b + 2 + d->spatial;
}

static void compare(const epl__conv_desc *d, const void *in, const void *w, const void *out,
                    const char *name)
{
    int64_t dim[EPL_MAX_RANK + 5], at[EPL_MAX_RANK + 5], total = 1;
    const int rank = out_dims(d, dim), b = d->batch_rank;
    double terms = (double)d->c + 8;
    for (int i = 0; i < rank; i++) {
        total *= dim[i];
    }
    for (int i = 0; i < d->spatial; i++) {
        terms *= (double)(d->window[i] > 0 ? d->window[i] : 1);
    }
    const double eps = (d->dtype == EPL_F32 ? 6e-8 : 1.2e-16) * sqrt(terms + 64) * 2;
    const double work = (double)total * terms;
    for (int64_t e = 0; e<total; e += work> 1e5 ? 1 + random_below((int64_t)(work / 5e4)) : 1) {
        int64_t rest = e, pi = 0, pw = 0, po = 0;
        for (int i = rank - 1; i >= 0; i--) {
            at[i] = rest % dim[i];
            rest /= dim[i];
        }
        for (int i = 0; i < b; i++) {
            pi += at[i] * d->in_batch[i];
            pw += at[i] * d->w_batch[i];
            po += at[i] * d->out_batch[i];
        }
        po += at[b] * d->out_n + at[b + 1] * d->out_k;
        for (int i = 0; i < d->spatial; i++) {
            po += at[b + 2 + i] * d->out_s[i];
        }
        sum s = {.d = d, .in = in, .w = w};
        for (int64_t c = 0; c < d->c; c++) {
            add_terms(&s, at + b + 2, 0, pi + at[b] * d->in_n + c * d->in_c,
                      pw + at[b + 1] * d->w_k + c * d->w_c);
        }
        const double got = get(out, d->dtype, po);
        cr_assert(fabs(got - s.value) <= eps * (s.size + 1e-30), "%s: [%ld] %g for %g", name,
                  (long)e, got, s.value);
    }
}

/* Sets strides for operand dims (batch, two counts, spatial) and makes its memory. */
static void *operand(const epl__conv_desc *d, int64_t x, int64_t y, const int64_t *spatial,
                     int64_t *batch, int64_t *sx, int64_t *sy, int64_t *s, bool plain, bool zeros,
                     int64_t *low, int64_t *count)
{
    int64_t dim[EPL_MAX_RANK + 5];
    bool zero[EPL_MAX_RANK + 5] = {false};
    const int b = d->batch_rank;
    for (int i = 0; i < b; i++) {
        dim[i] = d->batch[i];
        zero[i] = zeros && random_below(3) == 0;
    }
    dim[b] = x;
    dim[b + 1] = y;
    memcpy(dim + b + 2, spatial, sizeof *spatial * (size_t)d->spatial);
    const layout l = lay_out(b + 2 + d->spatial, dim, zero, plain);
    memcpy(batch, l.stride, sizeof *batch * (size_t)b);
    *sx = l.stride[b];
    *sy = l.stride[b + 1];
    memcpy(s, l.stride + b + 2, sizeof *s * (size_t)d->spatial);
    *low = l.low;
    *count = l.count;
    return drawn(d->dtype, l.count);
}

/* turned: in is [c, n, ...] and w [c, k, ...], out [k, n, ...], as a weight gradient has them. */
static void check(epl__conv_desc *d, bool plain, bool turned)
{
    int64_t low[3], count[3];
    char *p[3];
    const size_t es = d->dtype == EPL_F32 ? 4 : 8;
    if (turned) {
        p[1] = operand(d, d->c, d->n, d->in, d->in_batch, &d->in_c, &d->in_n, d->in_s, plain, true,
                       &low[1], &count[1]);
        p[2] = operand(d, d->c, d->k, d->window, d->w_batch, &d->w_c, &d->w_k, d->w_s, plain, true,
                       &low[2], &count[2]);
        p[0] = operand(d, d->k, d->n, d->out, d->out_batch, &d->out_k, &d->out_n, d->out_s, plain,
                       false, &low[0], &count[0]);
    } else {
        p[1] = operand(d, d->n, d->c, d->in, d->in_batch, &d->in_n, &d->in_c, d->in_s, plain, true,
                       &low[1], &count[1]);
        p[2] = operand(d, d->k, d->c, d->window, d->w_batch, &d->w_k, &d->w_c, d->w_s, plain, true,
                       &low[2], &count[2]);
        p[0] = operand(d, d->n, d->k, d->out, d->out_batch, &d->out_n, &d->out_k, d->out_s, plain,
                       false, &low[0], &count[0]);
    }
    epl__arena arena;
    epl__arena_init(&arena, &epl__malloc);
    const epl__call *call = epl__conv_prepare(&arena, d);
    cr_assert(call != NULL && call->name != NULL);
    char *q[3];
    for (int i = 0; i < 3; i++) {
        q[i] = p[i] + (size_t)low[i] * es;
    }
    const size_t bytes = (size_t)count[0] * es;
    char *before = malloc(bytes);
    memset(before, 0xff, bytes);
    run_twice(call, p[0], bytes, before, (void *const *)q);
    free(before);
    compare(d, q[1], q[2], q[0], call->name);
    for (int i = 0; i < 3; i++) {
        free(p[i]);
    }
    epl__arena_free(&arena);
}

/* Anything goes, zero sizes too. */
static void check_random(int i)
{
    random_state = 5000 + (uint64_t)i;
    epl__conv_desc d = {.dtype = random_below(4) ? EPL_F32 : EPL_F64,
                        .spatial = 1 + (int)random_below(3)};
    d.batch_rank = (int)random_below(3);
    for (int j = 0; j < d.batch_rank; j++) {
        d.batch[j] = random_below(40) == 0 ? 0 : 1 + random_below(3);
    }
    const int64_t few[] = {1, 2, 3, 1, 4, 5, 7, 16, 19, 33};
    const int top = d.spatial == 3 ? 6 : d.spatial == 2 ? 9 : 10;
    d.n = random_below(50) ? few[random_below(top)] : 0;
    d.c = random_below(50) ? few[random_below(top)] : 0;
    d.k = random_below(50) ? few[random_below(top)] : 0;
    d.flip = random_below(3) == 0;
    for (int j = 0; j < d.spatial; j++) {
        d.in[j] = random_below(60) == 0 ? 0 : 1 + random_below(d.spatial == 3 ? 6 : 12);
        d.window[j] = random_below(60) == 0 ? 0 : 1 + random_below(random_below(4) ? 4 : 14);
        d.out[j] = random_below(60) == 0 ? 0 : 1 + random_below(d.spatial == 3 ? 5 : 14);
        d.stride[j] = 1 + (random_below(2) ? random_below(4) : 0);
        d.dilation[j] = 1 + (random_below(3) == 0 ? random_below(4) : 0);
        d.in_dilation[j] = 1 + (random_below(3) == 0 ? random_below(4) : 0);
        d.pad_lo[j] = random_below(2) ? random_below(5) : -random_below(4);
        if (random_below(40) == 0) {
            d.pad_lo[j] = 1000 * (random_below(3) - 1);
            d.dilation[j] = 1 + random_below(800);
        }
        if (random_below(60) == 0) { /* too many phases, or too far apart */
            d.in_dilation[j] = 1300 + random_below(5);
            d.out[j] *= d.spatial == 1 ? 400 : 1;
            d.dilation[j] = 1 + random_below(2) * 1299;
        }
    }
    check(&d, random_below(2) == 0, random_below(2) == 0);
}

typedef struct {
    int64_t n, c, k, in, window, stride, pad, dilation;
} layer;

/* A layer's forward pass, input gradient and weight gradient, with `tasks` weights of their
 * own (0: no batch axis). */
static void check_layer(const layer *l, int64_t tasks, epl_dtype dtype, bool plain)
{
    const int64_t out = (l->in + 2 * l->pad - l->dilation * (l->window - 1) - 1) / l->stride + 1;
    epl__conv_desc f = {.dtype = dtype, .spatial = 2, .n = l->n, .c = l->c, .k = l->k};
    f.batch_rank = tasks > 0;
    f.batch[0] = tasks;
    epl__conv_desc b = f, w = f;
    b.c = l->k;
    b.k = l->c;
    b.flip = true;
    w.n = l->c;
    w.c = l->n;
    for (int i = 0; i < 2; i++) {
        f.in[i] = l->in;
        f.window[i] = l->window;
        f.out[i] = out;
        f.stride[i] = l->stride;
        f.dilation[i] = l->dilation;
        f.in_dilation[i] = 1;
        f.pad_lo[i] = l->pad;
        b.in[i] = out;
        b.window[i] = l->window;
        b.out[i] = l->in;
        b.stride[i] = 1;
        b.dilation[i] = l->dilation;
        b.in_dilation[i] = l->stride;
        b.pad_lo[i] = l->dilation * (l->window - 1) - l->pad;
        w.in[i] = l->in;
        w.window[i] = out;
        w.out[i] = l->window;
        w.stride[i] = l->dilation;
        w.dilation[i] = l->stride;
        w.in_dilation[i] = 1;
        w.pad_lo[i] = l->pad;
    }
    check(&f, plain, false);
    check(&b, plain, false);
    check(&w, plain, true);
}

static const layer layers[] = {
    {8, 1, 10, 28, 5, 1, 0, 1},   {8, 10, 20, 12, 5, 1, 0, 1},  {5, 32, 32, 14, 3, 1, 1, 1},
    {3, 32, 32, 7, 3, 1, 1, 1},   {6, 32, 32, 3, 3, 1, 1, 1},   {2, 64, 64, 32, 3, 1, 1, 1},
    {2, 64, 128, 32, 3, 2, 1, 1}, {2, 64, 128, 32, 1, 2, 0, 1}, {4, 256, 256, 4, 3, 1, 1, 1},
    {2, 3, 64, 32, 3, 1, 1, 1},   {1, 3, 16, 56, 7, 2, 3, 1},   {2, 5, 6, 19, 3, 2, 2, 3},
    {1, 1, 1, 1, 1, 1, 0, 1},     {20, 6, 7, 1, 1, 1, 0, 1},    {3, 16, 5, 4, 4, 1, 0, 1},
    {2, 7, 33, 9, 2, 3, 0, 1},    {32, 3, 3, 5, 3, 2, 1, 1},    {1, 130, 70, 10, 1, 1, 0, 1},
};

static void check_all(const char *isa)
{
    setenv("ESPALIER_ISA", isa, 1);
    for (int i = 0; i < 2500; i++) {
        check_random(i);
    }
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        random_state = 99 + i;
        check_layer(&layers[i], 0, EPL_F32, true);
        layer small = layers[i];
        small.n = i % 2 ? 1 : small.n;
        check_layer(&small, 4, i % 3 ? EPL_F32 : EPL_F64, i % 4 != 0);
    }
}

Test(conv, portable)
{
    check_all("portable");
}
Test(conv, avx2)
{
    check_all("avx2");
}
Test(conv, avx512)
{
    check_all("avx512");
}
