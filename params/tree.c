/* tree.c -- the numbers of a spec in one buffer: owned by the scope, or borrowed.
 *
 * Each leaf draws from the key folded with its path, so that its numbers depend on nothing
 * else in the spec.
 */
#include <math.h>
#include <string.h>
#include <espalier/espalier.h>
#include "../src/base/number.h"
#include "../src/base/key.h"
#include "../src/base/scope.h"
#include "../src/base/spec.h"
#include "tree.h"

static const double PI = 3.14159265358979323846;

static epl_tree *tree_make(epl_scope *s, epl_spec spec, void *data)
{
    if (!spec) {
        epl_scope_fail(s, EPL_ERR_ARG, "[tree] there is no spec: has the module been inferred?");
        return NULL;
    }
    epl_tree *t = epl_scope_alloc(s, sizeof *t);
    if (!t)
        return NULL;
    if (!data) { /* aligned for vector loads; the scope's memory is aligned to 16 */
        char *space = epl_scope_alloc(s, (size_t)spec->head.bytes + 64);
        if (!space)
            return NULL;
        data = (void *)(((uintptr_t)space + 63) & ~(uintptr_t)63);
    }
    *t = (epl_tree){s, spec, data};
    return t;
}

epl_tree *epl_tree_new(epl_scope *s, epl_spec spec)
{
    return tree_make(s, spec, NULL);
}

epl_tree *epl_tree_borrow(epl_scope *s, epl_spec spec, void *data)
{
    if (!data && epl_spec_count(spec)) {
        epl_scope_fail(s, EPL_ERR_ARG, "[tree] there is no memory to borrow (NULL)");
        return NULL;
    }
    return tree_make(s, spec, data ? data : s);
}

epl_spec epl_tree_spec(const epl_tree *t)
{
    return t ? t->spec : NULL;
}

epl_array epl_tree_array(const epl_tree *t)
{
    if (!t)
        return (epl_array){.data = NULL};
    return (epl_array){t->data, epl__spec_type(t->spec)};
}

epl_array epl__leaf_array(const epl_tree *t, const epl_leaf_spec *leaf)
{
    int part = epl__spec_part_of(t->spec, leaf->dtype);
    if (part < 0) /* no elements at all */
        return (epl_array){t->data, epl_type_of(leaf->dtype, leaf->shape)};
    size_t at = (size_t)t->spec->part[part].byte +
                (size_t)leaf->offset * epl_dtype_bytes(leaf->dtype);
    return (epl_array){(char *)t->data + at, epl_type_of(leaf->dtype, leaf->shape)};
}

epl_array epl_tree_leaf(const epl_tree *t, const char *path)
{
    const epl_leaf_spec *leaf = t ? epl_spec_find(t->spec, path) : NULL;
    return leaf ? epl__leaf_array(t, leaf) : (epl_array){.data = NULL};
}

/* -- first numbers ------------------------------------------------------------------------- */
static void store(const epl_array *a, int64_t i, double v)
{
    if (epl_dtype_is_float(a->type.dtype))
        epl__number_set(a, i, v);
    else
        epl__integer_set(a, i, (int64_t)v);
}

/* Number i of a leaf takes words 4i .. 4i + 3 of the leaf's stream: a uniform of 53 bits in
 * (0, 1), and a second one for normals (Box and Muller 1958). */
static double number(const uint32_t *w, const epl_initialiser *init)
{
    double u = ((double)(((uint64_t)w[1] << 32 | w[0]) >> 11) + 0.5) * 0x1p-53;
    double v = ((double)(((uint64_t)w[3] << 32 | w[2]) >> 11) + 0.5) * 0x1p-53;
    if (init->kind == EPL_INIT_UNIFORM)
        return init->a + (init->b - init->a) * u;
    return init->a + init->b * sqrt(-2 * log(u)) * cos(2 * PI * v);
}

static void draw(const epl_array *a, const epl_initialiser *init, epl_key key)
{
    enum { BLOCK = 128 };
    uint32_t w[4 * BLOCK];
    for (int64_t i = 0, n = epl_count(a->type); i < n; i += BLOCK) {
        int64_t some = n - i < BLOCK ? n - i : BLOCK;
        epl__random_bits(key.word, 4 * (uint64_t)i, w, 4 * (size_t)some);
        for (int64_t k = 0; k < some; k++)
            store(a, i + k, number(w + 4 * k, init));
    }
}

static void fill(const epl_array *a, int64_t from, int64_t to, double v)
{
    for (int64_t i = from; i < to; i++)
        store(a, i, v);
}

void epl_tree_init(epl_tree *t, epl_key key)
{
    for (size_t i = 0; t && i < t->spec->leaves; i++) {
        const epl_leaf_spec *leaf = &t->spec->leaf[i];
        epl_array a = epl__leaf_array(t, leaf);
        uint64_t h = 14695981039346656037u;
        for (const char *p = leaf->path; *p; p++)
            h = (h ^ (unsigned char)*p) * 1099511628211u;
        if (leaf->init.kind == EPL_INIT_FULL)
            fill(&a, 0, epl_count(a.type), leaf->init.a);
        else
            draw(&a, &leaf->init, epl_key_fold(key, h));
        int64_t row = leaf->init.zeros - 1;
        if (row >= 0 && leaf->shape.rank && row < leaf->shape.dim[0]) {
            int64_t width = epl_count(a.type) / leaf->shape.dim[0];
            fill(&a, row * width, (row + 1) * width, 0);
        }
    }
}

epl_tree *epl_init(epl_scope *s, epl_spec spec, epl_key key)
{
    epl_tree *t = tree_make(s, spec, NULL);
    epl_tree_init(t, key);
    return t;
}
