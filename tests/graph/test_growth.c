/* test_growth.c -- large graphs: no recursion on depth, memory linear in the nodes, small
 * derivatives in large graphs stay small. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include "../../src/graph/graph.h"

static epl_val chain(epl_val x, int length)
{
    for (int i = 0; i < length; i++)
        x = i % 2 ? epl_sin(x) : epl_add(x, epl_num(0.25));
    return x;
}

Test(growth, a_chain_of_100000_is_built_and_derived)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "deep");
    epl_val x = epl_input(f, "x", epl_f64());
    epl_val y = chain(x, 100000);
    size_t forward = epl_fn_nodes(f);
    epl_val g = epl_gradient(y, x);
    epl_output(f, "g", g);
    cr_assert_lt(epl_fn_nodes(f), 5 * forward);
    cr_assert_lt(epl_scope_bytes(s), 1500 * forward, "%zu bytes a node",
                 epl_scope_bytes(s) / forward);
    cr_assert_null(epl__check(f));
    epl_plan p = epl_compile(s, f);
    double at = 0.3, got = 0;
    cr_assert_eq(epl_run(p, epl_arrays(epl_at(&at, epl_f64())), epl_arrays(epl_at(&got, epl_f64())),
                         epl_work_new(s, NULL)),
                 EPL_OK, "%s", epl_scope_message(s));
    double v = at, d = 1;
    for (int i = 0; i < 100000; i++) {
        d *= i % 2 ? cos(v) : 1;
        v = i % 2 ? sin(v) : v + 0.25;
    }
    cr_assert(fabs(got - d) <= 1e-12 * fabs(d) + 1e-300, "%g %g", got, d);
    epl_scope_free(s);
}

Test(growth, a_small_gradient_in_a_large_graph_is_small)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "large");
    epl_val x = epl_input(f, "x", epl_f64());
    chain(x, 50000);
    size_t before = 0, first = 0;
    for (int i = 0; i < 1000; i++) {
        epl_val z = epl_copy(x);
        before = epl_fn_nodes(f);
        epl_gradient(epl_square(epl_sin(z)), z);
        size_t made = epl_fn_nodes(f) - before;
        first = i == 0 ? made : first;
        cr_assert_leq(made, first);
    }
    cr_assert_eq(epl_scope_status(s), EPL_OK);
    epl_scope_free(s);
}
