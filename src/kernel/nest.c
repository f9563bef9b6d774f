/* nest.c -- the axes that several operands share, put in order. */
#include "rows.h"
#include <string.h>

int64_t epl__nest_count(const epl__nest *n)
{
    int64_t count = 1;
    for (int i = 0; i < n->rank; i++)
        count *= n->dim[i];
    return count;
}

static void move_axis(epl__nest *n, int to, int from)
{
    n->dim[to] = n->dim[from];
    for (int o = 0; o < n->operands; o++)
        n->stride[o][to] = n->stride[o][from];
}

static void swap_axes(epl__nest *n, int i, int j)
{
    const int64_t dim = n->dim[i];
    n->dim[i] = n->dim[j];
    n->dim[j] = dim;
    for (int o = 0; o < n->operands; o++) {
        const int64_t stride = n->stride[o][i];
        n->stride[o][i] = n->stride[o][j];
        n->stride[o][j] = stride;
    }
}

static bool mergeable(const epl__nest *n, int outer, int inner)
{
    for (int o = 0; o < n->operands; o++)
        if (n->stride[o][outer] != n->stride[o][inner] * n->dim[inner])
            return false;
    return true;
}

static void merge(epl__nest *n)
{
    int rank = 0;
    for (int i = 0; i < n->rank; i++) {
        if (n->dim[i] == 1)
            continue;
        if (rank && mergeable(n, rank - 1, i)) {
            const int64_t outer = n->dim[rank - 1];
            move_axis(n, rank - 1, i);
            n->dim[rank - 1] *= outer;
        } else {
            move_axis(n, rank++, i);
        }
    }
    n->rank = rank;
}

static void make_positive(epl__nest *n, int axis)
{
    if (n->stride[0][axis] >= 0)
        return;
    for (int o = 0; o < n->operands; o++) {
        n->offset[o] += n->stride[o][axis] * (n->dim[axis] - 1);
        n->stride[o][axis] = -n->stride[o][axis];
    }
}

void epl__nest_order(epl__nest *n)
{
    merge(n);
    for (int i = 0; i < n->rank; i++)
        make_positive(n, i);
    for (int i = 1; i < n->rank; i++)
        for (int j = i; j > 0 && n->stride[0][j - 1] < n->stride[0][j]; j--)
            swap_axes(n, j - 1, j);
    merge(n);
}

epl__pair epl__pair_of(const epl__nest *n)
{
    epl__pair p = {.rank = n->rank};
    memcpy(p.dim, n->dim, sizeof p.dim);
    for (int o = 0; o < 2 && o < n->operands; o++) {
        memcpy(p.stride[o], n->stride[o], sizeof p.stride[o]);
        p.offset[o] = n->offset[o];
    }
    return p;
}

int64_t epl__pair_count(const epl__pair *p)
{
    int64_t count = 1;
    for (int i = 0; i < p->rank; i++)
        count *= p->dim[i];
    return count;
}

void epl__pair_seek(const epl__pair *p, int64_t i, epl__spot *s)
{
    s->at[0] = p->offset[0];
    s->at[1] = p->offset[1];
    for (int axis = p->rank - 1; axis >= 0; axis--) {
        const int64_t next = i / p->dim[axis];
        s->index[axis] = i - next * p->dim[axis];
        s->at[0] += s->index[axis] * p->stride[0][axis];
        s->at[1] += s->index[axis] * p->stride[1][axis];
        i = next;
    }
}

void epl__pair_step(const epl__pair *p, epl__spot *s)
{
    for (int axis = p->rank - 1; axis >= 0; axis--) {
        const bool carry = ++s->index[axis] == p->dim[axis];
        const int64_t steps = carry ? 1 - p->dim[axis] : 1;
        s->at[0] += steps * p->stride[0][axis];
        s->at[1] += steps * p->stride[1][axis];
        if (!carry)
            break;
        s->index[axis] = 0;
    }
}

void epl__pair_drop(epl__pair *p, int axis)
{
    p->rank--;
    for (int i = axis; i < p->rank; i++) {
        p->dim[i] = p->dim[i + 1];
        p->stride[0][i] = p->stride[0][i + 1];
        p->stride[1][i] = p->stride[1][i + 1];
    }
}
