/* graph.c -- Graph: any acyclic network of modules and operations.
 *
 * The nodes are sorted when the module is made: each comes after the nodes it names.
 */
#include <espalier/espalier.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS = 16, LABEL = 256 };

typedef struct {
    char name[LABEL];
    epl_val out[RESULTS];
    size_t results;
} slot;

typedef struct {
    epl_ctx *c;
    epl_scope *scope;
    const epl_wiring *w;
    slot *slot; /* inputs, then nodes */
    size_t slots;
    slot **sorted; /* by name, those that have values */
} run;

static int by_name(const void *a, const void *b)
{
    return strcmp((*(slot *const *)a)->name, (*(slot *const *)b)->name);
}

static int by_text(const void *key, const void *member)
{
    return strcmp(key, (*(slot *const *)member)->name);
}

/* The next word of a list, copied; false at the end. */
static bool next_word(const char **list, char *word)
{
    const char *p = *list + strspn(*list, " ");
    size_t n = strcspn(p, " ");
    *list = p + n;
    n = n < LABEL ? n : LABEL - 1;
    memcpy(word, p, n);
    word[n] = 0;
    return n > 0;
}

/* "a" or "a.1"; none for "-". */
static epl_val value_of(run *r, char *word)
{
    char *dot = strchr(word, '.');
    size_t k = dot ? (size_t)strtoul(dot + 1, NULL, 10) : 0;
    if (dot)
        *dot = 0;
    slot **s = bsearch(word, r->sorted, r->slots, sizeof *s, by_text);
    if (!s)
        return EPL_NO_VAL;
    if (k >= (*s)->results) {
        if ((*s)->results)
            epl_ctx_fail(r->c, EPL_ERR_ARG, "\"%s\" has %zu results, none is %zu", word,
                         (*s)->results, k);
        return EPL_NO_VAL;
    }
    return (*s)->out[k];
}

static size_t inputs_of(run *r, const char *list, epl_val **out)
{
    char word[LABEL];
    size_t n = 0, room = strlen(list) / 2 + 2;
    *out = epl_scope_alloc(r->scope, room * sizeof **out);
    while (*out && next_word(&list, word))
        (*out)[n++] = value_of(r, word);
    return n;
}

/* -- operations ---------------------------------------------------------------------------- */
static bool named(const char *names, const char *name)
{
    char word[LABEL];
    while (next_word(&names, word))
        if (!strcmp(word, name))
            return true;
    return false;
}

typedef struct {
    const epl_operation *o;
    const char *given;
    char *args, *names; /* names: given, and the tensors that are there */
} call;

static epl_val own_key(run *r, const char *node)
{
    uint64_t h = 14695981039346656037u;
    for (const char *p = node; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211u;
    return epl_fold(epl_key_here(r->c), (int64_t)(h >> 1));
}

/* The tensor arguments in order; what is random gets the mode and a key of its own. */
static bool fill(run *r, const epl_node *node, call *k)
{
    epl_val *in;
    size_t n = inputs_of(r, node->inputs, &in), next = 0;
    for (const epl_attr *a = k->o->args; in && a->name; a++) {
        void *p = k->args + a->offset;
        bool key = a->type == EPL_TENSOR &&
                   (!strcmp(a->name, "key") || !strcmp(a->name, "dropout_key"));
        if ((a->type != EPL_TENSOR && a->type != EPL_TENSORS) || named(k->given, a->name))
            continue;
        if (a->type == EPL_TENSORS) {
            *(epl_vals *)p = (epl_vals){n - next, in + next};
            next = n;
        } else if (key && next == n) {
            if (!epl_has_key(r->c))
                continue;
            *(epl_val *)p = own_key(r, node->name);
        } else if (next < n)
            *(epl_val *)p = in[next++];
        else if (a->flags & EPL_ATTR_REQUIRED) {
            epl_ctx_fail(r->c, EPL_ERR_ARG, "%s: the operation %s needs \"%s\"", node->name,
                         node->op, a->name);
            return false;
        } else
            continue;
        if (a->type == EPL_TENSORS || !epl_is_none(*(epl_val *)p))
            strcat(strcat(k->names, " "), a->name);
    }
    if (next < n)
        epl_ctx_fail(r->c, EPL_ERR_ARG, "%s: the operation %s takes %zu inputs, got %zu",
                     node->name, node->op, next, n);
    return in && next == n;
}

static void mode(run *r, call *k)
{
    bool random = false;
    const epl_attr *training = NULL;
    for (const epl_attr *a = k->o->args; a->name; a++) {
        random = random || !strcmp(a->name, "key");
        training = strcmp(a->name, "training") ? training : a;
    }
    if (!random || !training || named(k->given, "training"))
        return;
    *(bool *)(void *)(k->args + training->offset) = epl_training(r->c);
    strcat(k->names, " training");
}

static void operate(run *r, const epl_node *node, slot *s)
{
    call k = {.o = epl_operation_named(node->op), .given = node->given ? node->given : ""};
    size_t room = strlen(k.given) + 32;
    for (const epl_attr *a = k.o->args; a->name; a++)
        room += strlen(a->name) + 1;
    k.args = epl_scope_alloc(r->scope, k.o->args_size + 1);
    k.names = epl_scope_alloc(r->scope, room);
    if (!k.args || !k.names)
        return;
    if (node->args)
        memcpy(k.args, node->args, k.o->args_size);
    strcpy(k.names, k.given);
    mode(r, &k);
    if (fill(r, node, &k))
        s->results = k.o->build(k.args, k.names, s->out, RESULTS);
}

/* -- the whole ----------------------------------------------------------------------------- */
static bool prepare(run *r, epl_val x)
{
    const char *list = r->w->inputs;
    char word[LABEL];
    size_t inputs = 0;
    while (next_word(&list, word))
        inputs++;
    r->slot = epl_scope_alloc(r->scope, (inputs + r->w->count) * sizeof *r->slot);
    r->sorted = epl_scope_alloc(r->scope, (inputs + r->w->count) * sizeof *r->sorted);
    if (!r->slot || !r->sorted)
        return false;
    list = r->w->inputs;
    for (size_t i = 0; i < inputs; i++) {
        slot *s = &r->slot[r->slots++];
        next_word(&list, s->name);
        s->out[0] = i ? epl_more(r->c, i - 1) : x;
        s->results = 1;
        if (epl_is_none(s->out[0])) {
            epl_ctx_fail(r->c, EPL_ERR_ARG, "the input \"%s\" is not given: the graph has %zu",
                         s->name, inputs);
            return false;
        }
    }
    for (size_t i = 0; i < r->w->count; i++)
        strncpy(r->slot[r->slots++].name, r->w->node[i].name, LABEL - 1);
    for (size_t i = 0; i < r->slots; i++)
        r->sorted[i] = &r->slot[i];
    qsort(r->sorted, r->slots, sizeof *r->sorted, by_name);
    return true;
}

static epl_val apply(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_graph_args *a = args;
    run r = {.c = c, .scope = epl_val_scope(x), .w = &a->nodes};
    epl_val *in;
    size_t child = 0;
    if (!r.scope || !prepare(&r, x))
        return EPL_NO_VAL;
    for (size_t i = 0; i < r.w->count && epl_scope_status(r.scope) == EPL_OK; i++) {
        const epl_node *node = &r.w->node[i];
        slot *s = &r.slot[r.slots - r.w->count + i];
        if (node->op)
            operate(&r, node, s);
        else {
            size_t n = inputs_of(&r, node->inputs, &in);
            if (in)
                s->results = epl_child_results(c, child++, (epl_vals){n, in}, s->out, RESULTS);
        }
    }
    size_t outputs = inputs_of(&r, r.w->outputs, &in);
    if (!in || epl_scope_status(r.scope) != EPL_OK)
        return EPL_NO_VAL;
    for (size_t i = 1; i < outputs; i++)
        epl_also(c, i - 1, in[i]);
    return in[0];
}

static const epl_attr attrs[] = {
    {"nodes", EPL_NODES, offsetof(epl_nn_graph_args, nodes), 0, 0, 0, 1, EPL_ATTR_REQUIRED, NULL},
    EPL_ATTR_END};
const epl_kind epl_kind_graph = {.name = "Graph",
                                 .version = 1,
                                 .args_size = sizeof(epl_nn_graph_args),
                                 .attrs = attrs,
                                 .apply = apply,
                                 .doc = "y = what its nodes say"};
