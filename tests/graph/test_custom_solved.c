/* test_custom_solved.c -- rules of tangents that hold loops without a bound and linear systems:
 * what is solved for the values, and what is solved along the tangents. */
#include "../value_test.h"

enum { N = 3, M = 4 };
static epl_val x, rows;
static double x_data[N] = {1.5, 2, 3.25}, rows_data[M * N];

static void open_inputs(void)
{
    open_scope();
    for (int i = 0; i < M * N; i++)
        rows_data[i] = 1.5 + sin(1.7 * i);
    x = epl_data(f, epl_at(x_data, epl_f64(N)));
    rows = epl_data(f, epl_at(rows_data, epl_f64(M, N)));
}
TestSuite(custom_solved, .init = open_inputs, .fini = drop_scope);

static void same(epl_val got, epl_val want, const char *what)
{
    near_at(got, want, 1e-8, what);
}

/* The square root by Heron's steps. */
static epl_val heron(epl_fn *in, epl_val a)
{
    epl_fn *t = epl_while(in);
    epl_val z = epl_carry(t, epl_add(a, epl_num(1)));
    epl_val off = epl_abs(epl_sub(epl_square(z), a));
    epl_keep_going(t, epl_gt(epl_amax(off), epl_num(1e-13)));
    epl_next(t, z, epl_scale(epl_add(z, epl_div(a, z)), 0.5));
    return epl_last(t, z);
}

/* How the rule gets the root that it divides by, or solves for the tangent. */
typedef enum { LOOP, ROOT, SYSTEM, MAPPED_SYSTEM, WAYS } way;

static epl_val along(epl_fn *r, way how, epl_val a, epl_val y, epl_val d)
{
    if (how == LOOP)
        return epl_div(d, epl_scale(heron(r, a), 2));
    if (how == ROOT) {
        epl_fn *q = epl_root(r, .tol = 1e-12);
        epl_val z = epl_unknown(q, epl_add(a, epl_num(1)));
        return epl_div(d, epl_scale(epl_solution(q, epl_sub(epl_square(z), a)), 2));
    }
    epl_linear_solver by = {how == SYSTEM ? EPL_GMRES : EPL_LU, .tol = 1e-12};
    if (how == SYSTEM) {
        epl_val in = epl_scale(y, 0);
        return epl_solve_linear(((epl_linear){in, epl_mul(epl_scale(y, 2), in)}), d, .by = by);
    }
    epl_fn *m = epl_map(r); /* each number is a system of its own */
    epl_val own = epl_each(m, y, 0), right = epl_each(m, d, 0), in = epl_scale(own, 0);
    return epl_collect(
        m, epl_solve_linear(((epl_linear){in, epl_mul(epl_scale(own, 2), in)}), right, .by = by));
}

static epl_val rooted(epl_fn *in, way how, epl_val of)
{
    epl_fn *c = epl_custom(in);
    epl_val a = epl_pass(c, of), y = heron(c, a);
    epl_fn *r = epl_custom_jvp(c);
    epl_give(r, y, along(r, how, epl_primal(r, a), epl_primal(r, y), epl_tangent(r, a)));
    return epl_last(c, y);
}

static epl_val loss(epl_val y)
{
    return epl_sum(epl_exp(epl_scale(y, 0.7)));
}

Test(custom_solved, both_modes_and_second_order)
{
    epl_val y = epl_sqrt(x), v = epl_cos(x);
    for (way how = LOOP; how < WAYS; how++) {
        epl_val z = rooted(f, how, x);
        same(z, y, "value");
        same(epl_gradient(loss(z), x), epl_gradient(loss(y), x), "gradient");
        same(epl_jvp(z, x, v), epl_jvp(y, x, v), "jvp");
        same(epl_hvp(loss(z), x, v), epl_hvp(loss(y), x, v), "hvp");
    }
}

/* A rule of cotangents that solves is linear in them: tangents are derived from it. */
Test(custom_solved, tangents_from_a_rule_of_cotangents)
{
    for (way how = LOOP; how < WAYS; how++) {
        epl_fn *c = epl_custom(f);
        epl_val a = epl_pass(c, x), y = heron(c, a);
        epl_fn *r = epl_custom_vjp(c);
        epl_give(r, a, along(r, how, epl_primal(r, a), epl_primal(r, y), epl_cotangent(r, y)));
        epl_val z = epl_last(c, y), v = epl_cos(x);
        same(epl_jvp(z, x, v), epl_jvp(epl_sqrt(x), x, v), "jvp");
        same(epl_gradient(loss(z), x), epl_gradient(loss(epl_sqrt(x)), x), "gradient");
    }
}

/* What is solved along the tangents is a system in every order; a loop for the values is not. */
Test(custom_solved, reverse_of_reverse_of_reverse)
{
    epl_val y = epl_sqrt(x);
    for (way how = ROOT; how < WAYS; how++) {
        epl_val z = rooted(f, how, x);
        epl_val g = epl_gradient(loss(z), x), h = epl_gradient(loss(y), x);
        for (int order = 2; order < 4; order++) {
            g = epl_gradient(epl_sum(epl_square(g)), x);
            h = epl_gradient(epl_sum(epl_square(h)), x);
            same(g, h, "reverse");
        }
    }
}

Test(custom_solved, in_maps_loops_and_checkpoints)
{
    for (way how = LOOP; how < WAYS; how++) {
        epl_fn *m = epl_map(f);
        epl_val own = epl_each(m, rows, 0);
        epl_val all = epl_collect(m, epl_gradient(loss(rooted(m, how, own)), own));
        same(all, epl_gradient(loss(epl_sqrt(rows)), rows), "map of gradients");
        epl_fn *t = epl_scan(f, .save = EPL_SAVE_SQRT), *c = NULL;
        epl_val row = epl_each(t, rows, 0), h = epl_carry(t, x);
        c = epl_checkpoint(t);
        epl_val sum = epl_add(epl_pass(c, h), epl_pass(c, row));
        epl_next(t, h, epl_last(c, rooted(c, how, sum)));
        epl_fn *u = epl_scan(f);
        epl_val urow = epl_each(u, rows, 0), g = epl_carry(u, x);
        epl_next(u, g, epl_sqrt(epl_add(g, urow)));
        same(epl_gradient(loss(epl_last(t, h)), rows), epl_gradient(loss(epl_last(u, g)), rows),
             "scan of checkpoints");
    }
}

/* -- wrong use --------------------------------------------------------------------------------- */
static void refused(epl_fn *r, epl_val y, epl_val tangent, epl_fn *c, const char *text)
{
    epl_give(r, y, tangent);
    epl_last(c, y);
    fails_with("the rule is not linear in its tangents");
    fails_with(text);
    fails_with("in a custom derivative in \"test\"");
    drop_scope();
    open_inputs();
}

Test(custom_solved, what_is_not_linear_is_said)
{
    for (int k = 0; k < 6; k++) {
        epl_fn *c = epl_custom(f);
        epl_val a = epl_pass(c, x), y = epl_sqrt(a);
        epl_fn *r = epl_custom_jvp(c), *t = epl_while(r);
        epl_val d = epl_tangent(r, a), p = epl_primal(r, y), z, res;
        switch (k) {
        case 0: /* the loop carries a tangent */
            z = epl_carry(t, d);
            epl_keep_going(t, epl_lt(epl_sum(epl_pass(t, p)), epl_num(0)));
            epl_next(t, z, epl_scale(z, 2));
            refused(r, y, epl_last(t, z), c, "[while] takes one in");
            break;
        case 1:
            refused(r, y, epl_mul(d, d), c, "[mul] of two of them");
            break;
        case 2:
            refused(r, y, epl_div(p, d), c, "[div] is not linear in that operand");
            break;
        case 3:
            refused(r, y, epl_tanh(d), c, "[tanh] is no linear operation");
            break;
        case 4: /* a system whose matrix is made of tangents */
            z = epl_scale(p, 0);
            refused(r, y, epl_solve_linear(((epl_linear){z, epl_mul(z, d)}), p), c,
                    "[solution] depends on one in what is no linear way");
            break;
        default: /* how well it was solved is no linear function */
            z = epl_scale(p, 0);
            res = epl_solve_linear(((epl_linear){z, epl_mul(z, p)}), d, .residual = &z);
            refused(r, y, epl_mul(epl_add(z, epl_num(1)), res), c,
                    "[solution] depends on one in what is no linear way");
        }
    }
}
