/* leaf.c -- trees inside a function: leaves as views, and trees with other leaves.
 *
 * A tree of one dtype is a vector [P]; a leaf is a slice of it, reshaped. A mixed tree is a
 * tuple of such vectors, one for each dtype.
 */
#include <string.h>
#include <espalier/espalier.h>
#include "../src/base/scope.h"
#include "../src/base/spec.h"
#include "../src/graph/structure.h"

/* The vector that holds leaves of this dtype; the tree itself if it has but one range. */
static epl_val range_of(epl_spec spec, epl_val tree, epl_dtype dtype)
{
    epl_fn *f = epl__fn_of(tree);
    char text[EPL_TYPE_TEXT];
    if (!f || !spec) {
        if (f)
            epl__fail(f, EPL_ERR_ARG, "[leaf] there is no spec");
        return EPL_NO_VAL;
    }
    const epl__node *n = epl__node_at(f, epl__id_of(tree));
    int part = epl__spec_part_of(spec, dtype);
    if (n->type->dtype != EPL_NONE && spec->parts <= 1) {
        if (n->type->shape.rank == 1 && n->type->shape.dim[0] == spec->head.elements)
            return tree;
    } else if (n->prim == &epl__prim_tuple && part >= 0 && (uint32_t)part < n->count &&
               epl__spec_alike(n->type->spec, spec))
        return epl__val(f, n->in[part]);
    epl__fail(f, EPL_ERR_SHAPE, "[leaf] the value is %s, not a tree of this spec (%lld elements)",
              epl_type_text(*n->type, text), (long long)spec->head.elements);
    return EPL_NO_VAL;
}

epl_val epl_leaf_at(epl_spec spec, epl_val tree, size_t i)
{
    const epl_leaf_spec *leaf = epl_spec_leaf(spec, i);
    epl_fn *f = epl__fn_of(tree);
    if (!leaf) {
        if (f)
            epl__fail(f, EPL_ERR_ARG, "[leaf] there is no leaf %zu", i);
        return EPL_NO_VAL;
    }
    epl_val v = range_of(spec, tree, leaf->dtype);
    int64_t n = epl_count(epl_type_of(leaf->dtype, leaf->shape));
    if (!v.graph)
        return v;
    return epl__reshape(epl__slice(v, 0, n ? leaf->offset : 0, n, 1), leaf->shape);
}

epl_val epl_leaf(epl_spec spec, epl_val tree, const char *path)
{
    const epl_leaf_spec *leaf = epl_spec_find(spec, path);
    epl_fn *f = epl__fn_of(tree);
    if (!leaf) {
        if (f)
            epl__fail(f, EPL_ERR_MATCH, "[leaf] the spec has no leaf \"%s\"", path ? path : "");
        return EPL_NO_VAL;
    }
    return epl_leaf_at(spec, tree, (size_t)(leaf - spec->leaf));
}

/* One range with some leaves replaced; runs of leaves that stay are one slice. */
static epl_val range_with(epl_spec spec, epl_val range, epl_dtype dtype, const epl_val *values)
{
    epl_fn *f = epl__fn_of(range);
    epl_val *part = f ? epl__arena_take(&f->arena, (spec->leaves + 1) * sizeof *part) : NULL;
    int64_t *at = f ? epl__arena_take(&f->arena, (spec->leaves + 1) * sizeof *at) : NULL;
    int64_t total = epl_dim(range, 0), run = 0, end = 0;
    size_t n = 0;
    char want[EPL_TYPE_TEXT], got[EPL_TYPE_TEXT];
    if (!part || !at)
        return EPL_NO_VAL;
    for (size_t i = 0; i <= spec->leaves; i++) {
        const epl_leaf_spec *leaf = i < spec->leaves ? &spec->leaf[i] : NULL;
        if (leaf && (leaf->dtype != dtype || !values[i].graph))
            continue;
        int64_t from = leaf ? leaf->offset : total;
        if (from > run) {
            part[n] = epl__slice(range, 0, run, from - run, 1);
            at[n++] = run;
        }
        if (!leaf)
            break;
        epl_type t = epl_type_of(epl_typeof(range).dtype, leaf->shape);
        if (!epl_type_equal(epl_typeof(values[i]), t)) {
            epl__fail(f, EPL_ERR_SHAPE, "[tree] leaf \"%s\" must be %s, got %s", leaf->path,
                      epl_type_text(t, want), epl_type_text(epl_typeof(values[i]), got));
            return EPL_NO_VAL;
        }
        end = epl_count(t);
        part[n] = epl__reshape(values[i], epl_shape_of(1, &end));
        at[n++] = leaf->offset;
        run = leaf->offset + end;
    }
    return n ? epl__assemble((epl_vals){n, part}, 0, total, at) : range;
}

epl_val epl_tree_with(epl_spec spec, epl_val tree, const epl_val *values)
{
    epl_fn *f = epl__fn_of(tree);
    bool any = false;
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL; /* after an error the values may never have been set */
    for (size_t i = 0; i < epl_spec_leaves(spec); i++)
        any |= values[i].graph != NULL;
    if (!any)
        return tree;
    if (spec->parts <= 1) {
        epl_val v = range_of(spec, tree, spec->leaf[0].dtype);
        return v.graph ? range_with(spec, v, spec->leaf[0].dtype, values) : v;
    }
    epl__id part[EPL__MAX_PARTS];
    for (int i = 0; i < spec->parts; i++) {
        epl_val v = range_of(spec, tree, spec->part[i].dtype);
        v = v.graph ? range_with(spec, v, spec->part[i].dtype, values) : v;
        part[i] = epl__id_of(v);
        if (epl__fn_of(v) != f) {
            if (v.graph)
                epl__fail(f, EPL_ERR_USE,
                          "[tree] a leaf's new value is of an inner function: take the tree in by "
                          "epl_pass");
            return EPL_NO_VAL;
        }
    }
    return epl__build(f, &epl__prim_tuple, part, (size_t)spec->parts, NULL,
                      epl__node_at(f, epl__id_of(tree))->type);
}

epl_val epl_tree_zeros(epl_fn *f, epl_spec spec)
{
    epl__id part[EPL__MAX_PARTS];
    if (f && !spec)
        epl__fail(f, EPL_ERR_ARG, "[tree] there is no spec");
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    epl_type t = epl__spec_type(spec);
    if (t.dtype != EPL_NONE)
        return epl_zeros(f, t);
    for (int i = 0; i < spec->parts; i++)
        part[i] = epl__id_of(epl_zeros(f, epl__spec_part(spec, i, epl_shape_of(0, NULL))));
    return epl__build(f, &epl__prim_tuple, part, (size_t)spec->parts, NULL, &t);
}

epl_val epl_freeze(epl_spec spec, epl_val tree, const char *glob)
{
    epl_fn *f = epl__fn_of(tree);
    size_t leaves = epl_spec_leaves(spec), hits = 0;
    epl_val *values = f ? epl__arena_take(&f->arena, (leaves + 1) * sizeof *values) : NULL;
    if (!values)
        return EPL_NO_VAL;
    for (size_t i = 0; i < leaves; i++)
        if (epl_glob(glob, &spec->leaf[i])) {
            values[i] = epl_stop_gradient(epl_leaf_at(spec, tree, i));
            hits++;
        }
    if (!hits) {
        epl__fail(f, EPL_ERR_MATCH, "[freeze] \"%s\" matches no leaf", glob ? glob : "");
        return EPL_NO_VAL;
    }
    return epl_tree_with(spec, tree, values);
}

epl_val epl_rules_of(epl_fn *f, epl_spec spec, const epl_rule *rules)
{
    if (!f || epl_scope_status(f->scope) != EPL_OK)
        return EPL_NO_VAL;
    if (!spec || spec->parts > 1) {
        epl__fail(f, EPL_ERR_ARG, "[by_path] a spec of one dtype is needed");
        return EPL_NO_VAL;
    }
    epl_type t = epl__spec_type(spec);
    char *data = epl__arena_take(&f->arena, epl_bytes(t) + 8);
    for (size_t i = 0; data && i < spec->leaves; i++) {
        const epl_leaf_spec *leaf = &spec->leaf[i];
        const epl_rule *r = rules;
        while (r->glob && !epl_glob(r->glob, leaf))
            r++;
        if (!r->glob) {
            epl__fail(f, EPL_ERR_MATCH,
                      "[by_path] no rule matches the leaf \"%s\"; end with {\"**\", value}",
                      leaf->path);
            return EPL_NO_VAL;
        }
        for (int64_t k = 0, n = epl_count(epl_type_of(leaf->dtype, leaf->shape)); k < n; k++)
            if (t.dtype == EPL_F64)
                ((double *)(void *)data)[leaf->offset + k] = r->value;
            else
                ((float *)(void *)data)[leaf->offset + k] = (float)r->value;
    }
    if (!data || (t.dtype != EPL_F32 && t.dtype != EPL_F64)) {
        epl__fail(f, data ? EPL_ERR_DTYPE : EPL_ERR_MEMORY,
                  "[by_path] the spec must be f32 or f64");
        return EPL_NO_VAL;
    }
    return epl_data(f, epl_at(data, t));
}
