/* test_checkpoint_loops.c -- names in the loops and branches of a checkpoint: what is kept of
 * their steps, what is made again, and every transform around it. */
#include "../short_memory.h"
#include "../value_test.h"

TestSuite(checkpoint_loops, .init = open_scope, .fini = drop_scope);

/* -- a step whose values are counted ----------------------------------------------------------- */
static int made; /* numbers that "dear" computed */

static bool dear_kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                        char *message)
{
    int64_t n = epl_count(in[0].type);
    (void)count, (void)attrs, (void)message;
    for (int64_t i = 0; i < n; i++)
        ((double *)out[0].data)[i] = sin(((const double *)in[0].data)[i]);
    made += (int)n;
    return true;
}

static epl_val dear_jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return epl_mul(dx[0], epl_cos(x[0]));
}

static const epl_prim dear_prim = {.name = "dear",
                                   .formula = "y = sin x, counted",
                                   .inputs = 1,
                                   .elementwise = true,
                                   .kernel = dear_kernel,
                                   .jvp = dear_jvp};

static epl_val dear(epl_val x)
{
    return epl_op(&dear_prim, epl_list(x), NULL);
}

/* -- the loops --------------------------------------------------------------------------------- */
typedef enum { ALL, SQRT, LOG, EVERY, UNROLLED, BACKWARDS, WHILE, NESTED, BRANCHES, LOOPS } loop;
enum { STEPS = 7, WIDE = 4 };

/* "h" is named, and read by the derivative. */
static epl_val step(epl_val x, epl_val w)
{
    epl_val h = epl_keep(dear(epl_mul(x, w)), "h");
    return epl_add(epl_scale(x, 0.5), epl_mul(h, h));
}

/* What one of two sides gives, by the sign of the first number. */
static epl_val sided(epl_fn *t, epl_val x, epl_val w)
{
    epl_val first = epl_select(x, 0, 0);
    epl_fn *one = epl_when(t, epl_gt(first, epl_num(0.4))), *two = epl_otherwise(one);
    epl_val a = step(epl_pass(one, x), epl_pass(one, w));
    epl_val b = epl_cos(epl_keep(dear(epl_pass(two, x)), "h"));
    return epl_either(one, a, two, b);
}

static epl_val while_loop(epl_fn *c, epl_val x0, epl_val w)
{
    epl_fn *t = epl_while(c, .most = STEPS);
    epl_val x = epl_carry(t, x0), k = epl_carry(t, epl_zeros(c, epl_i64()));
    epl_val now = epl_index_select(epl_pass(t, w), 0, epl_unsqueeze(k, 0));
    epl_keep_going(t, epl_lt(k, epl_int(STEPS - 2)));
    epl_next(t, x, step(x, epl_squeeze(now, .dim = epl_axes(0))));
    epl_next(t, k, epl_add(k, epl_int(1)));
    return epl_last(t, x);
}

static epl_val looped(epl_fn *c, loop how, epl_val x0, epl_val w)
{
    if (how == WHILE)
        return while_loop(c, x0, w);
    epl_fn *t = how == SQRT       ? epl_scan(c, .save = EPL_SAVE_SQRT)
                : how == LOG      ? epl_scan(c, .save = EPL_SAVE_LOG)
                : how == EVERY    ? epl_scan(c, .save = EPL_SAVE_EVERY, .every = 3)
                : how == UNROLLED ? epl_scan(c, .unroll = 3)
                                  : epl_scan(c, .reverse = how == BACKWARDS);
    epl_val now = epl_each(t, w, 0), x = epl_carry(t, x0), y;
    if (how == NESTED) {
        epl_fn *in = epl_scan(t, .length = 2);
        epl_val z = epl_carry(in, x);
        epl_next(in, z, step(z, now));
        y = epl_last(in, z);
    } else
        y = how == BRANCHES ? sided(t, x, now) : step(x, now);
    epl_next(t, x, y);
    epl_val all = epl_collect(t, y); /* of all steps */
    return epl_add(epl_last(t, x), epl_mean(all, .dim = epl_axes(0)));
}

/* keep: NULL is no checkpoint, "" one that keeps nothing. */
static epl_val value(epl_fn *in, const char *keep, loop how, epl_val x, epl_val w)
{
    if (!keep)
        return epl_sum(epl_square(looped(in, how, x, w)));
    epl_fn *c = *keep ? epl_checkpoint(in, .keep = keep) : epl_checkpoint(in);
    epl_val y = epl_sum(epl_square(looped(c, how, epl_pass(c, x), epl_pass(c, w))));
    return epl_last(c, y);
}

static epl_val numbers(epl_type t, double from)
{
    static double number[4096];
    for (int i = 0; i < 4096; i++)
        number[i] = 0.6 * sin(1.3 * i + from);
    return epl_data(f, epl_at(number, t));
}

static const char *name_of(loop how)
{
    static const char *name[] = {"all",       "sqrt",  "log",    "every",   "unrolled",
                                 "backwards", "while", "nested", "branches"};
    return name[how];
}

/* -- numbers --------------------------------------------------------------------------------- */
Test(checkpoint_loops, derivatives_to_third_order)
{
    epl_val x = numbers(epl_f64(WIDE), 0.2), w = numbers(epl_f64(STEPS, WIDE), 0.9), v = epl_cos(w);
    for (loop how = ALL; how < LOOPS; how++) {
        epl_val to[2][5];
        for (int keep = 0; keep < 2; keep++) {
            epl_val y = value(f, keep ? "h" : NULL, how, x, w);
            to[keep][0] = y;
            to[keep][1] = epl_gradient(y, w);
            to[keep][2] = epl_hvp(y, w, v);
            to[keep][3] = epl_jvp(y, x, epl_sin(x));
            to[keep][4] = epl_gradient(epl_sum(epl_mul(to[keep][2], v)), x);
        }
        for (int i = 0; i < 5; i++)
            near_at(to[1][i], to[0][i], i ? 1e-12 : 0, name_of(how));
    }
}

/* Before the first derivative and after it; entries at once and in chunks. */
Test(checkpoint_loops, under_maps)
{
    epl_val xs = numbers(epl_f64(5, WIDE), 0.2), w = numbers(epl_f64(STEPS, WIDE), 0.9);
    for (loop how = ALL; how < LOOPS; how++)
        for (int inside = 0; inside < 2; inside++)
            for (int64_t chunk = 0; chunk < 3; chunk += 2) {
                epl_val to[2];
                for (int keep = 0; keep < 2; keep++) {
                    epl_fn *m = epl_map(f, .chunk = chunk);
                    epl_val x = epl_each(m, xs, 0), own = epl_pass(m, w);
                    epl_val y = value(m, keep ? "h" : NULL, how, x, own);
                    epl_val all = epl_collect(m, inside ? epl_gradient(y, x) : y);
                    to[keep] = epl_gradient(epl_sum(epl_square(all)), w);
                }
                near_at(to[1], to[0], 1e-11, name_of(how));
            }
}

/* The checkpoint is a loop's step, is in another one, or has a derivative inside. */
Test(checkpoint_loops, in_loops_and_checkpoints_and_over_derivatives)
{
    epl_val x0 = numbers(epl_f64(WIDE), 0.2), w = numbers(epl_f64(STEPS, WIDE), 0.9);
    for (loop how = ALL; how < LOOPS; how++) {
        epl_val to[2][3];
        for (int keep = 0; keep < 2; keep++) {
            const char *name = keep ? "h" : NULL;
            epl_fn *t = epl_scan(f, .length = 3);
            epl_val x = epl_carry(t, x0), own = epl_pass(t, w);
            epl_next(t, x, epl_tanh(epl_mul(x, value(t, name, how, x, own))));
            to[keep][0] = epl_gradient(epl_sum(epl_last(t, x)), w);
            epl_fn *c = epl_checkpoint(f);
            epl_val y = value(c, name, how, epl_pass(c, x0), epl_pass(c, w));
            to[keep][1] = epl_gradient(epl_last(c, y), w);
            epl_fn *g = keep ? epl_checkpoint(f, .keep = "h") : epl_checkpoint(f);
            epl_val in = epl_pass(g, x0), inner = epl_pass(g, w);
            epl_val slope = epl_gradient(epl_sum(looped(g, how, in, inner)), in);
            to[keep][2] = epl_gradient(epl_last(g, epl_sum(epl_square(slope))), w);
        }
        for (int i = 0; i < 3; i++)
            near_at(to[1][i], to[0][i], 1e-11, name_of(how));
    }
}

Test(checkpoint_loops, no_steps_at_all)
{
    epl_val x = numbers(epl_f64(WIDE), 0.2), w = epl_zeros(f, epl_f64(0, WIDE));
    epl_fn *c = epl_checkpoint(f, .keep = "h"), *t = epl_scan(c);
    epl_val now = epl_each(t, epl_pass(c, w), 0), z = epl_carry(t, epl_square(epl_pass(c, x)));
    epl_next(t, z, step(z, now));
    epl_val y = epl_last(c, epl_sum(epl_last(t, z)));
    near_at(epl_gradient(y, x), epl_scale(x, 2), 1e-15, "no steps");
    near_at(epl_hvp(y, x, x), epl_scale(x, 2), 1e-15, "no steps");
    cr_expect_eq(epl_count(epl_typeof(epl_gradient(y, w))), 0);
}

/* -- what is made again ------------------------------------------------------------------------ */
static int made_by_a_gradient(const char *keep, loop how, size_t *bytes)
{
    static double x[WIDE], w[STEPS * WIDE], g[STEPS * WIDE];
    for (int i = 0; i < STEPS * WIDE; i++)
        w[i] = 0.6 * sin(1.3 * i + 0.9);
    for (int i = 0; i < WIDE; i++)
        x[i] = 0.6 * sin(1.3 * i + 0.2);
    epl_fn *fn = epl_fn_new(s, "gradient");
    epl_val px = epl_input(fn, "x", epl_f64(WIDE)), pw = epl_input(fn, "w", epl_f64(STEPS, WIDE));
    epl_output(fn, "g", epl_gradient(value(fn, keep, how, px, pw), pw));
    epl_plan plan = epl_compile(s, fn);
    epl_work *work = epl_work_new(s, NULL);
    made = 0;
    cr_assert_eq(epl_run(plan,
                         epl_arrays(epl_at(x, epl_f64(WIDE)), epl_at(w, epl_f64(STEPS, WIDE))),
                         epl_arrays(epl_at(g, epl_f64(STEPS, WIDE))), work),
                 EPL_OK, "%s", epl_scope_message(s));
    *bytes = epl_plan_work_bytes(plan);
    return made;
}

/* All steps once: nothing of what is named is made again, whatever the loop keeps itself. */
Test(checkpoint_loops, named_values_are_made_once)
{
    for (loop how = ALL; how < LOOPS; how++) {
        size_t kept, nothing;
        int steps = how == NESTED ? 2 * STEPS : STEPS, once = steps * WIDE;
        int named = made_by_a_gradient("h", how, &kept);
        int all = made_by_a_gradient("", how, &nothing);
        cr_expect_eq(named, once, "%s: %d, not %d", name_of(how), named, once);
        cr_expect_geq(all, 2 * once, "%s: %d", name_of(how), all);
    }
}

/* ... also where a map came between the two derivatives. */
Test(checkpoint_loops, made_once_for_each_entry_of_a_map)
{
    enum { ENTRIES = 3 };
    static double x[ENTRIES * WIDE] = {0.1, 0.2, 0.3}, w[STEPS * WIDE] = {1, 2}, g[STEPS * WIDE];
    int count[2];
    for (int keep = 0; keep < 2; keep++) {
        epl_fn *fn = epl_fn_new(s, "mapped");
        epl_val px = epl_input(fn, "x", epl_f64(ENTRIES, WIDE)),
                pw = epl_input(fn, "w", epl_f64(STEPS, WIDE));
        epl_fn *m = epl_map(fn);
        epl_val own = epl_each(m, px, 0), y = value(m, keep ? "h" : "", ALL, own, epl_pass(m, pw));
        epl_gradient(y, own); /* the choice is made here, for one entry */
        epl_output(fn, "g", epl_gradient(epl_sum(epl_square(epl_collect(m, y))), pw));
        epl_plan plan = epl_compile(s, fn);
        made = 0;
        cr_assert_eq(
            epl_run(plan,
                    epl_arrays(epl_at(x, epl_f64(ENTRIES, WIDE)), epl_at(w, epl_f64(STEPS, WIDE))),
                    epl_arrays(epl_at(g, epl_f64(STEPS, WIDE))), epl_work_new(s, NULL)),
            EPL_OK);
        count[keep] = made;
    }
    cr_expect_eq(count[1], ENTRIES * STEPS * WIDE, "%d", count[1]);
    cr_expect_geq(count[0], 2 * count[1], "%d", count[0]);
}

Test(checkpoint_loops, what_is_kept_can_be_read)
{
    epl_val x = numbers(epl_f64(WIDE), 0.2), w = numbers(epl_f64(STEPS, WIDE), 0.9);
    epl_gradient(value(f, "h", NESTED, x, w), w);
    const char *text = epl_fn_text(f);
    cr_assert_not_null(strstr(text, "keeps dear f64[7,2,4]: 448 bytes"), "%s", text);
    epl_gradient(value(f, "h", BRANCHES, x, w), w);
    text = epl_fn_text(f);
    cr_assert_not_null(strstr(text, "keeps dear f64[7,4], dear f64[7,4]: 448 bytes"), "%s", text);
}

/* A carried value that is named is kept as the loop has it: the loop need not run again, where
 * nothing else of it is read. */
Test(checkpoint_loops, a_carried_value_by_its_name)
{
    epl_val x0 = numbers(epl_f64(WIDE), 0.2), w = numbers(epl_f64(STEPS, WIDE), 0.9), to[3];
    int count[3];
    for (int keep = 0; keep < 3; keep++) {
        epl_fn *c = keep == 2   ? epl_checkpoint(f, .keep = "x")
                    : keep == 1 ? epl_checkpoint(f)
                                : epl_checkpoint(f, .all = true);
        epl_fn *t = epl_scan(c);
        epl_val now = epl_each(t, epl_pass(c, w), 0), x = epl_carry(t, epl_pass(c, x0));
        epl_next(t, x, epl_add(x, dear(epl_mul(epl_keep(x, "x"), epl_keep(now, "x")))));
        epl_val y = epl_last(c, epl_sum(epl_last(t, x)));
        to[keep] = epl_add(epl_gradient(y, w), y); /* y, so that the loop itself runs */
        static double g[STEPS * WIDE];
        made = 0;
        read(to[keep], g);
        count[keep] = made;
    }
    near_at(to[2], to[0], 1e-13, "carried");
    cr_expect_eq(count[2], count[0], "%d, not %d", count[2], count[0]);
    cr_expect_gt(count[1], count[0], "%d", count[1]);
    cr_expect_not_null(strstr(epl_fn_text(f), "keeps part f64[7,4]: 224 bytes"), "%s",
                       epl_fn_text(f));
}

/* -- wrong use --------------------------------------------------------------------------------- */
Test(checkpoint_loops, a_name_that_is_nowhere)
{
    value(f, "h,attn", NESTED, numbers(epl_f64(WIDE), 0.2), numbers(epl_f64(STEPS, WIDE), 0.9));
    fails_with("[checkpoint] keep: no value of it is named \"attn\": mark one by epl_keep");
}

Test(checkpoint_loops, a_name_in_a_while_without_a_bound)
{
    epl_val x0 = numbers(epl_f64(WIDE), 0.2);
    epl_fn *c = epl_checkpoint(f, .keep = "h"), *t = epl_while(c);
    epl_val x = epl_carry(t, epl_pass(c, x0));
    epl_keep_going(t, epl_gt(epl_sum(x), epl_num(9)));
    epl_next(t, x, epl_keep(epl_sin(x), "h"));
    epl_last(c, epl_sum(epl_last(t, x)));
    fails_with("\"h\", but one that it cannot keep: in a while without .most");
}

Test(checkpoint_loops, no_axis_for_the_steps)
{
    epl_val x0 = numbers(epl_f64(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2), 0.2);
    epl_fn *c = epl_checkpoint(f, .keep = "h"), *t = epl_scan(c, .length = 3);
    epl_val own = epl_pass(c, x0), k = epl_carry(t, epl_zeros(c, epl_f64()));
    epl_val h = epl_keep(epl_sin(epl_add(epl_pass(t, own), k)), "h");
    epl_next(t, k, epl_add(k, epl_sum(epl_square(h))));
    epl_gradient(epl_last(c, epl_last(t, k)), x0);
    fails_with("[checkpoint] keep: a value of rank 12 in a loop leaves no axis for its steps");
}

/* -- without memory ------------------------------------------------------------------------------
 */
static void second_order(epl_scope *own)
{
    epl_fn *fn = epl_fn_new(own, "memory");
    epl_val x = epl_input(fn, "x", epl_f64(WIDE)), w = epl_input(fn, "w", epl_f64(STEPS, WIDE));
    epl_val y = value(fn, "h", BRANCHES, x, w);
    epl_output(fn, "g", epl_hvp(y, w, w));
    epl_compile(own, fn);
}

Test(checkpoint_loops, memory_may_end_anywhere)
{
    memory_may_end_anywhere(second_order);
}
