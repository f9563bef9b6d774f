/* test_bad_operations.c -- operations and primitives with arguments that no one should give.
 *
 * Each operation is called many times with arguments drawn from its own table: tensors of
 * every wrong kind, sizes that are negative or overflow, words that do not exist. Whatever
 * comes of it must be an error in the scope, or a value that can be derived and computed.
 * LAW_TRACE=1 tells what is called next.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "bad.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 60, KINDS = 22, LIST = 14, SMALL = 20000 };

typedef struct {
    uint64_t state;
    epl_scope *s, *other;
    epl_fn *f, *closed, *map;
    epl_val value[KINDS];
    int64_t list[8][LIST];
    epl_val tensors[4][5];
    int lists, groups;
} setting;

/* -- dice and values ------------------------------------------------------------------------- */
static int64_t roll(setting *t, int64_t n)
{
    uint64_t z = (t->state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (int64_t)((z ^ z >> 31) >> 1) % n;
}

static epl_val known(epl_fn *f, epl_type type)
{
    static const double numbers[512] = {0.5, -1, 2, 3, 0, 1, -0.25, 0.75, 1, 0.1};
    static const int64_t integers[512] = {1, 0, 2, 1, 0, -1, 3, 5};
    bool is_wide = epl_dtype_is_float(type.dtype);
    cr_assert(epl_bytes(type) <= sizeof numbers);
    return epl_data(f, epl_at(is_wide ? (const void *)numbers : integers, type));
}

static epl_val of_kind(setting *t, int kind)
{
    static const int64_t ones[EPL_MAX_RANK] = {1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1};
    epl_fn *f = t->f;
    switch (kind) {
    case 0:
        return EPL_NO_VAL;
    case 1:
        return epl_num(roll(t, 2) ? NAN : 1e300);
    case 2:
        return epl_int(roll(t, 2) ? INT64_MIN : 2);
    case 3:
        return epl_flag(true);
    case 4: /* of another scope */
        return known(epl_fn_new(t->other, "o"), epl_f64(3));
    case 5: /* of a closed function */
        return t->value[5];
    case 6: /* of a function that does not enclose this one */
        return epl_each(t->map, known(f, epl_f64(3, 4)), 0);
    case 7:
        return known(f, epl_f64());
    case 8:
        return known(f, epl_f64(0));
    case 9:
        return known(f, epl_type_of(EPL_F32, epl_shape_of(EPL_MAX_RANK, ones)));
    case 10:
        return known(f, epl_i64(3));
    case 11:
        return known(f, epl_type_of(EPL_BOOL, epl_dims(3, 4)));
    case 12:
        return known(f, epl_type_of(EPL_F16, epl_dims(4)));
    case 13: /* as many elements as can be counted, and no memory for them */
        return epl_zeros(f, epl_f64(INT64_C(1) << 29, INT64_C(1) << 28));
    case 14:
        return epl_zeros(f, epl_f64(INT64_C(1) << 40, 0, 5));
    case 15:
        return known(f, epl_type_of(EPL_F32, epl_dims(2, 3, 4, 5)));
    case 16:
        return known(f, epl_f64(1, 2, 3, 4, 5));
    case 17:
        return known(f, epl_type_of(EPL_U8, epl_dims(4, 4)));
    case 18:
        return known(f, epl_i64(2));
    case 19:
        return known(f, epl_f64(4, 0, 2));
    case 20:
        return known(f, epl_f64(2, 4, 4));
    default:
        return known(f, epl_f64(3, 4));
    }
}

static epl_val tensor(setting *t)
{
    int kind = (int)roll(t, 2 * KINDS); /* usual ones more often */
    return of_kind(t, kind < KINDS ? kind : 20 + kind % 2);
}

static int64_t integer(setting *t)
{
    static const int64_t odd[] = {0,
                                  1,
                                  2,
                                  3,
                                  4,
                                  -1,
                                  -2,
                                  -3,
                                  7,
                                  13,
                                  EPL_ANY,
                                  INT64_MIN,
                                  INT64_MAX,
                                  INT64_C(1) << 31,
                                  INT64_C(1) << 62,
                                  -(INT64_C(1) << 33)};
    return odd[roll(t, 3) ? roll(t, 8) : roll(t, sizeof odd / sizeof *odd)];
}

static double number(setting *t)
{
    static const double odd[] = {0, 1, 0.5, -1, 2, 1e-300, 1e300, -1e19, NAN, INFINITY, -INFINITY};
    return odd[roll(t, sizeof odd / sizeof *odd)];
}

static epl_ints integers(setting *t)
{
    int64_t *at = t->list[t->lists++ % 8];
    size_t n = (size_t)(roll(t, 3) ? roll(t, 4) : roll(t, LIST + 1));
    for (size_t i = 0; i < n; i++)
        at[i] = integer(t);
    return (epl_ints){n, n && roll(t, 12) ? at : NULL};
}

static epl_vals tensors(setting *t)
{
    epl_val *at = t->tensors[t->groups++ % 4];
    size_t n = (size_t)roll(t, 6);
    epl_val usual = tensor(t);
    for (size_t i = 0; i < n; i++)
        at[i] = roll(t, 3) ? usual : tensor(t);
    return (epl_vals){n, n && roll(t, 12) ? at : NULL};
}

static const char *word(setting *t, const epl_attr *row)
{
    static const char *const words[] = {"mean",         "sum",        "none",    "",
                                        "same",         "valid",      "reflect", "tanh",
                                        "ij,jk->ik",    "...i->i",    "a",       ",,,->",
                                        "bij,bjk->bik", "i->ii",      "floor",   "replicate",
                                        "circular",     "i...,->...", "%s%s%n",  "->"};
    if (row->text && roll(t, 4) == 0)
        return row->text; /* all words at once: none of them */
    return roll(t, 8) ? words[roll(t, sizeof words / sizeof *words)] : NULL;
}

/* -- an operation ------------------------------------------------------------------------------ */
static void draw(setting *t, const epl_attr *row, char *field)
{
    static const char *const letters[] = {"ab", "ab", "bc", "ac", "abc", "a", "", "aa", "b%-"};
    switch (row->type) {
    case EPL_TENSOR:
        *(epl_val *)field = tensor(t);
        return;
    case EPL_TENSORS:
        *(epl_vals *)field = tensors(t);
        return;
    case EPL_INT:
        *(int64_t *)field = integer(t);
        return;
    case EPL_INTS:
        for (int i = 0; i < row->size; i++)
            ((int64_t *)field)[i] = integer(t);
        return;
    case EPL_LIST:
        *(epl_ints *)field = integers(t);
        return;
    case EPL_NUMBER:
        *(double *)field = number(t);
        return;
    case EPL_BOOLEAN:
        *(bool *)field = roll(t, 2);
        return;
    case EPL_STRING:
        *(const char **)field = word(t, row);
        return;
    case EPL_DTYPE:
        *(epl_dtype *)field = (epl_dtype)roll(t, EPL_DTYPE_END + 2);
        return;
    case EPL_LETTERS:
        snprintf(field, (size_t)row->size, "%s",
                 letters[roll(t, sizeof letters / sizeof *letters)]);
        return;
    default:
        return;
    }
}

static size_t build(setting *t, const epl_operation *o, epl_val *out, size_t room)
{
    static _Alignas(16) char args[1024];
    char given[400] = "";
    cr_assert(o->args_size <= sizeof args);
    memset(args, 0, sizeof args);
    for (const epl_attr *row = o->args; row->name; row++) {
        if (!(row->flags & EPL_ATTR_REQUIRED) && roll(t, 2))
            continue;
        draw(t, row, args + row->offset);
        snprintf(given + strlen(given), sizeof given - strlen(given), " %s", row->name);
    }
    return o->build(args, roll(t, 20) ? given : roll(t, 2) ? NULL : ".=(\"", out, room);
}

/* The value, and its product with ones, computed if it is small. */
static void use(setting *t, epl_val y)
{
    static char space[SMALL];
    epl_type type = epl_typeof(y);
    epl_val x = t->value[7 + roll(t, KINDS - 7)];
    if (epl_scope_status(t->s) == EPL_OK && epl_dtype_is_float(type.dtype) &&
        epl_dtype_is_float(epl_typeof(x).dtype) && epl_scope_status(t->s) == EPL_OK)
        x = epl_vjp(y, x, epl_ones_like(y));
    if (type.dtype != EPL_NONE && epl_bytes(type) <= SMALL)
        epl_eval(y, epl_at(space, type));
    if (!epl_is_none(x) && epl_bytes(epl_typeof(x)) <= SMALL)
        epl_eval(x, epl_at(space, epl_typeof(x)));
    epl_item(y);
    if (epl_bytes(type) <= SMALL)
        epl_text(y);
}

static void open(setting *t, uint64_t seed)
{
    *t = (setting){.state = seed, .s = bad_scope(), .other = bad_scope()};
    t->f = epl_fn_new(t->s, "f");
    t->map = epl_map(t->f);
    t->closed = epl_fn_new(t->s, "closed");
    t->value[5] = epl_input(t->closed, "x", epl_f64(3, 4));
    epl_output(t->closed, "y", t->value[5]);
    epl_compile(t->s, t->closed);
    for (int k = 7; k < KINDS; k++)
        t->value[k] = of_kind(t, k);
    cr_assert_eq(epl_scope_status(t->s), EPL_OK, "%s", epl_scope_message(t->s));
}

static void close(setting *t)
{
    epl_scope_free(t->s);
    epl_scope_free(t->other);
}

static void trial(const epl_operation *o, uint64_t seed)
{
    setting t;
    epl_val out[8];
    open(&t, seed);
    size_t n = build(&t, o, out, 8);
    bool is_ok = epl_scope_status(t.s) == EPL_OK;
    cr_assert(is_ok || *epl_scope_message(t.s), "%s fails without a message", o->name);
    for (size_t i = 0; i < n && i < 8; i++)
        use(&t, out[i]);
    close(&t);
}

static long trials(void)
{
    const char *more = getenv("LAW_TRIALS");
    return more ? strtol(more, NULL, 10) : TRIALS;
}

static void tell(const char *name, long k)
{
    if (getenv("LAW_TRACE"))
        fprintf(stderr, "%s %ld\n", name, k);
}

/* One test for each: a crash in one does not hide the next. */
static struct criterion_test_params each(size_t count)
{
    size_t *at = cr_malloc(count * sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = i;
    return cr_make_param_array(size_t, at, count);
}

ParameterizedTestParameters(bad_operations, whatever_the_arguments)
{
    size_t n = 0;
    while (epl_operation_at(n))
        n++;
    return each(n);
}

ParameterizedTest(size_t *i, bad_operations, whatever_the_arguments)
{
    const epl_operation *o = epl_operation_at(*i);
    for (long k = 0; k < trials(); k++) {
        tell(o->name, k);
        trial(o, (uint64_t)k * 1000 + *i);
    }
}
/* -- primitives -------------------------------------------------------------------------------- */
static int64_t into(const epl_attr *row, int64_t v)
{
    if (row->min == 0 && row->max == 0)
        return v;
    return (double)v < row->min ? (int64_t)row->min : (double)v > row->max ? (int64_t)row->max : v;
}

/* Mostly within the ranges of the table, so that the primitive's own rule is asked. */
static void draw_attrs(setting *t, const epl_attr *table, char *attrs)
{
    bool fits = roll(t, 4);
    for (const epl_attr *row = table; row && row->name; row++) {
        int64_t *field = (int64_t *)(attrs + row->offset);
        int n = row->type == EPL_INT ? 1 : row->type == EPL_INTS ? row->size : 0;
        if (row->type != EPL_STRING)
            draw(t, row, attrs + row->offset);
        for (int i = 0; fits && i < n; i++)
            field[i] = into(row, field[i]);
    }
}

/* Collected if it is of the map; by a plan and by the reference, which end alike
 * unless memory ends: they take different amounts. */
static void evaluate(setting *t, epl_val y)
{
    static char space[2][SMALL];
    if (y.graph == t->map)
        y = epl_collect(t->map, y);
    epl_type type = epl_typeof(y);
    epl_output(t->f, "y", y);
    if (epl_scope_status(t->s) != EPL_OK || epl_bytes(type) > SMALL)
        return;
    epl_array planned = epl_at(space[0], type), plain = epl_at(space[1], type);
    epl_mark before = epl_scope_mark(t->s);
    epl_status status = epl_eval(y, planned);
    epl_scope_reset(t->s, before);
    epl_status same = epl_reference(t->f, (epl_arrays){0, NULL}, (epl_arrays){1, &plain});
    cr_assert(status == same || status == EPL_ERR_MEMORY || same == EPL_ERR_MEMORY, "%s",
              epl_scope_message(t->s));
}

static void prim_trial(const epl_prim *p, uint64_t seed)
{
    static _Alignas(16) char attrs[1024];
    setting t;
    epl_val x[5];
    open(&t, seed);
    size_t n = p->inputs >= 0 && roll(&t, 8) ? (size_t)p->inputs : (size_t)roll(&t, 5);
    for (size_t i = 0; i < n; i++)
        x[i] = i && roll(&t, 2) ? x[0] : tensor(&t);
    cr_assert(p->attrs_size <= sizeof attrs);
    memset(attrs, 0, sizeof attrs);
    draw_attrs(&t, p->attrs, attrs);
    char name[60];
    bool was_ok = epl_scope_status(t.s) == EPL_OK;
    epl_val y = epl_op(p, (epl_vals){n, roll(&t, 20) ? x : NULL}, roll(&t, 20) ? attrs : NULL);
    snprintf(name, sizeof name, "[%s]", p->name);
    cr_assert(!was_ok || epl_scope_status(t.s) == EPL_OK || strstr(epl_scope_message(t.s), name),
              "%s is not named: %s", name, epl_scope_message(t.s));
    if (!epl_is_none(y)) {
        if (getenv("LAW_TRACE"))
            fprintf(stderr, "%s", epl_fn_text(t.f));
        use(&t, y);
        evaluate(&t, y);
    }
    close(&t);
}

ParameterizedTestParameters(bad_operations, primitives_with_any_attributes)
{
    size_t n = 0;
    while (epl_prim_at(n))
        n++;
    return each(n);
}

ParameterizedTest(size_t *i, bad_operations, primitives_with_any_attributes)
{
    const epl_prim *p = epl_prim_at(*i);
    for (long k = 0; k < trials(); k++) {
        tell(p->name, k);
        prim_trial(p, (uint64_t)k * 1000 + *i);
    }
}
