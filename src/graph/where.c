/* where.c -- places: where nodes were written, "net.fc1", "net.fc1:softmax".
 *
 * What a jvp rule builds, and what the transpose builds from that, is told apart from the
 * operation that it is the derivative of: "net.fc1:derivative of log", "second derivative of log".
 * Names are made once for a place and an operation. Equal places are one, for as long as
 * the function lives; place 0 is the empty one.
 */
#include <stdio.h>
#include <string.h>
#include "graph.h"

static uint32_t hash_of(const char *text)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    while (*text)
        h = (h ^ (unsigned char)*text++) * 16777619u;
    return h ^ h >> 15;
}

/* Where the table has 1 + the place of this text, or 0 and room for it. */
static uint32_t *slot_of(const epl_fn *f, const char *text)
{
    uint32_t mask = 2 * f->where_room - 1, h = hash_of(text) & mask;
    while (f->where_table[h] && strcmp(f->where[f->where_table[h] - 1], text))
        h = (h + 1) & mask;
    return &f->where_table[h];
}

static bool grow(epl_fn *f)
{
    uint32_t room = f->where_room ? 2 * f->where_room : 4;
    const char **list = epl__arena_take(&f->arena, room * sizeof *list);
    uint32_t *table = epl__arena_take(&f->arena, 2 * room * sizeof *table);
    if (!list || !table)
        return false;
    if (f->where_count)
        memcpy(list, f->where, f->where_count * sizeof *list);
    f->where = list;
    f->where_table = table;
    f->where_room = room;
    for (uint32_t i = 0; i < f->where_count; i++)
        *slot_of(f, list[i]) = i + 1;
    return true;
}

uint32_t epl__where(epl_fn *f, const char *name)
{
    uint32_t before = f->where_now;
    if (f->where_count == f->where_room && !grow(f))
        return before;
    uint32_t *slot = slot_of(f, name);
    if (!*slot) {
        const char *copy = epl__arena_text(&f->arena, name);
        if (!copy)
            return before;
        f->where[f->where_count++] = copy;
        *slot = f->where_count;
    }
    f->where_now = *slot - 1;
    return before;
}

void epl__where_copied(epl_fn *to, const epl_fn *from, uint32_t where, uint32_t *seen)
{
    if (from == to || !where) {
        to->where_now = where;
        return;
    }
    if (!seen[where]) {
        epl__where(to, from->where[where]);
        seen[where] = to->where_now;
    }
    to->where_now = seen[where];
}

/* -- derivatives ------------------------------------------------------------------------------ */
enum { KEPT = 64, NAME = 320 };
struct epl__derived {
    struct {
        const epl_prim *prim;
        uint32_t where, name;
    } kept[KEPT];
};

static const char *const order[] = {"",       "second ", "third ", "fourth ",
                                    "fifth ", "sixth ",  "higher "};
enum { ORDERS = sizeof order / sizeof *order };
static const char said[] = "derivative of ";

/* The derivative of a derivative keeps the operation and counts; else the operation is p. */
static void name_of(const char *path, const epl_prim *p, char *text)
{
    const char *of = strstr(path, said);
    if (!of) {
        snprintf(text, NAME, "%s%s%s%s", path, strchr(path, ':') ? ", " : ":", said,
                 p == &epl__prim_region ? "an inner function" : p->name);
        return;
    }
    int was = 0;
    size_t before = (size_t)(of - path);
    for (int i = 1; i < ORDERS; i++) {
        size_t n = strlen(order[i]);
        if (before >= n && !strncmp(of - n, order[i], n)) {
            was = i;
            before -= n;
            break;
        }
    }
    was += was + 1 < ORDERS;
    snprintf(text, NAME, "%.*s%s%s", (int)before, path, order[was], of);
}

uint32_t epl__where_derivative(epl_fn *f, uint32_t where, const epl_prim *p)
{
    if (!f->derived && !(f->derived = epl__arena_take(&f->arena, sizeof *f->derived)))
        return where;
    size_t slot = (where * 31 + (size_t)((uintptr_t)p >> 5)) % KEPT;
    if (f->derived->kept[slot].prim != p || f->derived->kept[slot].where != where) {
        char text[NAME];
        name_of(f->where[where], p, text);
        uint32_t now = f->where_now;
        epl__where(f, text);
        f->derived->kept[slot].prim = p;
        f->derived->kept[slot].where = where;
        f->derived->kept[slot].name = f->where_now;
        f->where_now = now;
    }
    return f->derived->kept[slot].name;
}
