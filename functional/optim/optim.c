/* optim.c -- see optim.h. A state is one vector: its slots, then the number of steps. */
#include <string.h>
#include "optim.h"
#include "../op/op.h"

epl_val epl__hyper(epl_val p, epl_val v, double otherwise)
{
    double x = otherwise;
    int64_t i;
    if (epl__is_num(v))
        epl__num_read(v, &x, &i);
    else if (v.graph)
        return epl_rank(v) ? v : epl__cast(v, EPL_F64);
    return epl__full(p, EPL_F64, epl_shape_of(0, NULL), x);
}

bool epl__slots_in(const char *name, epl_val p, epl_val grads, const epl_val *state, int slots,
                   epl_val *out)
{
    epl_type t = epl_typeof(p), s = epl_typeof(state ? *state : EPL_NO_VAL), want = t;
    int last = t.shape.rank - 1;
    char a[EPL_TYPE_TEXT], b[EPL_TYPE_TEXT];
    if (!p.graph || !grads.graph)
        return false;
    if (last < 0 || !epl_type_equal(t, epl_typeof(grads))) {
        epl__bad(p, EPL_ERR_SHAPE,
                 "[%s] parameters %s and gradients %s must be vectors of one type", name,
                 epl_type_text(t, a), epl_type_text(epl_typeof(grads), b));
        return false;
    }
    want.shape.dim[last] = slots * t.shape.dim[last] + 1;
    if (!epl_type_equal(want, s)) {
        epl__bad(p, EPL_ERR_SHAPE, "[%s] the state must be %s (%d slots and a step count), got %s",
                 name, epl_type_text(want, a), slots, epl_type_text(s, b));
        return false;
    }
    for (int i = 0; i < slots; i++)
        out[i] = epl__slice(*state, last, i * t.shape.dim[last], t.shape.dim[last], 1);
    out[slots] = epl__cast(epl__slice(*state, last, want.shape.dim[last] - 1, 1, 1), EPL_F64);
    return true;
}

epl_val epl__slots_out(epl_val p, const epl_val *slot, int slots)
{
    epl_val part[8];
    for (int i = 0; i < slots; i++)
        part[i] = slot[i];
    part[slots] = epl__cast(slot[slots], epl_typeof(p).dtype);
    return epl__concat((epl_vals){(size_t)slots + 1, part}, epl_rank(p) - 1);
}

bool epl__hyper_flag(epl_val v)
{
    double x = 0;
    int64_t i = 0;
    if (epl__is_num(v))
        epl__num_read(v, &x, &i);
    return x != 0;
}

/* -- by name ------------------------------------------------------------------------------- */
static const epl_optimizer *const all[] = {&epl__optimizer_sgd, &epl__optimizer_adam,
                                           &epl__optimizer_adamw};

const epl_optimizer *epl_optimizer_at(size_t i)
{
    return i < sizeof all / sizeof *all ? all[i] : NULL;
}

const epl_optimizer *epl_optimizer_named(const char *name)
{
    for (size_t i = 0; name && i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i]->name, name))
            return all[i];
    return NULL;
}
