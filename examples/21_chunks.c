/* Memory by one word: derivatives in chunks, and what a checkpoint keeps. A line for each
 * setting: nodes of the graph, the time to compile it, the plan's whole workspace (known
 * before it runs) and the least time of some runs.
 *
 *     21_chunks [RUNS]      default 5
 */
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OUTPUTS = 256, BLOCKS = 12, ROWS = 1024, WIDE = 64 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* The function's one output, its input filled with small numbers. False after an error. */
static bool measure(epl_scope *s, epl_fn *f, epl_type x, epl_val y, const char *what, int runs)
{
    epl_type t = epl_typeof(y);
    float *in = malloc(epl_bytes(x)), *out = malloc(epl_bytes(t) + 1);
    epl_output(f, "y", y);
    size_t nodes = epl_fn_nodes(f);
    double begin = now(), least = INFINITY;
    epl_plan plan = epl_compile(s, f);
    double compiled = now() - begin;
    epl_work *w = epl_work_new(s, NULL);
    epl_status status = in && out ? EPL_OK : EPL_ERR_MEMORY;
    for (int64_t i = 0; in && i < epl_count(x); i++)
        in[i] = 0.05F * (float)(i % 7 - 3);
    for (int i = 0; i <= runs && status == EPL_OK; i++) {
        begin = now();
        status = epl_run(plan, epl_arrays(epl_at(in, x)), epl_arrays(epl_at(out, t)), w);
        least = fmin(least, now() - begin);
    }
    if (status == EPL_OK)
        printf("%-36s %6zu %9.2f %12zu %9.2f   %.6g\n", what, nodes, compiled,
               epl_plan_work_bytes(plan), least, (double)out[epl_count(t) / 2]);
    else
        fprintf(stderr, "%s%s\n", epl_scope_message(s), epl_work_message(w));
    free(in);
    free(out);
    return status == EPL_OK;
}

/* 64 numbers through a hidden layer to 256: all of dy/dx, in reverse. */
static bool jacobian(epl_scope *s, int64_t chunk, int runs)
{
    char what[48];
    epl_fn *f = epl_fn_new(s, "jacobian");
    epl_type t = epl_f32(64 + OUTPUTS, OUTPUTS);
    epl_val w = epl_input(f, "w", t), x = epl_select(epl_narrow(w, 1, 0, 64), 0, 0);
    epl_val h = epl_tanh(epl_matmul(x, epl_narrow(w, 0, 0, 64)));
    epl_val y = epl_tanh(epl_matmul(h, epl_narrow(w, 0, 64, OUTPUTS)));
    snprintf(what, sizeof what, "jacobian of 256, chunk %lld", (long long)chunk);
    return measure(s, f, t, epl_jacobian(y, x, .mode = "reverse", .chunk = chunk), what, runs);
}

/* 256 numbers through six layers of 32. */
static bool hessian(epl_scope *s, int64_t chunk, int runs)
{
    char what[48];
    epl_fn *f = epl_fn_new(s, "hessian");
    epl_type t = epl_f32(256);
    epl_val x = epl_input(f, "x", t), h = epl_reshape(x, epl_dims(8, 32)), w = h;
    w = epl_sin(epl_cat(epl_list(w, w, w, w), .dim = 0));
    for (int i = 0; i < 6; i++)
        h = epl_tanh(epl_matmul(h, w));
    snprintf(what, sizeof what, "hessian of 256, chunk %lld", (long long)chunk);
    return measure(s, f, t, epl_hessian_block(epl_sum(epl_square(h)), x, x, .chunk = chunk), what,
                   runs);
}

static epl_fn *opened(epl_fn *f, const char *keep)
{
    int64_t bytes = atoll(keep);
    return keep[0] == '-'   ? epl_checkpoint(f)
           : keep[0] == '*' ? epl_checkpoint(f, .all = true)
           : bytes          ? epl_checkpoint(f, .bytes = bytes)
                            : epl_checkpoint(f, .keep = keep);
}

/* The gradient through 12 blocks of two products, each in a checkpoint: 1024 rows of 64. */
static bool blocks(epl_scope *s, const char *keep, int runs)
{
    char what[48];
    epl_fn *f = epl_fn_new(s, "blocks");
    epl_type t = epl_f32(2 * BLOCKS * WIDE + ROWS, WIDE);
    epl_val all = epl_input(f, "all", t), x = epl_narrow(all, 0, 2 * BLOCKS * WIDE, ROWS);
    for (int i = 0; i < BLOCKS; i++) {
        epl_fn *c = opened(f, keep);
        epl_val u = epl_pass(c, epl_narrow(all, 0, 2 * i * WIDE, WIDE)), own = epl_pass(c, x);
        epl_val v = epl_pass(c, epl_narrow(all, 0, (2 * i + 1) * WIDE, WIDE));
        epl_val h = epl_keep(epl_matmul(own, u), "first");
        epl_val z = epl_keep(epl_matmul(epl_gelu(h), v), "second");
        x = epl_last(c, epl_layer_norm(epl_add(epl_sin(z), own), epl_axes(WIDE)));
    }
    snprintf(what, sizeof what, "12 blocks, keep %s", keep);
    return measure(s, f, t, epl_gradient(epl_sum(epl_square(x)), all), what, runs);
}

int main(int argc, char **argv)
{
    static const int64_t chunk[] = {0, 64, 16, 1};
    static const char *const keep[] = {"*", "-", "first", "first,second", "300000", "600000"};
    int runs = argc > 1 ? atoi(argv[1]) : 5;
    bool ok = true;
    epl_scope *s = epl_scope_new(NULL);
    printf("%-36s %6s %9s %12s %9s   a number of it\n", "", "nodes", "compile", "bytes", "run ms");
    for (size_t i = 0; i < 4 && ok; i++)
        ok = jacobian(s, chunk[i], runs);
    for (size_t i = 0; i < 4 && ok; i++)
        ok = hessian(s, chunk[i], runs);
    for (size_t i = 0; i < 6 && ok; i++)
        ok = blocks(s, keep[i], runs);
    epl_scope_free(s);
    return !ok;
}
