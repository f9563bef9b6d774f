/* check_says.h -- what a checked plan says of an input. */
#ifndef CHECK_SAYS_H
#define CHECK_SAYS_H
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The function's one input is x, its outputs are f64, of at most 64 elements. */
typedef struct {
    void (*build)(epl_fn *f, epl_val x, epl_val *y); /* y[0], and y[1] or none */
    epl_check what;
    epl_type type;
    double usual; /* 0: the same as 1 */
} subject;

static inline void subject_build(epl_fn *f, const void *data)
{
    const subject *b = data;
    epl_val y[2] = {{NULL, 0}};
    epl_fn_check(f, b->what);
    b->build(f, epl_input(f, "x", b->type), y);
    for (int i = 0; i < 2 && y[i].graph; i++)
        epl_output(f, i ? "second" : "first", epl_reshape(y[i], epl_dims(-1)));
}

/* Checked runs with x, then with what is usual: "" or the message of the first; the second must
 * be well. first, second: elements of the outputs. */
static inline const char *said(const subject *b, const double *x, int64_t first, int64_t second)
{
    static char message[600];
    double out[2][64], usual[64];
    epl_scope *s = epl_scope_new(NULL);
    epl_plan plan = epl_jit(s, subject_build, b);
    epl_work *w = epl_work_new(s, NULL);
    epl_array y[2] = {epl_at(out[0], epl_f64(first)), epl_at(out[1], epl_f64(second))};
    epl_arrays to = {second ? 2 : 1, y};
    for (int i = 0; i < 64; i++)
        usual[i] = b->usual ? b->usual : 1;
    epl_status status = epl_run(plan, epl_arrays(epl_at((void *)(uintptr_t)x, b->type)), to, w);
    snprintf(message, sizeof message, "%s", epl_work_message(w));
    cr_expect_eq(status, *message ? EPL_ERR_DATA : EPL_OK, "%s", message);
    cr_expect_eq(epl_run(plan, epl_arrays(epl_at(usual, b->type)), to, w), EPL_OK,
                 "the plan stays usable: %s", epl_work_message(w));
    epl_scope_free(s);
    return message;
}
#endif
