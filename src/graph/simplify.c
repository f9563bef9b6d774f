/* simplify.c -- rewriting of one node at a time, while rules build and when a plan is made.
 *
 * Each rule looks at the operands and, at most, at their operands: nothing recurses. Only
 * what is exact is rewritten (x + 0, x * 1, views of constants, views of views); a product
 * with zero stays, for 0 * inf is no zero. Nothing looks into a view that a user made: the
 * derivative with respect to it would be lost. What was measured to matter: views of constants,
 * products with one, sums of sums; the rest keeps printed graphs readable.
 */
#include <math.h>
#include <string.h>
#include "../base/scope.h"
#include "../base/type.h"
#include "graph.h"

typedef struct {
    epl_fn *f;
    const epl_prim *p;
    const epl__id *in;
    size_t count;
    const void *attrs;
    const epl_type *type;
} site;

static const epl__node *operand(const site *s, size_t i)
{
    return epl__node_at(s->f, s->in[i]);
}

static epl__id built(const site *s, const epl_prim *p, epl__id x, const void *attrs)
{
    return epl__id_of(epl__build(s->f, p, &x, 1, attrs, NULL));
}

/* The splat that node is, or NULL. */
static const epl__const_attrs *splat(const epl__node *n)
{
    return n->prim == &epl__prim_const ? n->attrs : NULL;
}

static epl__id resplat(const site *s, const epl__const_attrs *c)
{
    return epl__id_of(epl__splat(s->f, (epl_dtype)c->dtype, s->type->shape, c->value, c->integer));
}

/* Made by p, and by a rule. */
static bool made_by(const epl__node *n, const epl_prim *p)
{
    return n->prim == p && !epl__is_own(n);
}

/* Views: of a constant, of the same kind of view, or of everything. */
static epl__id view_rule(const site *s)
{
    const epl__node *x = operand(s, 0);
    const epl__const_attrs *c = splat(x);
    if (c)
        return resplat(s, c);
    bool same = x->type == s->type;
    if (s->p == &epl__prim_reshape) {
        if (same)
            return s->in[0];
        if (made_by(x, s->p))
            return built(s, s->p, x->in[0], s->attrs);
    } else if (s->p == &epl__prim_slice) {
        const epl__slice_attrs *a = s->attrs;
        if (same && a->step == 1)
            return s->in[0];
        if (made_by(x, &epl__prim_assemble) || made_by(x, &epl__prim_pad))
            return epl__slice_of_pieces(s->f, s->in[0], a, s->type);
    } else if (s->p == &epl__prim_permute) {
        epl__permute_attrs a = *(const epl__permute_attrs *)s->attrs;
        bool identity = true;
        for (int i = 0; i < a.rank; i++)
            identity &= a.axis[i] == i;
        if (identity)
            return s->in[0];
        if (made_by(x, s->p)) {
            const epl__permute_attrs *b = x->attrs;
            for (int i = 0; i < a.rank; i++)
                a.axis[i] = b->axis[a.axis[i]];
            return built(s, s->p, x->in[0], &a);
        }
    } else if (s->p == &epl__prim_broadcast) {
        epl__broadcast_attrs a = *(const epl__broadcast_attrs *)s->attrs;
        if (!a.mask)
            return s->in[0];
        if (made_by(x, s->p)) { /* the inner mask, moved to where its axes are now */
            const epl__broadcast_attrs *b = x->attrs;
            for (int i = 0, j = 0; i < a.rank; i++)
                if (!(a.mask >> i & 1))
                    a.mask |= (b->mask >> j++ & 1) << i;
            return built(s, s->p, x->in[0], &a);
        }
    }
    return EPL__ID_NONE;
}

/* Element-wise operations of constants alone. */
static epl__id fold_rule(const site *s)
{
    double x[4];
    int64_t xi[4];
    bool integer = !epl_dtype_is_float(operand(s, 0)->type->dtype);
    if (!s->count || s->count > 3 || s->p->lower != EPL_LOWER_TILE || s->p == &epl__prim_select)
        return EPL__ID_NONE;
    for (size_t i = 0; i < s->count; i++) {
        const epl__const_attrs *c = splat(operand(s, i));
        if (!c)
            return EPL__ID_NONE;
        x[i] = c->value;
        xi[i] = c->integer;
    }
    epl_dtype out = s->type->dtype;
    if (s->p == &epl__prim_cast) {
        bool to_float = epl_dtype_is_float(out);
        if (!integer && !to_float && !(x[0] > -9e18 && x[0] < 9e18))
            return EPL__ID_NONE;
        double v = integer ? (double)xi[0] : x[0];
        if (out == EPL_F32)
            v = (double)(float)v;
        int64_t k = integer ? xi[0] : out == EPL_BOOL ? x[0] != 0 : (int64_t)x[0];
        bool wide = out == EPL_I64 || out == EPL_BOOL || out == EPL_F32 || out == EPL_F64;
        return wide ? epl__id_of(epl__splat(s->f, out, s->type->shape, v, k)) : EPL__ID_NONE;
    }
    if (integer || !epl_dtype_is_float(out) || !s->p->scalar)
        return EPL__ID_NONE;
    double v = s->p->scalar(x, s->attrs);
    if (out == EPL_F32)
        v = (double)(float)v;
    if (s->f->check && !isfinite(v))
        return EPL__ID_NONE; /* it stays, to be named */
    return epl__id_of(epl__splat(s->f, out, s->type->shape, v, 0));
}

static epl__id arithmetic_rule(const site *s)
{
    epl__id a = s->in[0], b = s->count > 1 ? s->in[1] : EPL__ID_NONE;
    if (s->p == &epl__prim_add)
        return epl__splat_is(s->f, b, 0) ? a : epl__splat_is(s->f, a, 0) ? b : EPL__ID_NONE;
    if (s->p == &epl__prim_sub) {
        if (epl__splat_is(s->f, b, 0))
            return a;
        return epl__splat_is(s->f, a, 0) ? built(s, &epl__prim_neg, b, NULL) : EPL__ID_NONE;
    }
    if (s->p == &epl__prim_mul)
        return epl__splat_is(s->f, b, 1) ? a : epl__splat_is(s->f, a, 1) ? b : EPL__ID_NONE;
    if (s->p == &epl__prim_div)
        return epl__splat_is(s->f, b, 1) ? a : EPL__ID_NONE;
    if (s->p == &epl__prim_neg && made_by(operand(s, 0), s->p))
        return operand(s, 0)->in[0];
    if (s->p == &epl__prim_cast && operand(s, 0)->type->dtype == s->type->dtype)
        return a;
    if (s->p == &epl__prim_select) {
        if (b == s->in[2])
            return b;
        const epl__const_attrs *c = splat(operand(s, 0));
        return c ? s->in[c->integer ? 1 : 2] : EPL__ID_NONE;
    }
    return EPL__ID_NONE;
}

static epl__id sum_rule(const site *s)
{
    epl__reduce_attrs a = *(const epl__reduce_attrs *)s->attrs;
    const epl__node *x = operand(s, 0);
    const epl__const_attrs *c = splat(x);
    if (!a.mask)
        return s->in[0];
    if (c) {
        double n = 1;
        for (int i = 0; i < x->type->shape.rank; i++)
            n *= a.mask >> i & 1 ? (double)x->type->shape.dim[i] : 1;
        epl__const_attrs sum = *c;
        sum.value *= n;
        sum.integer *= (int64_t)n;
        if (c->dtype == EPL_F32)
            sum.value = (double)(float)sum.value;
        return resplat(s, &sum);
    }
    if (made_by(x, &epl__prim_sum)) {
        const epl__reduce_attrs *b = x->attrs;
        int rank = epl__node_at(s->f, x->in[0])->type->shape.rank;
        epl__reduce_attrs both = *b;
        for (int i = 0, j = 0; i < rank; i++)
            if (!(b->mask >> i & 1))
                both.mask |= (a.mask >> j++ & 1) << i;
        return built(s, s->p, x->in[0], &both);
    }
    return EPL__ID_NONE;
}

static epl__id pad_rule(const site *s)
{
    const epl__pad_attrs *a = s->attrs;
    if (!a->lo && !a->hi && !a->interior)
        return s->in[0];
    return epl__splat_is(s->f, s->in[0], 0) ? resplat(s, splat(operand(s, 0))) : EPL__ID_NONE;
}

/* Zero pieces are gaps; one piece that is the whole is itself. */
static epl__id assemble_rule(const site *s)
{
    const epl__assemble_attrs *a = s->attrs;
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        kept += !epl__splat_is(s->f, s->in[i], 0);
    if (kept == 0)
        return epl__id_of(epl__splat(s->f, s->type->dtype, s->type->shape, 0, 0));
    if (kept == 1 && s->count == 1 && operand(s, 0)->type->shape.dim[a->axis] == a->length)
        return s->in[0];
    if (kept == s->count)
        return EPL__ID_NONE;
    epl__id *in = epl__arena_take(&s->f->arena, kept * sizeof *in);
    int64_t *at = epl__arena_take(&s->f->arena, kept * sizeof *at);
    if (!in || !at)
        return EPL__ID_NONE;
    kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (!epl__splat_is(s->f, s->in[i], 0)) {
            in[kept] = s->in[i];
            at[kept++] = a->offset.at[i];
        }
    epl__assemble_attrs less = {a->axis, a->length, {kept, at}};
    return epl__id_of(epl__build(s->f, s->p, in, kept, &less, s->type));
}

epl__id epl__simplify(epl_fn *f, const epl_prim *p, const epl__id *in, size_t count,
                      const void *attrs, const epl_type *type)
{
    site s = {f, p, in, count, attrs, type};
    if (!count || epl_scope_status(f->scope) != EPL_OK)
        return EPL__ID_NONE;
    if (p->lower == EPL_LOWER_VIEW)
        return view_rule(&s);
    if (p == &epl__prim_sum)
        return sum_rule(&s);
    if (p == &epl__prim_pad)
        return pad_rule(&s);
    if (p == &epl__prim_assemble)
        return assemble_rule(&s);
    if (p->lower != EPL_LOWER_TILE)
        return EPL__ID_NONE;
    epl__id id = arithmetic_rule(&s);
    return id != EPL__ID_NONE ? id : fold_rule(&s);
}
