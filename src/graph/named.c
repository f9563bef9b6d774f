/* named.c -- values that a checkpoint keeps by their name.
 *
 * The mark is a node, so that it goes along with its value through maps and derivatives; a plan
 * drops it.
 */
#include <ctype.h>
#include <espalier/flow.h>
#include <string.h>
#include "../base/type.h"
#include "region.h"

static bool kernel(const epl_array *in, size_t count, const epl_array *out, const void *attrs,
                   char *message)
{
    (void)count, (void)attrs, (void)message;
    if (epl_bytes(out->type))
        memcpy(out->data, in[0].data, epl_bytes(out->type));
    return true;
}

static epl_val jvp(const epl_val *x, const epl_val *dx, size_t count, const void *attrs)
{
    (void)x, (void)count, (void)attrs;
    return dx[0];
}

static epl_val expand(const epl_val *x, size_t count, const void *attrs)
{
    (void)count, (void)attrs;
    return x[0];
}

static const epl_attr named_attrs[] = {
    EPL_ATTR_F(epl__named_attrs, name, EPL_LETTERS, 0, 0, 0, 32, EPL_ATTR_REQUIRED), EPL_ATTR_END};

/* The engine's own, in no list: it is an operation only inside a checkpoint. */
const epl_prim epl__prim_named = {.name = "named",
                                  .formula = "y = x, kept by its name",
                                  .inputs = 1,
                                  .elementwise = true,
                                  .attrs_size = sizeof(epl__named_attrs),
                                  .attrs = named_attrs,
                                  .kernel = kernel,
                                  .jvp = jvp,
                                  .expand = expand};

static bool is_name(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("_.-", name[i]))
            return false;
    return n > 0 && n < sizeof(epl__named_attrs);
}

epl_val epl_keep(epl_val v, const char *name)
{
    epl__named_attrs a = {{0}};
    epl_fn *f = epl__fn_of(v);
    if (!f)
        return epl__is_num(v) ? v : EPL_NO_VAL;
    if (!is_name(name)) {
        epl__fail(f, EPL_ERR_ARG,
                  "[keep] \"%.40s\": a name of 1 to 31 letters, digits, '_', '.' and '-' is "
                  "expected",
                  name ? name : "");
        return EPL_NO_VAL;
    }
    memcpy(a.name, name, strlen(name));
    return epl_op(&epl__prim_named, (epl_vals){1, &v}, &a);
}

bool epl__name_in(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += strspn(at, ", ");
        if (!strncmp(at, name, n) && (!at[n] || strchr(", ", at[n])))
            return true;
    }
    return false;
}

/* Where a name of n letters marks a value: nowhere, where it is of no use, or in f. */
typedef enum { NOWHERE, HIDDEN, SEEN } place;
static place place_of(const epl_fn *f, const char *name, size_t n)
{
    place best = NOWHERE;
    for (epl__id id = 0; id < f->main.count && best < SEEN; id++) {
        const epl__node *m = epl__node_at(f, id);
        const epl__region *r = m->prim == &epl__prim_region ? epl__region_of(m) : NULL;
        if (m->prim == &epl__prim_named && strlen(epl__name_of(m)) == n &&
            !strncmp(epl__name_of(m), name, n))
            return SEEN;
        for (uint32_t k = 0; r && k < r->bodies; k++) {
            place in = place_of(r->body[k], name, n);
            in = in == SEEN && !epl__names_pass(r) ? HIDDEN : in;
            best = in > best ? in : best;
        }
    }
    return best;
}

bool epl__names_known(epl_fn *f, const char *list)
{
    for (size_t n; list && *(list += strspn(list, ", ")); list += n) {
        n = strcspn(list, ", ");
        place at = place_of(f, list, n);
        if (at == SEEN)
            continue;
        epl__fail(
            f, EPL_ERR_ARG, "[checkpoint] keep: no value of it is named \"%.*s\"%s", (int)n, list,
            at == HIDDEN ? ", but one that it cannot keep: in a while without .most, a custom "
                           "derivative, a solver or a further checkpoint; mark what comes "
                           "out of that"
                         : ": mark one by epl_keep inside of it");
        return false;
    }
    return true;
}
