/* options.c -- which attributes a call named, from the text of its option list.
 *
 * "16, {3, 3}, .padding = {1}, .bias = false" names out_channels, kernel_size (2 elements),
 * padding (1 element: it stands for all) and bias. Callers without the text give names:
 * "padding bias".
 */
#include <string.h>
#include "../../src/base/scope.h"
#include "module.h"

size_t epl__attr_count(const epl_kind *k)
{
    size_t n = 0;
    while (k->attrs && k->attrs[n].name)
        n++;
    return n;
}

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *past_spaces(const char *p)
{
    while (space(*p))
        p++;
    return p;
}

static bool in_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *past_quotes(const char *p)
{
    char quote = *p++;
    while (*p && *p != quote)
        p += *p == '\\' && p[1] ? 2 : 1;
    return *p ? p + 1 : p;
}

/* To the comma that ends an argument, or the end; counts the elements if it is {...}. */
static const char *past_value(const char *p, int *elements)
{
    int depth = 0;
    bool braces = *p == '{', any = false; /* any: something since the last comma */
    *elements = 0;
    while (*p && (depth || *p != ',')) {
        if (*p == '"' || *p == '\'') {
            any = true;
            p = past_quotes(p);
            continue;
        }
        if (strchr(")}]", *p) && --depth == 0 && braces) {
            *elements += any;
            braces = false; /* what follows is no part of the list */
        } else if (*p == ',' && depth == 1) {
            *elements += braces && any;
            any = false;
        } else if (!space(*p) && depth > 0)
            any = true;
        depth += strchr("({[", *p) ? 1 : 0;
        p++;
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

static size_t word_length(const char *p)
{
    size_t n = 0;
    while (in_word(p[n]))
        n++;
    return n;
}

/* "padding bias" */
static void by_names(const char *p, const epl_attr *attrs, epl__option *options)
{
    while (*p) {
        size_t n = word_length(p);
        int at = attr_named(attrs, p, n);
        if (at >= 0)
            options[at].given = true;
        p = past_spaces(p + (n ? n : 1));
    }
}

void epl__options(const char *given, const epl_attr *attrs, epl__option *options)
{
    const char *p = past_spaces(given ? given : "");
    int position = 0, count = 0;
    while (attrs && attrs[count].name)
        count++;
    bool call = *p == '#'; /* EPL_MODULE: the scope and so many arguments less one came before */
    if (call) {
        position = p[1] - '1';
        p = past_spaces(p + 2);
    }
    for (int i = 0; i < count; i++)
        options[i] = (epl__option){.given = i < position};
    if (!call) {
        by_names(p, attrs, options);
        return;
    }
    while (*p) {
        int at = -1, elements = 0;
        bool alone = *p != '.';
        if (!alone) {
            p = past_spaces(p + 1);
            size_t n = word_length(p);
            at = attr_named(attrs, p, n);
            p = past_spaces(p + n);
            p = past_spaces(p + (*p == '='));
        } else
            at = position < count ? position++ : -1;
        p = past_value(p, &elements);
        if (at >= 0)
            options[at] = (epl__option){true, elements, alone};
        p = past_spaces(p + (*p == ','));
    }
}
