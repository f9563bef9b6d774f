/* text.c -- text that grows. */
#include "text.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the zero byte at the end. */
static bool reserve(textbuf *t, size_t more)
{
    if (t->failed)
        return false;
    if (more < t->room - t->length)
        return true;
    size_t room = t->room ? t->room : 256;
    while (room <= t->length + more && room < SIZE_MAX / 4)
        room *= 2;
    char *grown = room > t->length + more ? realloc(t->at, room) : NULL;
    if (!grown) {
        text_free(t);
        t->failed = true;
        return false;
    }
    t->at = grown;
    t->room = room;
    return true;
}

void text_add_bytes(textbuf *t, const char *more, size_t length)
{
    if (!reserve(t, length))
        return;
    if (length)
        memcpy(t->at + t->length, more, length);
    t->length += length;
    t->at[t->length] = '\0';
}

void text_add(textbuf *t, const char *more)
{
    text_add_bytes(t, more, strlen(more));
}

void text_addf(textbuf *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0 || !reserve(t, (size_t)need))
        return;
    va_start(args, format);
    vsnprintf(t->at + t->length, (size_t)need + 1, format, args);
    va_end(args);
    t->length += (size_t)need;
}

size_t utf8_length(const char *s, size_t left)
{
    const unsigned char *p = (const unsigned char *)s;
    if (left == 0 || p[0] < 0x80)
        return left > 0;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool above = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || above ? 0 : n;
}

void text_add_string(textbuf *t, const char *s)
{
    size_t left = strlen(s);
    text_add_bytes(t, "\"", 1);
    while (left) {
        size_t n = utf8_length(s, left);
        unsigned char c = (unsigned char)*s;
        if (n == 0)
            text_add_bytes(t, "?", 1);
        else if (c == '"' || c == '\\')
            text_addf(t, "\\%c", c);
        else if (c == '\n')
            text_add(t, "\\n");
        else if (c < 0x20)
            text_addf(t, "\\u%04x", c);
        else
            text_add_bytes(t, s, n);
        n = n ? n : 1;
        s += n;
        left -= n;
    }
    text_add_bytes(t, "\"", 1);
}

void text_add_number(textbuf *t, double v)
{
    if (isnan(v) || isinf(v)) {
        text_add(t, isnan(v) ? "\"nan\"" : v > 0 ? "\"inf\"" : "\"-inf\"");
        return;
    }
    char digits[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, v);
        if (strtod(digits, NULL) == v)
            break;
    }
    text_add(t, digits);
}

void text_add_base64(textbuf *t, const void *data, size_t bytes)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = data;
    if (!reserve(t, bytes / 3 * 4 + 8))
        return;
    char *q = t->at + t->length;
    *q++ = '"';
    for (; bytes >= 3; bytes -= 3, p += 3) {
        *q++ = digit[p[0] >> 2];
        *q++ = digit[(p[0] & 3) << 4 | p[1] >> 4];
        *q++ = digit[(p[1] & 15) << 2 | p[2] >> 6];
        *q++ = digit[p[2] & 63];
    }
    if (bytes) {
        unsigned second = bytes == 2 ? p[1] : 0;
        *q++ = digit[p[0] >> 2];
        *q++ = digit[(p[0] & 3u) << 4 | second >> 4];
        *q++ = bytes == 2 ? digit[(second & 15) << 2] : '=';
        *q++ = '=';
    }
    *q++ = '"';
    *q = '\0';
    t->length = (size_t)(q - t->at);
}

void text_clear(textbuf *t)
{
    t->length = 0;
    t->failed = false;
}

void text_free(textbuf *t)
{
    free(t->at);
    *t = (textbuf){0};
}
