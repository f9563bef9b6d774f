/* test_checkpoint.c -- what a checkpoint keeps: numbers, bytes, and every transform around it. */
#include "../value_test.h"

TestSuite(checkpoint, .init = open_scope, .fini = drop_scope);

/* What is kept of a block: everything without a checkpoint (plain), or by a policy. */
typedef enum { PLAIN, NOTHING, ALL, NAMED, BOTH, BYTES, FEW_BYTES, POLICIES } policy;
enum { ROWS = 96, WIDE = 32, BLOCKS = 5 };

static epl_fn *opened(epl_fn *in, policy p)
{
    switch (p) {
    case PLAIN:
        return in;
    case ALL:
        return epl_checkpoint(in, .all = true);
    case NAMED:
        return epl_checkpoint(in, .keep = "h");
    case BOTH:
        return epl_checkpoint(in, .keep = "h, z");
    case BYTES:
        return epl_checkpoint(in, .bytes = 1 << 20);
    case FEW_BYTES:
        return epl_checkpoint(in, .bytes = 8 * ROWS * WIDE + 8 * ROWS);
    default:
        return epl_checkpoint(in);
    }
}

/* tanh(x w) w', by its mean square over a row, which a gradient by all reads. */
static epl_val block(epl_fn *in, policy p, epl_val x, epl_val w)
{
    epl_fn *c = opened(in, p);
    if (p != PLAIN)
        x = epl_pass(c, x), w = epl_pass(c, w);
    epl_val h = epl_keep(epl_tanh(epl_matmul(x, w)), "h");
    epl_val z = epl_keep(epl_matmul(h, epl_transpose(w, 0, 1)), "z");
    epl_val norm = epl_mean(epl_square(z), .dim = epl_axes(-1), .keepdim = true);
    epl_val y = epl_sin(epl_div(z, epl_sqrt(epl_add(norm, epl_num(0.5)))));
    return p == PLAIN ? y : epl_last(c, y);
}

static epl_val network(epl_fn *in, policy p, epl_val x, epl_val w)
{
    for (int i = 0; i < BLOCKS; i++)
        x = block(in, p, x, epl_select(w, 0, i));
    return epl_sum(epl_square(x));
}

typedef struct {
    epl_val x, w;
} inputs;

static inputs data(epl_type x, epl_type w)
{
    static double number[BLOCKS * WIDE * WIDE];
    for (int i = 0; i < BLOCKS * WIDE * WIDE; i++)
        number[i] = 0.3 * sin(1.3 * i + 0.2);
    return (inputs){epl_data(f, epl_at(number, x)), epl_data(f, epl_at(number, w))};
}

/* -- numbers --------------------------------------------------------------------------------- */
Test(checkpoint, values_and_derivatives_to_third_order)
{
    inputs d = data(epl_f64(3, 8), epl_f64(BLOCKS, 8, 8));
    epl_val v = epl_cos(d.w), want[5], got[5];
    for (policy p = PLAIN; p < POLICIES; p++) {
        epl_val *to = p == PLAIN ? want : got, y = network(f, p, d.x, d.w);
        to[0] = y;
        to[1] = epl_gradient(y, d.w);
        to[2] = epl_hvp(y, d.w, v);
        to[3] = epl_jvp(y, d.x, epl_sin(d.x));
        to[4] = epl_gradient(epl_sum(epl_mul(to[2], v)), d.x);
        for (int i = 0; p != PLAIN && i < 5; i++)
            near(got[i], want[i], i == 0 ? 0 : 1e-12);
    }
}

/* Whatever is kept, gradients are the same bits: what is made again is what was there. */
Test(checkpoint, gradients_are_the_same_bits_for_all_policies)
{
    inputs d = data(epl_f64(7, 16), epl_f64(BLOCKS, 16, 16));
    d = (inputs){epl_cast(d.x, EPL_F32), epl_cast(d.w, EPL_F32)};
    static float want[BLOCKS * 256], got[BLOCKS * 256];
    for (policy p = NOTHING; p < POLICIES; p++) {
        if (p == ALL)
            continue; /* no checkpoint: sums may be in another order */
        epl_val g = epl_gradient(network(f, p, d.x, d.w), d.w);
        cr_assert_eq(epl_eval(g, epl_at(p == NOTHING ? want : got, epl_f32(BLOCKS, 16, 16))),
                     EPL_OK);
        cr_expect(p == NOTHING || !memcmp(want, got, sizeof want), "policy %d", (int)p);
    }
}

/* -- bytes and steps ------------------------------------------------------------------------- */
static epl_plan gradient_plan(policy p)
{
    epl_fn *g = epl_fn_new(s, "network");
    epl_val x = epl_input(g, "x", epl_f64(ROWS, WIDE)),
            w = epl_input(g, "w", epl_f64(BLOCKS, WIDE, WIDE));
    epl_val y = network(g, p, x, w);
    epl_output(g, "y", y);
    epl_output(g, "gradient", epl_gradient(y, w));
    return epl_compile(s, g);
}

Test(checkpoint, the_workspace_is_as_promised)
{
    size_t bytes[POLICIES], one = 8 * ROWS * WIDE;
    for (policy p = PLAIN; p < POLICIES; p++)
        bytes[p] = epl_plan_work_bytes(gradient_plan(p));
    cr_expect_lt(bytes[NOTHING], bytes[NAMED]);
    cr_expect_lt(bytes[NAMED], bytes[BOTH]);
    cr_expect_lt(bytes[BOTH], bytes[PLAIN]);
    cr_expect_eq(bytes[ALL], bytes[PLAIN]);
    /* One more value of each block; and what the heap cannot fit in between. */
    cr_expect_leq(bytes[NAMED], bytes[NOTHING] + (BLOCKS + 1) * one);
    cr_expect_leq(bytes[BOTH], bytes[NOTHING] + (2 * BLOCKS + 1) * one);
    cr_expect_leq(bytes[FEW_BYTES], bytes[NOTHING] + (BLOCKS + 1) * one);
    cr_expect_lt(bytes[FEW_BYTES], bytes[BYTES]);
}

static void chooses(epl_fn *g, const char *want)
{
    const char *text = epl_fn_text(g), *line = strstr(text, "keeps ");
    cr_assert_not_null(line, "%s", text);
    cr_expect_eq(strncmp(line, want, strlen(want)), 0, "%s", line);
    cr_expect_null(strstr(line + 1, "keeps ")); /* one checkpoint, told once */
}

/* Operations for each byte: the root (of the mean of squares) 66 / 8, h (a product and its tanh)
 * 65 / 8, z (a product) 64 / 8. */
Test(checkpoint, what_was_chosen_can_be_read)
{
    epl_fn *g = epl_fn_new(s, "text");
    epl_val x = epl_input(g, "x", epl_f64(ROWS, WIDE)), w = epl_input(g, "w", epl_f64(WIDE, WIDE));
    epl_val y = epl_sum(block(g, FEW_BYTES, x, w));
    cr_expect_null(strstr(epl_fn_text(g), "keeps"));
    epl_gradient(y, w);
    epl_hvp(y, w, w);
    chooses(g, "keeps sqrt f64[96,1], tanh f64[96,32]: 25344 bytes");
}

/* tanh(x w) is what the gradient reads: the product itself is not needed any more. */
Test(checkpoint, a_budget_is_spent_on_what_costs_most)
{
    const char *want[] = {"keeps 0 bytes", "keeps tanh f64[96,32]: 24576 bytes"};
    for (int i = 0; i < 2; i++) {
        epl_fn *g = epl_fn_new(s, "tanh");
        epl_val x = epl_input(g, "x", epl_f64(ROWS, WIDE)),
                w = epl_input(g, "w", epl_f64(WIDE, WIDE));
        epl_fn *c = epl_checkpoint(g, .bytes = i ? 3 * 24576 : 24575);
        epl_val own = epl_pass(c, w);
        epl_gradient(epl_last(c, epl_sum(epl_tanh(epl_matmul(x, own)))), w);
        chooses(g, want[i]);
    }
}

/* relu(conv(x)) reads the sign of the convolution; the sum of squares reads the relu. */
Test(checkpoint, a_convolution_before_what_is_made_of_it)
{
    epl_fn *g = epl_fn_new(s, "conv");
    epl_val x = epl_input(g, "x", epl_f32(2, 3, 8, 8)), w = epl_input(g, "w", epl_f32(4, 3, 3, 3));
    epl_fn *c = epl_checkpoint(g, .bytes = 4 * 2 * 4 * 36);
    epl_val y = epl_relu(epl_conv2d(epl_pass(c, x), epl_pass(c, w)));
    epl_gradient(epl_last(c, epl_sum(epl_square(y))), w);
    chooses(g, "keeps conv f32[2,4,6,6]: 1152 bytes");
}

/* -- in and around other transforms ------------------------------------------------------------ */
static epl_val mapped(policy p, inputs d, int64_t chunk, bool around)
{
    epl_fn *c = around ? opened(f, p) : f, *m = epl_map(c, .chunk = chunk);
    epl_val x = epl_each(m, d.x, 0), w = epl_pass(m, d.w);
    epl_val h = epl_keep(epl_tanh(epl_matmul(x, epl_select(w, 0, 0))), "h");
    epl_val y = around ? epl_sum(epl_sin(epl_keep(epl_square(h), "z"))) : network(m, p, x, w);
    epl_val all = epl_collect(m, y);
    return around && p != PLAIN ? epl_last(c, all) : all;
}

Test(checkpoint, in_maps_and_around_them)
{
    inputs d = data(epl_f64(6, 2, 8), epl_f64(BLOCKS, 8, 8));
    for (int around = 0; around < 2; around++)
        for (int64_t chunk = 0; chunk < 4; chunk++) {
            epl_val whole = epl_sum(epl_square(mapped(PLAIN, d, 0, around)));
            epl_val g = epl_gradient(whole, d.w), h = epl_hvp(whole, d.w, epl_cos(d.w));
            for (policy p = NOTHING; p < POLICIES; p++) {
                if (around && chunk && (p == NAMED || p == BOTH))
                    continue; /* the names are in the loop over chunks: an error, see below */
                epl_val part = epl_sum(epl_square(mapped(p, d, chunk, around)));
                near(part, whole, 1e-14);
                near(epl_gradient(part, d.w), g, 1e-12);
                near(epl_hvp(part, d.w, epl_cos(d.w)), h, 1e-11);
            }
        }
}

/* Of each entry, also where the derivative is inside the map. */
Test(checkpoint, mapped_after_the_derivative)
{
    inputs d = data(epl_f64(4, 2, 8), epl_f64(BLOCKS, 8, 8));
    epl_val want = EPL_NO_VAL;
    for (policy p = PLAIN; p < POLICIES; p++) {
        epl_fn *m = epl_map(f, .chunk = p % 3);
        epl_val x = epl_each(m, d.x, 0), w = epl_pass(m, d.w);
        epl_val y = network(m, p, x, w), g = epl_gradient(y, x);
        epl_val all = epl_collect(m, epl_add(g, epl_jvp(epl_gradient(y, x), x, epl_sin(x))));
        want = p ? want : all;
        near(all, want, 1e-12);
        near(epl_gradient(epl_sum(epl_square(all)), d.w),
             epl_gradient(epl_sum(epl_square(want)), d.w), 1e-11);
    }
}

Test(checkpoint, nested_and_in_the_steps_of_a_loop)
{
    inputs d = data(epl_f64(3, 8), epl_f64(BLOCKS, 8, 8));
    epl_val v = epl_sin(d.w), plain = EPL_NO_VAL, g = v, h = v;
    for (policy outer = PLAIN; outer < POLICIES; outer++)
        for (policy inner = PLAIN; inner < POLICIES; inner++) {
            epl_fn *t = epl_scan(f, .save = inner % 3 + 1);
            epl_val w = epl_each(t, d.w, 0), x = epl_carry(t, d.x);
            epl_fn *c = opened(t, outer);
            epl_val own = outer == PLAIN ? x : epl_pass(c, x);
            epl_val y = epl_keep(epl_exp(epl_neg(epl_square(block(c, inner, own, w)))), "h");
            y = epl_keep(epl_mul(y, own), "z");
            epl_next(t, x, outer == PLAIN ? y : epl_last(c, y));
            epl_val end = epl_sum(epl_square(epl_last(t, x)));
            if (epl_is_none(plain)) {
                plain = end;
                g = epl_gradient(end, d.w);
                h = epl_hvp(end, d.w, v);
            }
            near(end, plain, 0);
            near(epl_gradient(end, d.w), g, 1e-12);
            if (inner == outer || outer == BYTES)
                near(epl_hvp(end, d.w, v), h, 1e-11);
        }
}

/* A random draw and an integer are kept like all else. */
Test(checkpoint, kept_draws_and_indices)
{
    epl_key seed = epl_seed(5);
    inputs d = data(epl_f64(6, 8), epl_f64(8));
    epl_val key = epl_data(f, epl_at(seed.word, EPL_KEY)), want = EPL_NO_VAL;
    for (int p = 0; p < 4; p++) {
        epl_fn *c = p == 0   ? epl_checkpoint(f, .all = true)
                    : p == 1 ? epl_checkpoint(f)
                    : p == 2 ? epl_checkpoint(f, .keep = "draw,index")
                             : epl_checkpoint(f, .bytes = 400);
        epl_val draw =
            epl_keep(epl_normal(epl_pass(c, key), epl_dims(6, 8), .dtype = EPL_F64), "draw");
        epl_val x = epl_mul(draw, epl_square(d.x));
        epl_val index = epl_keep(epl_argmax(x, .dim = 1), "index");
        epl_val y = epl_last(c, epl_sum(epl_gather(epl_mul(x, d.w), 1, epl_unsqueeze(index, 1))));
        epl_val g = epl_gradient(y, d.x);
        want = p ? want : g;
        near(g, want, 1e-14);
    }
}

/* What is inside has no derivative at all, though it is floating. */
Test(checkpoint, of_steps_alone)
{
    inputs d = data(epl_f64(3, 4), epl_f64(4));
    epl_fn *c = epl_checkpoint(f);
    epl_val x = epl_pass(c, d.x), m = epl_last(c, epl_ceil(epl_mul(x, epl_mean(x))));
    epl_val y = epl_sum(epl_tanh(epl_mul(m, d.x)));
    epl_val plain = epl_ceil(epl_mul(d.x, epl_mean(d.x)));
    near(epl_gradient(epl_sum(m), d.x), epl_zeros(f, epl_f64(3, 4)), 0);
    near(epl_gradient(y, d.x), epl_gradient(epl_sum(epl_tanh(epl_mul(plain, d.x))), d.x), 0);
}

/* -- wrong use --------------------------------------------------------------------------------- */
Test(checkpoint, one_policy_at_a_time)
{
    cr_expect_null(epl_checkpoint(f, .all = true, .bytes = 9));
    fails_with("[checkpoint] at most one of all, keep and bytes");
}

Test(checkpoint, no_negative_budget)
{
    cr_expect_null(epl_checkpoint(f, .bytes = -1));
    fails_with("[checkpoint] bytes must not be negative");
}

Test(checkpoint, a_name_that_marks_nothing)
{
    inputs d = data(epl_f64(3, 8), epl_f64(8, 8));
    epl_fn *c = epl_checkpoint(f, .keep = "h,attn");
    epl_last(c, epl_keep(epl_tanh(epl_matmul(epl_pass(c, d.x), d.w)), "h"));
    fails_with("[checkpoint] keep: no value of it is named \"attn\"");
}

Test(checkpoint, a_bad_name)
{
    epl_keep(data(epl_f64(3), epl_f64(3)).x, "a,b");
    fails_with("[keep] \"a,b\"");
}
