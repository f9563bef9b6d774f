/* test_tile_program.c -- random programs over random strides, and biases of real shapes,
 * against element by element evaluation. */
#include "tile_plain.h"

/* Instructions that are exact, so that plain evaluation gives the same bits. */
typedef struct {
    epl__tile_desc d;
    epl__tile_ins ins[40];
    epl_dtype dtype[EPL__TILE_MAX_REG];
    strided in[EPL__TILE_MAX_IN], out[EPL__TILE_MAX_OUT];
    bool shared[EPL__TILE_MAX_OUT]; /* in an input's memory */
} program;

static int some_reg(const program *g, int regs, epl_dtype dtype)
{
    for (int tries = 0; tries < 60; tries++) {
        const int r = (int)random_below(regs);
        if (g->dtype[r] == dtype)
            return r;
    }
    return -1;
}

static void add_instruction(program *g, int dst)
{
    static const epl_dtype kinds[] = {EPL_F32, EPL_F64, EPL_I32, EPL_BOOL, EPL_I8};
    static const int ops[] = {EPL__TILE_ADD,    EPL__TILE_SUB,  EPL__TILE_MAX, EPL__TILE_LT,
                              EPL__TILE_SELECT, EPL__TILE_CAST, EPL__TILE_NEG, EPL__TILE_MUL};
    epl__tile_ins *ins = &g->ins[g->d.instructions];
    for (;;) {
        const epl_dtype d = kinds[random_below(5)];
        const int op = ops[random_below(8)], x = some_reg(g, dst, d), y = some_reg(g, dst, d);
        const int b = some_reg(g, dst, EPL_BOOL);
        if (x < 0 || y < 0 || !epl__tile_has((epl__tile_op)op, d) ||
            (op == EPL__TILE_SELECT && b < 0))
            continue;
        *ins = (epl__tile_ins){
            (uint16_t)op, (uint8_t)d, (uint8_t)d, (int16_t)dst, {(int16_t)x, (int16_t)y, 0}};
        if (op == EPL__TILE_LT)
            ins->to = EPL_BOOL;
        if (op == EPL__TILE_CAST)
            ins->to = (uint8_t)kinds[random_below(5)];
        if (op == EPL__TILE_SELECT)
            memcpy(ins->src, (int16_t[]){(int16_t)b, (int16_t)x, (int16_t)y}, sizeof ins->src);
        break;
    }
    g->dtype[dst] = (epl_dtype)ins->to;
    g->d.instructions++;
}

static long double apply(const epl__tile_ins *ins, const long double *x)
{
    const epl_dtype d = (epl_dtype)ins->dtype;
    if (ins->op == EPL__TILE_SELECT)
        return x[0] != 0 ? x[1] : x[2];
    if (ins->op == EPL__TILE_CAST) {
        char cell[8];
        if (ins->to == EPL_BOOL)
            return x[0] != 0;
        if (!is_float((epl_dtype)ins->to) && !is_float(d))
            return (long double)wrapped((epl_dtype)ins->to, (int64_t)x[0]);
        if (ins->to == EPL_I8)
            return x[0] > 127 ? 127 : x[0] < -128 ? -128 : truncl(x[0]);
        if (ins->to == EPL_I32)
            return x[0] > 2147483647       ? 2147483647
                   : x[0] < -2147483648.0L ? -2147483648.0L
                                           : truncl(x[0]);
        set(cell, (epl_dtype)ins->to, 0, x[0]);
        return get(cell, (epl_dtype)ins->to, 0);
    }
    if (!is_float(d))
        return (long double)wrapped((epl_dtype)ins->to,
                                    int_plain(ins->op, (int64_t)x[0], (int64_t)x[1]));
    char cell[8];
    const long double y = ins->op == EPL__TILE_NEG ? -x[0] : float_binary(ins->op, d, x[0], x[1]);
    set(cell, (epl_dtype)ins->to, 0, y);
    return get(cell, (epl_dtype)ins->to, 0);
}

static void random_shape(epl__tile_desc *d)
{
    static const int64_t sizes[] = {1, 1, 2, 3, 5, 7, 10, 16, 33, 64, 100, 513, 1024, 1500};
    for (;;) {
        d->rank = (int)random_below(random_below(4) ? 5 : 13);
        int64_t total = 1;
        for (int i = 0; i < d->rank; i++) {
            const int64_t limit = d->rank > 5 ? 4 : 14;
            d->dim[i] = random_below(60) == 0 ? 0 : sizes[random_below(limit)];
            total *= d->dim[i];
        }
        if (total < 30000)
            return;
    }
}

static void random_program(program *g)
{
    static const epl_dtype kinds[] = {EPL_F32, EPL_F64, EPL_I32, EPL_BOOL, EPL_I8};
    memset(g, 0, sizeof *g);
    epl__tile_desc *d = &g->d;
    random_shape(d);
    const int64_t n = count_of(d->rank, d->dim);
    d->inputs = 1 + (int)random_below(random_below(6) ? 4 : EPL__TILE_MAX_IN);
    for (int i = 0; i < d->inputs; i++) {
        const epl_dtype t = g->dtype[i] = d->in_dtype[i] = kinds[random_below(5)];
        d->is_const[i] = random_below(6) == 0;
        d->value[i] = (double)random_below(9) - 4;
        d->value_int[i] = t == EPL_BOOL ? random_below(2) : random_below(9) - 4;
        g->in[i] = make_strided(t, d->rank, d->dim, random_below(2), random_below(2));
        for (int64_t e = 0; e < g->in[i].elements; e++)
            set(g->in[i].block, t, e,
                t == EPL_BOOL ? random_bits() & 1 : (long double)random_below(200) - 100);
        memcpy(d->in_stride[i], g->in[i].stride, sizeof g->in[i].stride);
    }
    const int steps = (int)random_below(random_below(5) ? 6 : 40);
    d->ins = g->ins;
    for (int i = 0; i < steps; i++)
        add_instruction(g, d->inputs + i);
    d->outputs = 1 + (int)random_below(random_below(3) ? 1 : EPL__TILE_MAX_OUT);
    for (int i = 0; i < d->outputs; i++) {
        const int reg = (int)random_below(d->inputs + steps);
        d->out_reg[i] = (int16_t)(steps && random_below(4) ? d->inputs + steps - 1 : reg);
        g->out[i] = make_strided(g->dtype[d->out_reg[i]], d->rank, d->dim, false, random_below(2));
        /* in an input's place, if one fits and has not been taken */
        for (int k = 0; k < d->inputs && random_below(2); k++) {
            bool fits = !d->is_const[k] && n > 0 &&
                        epl_dtype_bytes(g->in[k].dtype) == epl_dtype_bytes(g->out[i].dtype);
            for (int axis = 0; axis < d->rank; axis++)
                fits = fits && (d->dim[axis] == 1 || g->in[k].stride[axis] != 0);
            for (int j = 0; j < i; j++)
                fits = fits && !(g->shared[j] && g->out[j].block == g->in[k].block);
            if (!fits)
                continue;
            free(g->out[i].block);
            const epl_dtype t = g->out[i].dtype;
            g->out[i] = g->in[k];
            g->out[i].dtype = t;
            g->shared[i] = true;
            break;
        }
        memcpy(d->out_stride[i], g->out[i].stride, sizeof g->out[i].stride);
    }
}

/* What every output should hold, by element. */
static long double *plain_results(const program *g, int64_t n)
{
    const epl__tile_desc *d = &g->d;
    long double *want = calloc((size_t)(n * d->outputs) + 1, sizeof *want);
    for (int64_t e = 0; e < n; e++) {
        long double reg[EPL__TILE_MAX_REG];
        for (int i = 0; i < d->inputs; i++)
            if (d->is_const[i])
                reg[i] = is_float(d->in_dtype[i]) ? (long double)d->value[i]
                                                  : (long double)d->value_int[i];
            else
                reg[i] = get(g->in[i].block, d->in_dtype[i], place_of(&g->in[i], e));
        for (int i = 0; i < d->instructions; i++) {
            const epl__tile_ins *ins = &d->ins[i];
            const long double x[3] = {reg[ins->src[0]], reg[ins->src[1]], reg[ins->src[2]]};
            reg[ins->dst] = apply(ins, x);
        }
        for (int o = 0; o < d->outputs; o++)
            want[o * n + e] = reg[d->out_reg[o]];
    }
    return want;
}

static void check_program(program *g, epl__arena *a)
{
    epl__tile_desc *d = &g->d;
    const int64_t n = count_of(d->rank, d->dim);
    long double *want = plain_results(g, n);
    void *p[EPL__TILE_MAX_IN + EPL__TILE_MAX_OUT], *block[EPL__TILE_MAX_OUT];
    size_t bytes[EPL__TILE_MAX_OUT];
    int count = 0;
    for (int i = 0; i < d->outputs; i++) {
        p[count++] = base_of(&g->out[i]);
        block[i] = g->out[i].block;
        bytes[i] = (size_t)g->out[i].elements * epl_dtype_bytes(g->out[i].dtype);
    }
    for (int i = 0; i < d->inputs; i++)
        if (!d->is_const[i])
            p[count++] = base_of(&g->in[i]);
    run_both(epl__tile_prepare(a, d), p, d->outputs, block, bytes);
    for (int o = 0; o < d->outputs; o++)
        for (int64_t e = 0; e < n; e++) {
            const long double got = get(g->out[o].block, g->out[o].dtype, place_of(&g->out[o], e));
            const long double w = want[o * n + e];
            cr_assert(got == w || (isnan(got) && isnan(w)),
                      "output %d element %lld of %lld: %Lg, not %Lg", o, (long long)e, (long long)n,
                      got, w);
        }
    free(want);
}

EACH_ISA(tile, programs)
{
    for (int round = 0; round < 1500; round++) {
        random_state = 1000 + (uint64_t)round;
        epl__arena a;
        epl__arena_init(&a, &epl__malloc);
        static program g;
        random_program(&g);
        check_program(&g, &a);
        for (int i = 0; i < g.d.inputs; i++)
            free(g.in[i].block);
        for (int i = 0; i < g.d.outputs; i++)
            if (!g.shared[i])
                free(g.out[i].block);
        epl__arena_free(&a);
    }
}

/* -- shapes that matter ---------------------------------------------------------------------- */

static void check_bias(int rank, const int64_t *dim, const int64_t *bias_stride, int64_t biases)
{
    const int64_t n = count_of(rank, dim);
    float *x = malloc((size_t)n * sizeof *x), *b = malloc((size_t)biases * sizeof *b);
    float *out = calloc((size_t)n, sizeof *out);
    fill_random(x, EPL_F32, n);
    fill_random(b, EPL_F32, biases);
    const epl__tile_ins ins[2] = {{EPL__TILE_ADD, EPL_F32, EPL_F32, 2, {0, 1, 0}},
                                  {EPL__TILE_RELU, EPL_F32, EPL_F32, 3, {2, 0, 0}}};
    epl__tile_desc d = {.rank = rank,
                        .inputs = 2,
                        .outputs = 1,
                        .in_dtype = {EPL_F32, EPL_F32},
                        .out_reg = {3},
                        .instructions = 2,
                        .ins = ins};
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        d.dim[i] = dim[i];
        d.in_stride[0][i] = d.out_stride[0][i] = step;
        d.in_stride[1][i] = bias_stride[i];
        step *= dim[i];
    }
    epl__arena a;
    epl__arena_init(&a, &epl__malloc);
    void *p[3] = {out, x, b};
    run_both(epl__tile_prepare(&a, &d), p, 1, p, (size_t[]){(size_t)n * sizeof *out});
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, at = 0;
        for (int axis = rank - 1; axis >= 0; axis--) {
            at += rest % dim[axis] * bias_stride[axis];
            rest /= dim[axis];
        }
        const float sum = x[i] + b[at], want = sum > 0 || isnan(sum) ? sum : 0;
        cr_assert(out[i] == want || (isnan(out[i]) && isnan(want)));
    }
    epl__arena_free(&a);
    free(x);
    free(b);
    free(out);
}

EACH_ISA(tile, biases)
{
    check_bias(2, (int64_t[]){300, 10}, (int64_t[]){0, 1}, 10);
    check_bias(2, (int64_t[]){7, 1030}, (int64_t[]){0, 1}, 1030);
    check_bias(2, (int64_t[]){1030, 7}, (int64_t[]){1, 0}, 1030);
    check_bias(3, (int64_t[]){5, 13, 784}, (int64_t[]){0, 1, 0}, 13);
    check_bias(3, (int64_t[]){50, 13, 49}, (int64_t[]){0, 1, 0}, 13);
    check_bias(3, (int64_t[]){200, 5, 4}, (int64_t[]){0, 1, 0}, 5);
    check_bias(3, (int64_t[]){3, 900, 4}, (int64_t[]){0, 1, 0}, 900);
}
