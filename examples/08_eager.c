/* 08_eager.c -- values at once: plain C decides what comes next, and a loop does not grow. */
#include <stdio.h>
#include <espalier/espalier.h>

/* Newton's method on f(x) = x^3 - 2; each step is a small function of its own. */
static double cube_root_of_two(epl_scope *s)
{
    double x = 1, fx = 1;
    for (int i = 0; i < 50 && fx * fx > 1e-20; i++) {
        epl_mark m = epl_scope_mark(s);
        epl_fn *f = epl_fn_new(s, "newton");
        epl_val v = epl_data(f, epl_at(&x, epl_f64()));
        epl_val y = epl_sub(epl_mul(v, epl_square(v)), epl_num(2));
        fx = epl_item(y);
        x = epl_item(epl_sub(v, epl_div(y, epl_gradient(y, v))));
        printf("%d: x = %.12f, f = %g\n", i, x, fx);
        epl_scope_reset(s, m); /* the loop does not grow */
    }
    return x;
}

int main(void)
{
    epl_scope *s = epl_scope_new(NULL);
    double x = cube_root_of_two(s);
    if (epl_scope_status(s) != EPL_OK)
        fprintf(stderr, "%s\n", epl_scope_message(s));
    epl_scope_free(s);
    return !(x > 1.2599210 && x < 1.2599211);
}
