/* attr.c -- see attr.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "attr.h"
#include "scope.h"

static void range_text(const epl_attr *a, char *text, size_t size)
{
    const char *kind = a->type == EPL_NUMBER ? "number" : "integer";
    bool free = a->min == 0 && a->max == 0, wide = a->max >= 1e9,
         word = a->type == EPL_NUMBER && a->text;
    if (free || (a->min <= -1e9 && wide))
        epl__text(text, size, "%s %s", *kind == 'i' ? "an" : "a", kind);
    else if (wide && a->min == 1 && a->type != EPL_NUMBER)
        epl__text(text, size, "a positive %s", kind);
    else if (wide && a->min == EPL_ANY && (a->flags & EPL_ATTR_NONE))
        epl__text(text, size, "a positive %s or null", kind);
    else if (wide && a->min == 0)
        epl__text(text, size, "a non-negative %s", kind);
    else
        epl__text(text, size, "%s %s from %g to %g%s%s%s", *kind == 'i' ? "an" : "a", kind,
                  word ? 0 : a->min, a->max, word ? " or \"" : "", word ? a->text : "",
                  word ? "\"" : "");
}

const char *epl__attr_takes(const epl_attr *a, char *text, size_t size)
{
    char range[120];
    const char *more = "";
    switch (a->type) {
    case EPL_INT:
    case EPL_INTS:
    case EPL_LIST:
    case EPL_NUMBER:
        range_text(a, range, sizeof range);
        if (a->type == EPL_INTS && a->size > 1)
            more = a->size == 2   ? " or a pair of them"
                   : a->size == 3 ? " or three of them"
                                  : " or a list of them";
        if (a->type == EPL_LIST)
            more = " or a list of them";
        return epl__text(text, size, "%s%s", range, more);
    case EPL_BOOLEAN:
        return epl__text(text, size, "true or false");
    case EPL_DTYPE:
        return epl__text(text, size, "an element type, as \"f32\"");
    case EPL_CHILD:
        return epl__text(text, size, "a module");
    default:
        break;
    }
    if (!a->text)
        return epl__text(text, size, "a string");
    size_t at = (size_t)snprintf(text, size, "one of ");
    for (const char *w = a->text; *w && at + 40 < size; w += strcspn(w, "|"), w += *w == '|')
        at += (size_t)snprintf(text + at, size - at, "%s\"%.*s\"", w == a->text ? "" : ", ",
                               (int)strcspn(w, "|"), w);
    return text;
}

static const char *refused(const epl_attr *a, const char *got, char *text, size_t size)
{
    char takes[200];
    return epl__text(text, size, "\"%s\" must be %s, got %s", a->name,
                     epl__attr_takes(a, takes, sizeof takes), got);
}

static bool one_of(const char *words, const char *v)
{
    size_t n = strlen(v);
    for (const char *w = words; *w; w += strcspn(w, "|"), w += *w == '|')
        if (strcspn(w, "|") == n && !strncmp(w, v, n))
            return true;
    return false;
}

const char *epl__attr_wrong(const epl_attr *a, const void *args, char *text, size_t size)
{
    const void *p = (const char *)args + a->offset;
    bool bounded = a->min != 0 || a->max != 0;
    char got[80];
    if (a->type == EPL_NUMBER) {
        double v = *(const double *)p;
        if (!bounded || (v >= a->min && v <= a->max))
            return NULL;
        epl__text(got, sizeof got, "%g", v);
        return refused(a, got, text, size);
    }
    if (a->type == EPL_LETTERS && !memchr(p, 0, (size_t)a->size))
        return epl__text(text, size, "\"%s\" must be a text of less than %d letters", a->name,
                         a->size);
    if (a->type == EPL_STRING && a->text) {
        const char *v = *(const char *const *)p;
        epl__text(got, sizeof got, "\"%s\"", v ? v : "");
        return v && !one_of(a->text, v) ? refused(a, got, text, size) : NULL;
    }
    const int64_t *list = p;
    size_t count = a->type == EPL_INT ? 1 : a->type == EPL_INTS ? (size_t)a->size : 0;
    if (a->type == EPL_LIST) {
        count = ((const epl_ints *)p)->count;
        list = ((const epl_ints *)p)->at;
        if (count && (!list || (a->size > 1 && count > (size_t)a->size))) {
            epl__text(got, sizeof got, "%zu numbers%s", count, list ? "" : " without memory");
            return refused(a, got, text, size);
        }
    }
    for (size_t i = 0; bounded && i < count; i++)
        if ((double)list[i] < a->min || (double)list[i] > a->max) {
            epl__text(got, sizeof got, "%lld", (long long)list[i]);
            return refused(a, got, text, size);
        }
    return NULL;
}

/* -- names --------------------------------------------------------------------------------- */
bool epl__name_fits(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!(*p == '_' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
              (*p >= 'A' && *p <= 'Z')))
            return false;
    return *name != 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *epl__twice(const char **name, size_t count)
{
    if (count)
        qsort(name, count, sizeof *name, by_text);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(name[i - 1], name[i]))
            return name[i];
    return NULL;
}

enum { LONGEST = 120 };

/* Letters to change, add, leave out or swap with the next to make b of a (Damerau 1964). */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1], n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return SIZE_MAX;
    for (size_t k = 0; k <= m; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= m; k++) {
            size_t change = up[k - 1] + (a[i - 1] != b[k - 1]);
            size_t add = (row[k - 1] < up[k] ? row[k - 1] : up[k]) + 1;
            row[k] = change < add ? change : add;
            bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
            if (swapped && upper[k - 2] + 1 < row[k])
                row[k] = upper[k - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

void epl__nearest_try(epl__nearest *best, const char *candidate)
{
    size_t n = strlen(best->name), most = n / 3 + 1, d;
    size_t m = strlen(candidate), apart = n > m ? n - m : m - n;
    if (apart > most || (best->found && apart >= best->distance))
        return;
    d = distance(best->name, candidate);
    if (d > most || (best->found && d >= best->distance))
        return;
    best->found = candidate;
    best->distance = d;
}
