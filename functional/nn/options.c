/* options.c -- which attributes a call named, from the text of its option list.
 *
 * "16, {3, 3}, .padding = {1}, .bias = false" names out_channels, kernel_size (2 elements),
 * padding (1 element: it stands for all) and bias. Callers without the text give names:
 * "padding bias".
 */
#include <stdio.h>
#include <string.h>
#include "module.h"

static const char *spaces(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

static bool word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* To the comma that ends an argument (or the end); counts what is between outer braces. */
static const char *skip_value(const char *p, int *elements)
{
    int depth = 0;
    char quote = 0;
    bool any = false;
    *elements = 0;
    for (; *p && (depth || quote || *p != ','); p++) {
        if (quote) {
            p += *p == '\\' && p[1];
            quote = *p == quote ? 0 : quote;
        } else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (strchr("({[", *p)) {
            depth++;
            continue;
        } else if (strchr(")}]", *p)) {
            if (--depth == 0 && *p == '}' && any)
                ++*elements;
            any = false;
            continue;
        } else if (*p == ',' && depth == 1) {
            *elements += any;
            any = false;
            continue;
        }
        any |= depth > 0 && *spaces(p) == *p;
    }
    return p;
}

static int attr_named(const epl_attr *attrs, const char *name, size_t length)
{
    for (int i = 0; attrs && attrs[i].name; i++)
        if (strlen(attrs[i].name) == length && !strncmp(attrs[i].name, name, length))
            return i;
    return -1;
}

void epl__options(const char *given, const epl_attr *attrs, epl__option *options)
{
    const char *p = spaces(given ? given : "");
    int position = 0, count = 0;
    while (attrs && attrs[count].name)
        count++;
    if (*p == '#') { /* EPL_MODULE: the scope and this many arguments less one came before */
        position = p[1] - '1';
        p = spaces(p + 2);
    }
    for (int i = 0; i < count; i++)
        options[i] = (epl__option){i < position, 0};
    bool names = *p && !strpbrk(p, ",.={(") && (*p < '0' || *p > '9') && attr_named(attrs, p, strcspn(p, " ")) >= 0;
    while (*p) {
        int at = -1, elements = 0;
        if (names || *p == '.') {
            p += *p == '.';
            size_t n = 0;
            while (word(p[n]))
                n++;
            at = attr_named(attrs, p, n);
            p = spaces(p + n);
        } else
            at = position < count ? position++ : -1;
        if (!names)
            p = skip_value(p, &elements);
        if (at >= 0)
            options[at] = (epl__option){true, elements};
        p = spaces(p + (*p == ','));
        if (names && *p && !word(*p))
            break;
    }
}

static const char *range_text(const epl_attr *a, char *text, size_t size, const char *got)
{
    const char *kind = a->type == EPL_NUMBER ? "number" : "integer";
    char range[96];
    if (a->min == 1 && a->max >= 9e15)
        snprintf(range, sizeof range, "a positive %s", kind);
    else if (a->min == 0 && a->max >= 9e15)
        snprintf(range, sizeof range, "a %s that is not negative", kind);
    else
        snprintf(range, sizeof range, "a %s in [%g, %g]", kind, a->min, a->max);
    snprintf(text, size, "\"%s\" must be %s%s%s, got %s", a->name, range,
             a->type == EPL_INTS && a->size == 2 ? " or a pair of them"
             : a->type == EPL_INTS && a->size > 1 ? " or a list of them" : "",
             a->type == EPL_LIST ? " or a list of them" : "", got);
    return text;
}

const char *epl__attr_wrong(const epl_attr *a, const void *args, char *text, size_t size)
{
    const char *p = (const char *)args + a->offset;
    bool bounded = a->min != 0 || a->max != 0;
    char got[64];
    if (a->type == EPL_NUMBER) {
        double v = *(const double *)(const void *)p;
        snprintf(got, sizeof got, "%g", v);
        return bounded && !(v >= a->min && v <= a->max) ? range_text(a, text, size, got) : NULL;
    }
    const int64_t *list = (const void *)p;
    size_t count = a->type == EPL_INT ? 1 : a->type == EPL_INTS ? (size_t)a->size : 0;
    if (a->type == EPL_LIST) {
        count = ((const epl_ints *)(const void *)p)->count;
        list = ((const epl_ints *)(const void *)p)->at;
    }
    for (size_t i = 0; bounded && i < count; i++)
        if ((double)list[i] < a->min || (double)list[i] > a->max) {
            snprintf(got, sizeof got, "%lld", (long long)list[i]);
            return range_text(a, text, size, got);
        }
    if (a->type == EPL_STRING && a->text) {
        const char *v = *(const char *const *)(const void *)p;
        size_t n = v ? strlen(v) : 0;
        for (const char *w = a->text; v && n;) {
            if (!strncmp(w, v, n) && (w[n] == '|' || !w[n]))
                return NULL;
            w = strchr(w, '|');
            if (!w++)
                break;
        }
        snprintf(text, size, "\"%s\" must be one of %s, got \"%s\"", a->name, a->text, v ? v : "");
        return text;
    }
    if (a->type == EPL_CHILD && (a->flags & EPL_ATTR_REQUIRED) && !*(const epl_module *)(const void *)p) {
        snprintf(text, size, "\"%s\" is missing: a module is expected", a->name);
        return text;
    }
    return NULL;
}
