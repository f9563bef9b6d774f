/* graph_piece.c -- steps of a random function inside a checkpoint, a custom derivative, a scan, a
 * while, branches or a map; or the same steps written out with the operations alone.
 *
 * Both ways draw the same dice. Written out, what comes in and what goes out is a copy: so the
 * derivative of one value of a piece with respect to another is the same in both.
 */
#include <string.h>
#include "graph_dice.h"

enum { TAKEN = 6, GIVEN = 3, RUNS = 4, BRANCHES = 3 };

/* What a piece is made of: values that come in, and dice for its steps. */
typedef struct {
    drawing *d;
    bool inside;
    epl_val v[TAKEN + 2];
    bool is_used[TAKEN + 2]; /* as it is, not by epl_pass */
    bool uses;               /* any of them */
    int count;
    uint64_t state;
    int steps;
    bool bounded;
} piece;
typedef struct {
    epl_val v[GIVEN];
    int count;
} results;

/* -- values -------------------------------------------------------------------------------- */
/* v with another type. */
static epl_val fitted(epl_val v, epl_type t)
{
    return epl_count(epl_typeof(v)) == epl_count(t) ? epl_reshape(v, t.shape)
                                                    : epl_expand(epl_mean(v), t.shape);
}

static epl_val taken(const piece *p, epl_fn *in, int i)
{
    if (p->is_used[i])
        return p->v[i];
    return p->inside ? epl_pass(in, p->v[i]) : epl_copy(p->v[i]);
}

/* A value that goes out. One that is of an outer function goes in first. */
static epl_val own(const piece *p, epl_fn *in, epl_val v)
{
    if (!p->inside)
        return epl_copy(v);
    return v.graph == in ? v : epl_pass(in, v);
}

/* n variants of v along a new axis. */
static epl_val variants(epl_val v, int64_t n, int axis)
{
    epl_val all[RUNS] = {v, epl_sin(v), epl_scale(v, 0.5), epl_cos(v)};
    return epl_stack((epl_vals){(size_t)n, all}, .dim = axis);
}

static int any_axis(drawing *d, epl_val v)
{
    return (int)dice_roll(d, epl_rank(v) + 1);
}

/* False or true for any numbers, but it depends on them. */
static epl_val decided(epl_val v, bool yes)
{
    epl_val odd = epl_gt(epl_sigmoid(epl_mean(v)), epl_num(2));
    return yes ? epl_logical_not(odd) : odd;
}

/* -- steps --------------------------------------------------------------------------------- */
static piece piece_of(drawing *d)
{
    piece p = {.d = d, .inside = d->plan->pieces == PIECES_INSIDE};
    p.count = 1 + (int)dice_roll(d, TAKEN - 1);
    bool may_use = dice_roll(d, 3) == 0;
    for (int i = 0; i < p.count; i++) {
        p.v[i] = i ? dice_any(d) : d->pool[d->count - 1];
        p.is_used[i] = may_use && dice_roll(d, 2);
        p.uses |= p.is_used[i];
    }
    p.steps = 1 + (int)dice_roll(d, d->plan->inside);
    p.state = d->state;
    return p;
}

/* The steps from these values, in `in`. */
static results stepped(const piece *p, epl_fn *in, const epl_val *from, int count, uint64_t way)
{
    drawing e = *p->d;
    results r = {.count = 0};
    e.f = in;
    e.nested++;
    e.bounded |= p->bounded;
    e.count = count;
    e.deep = e.deep > 0 && !p->uses;
    memcpy(e.pool, from, (size_t)count * sizeof *from);
    for (int i = 0; i < p->steps; i++) {
        e.state = p->state * 0xd1342543de82ef95u + way * 1000003 + (uint64_t)i;
        dice_step(&e);
    }
    for (int i = e.count - 1; i >= count && r.count < GIVEN; i--)
        r.v[r.count++] = own(p, in, e.pool[i]);
    if (!r.count)
        r.v[r.count++] = own(p, in, from[0]);
    return r;
}

static epl_fn *where_of(const piece *p, epl_fn *inner)
{
    return p->inside ? inner : p->d->f;
}

/* -- once ---------------------------------------------------------------------------------- */
static void checkpointed(drawing *d)
{
    piece p = piece_of(d);
    epl_val from[TAKEN];
    epl_fn *c = p.inside ? epl_checkpoint(d->f) : NULL, *in = where_of(&p, c);
    for (int i = 0; i < p.count; i++)
        from[i] = taken(&p, in, i);
    results r = stepped(&p, in, from, p.count, 0);
    for (int i = 0; i < r.count; i++)
        dice_keep(d, p.inside ? epl_last(c, r.v[i]) : r.v[i]);
}

/* A custom derivative whose rule is the derivative that the library finds. */
static void customized(drawing *d)
{
    piece p = piece_of(d);
    bool backward = dice_roll(d, 2) && !d->plan->forward;
    epl_val x[TAKEN], at[TAKEN], along[TAKEN], slope[TAKEN];
    memset(p.is_used, 0, sizeof p.is_used);
    p.uses = false;
    p.bounded = true; /* the rule of a loop without a bound is not seen to be linear */
    epl_fn *c = p.inside ? epl_custom(d->f) : NULL, *in = where_of(&p, c);
    for (int i = 0; i < p.count; i++)
        x[i] = taken(&p, in, i);
    results r = stepped(&p, in, x, p.count, 0);
    epl_fn *rule = !p.inside ? NULL : backward ? epl_custom_vjp(c) : epl_custom_jvp(c);
    for (int i = 0; rule && i < p.count; i++)
        at[i] = epl_primal(rule, x[i]);
    if (rule) {
        results y = stepped(&p, rule, at, p.count, 0);
        int n = backward ? y.count : p.count;
        epl_vals xs = {(size_t)p.count, at}, ys = {(size_t)y.count, y.v}, vs = {(size_t)n, along};
        for (int i = 0; i < n; i++)
            along[i] = backward ? epl_cotangent(rule, r.v[i]) : epl_tangent(rule, x[i]);
        (backward ? epl_vjps : epl_jvps)(ys, xs, vs, slope);
        for (int i = 0; i < (backward ? p.count : y.count); i++)
            epl_give(rule, backward ? x[i] : r.v[i], slope[i]);
    }
    for (int i = 0; i < r.count; i++)
        dice_keep(d, p.inside ? epl_last(c, r.v[i]) : r.v[i]);
}

static results branch(const piece *p, epl_fn *in, uint64_t way)
{
    epl_val from[TAKEN];
    for (int i = 0; i < p->count; i++)
        from[i] = taken(p, in, i);
    return stepped(p, in, from, p->count, way);
}

/* The branch that is meant by an index, which may be out of range; two are a condition, too. */
static void branched(drawing *d)
{
    piece p = piece_of(d);
    int64_t n = 2 + dice_roll(d, BRANCHES - 1), at = dice_roll(d, n + 2) - 1;
    bool condition = n == 2 && dice_roll(d, 2);
    int64_t chosen = at < 0 ? 0 : at < n ? at : n - 1;
    epl_fn *b[BRANCHES] = {NULL};
    results r[BRANCHES] = {{.count = 0}};
    if (p.inside && condition) {
        b[1] = epl_when(d->f, decided(p.v[0], chosen == 1));
        b[0] = epl_otherwise(b[1]);
    } else if (p.inside)
        epl_switch(d->f, epl_add(epl_cast(decided(p.v[0], false), EPL_I64), epl_int(at)), (size_t)n,
                   b);
    for (int64_t i = 0; i < n; i++)
        if (p.inside || i == 0 || i == chosen)
            r[i] = branch(&p, where_of(&p, b[i]), (uint64_t)i);
    epl_val v[GIVEN][BRANCHES];
    for (int k = 0; k < r[0].count; k++)
        for (int64_t i = 0; i < n; i++)
            if (r[i].count)
                v[k][i] = fitted(r[i].v[k % r[i].count], epl_typeof(r[0].v[k]));
    for (int k = 0; k < r[0].count; k++)
        dice_keep(d, !p.inside   ? v[k][chosen]
                     : condition ? epl_either(b[1], v[k][1], b[0], v[k][0])
                                 : epl_chosen(b[0], (epl_vals){(size_t)n, v[k]}));
}

/* -- in turn ------------------------------------------------------------------------------- */
typedef struct {
    int64_t steps, every, most, unroll;
    int carries, axis, given, way[TAKEN];
    bool reverse, each, is_while, bounded;
    epl_save_policy save;
    epl_val all, counter; /* what epl_each takes in; of a while: a number that counts */
} turns;

static turns turns_of(const piece *p, drawing *d, bool is_while)
{
    turns t = {.steps = dice_roll(d, RUNS + 1), .is_while = is_while};
    t.carries = 1 + (int)dice_roll(d, p->count);
    t.every = 1 + dice_roll(d, 3);
    t.save = (epl_save_policy)(1 + dice_roll(d, is_while ? 3 : 4));
    t.reverse = !is_while && dice_roll(d, 2);
    t.each = !is_while && t.steps && dice_roll(d, 3);
    t.given = !is_while && t.steps ? (int)dice_roll(d, GIVEN) : 0;
    t.most = t.steps + dice_roll(d, 3);
    t.unroll = dice_roll(d, 4);
    t.bounded = !d->plan->forward || d->bounded || dice_roll(d, 2);
    for (int i = 0; i < t.carries; i++)
        t.way[i] = (int)dice_roll(d, 6);
    t.axis = any_axis(d, p->v[p->count - 1]);
    if (t.each)
        t.all = variants(p->v[p->count - 1], t.steps, t.axis);
    if (is_while) /* sometimes one that depends on the inputs */
        t.counter = dice_roll(d, 2) ? epl_cast(decided(p->v[0], false), EPL_F64)
                                    : epl_data(d->f, epl_at(&(double){0}, epl_f64()));
    return t;
}

static epl_val next_of(const piece *p, const turns *t, int i, epl_val now, const results *r)
{
    if (t->way[i] == 0)
        return now;
    if (t->way[i] == 1) /* what is outside */
        return p->inside ? p->v[i] : epl_copy(p->v[i]);
    epl_val v = fitted(r->v[i % r->count], epl_typeof(now));
    return t->way[i] == 2 ? v : epl_add(epl_scale(now, 0.5), epl_scale(v, 0.5));
}

/* One step: what is carried becomes the next; `one` is the entry of this step, or none. */
static results turn(const piece *p, const turns *t, epl_fn *in, epl_val *carried, epl_val one)
{
    epl_val from[TAKEN + 1], now[TAKEN];
    int count = p->count;
    for (int i = 0; i < count; i++)
        from[i] = i < t->carries ? carried[i] : taken(p, in, i);
    if (t->each)
        from[count++] = one;
    memcpy(now, carried, (size_t)t->carries * sizeof *now);
    results r = stepped(p, in, from, count, 0);
    for (int i = 0; i < t->carries; i++)
        carried[i] = next_of(p, t, i, now[i], &r);
    return r;
}

static void written_out(drawing *d, const piece *p, const turns *t)
{
    epl_val carried[TAKEN], all[GIVEN][RUNS];
    memcpy(carried, p->v, sizeof carried);
    results r = {.count = 0};
    for (int64_t k = 0; k < t->steps; k++) {
        int64_t at = t->reverse ? t->steps - 1 - k : k;
        for (int i = 0; i < t->carries; i++)
            carried[i] = epl_copy(carried[i]);
        r = turn(p, t, d->f, carried, t->each ? epl_select(t->all, t->axis, at) : EPL_NO_VAL);
        for (int i = 0; i < r.count; i++)
            all[i][at] = r.v[i];
    }
    for (int i = 0; i < t->carries; i++)
        dice_keep(d, epl_copy(carried[i]));
    for (int i = 0; i < t->given && i < r.count; i++)
        dice_keep(d, epl_stack((epl_vals){(size_t)t->steps, all[i]}));
}

static epl_fn *loop_new(drawing *d, const turns *t)
{
    if (t->is_while)
        return epl_while_new(
            &(epl_while_args){.parent = d->f, .most = t->bounded ? t->most : 0, .save = t->save},
            t->bounded ? "most" : "");
    return epl_scan_new(&(epl_scan_args){.parent = d->f,
                                         .length = t->steps,
                                         .reverse = t->reverse,
                                         .save = t->save,
                                         .every = t->every,
                                         .unroll = t->unroll},
                        t->each     ? t->unroll ? "unroll" : ""
                        : t->unroll ? "length unroll"
                                    : "length");
}

static void in_turn(drawing *d, const piece *p, const turns *t)
{
    epl_fn *loop = loop_new(d, t);
    epl_val first[TAKEN], carried[TAKEN], one = EPL_NO_VAL;
    for (int i = 0; i < t->carries; i++)
        first[i] = carried[i] = epl_carry(loop, p->v[i]);
    if (t->each)
        one = epl_each(loop, t->all, t->axis);
    if (t->is_while) {
        epl_val n = epl_carry(loop, t->counter);
        epl_keep_going(loop, epl_lt(n, epl_num((double)t->steps - 0.5)));
        epl_next(loop, n, epl_add(n, epl_num(1)));
    }
    results r = turn(p, t, loop, carried, one);
    for (int i = 0; i < t->carries; i++)
        epl_next(loop, first[i], carried[i]);
    for (int i = 0; i < t->carries; i++)
        dice_keep(d, epl_last(loop, first[i]));
    for (int i = 0; i < t->given && i < r.count; i++)
        dice_keep(d, epl_collect(loop, r.v[i]));
}

static void looped(drawing *d, bool is_while)
{
    piece p = piece_of(d);
    turns t = turns_of(&p, d, is_while);
    (p.inside ? in_turn : written_out)(d, &p, &t);
}

/* -- at once ------------------------------------------------------------------------------- */
/* Over one value or two, each along an axis of its own. */
static void mapped(drawing *d)
{
    piece p = piece_of(d);
    int64_t n = 1 + dice_roll(d, RUNS), chunk = dice_roll(d, n + 2);
    bool together = dice_roll(d, 2);
    int over = p.count > 1 ? 1 + (int)dice_roll(d, 2) : 1, axis[2] = {0};
    epl_fn *map = p.inside ? epl_map(d->f, .chunk = chunk) : NULL, *in = where_of(&p, map);
    epl_val all[2], row[RUNS][GIVEN], from[TAKEN], out[GIVEN];
    results r = {.count = 0};
    for (int i = 0; i < over; i++) {
        axis[i] = any_axis(d, p.v[i]);
        all[i] = variants(p.v[i], n, axis[i]);
    }
    for (int64_t k = 0; k < (p.inside ? 1 : n); k++) {
        for (int i = 0; i < p.count; i++)
            from[i] = i >= over  ? taken(&p, in, i)
                      : p.inside ? epl_each(map, all[i], axis[i])
                                 : epl_select(all[i], axis[i], k);
        r = stepped(&p, in, from, p.count, 0);
        memcpy(row[k], r.v, sizeof r.v);
    }
    if (p.inside && together)
        epl_collects(map, (epl_vals){(size_t)r.count, r.v}, out);
    for (int i = 0; i < r.count; i++) {
        epl_val rows[RUNS];
        for (int64_t k = 0; k < n; k++)
            rows[k] = row[p.inside ? 0 : k][i];
        dice_keep(d, !p.inside  ? epl_stack((epl_vals){(size_t)n, rows})
                     : together ? out[i]
                                : epl_collect(map, r.v[i]));
    }
}

void graph_piece(drawing *d)
{
    int64_t kind = dice_roll(d, 7);
    if (d->nested >= 2 || (d->nested && d->plan->inside == 1))
        dice_keep(d, epl_copy(dice_any(d)));
    else if (kind == 0 || d->plan->once)
        checkpointed(d);
    else if (kind == 1)
        branched(d);
    else if (kind == 6)
        customized(d);
    else if (kind == 2)
        mapped(d);
    else
        looped(d, kind == 3);
}
