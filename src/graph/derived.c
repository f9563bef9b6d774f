/* derived.c -- places of derivatives: "net.fc1:derivative of log", "second derivative of log".
 *
 * What a jvp rule builds, and what the transpose builds from that, is told apart from the
 * operation that it is the derivative of. Names are made once for a place and an operation.
 */
#include <stdio.h>
#include <string.h>
#include "graph.h"

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
