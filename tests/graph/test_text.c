/* test_text.c -- what a function with loops and branches reads like. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <string.h>

/* All lines stand in text, in this order, each at the depth it has. */
static void expect_lines(const char *text, const char *const *line)
{
    const char *at = text;
    for (; *line; line++) {
        const char *found = strstr(at, *line);
        cr_assert(found, "\"%s\" is expected in or after\n%s", *line, at);
        cr_assert(found > text && found[-1] == '\n', "\"%s\" stands deeper in\n%s", *line, text);
        at = found + strlen(*line);
    }
}

Test(text, a_loop_shows_its_body)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "f");
    epl_val x = epl_input(f, "x", epl_f64(7, 3)), h0 = epl_input(f, "h", epl_f64(3));
    epl_val w = epl_input(f, "w", epl_f64(3));
    epl_fn *t = epl_scan(f, .reverse = true);
    epl_val xt = epl_each(t, x, 0), h = epl_carry(t, h0);
    epl_val next = epl_mul(epl_add(xt, h), epl_pass(t, w));
    epl_next(t, h, next);
    epl_output(f, "all", epl_collect(t, epl_sin(next)));
    epl_output(f, "end", epl_last(t, h));
    static const char *const lines[] = {
        "  %0 = input f64[7,3] index 0\n",
        "  %6 = scan %0 %1 %2 length 7 reverse\n",
        "    step(each %0, carry %1, pass %2) -> next %4, collect %5\n",
        "      %0 = input f64[3] index 0\n",
        "      %3 = add f64[3] %0 %1\n",
        "      %4 = mul f64[3] %3 %2\n",
        "      %5 = sin f64[3] %4\n",
        "  %7 = part f64[3] %6 last 0\n",
        "  %8 = part f64[7,3] %6 collected 0\n",
        NULL,
    };
    expect_lines(epl_fn_text(f), lines);
    epl_scope_free(s);
}

Test(text, branches_stand_in_loops)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "f"), *t = epl_while(f);
    epl_val x = epl_carry(t, epl_input(f, "x", epl_f64())), going = epl_lt(x, epl_num(100));
    epl_fn *yes = epl_when(t, epl_gt(x, epl_num(7))), *no = epl_otherwise(yes);
    epl_val grown = epl_exp(epl_pass(yes, x)), shrunk = epl_sin(epl_pass(no, x));
    epl_keep_going(t, going);
    epl_next(t, x, epl_either(yes, grown, no, shrunk));
    epl_fn *c = epl_checkpoint(f);
    epl_output(f, "y", epl_last(c, epl_cos(epl_pass(c, epl_last(t, x)))));
    static const char *const lines[] = {
        " = while %0\n",
        "    step(carry %0) -> next %",
        " = switch %",
        "        branch 0(pass %",
        " = sin f64[] %",
        "        branch 1(pass %",
        " = exp f64[] %",
        " result 0\n",
        " last 0\n",
        " = checkpoint %",
        "    body(pass %",
        " = cos f64[] %",
        NULL,
    };
    const char *at = epl_fn_text(f);
    for (size_t i = 0; lines[i]; i++) {
        const char *found = strstr(at, lines[i]);
        cr_assert(found, "\"%s\" is expected in or after\n%s", lines[i], at);
        at = found + strlen(lines[i]);
    }
    epl_scope_free(s);
}

Test(text, the_carried_values_of_all_steps)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "f"), *t = epl_scan(f, .length = 5);
    epl_val x = epl_input(f, "x", epl_f64()), h = epl_carry(t, x);
    epl_next(t, h, epl_sin(h));
    epl_output(f, "slope", epl_gradient(epl_last(t, h), x));
    cr_expect(strstr(epl_fn_text(f), " = part f64[5] %2 before 0"), "%s", epl_fn_text(f));
    epl_scope_free(s);
}
