/* tile_fuse.c -- a shorter program for the same numbers: two instructions in one.
 *
 * A step costs a walk over its tile, however little it computes. So an arithmetic result that
 * one other arithmetic instruction alone reads is computed within that one, and a guarded
 * square root is one instruction. Invariant: every operation rounds as it did, so no bit
 * changes; what is the same along a line stays where it is done once for the line.
 */
#include "tile_plan.h"
#include <string.h>

typedef struct {
    epl__tile_desc *d;
    epl__tile_ins *ins;
    int uses[EPL__TILE_MAX_REG], maker[EPL__TILE_MAX_REG]; /* maker: instruction, -1: an input */
    bool moves[EPL__TILE_MAX_REG];                         /* along the last axis */
    bool gone[EPL__TILE_MAX_REG];                          /* by instruction */
} fusing;

static void count_uses(fusing *f)
{
    const epl__tile_desc *d = f->d;
    memset(f->uses, 0, sizeof f->uses);
    for (int i = 0; i < EPL__TILE_MAX_REG; i++)
        f->maker[i] = -1;
    for (int i = 0; i < d->inputs; i++)
        f->moves[i] = !d->is_const[i] && d->rank > 0 && d->in_stride[i][d->rank - 1] != 0;
    for (int i = 0; i < d->instructions; i++) {
        f->maker[f->ins[i].dst] = i;
        f->moves[f->ins[i].dst] = false;
        for (int s = 0; s < epl__tile_operands(f->ins[i].op); s++) {
            f->uses[f->ins[i].src[s]]++;
            f->moves[f->ins[i].dst] |= f->moves[f->ins[i].src[s]];
        }
    }
    for (int i = 0; i < d->outputs; i++)
        f->uses[d->out_reg[i]] += 2; /* it must be there */
}

static const epl__tile_ins *made_by(const fusing *f, int reg, int op)
{
    const int i = f->maker[reg];
    return i >= 0 && f->ins[i].op == op ? &f->ins[i] : NULL;
}

static bool is_number(const fusing *f, int reg, double value)
{
    return reg < f->d->inputs && f->d->is_const[reg] && f->d->value[reg] == value;
}

static bool is_float(const epl__tile_ins *x)
{
    return (x->dtype == EPL_F32 || x->dtype == EPL_F64) && x->to == x->dtype;
}

/* select(0 < v, sqrt(select(0 < v, v, 1)), 0) */
static void guarded_root(fusing *f, epl__tile_ins *x)
{
    if (x->op != EPL__TILE_SELECT || !is_float(x) || !is_number(f, x->src[2], 0))
        return;
    const epl__tile_ins *positive = made_by(f, x->src[0], EPL__TILE_LT);
    const epl__tile_ins *root = made_by(f, x->src[1], EPL__TILE_SQRT);
    const epl__tile_ins *safe = root ? made_by(f, root->src[0], EPL__TILE_SELECT) : NULL;
    if (!positive || !safe || safe->src[0] != x->src[0] || positive->src[1] != safe->src[1] ||
        !is_number(f, positive->src[0], 0) || !is_number(f, safe->src[2], 1) ||
        f->uses[root->dst] != 1 || f->uses[safe->dst] != 1 || f->uses[positive->dst] != 2)
        return;
    f->gone[root - f->ins] = f->gone[safe - f->ins] = f->gone[positive - f->ins] = true;
    x->op = EPL__TILE_ROOT0;
    x->src[0] = positive->src[1];
}

static int first_of(int op)
{
    return op == EPL__TILE_ADD      ? EPL__FIRST_ADD
           : op == EPL__TILE_SUB    ? EPL__FIRST_SUB
           : op == EPL__TILE_MUL    ? EPL__FIRST_MUL
           : op == EPL__TILE_DIV    ? EPL__FIRST_DIV
           : op == EPL__TILE_SQUARE ? EPL__FIRST_SQUARE
                                    : -1;
}

/* The second operation, if operand s is the result of the first. */
static int then_of(int op, int s)
{
    return op == EPL__TILE_ADD   ? EPL__THEN_ADD
           : op == EPL__TILE_MUL ? EPL__THEN_MUL
           : op == EPL__TILE_SUB ? (s ? EPL__THEN_SUB_FROM : EPL__THEN_SUB)
           : op == EPL__TILE_DIV ? (s ? EPL__THEN_DIV_OF : EPL__THEN_DIV)
                                 : -1;
}

static void pair(fusing *f, epl__tile_ins *x)
{
    for (int s = 0; s < 2 && is_float(x); s++) {
        const int then = then_of(x->op, s), i = f->maker[x->src[s]];
        if (then < 0 || i < 0 || f->uses[x->src[s]] != 1)
            continue;
        const epl__tile_ins *y = &f->ins[i];
        const int first = first_of(y->op), other = x->src[1 - s];
        if (first < 0 || !is_float(y) || y->dtype != x->dtype || !f->moves[y->dst])
            continue;
        f->gone[i] = true;
        x->op = (uint16_t)EPL__TILE_PAIR(first, then);
        x->src[0] = y->src[0];
        x->src[1] = first == EPL__FIRST_SQUARE ? (int16_t)other : y->src[1];
        x->src[2] = (int16_t)other;
        return;
    }
}

/* Drops what is gone. */
static void close_up(fusing *f)
{
    int n = 0;
    for (int i = 0; i < f->d->instructions; i++)
        if (!f->gone[i])
            f->ins[n++] = f->ins[i];
    f->d->instructions = n;
    memset(f->gone, 0, sizeof f->gone);
    count_uses(f);
}

void epl__tile_fuse(const epl__tile_desc *from, epl__tile_desc *d, epl__tile_ins *ins)
{
    fusing f = {.d = d, .ins = ins};
    *d = *from;
    memcpy(ins, from->ins, (size_t)from->instructions * sizeof *ins);
    d->ins = ins;
    count_uses(&f);
    for (int i = 0; i < d->instructions; i++)
        guarded_root(&f, &ins[i]);
    close_up(&f);
    for (int i = 0; i < d->instructions; i++)
        pair(&f, &ins[i]);
    close_up(&f);
}
