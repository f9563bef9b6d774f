/* test_growth_nested.c -- what order, depth and nesting do to the size of a function: chains and
 * networks are linear in their depth, scans do not depend on their length, maps of gradients of
 * maps are linear in their depth.
 *
 * Numbers of nodes are those of docs/derivatives.md; with GROWTH=1 in the environment they are
 * printed.
 */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../src/graph/region.h"

/* Nodes that results need, those of the bodies of loops and branches included. */
static size_t live_nodes(const epl_fn *f)
{
    bool *live = calloc(f->main.count + 1, 1);
    size_t count = 0;
    for (uint32_t i = 0; i < f->outputs; i++)
        live[f->output[i].value] = true;
    for (epl__id id = f->main.count; id-- > 0;) {
        const epl__node *n = epl__node_at(f, id);
        if (!live[id])
            continue;
        count++;
        for (uint32_t k = 0; k < n->count; k++)
            live[n->in[k]] = true;
        const epl__region *r = NULL;
        if (n->prim == &epl__prim_laid)
            r = &((const epl__laid_attrs *)n->attrs)->layout->region;
        else if (n->prim == &epl__prim_region)
            r = epl__region_of(n);
        for (uint32_t k = 0; r && k < r->bodies; k++)
            count += live_nodes(r->body[k]);
    }
    free(live);
    return count;
}

static size_t nodes_of(epl_scope *s, epl_fn *f, epl_val y)
{
    epl_output(f, "y", y);
    epl_fn *g = epl__simplified(s, f);
    cr_assert_not_null(g, "%s", epl_scope_message(s));
    size_t n = live_nodes(g);
    epl_scope_free(s);
    return n;
}

/* Not more than the documents say; and what they say is not out of date. */
static void documented(const char *what, int size, const size_t *nodes, const size_t *most, int n)
{
    bool is_told = getenv("GROWTH");
    if (is_told)
        printf("| %s, %d |", what, size);
    for (int i = 0; i < n; i++) {
        if (is_told)
            printf(" %zu |%s", nodes[i], i == n - 1 ? "\n" : "");
        cr_expect(nodes[i] <= most[i] && 10 * nodes[i] >= 9 * most[i],
                  "%s, %d: %zu nodes, %zu are documented", what, size, nodes[i], most[i]);
    }
}

static epl_val of_order(epl_val y, epl_val x, int order)
{
    for (int i = 0; i < order; i++)
        y = epl_sum(epl_square(epl_gradient(y, x)));
    return y;
}

/* -- chains -------------------------------------------------------------------------------- */
static epl_val x_sigmoid(epl_val x)
{
    return epl_mul(x, epl_sigmoid(x));
}

enum { ORDERS = 5 };
static const struct {
    const char *name;
    epl_val (*link)(epl_val x);
    bool forward; /* tangents along 1, else gradients */
    size_t most[ORDERS];
} chains[] = {
    {"tanh, gradients", epl_tanh, false, {321, 876, 2456, 6565, 16272}},
    {"sin, gradients", epl_sin, false, {239, 713, 2124, 5964, 15289}},
    {"x sigmoid x, gradients", x_sigmoid, false, {639, 2062, 6168, 16112, 39209}},
    {"tanh, tangents", epl_tanh, true, {321, 799, 1673, 3103, 5248}},
    {"sin, tangents", epl_sin, true, {239, 635, 1424, 2764, 4813}},
    {"x sigmoid x, tangents", x_sigmoid, true, {639, 1670, 3492, 6342, 10457}},
};
enum { CHAINS = sizeof chains / sizeof *chains };

static size_t chain_nodes(int which, int length, int order)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "chain");
    epl_val x = epl_input(f, "x", epl_f64()), y = x;
    for (int i = 0; i < length; i++)
        y = chains[which].link(y);
    for (int i = 0; i < order; i++)
        y = chains[which].forward ? epl_jvp(y, x, epl_ones_like(x)) : epl_gradient(y, x);
    return nodes_of(s, f, y);
}

/* Twice the length, twice the nodes, at each order. */
Test(growth_nested, a_derivative_is_linear_in_the_length_of_a_chain)
{
    for (int i = 0; i < CHAINS; i++) {
        size_t nodes[ORDERS];
        for (int order = 1; order <= ORDERS; order++) {
            size_t a = chain_nodes(i, 20, order), b = chain_nodes(i, 40, order);
            size_t c = nodes[order - 1] = chain_nodes(i, 80, order);
            cr_expect_leq(c - b, 2 * (b - a) + 8, "%s, order %d: %zu %zu %zu", chains[i].name,
                          order, a, b, c);
        }
        documented(chains[i].name, 80, nodes, chains[i].most, ORDERS);
    }
}

/* -- scans --------------------------------------------------------------------------------- */
static size_t scan_nodes(int length, epl_save_policy save, int order)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "scan");
    epl_val x = epl_input(f, "x", epl_f64(3)), w = epl_input(f, "w", epl_f64(3, 3));
    epl_fn *t = epl_scan(f, .length = length, .save = save);
    epl_val h = epl_carry(t, x);
    epl_next(t, h, epl_tanh(epl_matmul(w, h)));
    return nodes_of(s, f, of_order(epl_sum(epl_last(t, h)), w, order));
}

Test(growth_nested, a_scan_does_not_depend_on_its_length)
{
    size_t nodes[3];
    for (int order = 0; order < 4; order++) {
        size_t few = scan_nodes(10, EPL_SAVE_ALL, order),
               many = scan_nodes(10000, EPL_SAVE_ALL, order);
        cr_expect_eq(few, many, "order %d: %zu and %zu nodes", order, few, many);
        if (order)
            nodes[order - 1] = many;
    }
    documented("scan of tanh(W h)", 10000, nodes, (size_t[]){24, 77, 238}, 3);
}

Test(growth_nested, a_scan_that_keeps_little_depends_on_its_levels_alone)
{
    for (int order = 0; order < 3; order++) {
        size_t few = scan_nodes(100, EPL_SAVE_SQRT, order);
        size_t many = scan_nodes(10000, EPL_SAVE_SQRT, order);
        cr_expect_eq(few, many, "sqrt, order %d: %zu and %zu nodes", order, few, many);
    }
    for (int order = 0; order < 2; order++) { /* 6, 8 and 10 levels */
        size_t a = scan_nodes(64, EPL_SAVE_LOG, order), b = scan_nodes(256, EPL_SAVE_LOG, order);
        size_t c = scan_nodes(1024, EPL_SAVE_LOG, order);
        if (order)
            documented("log, order", order, (size_t[]){a, b, c}, (size_t[]){124, 198, 288}, 3);
        cr_expect_leq(c - b, 2 * (b - a), "log, order %d: %zu, %zu, %zu nodes", order, a, b, c);
    }
}

/* Each level starts a carried value anew whose tangent turns out to be zero. */
static epl_val rounding(epl_fn *f, epl_val x, int depth)
{
    if (!depth)
        return epl_sin(x);
    epl_fn *t = epl_scan(f, .length = 3);
    epl_val h = epl_carry(t, x), c = epl_carry(t, epl_zeros_like(x));
    epl_val next = rounding(t, epl_add(h, epl_scale(c, 0.1)), depth - 1);
    epl_next(t, h, next);
    epl_next(t, c, epl_floor(next));
    return epl_last(t, h);
}

static void *counted(void *taken, void *p, size_t old, size_t size)
{
    *(size_t *)taken += size > old ? size - old : 0;
    if (size)
        return realloc(p, size);
    free(p);
    return NULL;
}

/* Bytes that were taken for a gradient. */
static int64_t bytes_of(int depth)
{
    size_t taken = 0;
    epl_scope *s = epl_scope_new(&(epl_alloc){counted, &taken});
    epl_fn *f = epl_fn_new(s, "rounding");
    epl_val x = epl_input(f, "x", epl_f64(3)), y = epl_sum(rounding(f, x, depth));
    taken = 0;
    epl_output(f, "g", epl_gradient(y, x));
    cr_assert_eq(epl_scope_status(s), EPL_OK, "%s", epl_scope_message(s));
    epl_scope_free(s);
    return (int64_t)taken;
}

/* A level more is a step more in all that is around it: bytes grow as the square. */
Test(growth_nested, what_has_no_tangent_is_found_once_at_each_level)
{
    int64_t bytes[7];
    for (int depth = 0; depth < 7; depth++)
        bytes[depth] = bytes_of(depth);
    int64_t early = bytes[4] - 2 * bytes[3] + bytes[2], late = bytes[6] - 2 * bytes[5] + bytes[4];
    cr_expect_leq(late, 3 * early / 2, "%ld, %ld bytes", (long)early, (long)late);
}

/* -- networks ------------------------------------------------------------------------------ */
static size_t network_nodes(int depth, int order)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "mlp");
    epl_child *layer = epl_scope_alloc(s, (2 * (size_t)depth + 1) * sizeof *layer);
    for (int i = 0; i < depth; i++) {
        layer[2 * i].module = epl_nn_linear(s, 5);
        layer[2 * i + 1].module = epl_nn_tanh(s);
    }
    epl_module net =
        epl_module_new(&epl_kind_sequential, &(epl_nn_sequential_args){s, layer}, "children");
    net = epl_infer(s, net, epl_f64(4, 5));
    epl_val theta = epl_input_tree(f, "theta", epl_params_of(net));
    epl_val y = epl_mean(epl_square(epl_apply(net, theta, epl_input(f, "x", epl_f64(4, 5)))));
    return nodes_of(s, f, of_order(y, theta, order));
}

Test(growth_nested, a_network_is_linear_in_its_depth)
{
    size_t nodes[4];
    for (int order = 1; order <= 4; order++) {
        size_t a = network_nodes(4, order), b = network_nodes(8, order),
               c = network_nodes(16, order);
        cr_expect_leq(c - b, 2 * (b - a) + 8, "order %d: %zu, %zu, %zu nodes", order, a, b, c);
        nodes[order - 1] = c;
    }
    documented("MLP, depth", 16, nodes, (size_t[]){233, 598, 1619, 4585}, 4);
}

/* -- maps ---------------------------------------------------------------------------------- */
/* A map of the gradient of the sum of a map of the gradient ... */
static epl_val nested(epl_fn *f, epl_val x, int depth)
{
    if (!depth)
        return epl_sum(epl_sin(x));
    epl_fn *m = epl_map(f);
    epl_val one = epl_each(m, epl_mul(epl_unsqueeze(x, 0), epl_arange(f, EPL_F64, 1, 4, 1)), 1);
    epl_val g = epl_gradient(nested(m, one, depth - 1), one);
    return epl_sum(epl_square(epl_collect(m, g)));
}

static size_t map_nodes(int depth)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "maps");
    epl_val x = epl_input(f, "x", epl_f64(2, 1));
    return nodes_of(s, f, nested(f, x, depth));
}

/* Each level is one order more: what order costs, and not more for the maps. */
Test(growth_nested, maps_of_gradients_of_maps)
{
    size_t nodes[5];
    for (int depth = 1; depth <= 5; depth++) {
        size_t n = nodes[depth - 1] = map_nodes(depth);
        cr_expect(depth < 2 || 10 * n <= 25 * nodes[depth - 2], "depth %d: %zu nodes", depth, n);
    }
    documented("maps of gradients of maps, depth up to", 5, nodes, (size_t[]){12, 24, 46, 96, 218},
               5);
}

/* -- nesting ------------------------------------------------------------------------------- */
typedef enum { MAPS, CHECKPOINTS, SCANS, CONDITIONS, NESTS } nest;

static epl_val level(nest kind, epl_fn *f, epl_val x, int depth)
{
    if (!depth)
        return epl_sin(x);
    epl_fn *in = kind == MAPS          ? epl_map(f)
                 : kind == CHECKPOINTS ? epl_checkpoint(f)
                 : kind == SCANS       ? epl_scan(f, .length = 3)
                                       : epl_when(f, epl_gt(epl_sum(x), epl_num(0)));
    epl_val one = kind == MAPS    ? epl_each(in, epl_stack(epl_list(x, x)), 0)
                  : kind == SCANS ? epl_carry(in, x)
                                  : epl_pass(in, x);
    epl_val y = level(kind, in, epl_tanh(one), depth - 1);
    if (kind == MAPS)
        return epl_mean(epl_collect(in, y), .dim = epl_axes(0));
    if (kind == CHECKPOINTS)
        return epl_last(in, y);
    if (kind == SCANS) {
        epl_next(in, one, y);
        return epl_last(in, one);
    }
    epl_fn *no = epl_otherwise(in);
    return epl_either(in, y, no, epl_cos(epl_pass(no, x)));
}

static size_t nest_nodes(nest kind, int depth, int order)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_fn *f = epl_fn_new(s, "nest");
    epl_val x = epl_input(f, "x", epl_f64(3));
    return nodes_of(s, f, of_order(epl_sum(level(kind, f, x, depth)), x, order));
}

/* A polynomial in depth has differences that end: those of the order + 2. */
static long last_difference(const size_t *nodes, int count, int times)
{
    long d[8];
    for (int i = 0; i < count; i++)
        d[i] = (long)nodes[i];
    for (int k = 0; k < times; k++)
        for (int i = 0; i + 1 < count - k; i++)
            d[i] = d[i + 1] - d[i];
    return d[count - 1 - times];
}

Test(growth_nested, nesting_is_not_exponential)
{
    static const char *const name[NESTS] = {"maps", "checkpoints", "scans", "conditions"};
    static const size_t most[NESTS][3][6] = {
        {{9, 15, 21, 27, 33, 39}, {17, 28, 39, 50, 61, 72}, {37, 62, 87, 112, 137, 162}},
        {{4, 5, 6, 7, 8, 9}, {15, 24, 33, 42, 51, 60}, {40, 77, 123, 178, 242, 315}},
        {{7, 12, 17, 22, 27, 32}, {20, 39, 63, 92, 126, 165}, {61, 143, 268, 446, 687, 1001}},
        {{13, 24, 35, 46, 57, 68}, {24, 42, 60, 78, 96, 114}, {56, 118, 198, 296, 412, 546}},
    };
    for (int kind = 0; kind < NESTS; kind++)
        for (int order = 0; order < 3; order++) {
            size_t nodes[6];
            for (int depth = 1; depth <= 6; depth++)
                nodes[depth - 1] = nest_nodes((nest)kind, depth, order);
            documented(name[kind], order, nodes, most[kind][order], 6);
            cr_expect_eq(last_difference(nodes, 6, order + 2), 0, "%s, order %d", name[kind],
                         order);
        }
}
