/* dot.c -- a product with axis labels as a matrix product over strides.
 *
 * Labels fall in four classes: batch (both operands and the result), m (first and result),
 * n (second and result), k (summed). The axes of a class are merged where strides allow;
 * of m and n the run that is contiguous in the result, or else the largest, is the matrix
 * axis and the rest become batch axes that one operand shares; k must merge to one axis, else
 * an operand is packed.
 */
#include <string.h>
#include "../base/scope.h"
#include "plan.h"

enum { SHORTEST_ROW = 4, SHORTEST_READ = 16 };

typedef struct {
    int64_t size, a, b, c; /* strides */
} axis;
typedef struct {
    axis batch[EPL_MAX_RANK], m[EPL_MAX_RANK], n[EPL_MAX_RANK], k[EPL_MAX_RANK];
    int batches, ms, ns, ks;
} axes;

static int64_t stride_at(const char *labels, const int64_t *stride, char label)
{
    const char *at = strchr(labels, label);
    return at ? stride[at - labels] : 0;
}

/* Neighbours that are one run in all three arrays; axes of size 1 go. */
static void merge(axis *x, int *count)
{
    int n = 0;
    for (int i = 0; i < *count; i++) {
        if (x[i].size == 1)
            continue;
        axis *p = n ? &x[n - 1] : NULL;
        if (p && p->a == x[i].a * x[i].size && p->b == x[i].b * x[i].size &&
            p->c == x[i].c * x[i].size)
            *p = (axis){p->size * x[i].size, x[i].a, x[i].b, x[i].c};
        else
            x[n++] = x[i];
    }
    *count = n;
}

static int64_t magnitude(int64_t x)
{
    return x < 0 ? -x : x;
}

/* By falling stride of the first operand (of the second if by_b); insertion keeps ties. */
static void order(axis *x, int count, bool by_b)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0; k--) {
            int64_t p = magnitude(by_b ? x[k - 1].b : x[k - 1].a),
                    q = magnitude(by_b ? x[k].b : x[k].a);
            if (p >= q)
                break;
            axis t = x[k];
            x[k] = x[k - 1];
            x[k - 1] = t;
        }
}

static void sorted_axes(const epl__making *m, epl__id id, const epl__view *va, const epl__view *vb,
                        axes *x)
{
    const epl__node *node = epl__node_at(m->f, id);
    const epl__dot_attrs *d = node->attrs;
    const epl_shape *sa = &m->type[node->in[0]]->shape, *sb = &m->type[node->in[1]]->shape;
    *x = (axes){.batches = 0};
    for (const char *l = d->out; *l; l++) {
        const char *in_a = strchr(d->a, *l), *in_b = strchr(d->b, *l);
        axis one = {in_a ? sa->dim[in_a - d->a] : sb->dim[in_b - d->b],
                    stride_at(d->a, va->stride, *l), stride_at(d->b, vb->stride, *l),
                    m->memory[id].stride[l - d->out]};
        if (in_a && in_b)
            x->batch[x->batches++] = one;
        else if (in_a)
            x->m[x->ms++] = one;
        else
            x->n[x->ns++] = one;
    }
    for (const char *l = d->a; *l; l++)
        if (!strchr(d->out, *l))
            x->k[x->ks++] = (axis){sa->dim[l - d->a], stride_at(d->a, va->stride, *l),
                                   stride_at(d->b, vb->stride, *l), 0};
    merge(x->batch, &x->batches);
    merge(x->m, &x->ms);
    merge(x->n, &x->ns);
}

/* An axis of size 0 among them: a sum of nothing, whatever the strides are. */
static bool k_merges(const axes *x, bool by_b, axis *out)
{
    axis k[EPL_MAX_RANK];
    int count = x->ks;
    *out = (axis){0, 1, 1, 0};
    for (int i = 0; i < count; i++)
        if (!x->k[i].size)
            return true;
    memcpy(k, x->k, sizeof k);
    order(k, count, by_b);
    merge(k, &count);
    *out = count ? k[0] : (axis){1, 1, 1, 0};
    return count <= 1;
}

/* Do the summed axes of one operand merge among themselves? */
static bool alone(const axes *x, bool b)
{
    axes y = *x;
    for (int i = 0; i < y.ks; i++) {
        int64_t s = b ? y.k[i].b : y.k[i].a;
        y.k[i].a = y.k[i].b = s;
    }
    axis k;
    return k_merges(&y, b, &k);
}

/* Operand `which` packed with its summed axes last, in the order of falling stride of the
 * other operand; its labels stay in place, so it becomes a permuted view of the copy. */
static bool pack_operand(epl__making *m, epl__id id, epl__view *operand, int which, bool by_b)
{
    const epl__node *node = epl__node_at(m->f, id);
    const epl__dot_attrs *d = node->attrs;
    const char *labels = which ? d->b : d->a;
    epl__id in = node->in[which];
    epl__view v = operand[which], permuted = v;
    epl_shape s = m->type[in]->shape, to = {.rank = s.rank};
    int from[EPL_MAX_RANK], n = 0;
    const epl__view *key = by_b == (which == 1) ? &v : &operand[!which];
    const char *key_labels = by_b ? d->b : d->a;
    for (int i = 0; i < s.rank; i++)
        if (strchr(d->out, labels[i]))
            from[n++] = i;
    int kept = n;
    for (int i = 0; i < s.rank; i++) {
        if (strchr(d->out, labels[i]))
            continue;
        int at = n++;
        int64_t mine = magnitude(stride_at(key_labels, key->stride, labels[i]));
        for (; at > kept &&
               magnitude(stride_at(key_labels, key->stride, labels[from[at - 1]])) < mine;
             at--)
            from[at] = from[at - 1];
        from[at] = i;
    }
    for (int i = 0; i < s.rank; i++) {
        to.dim[i] = s.dim[from[i]];
        permuted.stride[i] = v.stride[from[i]];
    }
    epl_type t = epl_type_of(m->type[in]->dtype, to);
    const epl_type *type = epl__type_intern(m->f, &t);
    epl__id p = type ? epl__pack(m, &permuted, type) : EPL__ID_NONE;
    if (p == EPL__ID_NONE)
        return epl__no_memory(m);
    epl__view back = m->view[p];
    for (int i = 0; i < s.rank; i++)
        back.stride[from[i]] = m->view[p].stride[i];
    operand[which] = back;
    return true;
}

bool epl__dot_operands(epl__making *m, epl__id id, epl__view *operand)
{
    const epl__node *node = epl__node_at(m->f, id);
    axes x;
    axis k;
    epl__strides(node->type->shape, m->memory[id].stride);
    sorted_axes(m, id, &operand[0], &operand[1], &x);
    if (k_merges(&x, false, &k) || k_merges(&x, true, &k))
        return true;
    bool a = alone(&x, true), b = alone(&x, false); /* it can be packed by itself */
    bool less = epl_count(*m->type[node->in[0]]) <= epl_count(*m->type[node->in[1]]);
    if (a && (less || !b))
        return pack_operand(m, id, operand, 0, true);
    if (b)
        return pack_operand(m, id, operand, 1, false);
    return pack_operand(m, id, operand, 0, true) && pack_operand(m, id, operand, 1, false);
}

/* Results that lie side by side are written as vectors: worth more than a long run. So is an
 * operand (the other one has stride 0 here) that is read side by side. */
static int64_t worth(const axis *x)
{
    if (x->c == 1 && x->size >= SHORTEST_ROW)
        return INT64_MAX;
    return x->a + x->b == 1 && x->size >= SHORTEST_READ ? INT64_MAX - 1 : x->size;
}

/* The matrix axis; the others go to the batch. */
static axis take_matrix_axis(axis *x, int count, axes *all)
{
    axis one = {1, 1, 1, 1};
    int best = -1;
    for (int i = 0; i < count; i++)
        if (best < 0 || worth(&x[i]) >= worth(&x[best]))
            best = i;
    for (int i = 0; i < count; i++)
        if (i != best)
            all->batch[all->batches++] = x[i];
    return best < 0 ? one : x[best];
}

void epl__dot_desc(epl__making *m, const epl__plan_step *s, epl__gemm_desc *desc)
{
    const epl__node *node = epl__node_at(m->f, s->id);
    const epl__view *a = &s->operand[0], *b = &s->operand[1];
    axes x;
    axis k;
    sorted_axes(m, s->id, a, b, &x);
    if (!k_merges(&x, false, &k))
        k_merges(&x, true, &k);
    axis am = take_matrix_axis(x.m, x.ms, &x), an = take_matrix_axis(x.n, x.ns, &x);
    *desc = (epl__gemm_desc){.dtype = node->type->dtype,
                             .batch_rank = x.batches,
                             .m = am.size,
                             .n = an.size,
                             .k = k.size,
                             .a_m = am.a,
                             .a_k = k.a,
                             .b_k = k.b,
                             .b_n = an.b,
                             .c_m = am.c,
                             .c_n = an.c};
    for (int i = 0; i < x.batches; i++) {
        desc->batch[i] = x.batch[i].size;
        desc->a_batch[i] = x.batch[i].a;
        desc->b_batch[i] = x.batch[i].b;
        desc->c_batch[i] = x.batch[i].c;
    }
}

bool epl__call_dot(epl__making *m, const epl__plan_step *s)
{
    epl_dtype dtype = m->type[s->id]->dtype;
    epl__gemm_desc d;
    epl__dot_desc(m, s, &d);
    d.packed = s->packed > 0;
    epl__place place[3] = {m->memory[s->id].place, epl__place_of(m, &s->operand[0], dtype),
                           epl__place_of(m, &s->operand[1], dtype)};
    if (s->packed)
        place[s->packed] = m->memory[s->panel].place;
    return epl__call_add(m, epl__gemm_prepare(&m->program->arena, &d), place, 3, s->id);
}

static void conv_strides(const epl__view *v, int batch, int spatial, int64_t *outer, int64_t *first,
                         int64_t *second, int64_t *s)
{
    for (int i = 0; i < batch; i++)
        outer[i] = v->stride[i];
    *first = v->stride[batch];
    *second = v->stride[batch + 1];
    for (int i = 0; i < spatial; i++)
        s[i] = v->stride[batch + 2 + i];
}

bool epl__call_conv(epl__making *m, const epl__plan_step *s)
{
    const epl__node *node = epl__node_at(m->f, s->id);
    const epl__conv_attrs *a = node->attrs;
    const epl__view *x = &s->operand[0], *w = &s->operand[1];
    const epl_shape *xs = &m->type[node->in[0]]->shape, *ws = &m->type[node->in[1]]->shape;
    int sp = (int)a->spatial, g = xs->rank - 2 - sp;
    epl__conv_desc d = {.dtype = node->type->dtype,
                        .spatial = sp,
                        .batch_rank = g,
                        .n = xs->dim[g],
                        .c = xs->dim[g + 1],
                        .k = ws->dim[g],
                        .flip = a->flip != 0};
    for (int i = 0; i < g; i++)
        d.batch[i] = xs->dim[i];
    for (int i = 0; i < sp; i++) {
        d.in[i] = xs->dim[g + 2 + i];
        d.window[i] = ws->dim[g + 2 + i];
        d.out[i] = node->type->shape.dim[g + 2 + i];
        d.stride[i] = a->stride[i];
        d.dilation[i] = a->dilation[i];
        d.in_dilation[i] = a->in_dilation[i];
        d.pad_lo[i] = a->pad_lo[i];
    }
    epl__view out = {.root = s->id};
    memcpy(out.stride, m->memory[s->id].stride, sizeof out.stride);
    conv_strides(x, g, sp, d.in_batch, &d.in_n, &d.in_c, d.in_s);
    conv_strides(w, g, sp, d.w_batch, &d.w_k, &d.w_c, d.w_s);
    conv_strides(&out, g, sp, d.out_batch, &d.out_n, &d.out_k, d.out_s);
    epl__place place[3] = {m->memory[s->id].place, epl__place_of(m, x, d.dtype),
                           epl__place_of(m, w, d.dtype)};
    return epl__call_add(m, epl__conv_prepare(&m->program->arena, &d), place, 3, s->id);
}
