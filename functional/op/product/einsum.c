/* einsum.c -- products by labels: the operands from left to right, one dot for each further one.
 *
 * Invariant: an operand is read once into a value with distinct labels of the common sizes
 * (diagonals taken, axes of size 1 that broadcast dropped). Labels that no later operand and
 * not the result has are summed as soon as they can be. Axes of "..." have the labels '0' to
 * ';', counted from the last.
 */
#include <ctype.h>
#include <string.h>
#include "product.h"

enum {
    MOST = 32,   /* operands */
    LABELS = 128 /* by character */
};
typedef struct {
    epl_val v;
    char label[EPL_MAX_RANK + 1];
} term;
typedef struct {
    const char *equation;
    size_t count;
    term at[MOST];
    int64_t size[LABELS];   /* of each label; -1: not seen */
    int uses[LABELS], dots; /* how often; the most axes that "..." stands for */
    char out[EPL_MAX_RANK + 1];
} einsum;

static bool refuse(const einsum *e, const char *what)
{
    epl__bad(e->at[0].v, EPL_ERR_ARG, "[einsum] \"%s\": %s", e->equation, what);
    return false;
}

/* Labels of one operand or the result, up to a comma, "->" or the end; axes < 0: count "..."
 * by what is known. Returns where reading stopped, NULL after an error. */
static const char *read_labels(einsum *e, const char *s, int axes, char *label)
{
    char before[EPL_MAX_RANK + 1], after[EPL_MAX_RANK + 1];
    int n = 0, m = 0;
    bool dots = false;
    for (; *s && *s != ',' && *s != '-'; s++) {
        if (isspace((unsigned char)*s))
            continue;
        if (*s == '.') {
            if (dots || strncmp(s, "...", 3)) {
                refuse(e, "\"...\" may stand once in a group, and a point nowhere else");
                return NULL;
            }
            dots = true;
            s += 2;
            continue;
        }
        if (!isalpha((unsigned char)*s) || n + m == EPL_MAX_RANK) {
            refuse(e, "up to 12 labels that are letters are expected in a group");
            return NULL;
        }
        if (dots)
            after[m++] = *s;
        else
            before[n++] = *s;
    }
    int rest = axes < 0 ? (dots ? e->dots : 0) : axes - n - m;
    if (rest < 0 || (rest && !dots) || n + m + rest > EPL_MAX_RANK) {
        refuse(e, "a group has more or fewer labels than its operand has axes");
        return NULL;
    }
    if (axes >= 0 && rest > e->dots)
        e->dots = rest;
    memcpy(label, before, (size_t)n);
    for (int i = 0; i < rest; i++)
        label[n + i] = (char)('0' + rest - 1 - i);
    memcpy(label + n + rest, after, (size_t)m);
    label[n + rest + m] = 0;
    return s;
}

/* One axis for a label that stands twice: the diagonal, every (n + 1)-th of the two as one. */
static bool diagonal(einsum *e, term *t)
{
    for (int i = 0; t->label[i]; i++) {
        char *again = strchr(t->label + i + 1, t->label[i]);
        if (!again)
            continue;
        int j = (int)(again - t->label);
        int64_t n = epl_dim(t->v, i);
        if (n != epl_dim(t->v, j))
            return refuse(e, "a label stands twice in a group, for axes of two sizes");
        epl_val v = epl__move_axis(epl__move_axis(t->v, j, 0), i + 1, 1);
        epl_shape s = epl__shape_without(epl_typeof(v).shape, 1);
        s.dim[0] = n * n;
        t->v = epl__move_axis(epl__slice(epl__reshape(v, s), 0, 0, n, n + 1), 0, i);
        memmove(again, again + 1, strlen(again));
        i--;
    }
    return true;
}

static bool note_sizes(einsum *e, const term *t)
{
    for (int i = 0; t->label[i]; i++) {
        int64_t n = epl_dim(t->v, i), *size = &e->size[(int)t->label[i]];
        if (*size >= 0 && *size != n && *size != 1 && n != 1) {
            epl__bad(t->v, EPL_ERR_SHAPE, "[einsum] \"%s\": label '%c' has the sizes %lld and %lld",
                     e->equation, t->label[i], (long long)*size, (long long)n);
            return false;
        }
        *size = *size < 0 || *size == 1 ? n : *size;
    }
    return true;
}

static bool read_operands(einsum *e, const char **rest)
{
    const char *s = e->equation;
    for (size_t i = 0; i < e->count; i++) {
        term *t = &e->at[i];
        s = read_labels(e, s, epl_rank(t->v), t->label);
        if (!s)
            return false;
        for (const char *l = t->label; *l; l++)
            e->uses[(int)*l]++;
        bool last = i + 1 == e->count;
        if (last ? *s == ',' : *s != ',')
            return refuse(e, "the number of groups is not that of the operands");
        s += !last;
        if (!diagonal(e, t) || !note_sizes(e, t))
            return false;
    }
    *rest = s;
    return true;
}

/* The result's labels: what follows "->", or "..." and the labels that stand once. */
static bool read_result(einsum *e, const char *s)
{
    int n = 0;
    if (*s) {
        s = s[0] == '-' && s[1] == '>' ? read_labels(e, s + 2, -1, e->out) : s;
        if (!s || *s)
            return s && refuse(e, "after the operands \"->\" and the result are expected");
    } else {
        for (int i = e->dots; i-- > 0;)
            e->out[n++] = (char)('0' + i);
        for (int c = 'A'; c <= 'z'; c++)
            if (isalpha(c) && e->uses[c] == 1) {
                if (n == EPL_MAX_RANK)
                    return refuse(e, "the result has more than 12 axes");
                e->out[n++] = (char)c;
            }
    }
    for (const char *l = e->out; *l; l++)
        if (e->size[(int)*l] < 0 || strchr(l + 1, *l))
            return refuse(
                e, "each label of the result must stand in an operand, and once in the result");
    return true;
}

/* Axes of size 1 of a label that is wider elsewhere. */
static void drop_narrow(const einsum *e, term *t)
{
    int64_t drop = 0;
    int n = 0;
    for (int i = 0; t->label[i]; i++) {
        if (epl_dim(t->v, i) == 1 && e->size[(int)t->label[i]] != 1)
            drop |= INT64_C(1) << i;
        else
            t->label[n++] = t->label[i];
    }
    t->label[n] = 0;
    t->v = epl__reshape(t->v, epl__shape_without(epl_typeof(t->v).shape, drop));
}

/* Does the result or an operand from `next` on have the label? */
static bool wanted(const einsum *e, size_t next, char label)
{
    bool found = strchr(e->out, label) != NULL;
    for (; next < e->count && !found; next++)
        found = strchr(e->at[next].label, label) != NULL;
    return found;
}

/* Sums what this operand alone has. */
static void sum_alone(const einsum *e, term *t, const char *other, size_t next)
{
    int64_t mask = 0;
    int n = 0;
    for (int i = 0; t->label[i]; i++) {
        if (!strchr(other, t->label[i]) && !wanted(e, next, t->label[i]))
            mask |= INT64_C(1) << i;
        else
            t->label[n++] = t->label[i];
    }
    t->label[n] = 0;
    t->v = epl__sum(t->v, mask);
}

/* Axes in the order of `out`; those that are missing have size 1. */
static epl_val laid_out(const term *t, const char *out)
{
    int axis[EPL_MAX_RANK], n = 0;
    epl_shape s = {.rank = (int)strlen(out)};
    for (int i = 0; out[i]; i++) {
        const char *at = strchr(t->label, out[i]);
        s.dim[i] = at ? epl_dim(t->v, (int)(at - t->label)) : 1;
        if (at)
            axis[n++] = (int)(at - t->label);
    }
    return t->v.graph ? epl__reshape(epl__permute(t->v, axis), s) : t->v;
}

/* a times b, with the labels of both that are wanted later. Where no label is summed and some
 * are common the product is element by element. */
static bool multiply(const einsum *e, term *a, term *b, size_t next)
{
    char out[EPL_MAX_RANK + 1];
    int n = 0, common = 0, summed = 0;
    sum_alone(e, a, b->label, next);
    sum_alone(e, b, a->label, next);
    for (const char *l = a->label; *l; l++) {
        bool both = strchr(b->label, *l) != NULL, kept = wanted(e, next, *l);
        common += both && kept;
        summed += !kept;
        if (kept)
            out[n++] = *l;
    }
    for (const char *l = b->label; *l; l++)
        if (!strchr(a->label, *l)) {
            if (n == EPL_MAX_RANK)
                return refuse(e, "a product has more than 12 axes");
            out[n++] = *l;
        }
    out[n] = 0;
    if (next == e->count && strlen(e->out) == (size_t)n)
        strcpy(out, e->out);
    if (!summed && common)
        a->v = epl_mul(laid_out(a, out), laid_out(b, out));
    else
        a->v = epl__contract(a->v, a->label, b->v, b->label, out);
    strcpy(a->label, out);
    return true;
}

epl_val epl_einsum(const char *equation, epl_vals tensors)
{
    tensors = epl__listed(tensors);
    einsum e = {.equation = equation ? equation : "", .count = tensors.count};
    const char *rest = NULL;
    memset(e.size, 0xff, sizeof e.size);
    if (!tensors.count || !epl__same_dtype("einsum", tensors.at, tensors.count))
        return EPL_NO_VAL;
    if (tensors.count > MOST)
        return epl__bad(tensors.at[0], EPL_ERR_ARG,
                        "[einsum] up to %d operands are expected, got %zu", MOST, tensors.count);
    for (size_t i = 0; i < e.count; i++)
        e.at[i].v = tensors.at[i];
    if (!read_operands(&e, &rest) || !read_result(&e, rest))
        return EPL_NO_VAL;
    for (size_t i = 0; i < e.count; i++)
        drop_narrow(&e, &e.at[i]);
    term *y = &e.at[0];
    for (size_t i = 1; i < e.count; i++)
        if (!multiply(&e, y, &e.at[i], i + 1))
            return EPL_NO_VAL;
    sum_alone(&e, y, "", e.count);
    epl_val v = laid_out(y, e.out);
    return v.graph == tensors.at[0].graph && v.id == tensors.at[0].id ? epl_copy(v) : v;
}

typedef struct {
    epl_vals tensors;
    const char *equation;
} args;
static size_t build(const void *data, const char *given, epl_val *out, size_t room)
{
    const args *a = data;
    (void)given;
    return epl__one_result(epl_einsum(a->equation, a->tensors), out, room);
}
static const epl_attr table[] = {
    EPL_ARG_LIST(args, tensors),
    {"equation", EPL_STRING, offsetof(args, equation), 0, 0, 0, 1, EPL_ATTR_REQUIRED, NULL},
    EPL_ATTR_END};
const epl_operation epl__operation_einsum = {
    "einsum", "y[out] = sum of the product of the operands over the labels not in out",
    sizeof(args), table, build};
