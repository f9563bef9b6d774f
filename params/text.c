/* text.c -- see text.h. Numbers are written the same in every locale. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

static bool fit(epl__textbuf *t, size_t more)
{
    if (t->length + more < t->room)
        return t->at != NULL;
    size_t room = 2 * t->room + more + 64;
    char *at = epl_scope_alloc(t->scope, room);
    if (!at)
        return false;
    if (t->length)
        memcpy(at, t->at, t->length);
    t->at = at;
    t->room = room;
    return true;
}

static void add(epl__textbuf *t, const char *text, size_t n)
{
    if (epl_scope_status(t->scope) != EPL_OK || !fit(t, n))
        return;
    memcpy(t->at + t->length, text, n);
    t->length += n;
    t->at[t->length] = 0;
}

void epl__text_add(epl__textbuf *t, const char *text)
{
    add(t, text, strlen(text));
}

void epl__text_addf(epl__textbuf *t, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    epl__text_add(t, text);
}

void epl__text_string(epl__textbuf *t, const char *text)
{
    epl__text_add(t, "\"");
    for (const char *p = text; *p;) {
        size_t plain = 0;
        while ((unsigned char)p[plain] >= 32 && p[plain] != '"' && p[plain] != '\\')
            plain++;
        add(t, p, plain);
        p += plain;
        if (*p == '"' || *p == '\\')
            epl__text_addf(t, "\\%c", *p++);
        else if (*p)
            epl__text_addf(t, "\\u%04x", (unsigned char)*p++);
    }
    epl__text_add(t, "\"");
}

void epl__text_number(epl__textbuf *t, double v)
{
    char text[40];
    if (isnan(v) || isinf(v)) {
        epl__text_add(t, isnan(v) ? "\"nan\"" : v > 0 ? "\"inf\"" : "\"-inf\"");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    for (char *p = text; *p; p++)
        *p = *p == ',' ? '.' : *p;
    epl__text_add(t, text);
}

const char *epl__text_of(const epl__textbuf *t)
{
    return t->at ? t->at : "";
}
