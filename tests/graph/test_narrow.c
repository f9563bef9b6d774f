/* test_narrow.c -- element types of fewer bytes: their derivatives, and their place in a plan.
 *
 * Numbers in f16 and bf16 are moved and cast, never computed with; what derivatives add up of
 * them is added up in f32.
 */
#include "../value_test.h"

TestSuite(narrow, .init = open_scope, .fini = close_scope);

enum { ROWS = 4, COLUMNS = 3 };
static const epl_dtype halves[] = {EPL_F16, EPL_BF16};

static epl_val wide(epl_val x)
{
    return epl_cast(x, EPL_F64);
}

/* Whole numbers up to 12: exact in all types. */
static epl_val whole(void)
{
    double x[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++)
        x[i] = i + 1;
    return epl_data(f, epl_at(x, epl_f64(ROWS, COLUMNS)));
}

/* Values that read x more than once. */
enum { TWICE, EXPANDED, SELECTED, JOINED, REFLECTED, IN_A_LOOP, WAYS };
static epl_val repeated(int way, epl_val x)
{
    static const int64_t at[] = {1, 1, 0};
    if (way == TWICE)
        return epl_add(wide(x), wide(epl_cast(x, EPL_F32)));
    if (way == EXPANDED)
        return wide(epl_expand(epl_unsqueeze(x, 0), epl_dims(5, ROWS, COLUMNS)));
    if (way == SELECTED)
        return wide(epl_index_select(x, 0, epl_data(f, epl_at(at, epl_i64(3)))));
    if (way == JOINED)
        return wide(epl_cat(epl_list(x, x), .dim = 1));
    if (way == REFLECTED)
        return wide(epl_pad(x, epl_axes(1, 1), .mode = "reflect"));
    epl_fn *t = epl_scan(f);
    epl_val now = epl_each(t, x, 0), sum = epl_carry(t, epl_zeros(f, epl_f64()));
    epl_val all = epl_pass(t, x), last = epl_carry(t, x);
    epl_next(t, sum, epl_add(epl_scale(sum, 0.5), epl_add(epl_sum(wide(now)), epl_sum(wide(all)))));
    epl_next(t, last, epl_cast(epl_add(epl_cast(last, EPL_F32), epl_num(1)), epl_typeof(x).dtype));
    return epl_add(epl_last(t, sum), wide(epl_last(t, last)));
}

Test(narrow, derivatives_add_up)
{
    for (int h = 0; h < 2; h++)
        for (int way = 0; way < WAYS; way++) {
            epl_val x = whole(), g[2], jv[2];
            for (int k = 0; k < 2; k++) {
                epl_val in = epl_cast(x, k ? EPL_F64 : halves[h]), y = repeated(way, in);
                g[k] = epl_gradient(epl_sum(y), x);
                jv[k] = epl_jvp(epl_sum(epl_square(y)), x, epl_full_like(x, 1));
            }
            near(g[0], g[1], 0);
            near(jv[0], jv[1], 1e-2);
        }
}

/* A result takes over the bytes of an operand only if its elements lie where that one's did: here
 * both have 24 bytes. */
Test(narrow, a_wider_result_is_not_written_over_what_it_is_made_of)
{
    static const struct {
        epl_dtype type;
        int64_t row, rows;
    } cases[] = {{EPL_BF16, 3, 4}, {EPL_F16, 3, 4}, {EPL_I16, 3, 4}, {EPL_F32, 3, 2},
                 {EPL_I32, 3, 2},  {EPL_I8, 2, 8},  {EPL_U8, 4, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        epl_val x = epl_reshape(whole(), epl_dims(12));
        x = epl_reshape(epl_cat(epl_list(x, x, x)), epl_dims(36));
        int64_t rows = cases[i].rows, row = cases[i].row;
        x = epl_reshape(epl_narrow(x, 0, 0, rows * row), epl_dims(rows, row));
        epl_val y = wide(epl_select(epl_cast(x, cases[i].type), 0, 0));
        epl_val one = epl_full(f, epl_f64(5, row), 1);
        near(epl_add(one, y), epl_add(one, epl_select(x, 0, 0)), 0);
    }
}
