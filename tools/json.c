/* json.c -- a reader of JSON: RFC 8259, one pass, no number is rounded that could be an integer. */
#include "json.h"
#include "text.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    epl_scope *scope;
    const char *start, *p, *end;
    char *message;
    char *pool;
    size_t pool_left;
} reader;

static void *take(reader *r, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > r->pool_left) {
        size_t chunk = bytes > 16384 ? bytes : 16384;
        r->pool = epl_scope_alloc(r->scope, chunk);
        r->pool_left = r->pool ? chunk : 0;
    }
    if (bytes > r->pool_left)
        return NULL;
    void *taken = r->pool;
    r->pool += bytes;
    r->pool_left -= bytes;
    return taken;
}

static bool bad(reader *r, const char *what)
{
    if (!*r->message)
        snprintf(r->message, JSON_MESSAGE, "not JSON: %s at byte %zu", what,
                 (size_t)(r->p - r->start));
    return false;
}

static void spaces(reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static bool word(reader *r, const char *w)
{
    size_t n = strlen(w);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, w, n) != 0)
        return bad(r, "an unknown word");
    r->p += n;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool digits(reader *r)
{
    if (!is_digit(*r->p))
        return bad(r, "a digit is missing");
    while (is_digit(*r->p))
        r->p++;
    return true;
}

static bool number(reader *r, json *j)
{
    const char *start = r->p;
    bool whole = true;
    if (*r->p == '-')
        r->p++;
    if (*r->p == '0')
        r->p++;
    else if (!digits(r))
        return false;
    if (*r->p == '.') {
        whole = false;
        r->p++;
        if (!digits(r))
            return false;
    }
    if (*r->p == 'e' || *r->p == 'E') {
        whole = false;
        r->p++;
        if (*r->p == '+' || *r->p == '-')
            r->p++;
        if (!digits(r))
            return false;
    }
    errno = 0;
    j->integer = whole ? strtoll(start, NULL, 10) : 0;
    j->kind = whole && errno == 0 ? JSON_INT : JSON_FLOAT;
    j->number = strtod(start, NULL);
    return true;
}

/* The four hexadecimal digits at p as a number, or -1. */
static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = is_digit(c)            ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *q, unsigned c)
{
    if (c < 0x80) {
        *q++ = (char)c;
    } else if (c < 0x800) {
        *q++ = (char)(0xc0 | c >> 6);
        *q++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *q++ = (char)(0xe0 | c >> 12);
        *q++ = (char)(0x80 | (c >> 6 & 63));
        *q++ = (char)(0x80 | (c & 63));
    } else {
        *q++ = (char)(0xf0 | c >> 18);
        *q++ = (char)(0x80 | (c >> 12 & 63));
        *q++ = (char)(0x80 | (c >> 6 & 63));
        *q++ = (char)(0x80 | (c & 63));
    }
    return q;
}

/* After "\u": the character, with its second half if it has two. */
static char *unicode(reader *r, char *q)
{
    int c = hex4(r->p, r->end);
    r->p += 4;
    if (c >= 0xd800 && c < 0xdc00 && r->end - r->p > 6 && r->p[0] == '\\' && r->p[1] == 'u') {
        int low = hex4(r->p + 2, r->end);
        if (low < 0xdc00 || low > 0xdfff)
            return NULL;
        r->p += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    return c <= 0 || (c >= 0xd800 && c < 0xe000) ? NULL : put_utf8(q, (unsigned)c);
}

static char *escape(reader *r, char *q)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *r->p;
    const char *at = c ? strchr(from, c) : NULL;
    if (c == 'u') {
        r->p++;
        return unicode(r, q);
    }
    if (!at)
        return NULL;
    r->p++;
    *q++ = to[at - from];
    return q;
}

/* A quoted string, decoded; the cursor stands at its opening quote. */
static const char *string(reader *r)
{
    const char *close = ++r->p;
    while (close < r->end && *close != '"')
        close += *close == '\\' && close + 1 < r->end ? 2 : 1;
    if (close >= r->end) {
        bad(r, "a string without end");
        return NULL;
    }
    char *start = take(r, (size_t)(close - r->p) + 1), *q = start;
    if (!start) {
        bad(r, "no memory");
        return NULL;
    }
    while (r->p < close) {
        size_t n = utf8_length(r->p, (size_t)(close - r->p));
        if (*r->p == '\\') {
            r->p++;
            q = escape(r, q);
            if (!q || r->p > close) {
                bad(r, "an escape that does not exist");
                return NULL;
            }
        } else if (n == 0 || (unsigned char)*r->p < 0x20) {
            bad(r, n ? "a control character" : "a byte that is not UTF-8");
            return NULL;
        } else {
            memcpy(q, r->p, n);
            q += n;
            r->p += n;
        }
    }
    *q = '\0';
    r->p = close + 1;
    return start;
}

static bool value(reader *r, json *j, int depth);

/* Members of a list or an object; the cursor stands behind the opening bracket. */
static bool members(reader *r, json *j, char close, int depth)
{
    const json **tail = &j->first;
    spaces(r);
    if (*r->p == close) {
        r->p++;
        return true;
    }
    for (;;) {
        json *m = take(r, sizeof *m);
        if (!m)
            return bad(r, "no memory");
        memset(m, 0, sizeof *m);
        spaces(r);
        if (close == '}') {
            if (*r->p != '"')
                return bad(r, "a name in quotes is missing");
            m->name = string(r);
            if (!m->name)
                return false;
            spaces(r);
            if (*r->p != ':')
                return bad(r, "a colon is missing");
            r->p++;
        }
        if (!value(r, m, depth + 1))
            return false;
        *tail = m;
        tail = &m->next;
        j->count++;
        spaces(r);
        if (*r->p == close) {
            r->p++;
            return true;
        }
        if (*r->p != ',')
            return bad(r, "a comma is missing");
        r->p++;
    }
}

static bool value(reader *r, json *j, int depth)
{
    spaces(r);
    const char *start = r->p;
    bool ok;
    if (depth > JSON_DEPTH)
        return bad(r, "nested too deeply");
    if (r->p >= r->end)
        return bad(r, "the text ends");
    if (*r->p == '{' || *r->p == '[') {
        j->kind = *r->p == '{' ? JSON_OBJECT : JSON_LIST;
        r->p++;
        ok = members(r, j, j->kind == JSON_OBJECT ? '}' : ']', depth);
    } else if (*r->p == '"') {
        j->kind = JSON_STRING;
        j->text = string(r);
        ok = j->text != NULL;
    } else if (*r->p == 't' || *r->p == 'f') {
        j->kind = JSON_BOOL;
        j->integer = *r->p == 't';
        j->number = (double)j->integer;
        ok = word(r, j->integer ? "true" : "false");
    } else if (*r->p == 'n') {
        ok = word(r, "null");
    } else {
        ok = *r->p == '-' || is_digit(*r->p) ? number(r, j) : bad(r, "a value is missing");
    }
    j->raw = start;
    j->raw_length = (size_t)(r->p - start);
    return ok;
}

const json *json_read(epl_scope *s, const char *text, size_t length, char *message)
{
    reader r = {.scope = s, .start = text, .p = text, .end = text + length, .message = message};
    *message = '\0';
    json *j = take(&r, sizeof *j);
    if (!j) {
        bad(&r, "no memory");
        return NULL;
    }
    memset(j, 0, sizeof *j);
    if (!value(&r, j, 0))
        return NULL;
    spaces(&r);
    if (r.p != r.end) {
        bad(&r, "text after the value");
        return NULL;
    }
    return j;
}

const json *json_get(const json *o, const char *name)
{
    const json *found = NULL;
    if (o && o->kind == JSON_OBJECT)
        for (const json *m = o->first; m; m = m->next)
            if (!strcmp(m->name, name))
                found = m;
    return found;
}

bool json_number(const json *j, double *number)
{
    *number = j->number;
    if (j->kind == JSON_INT || j->kind == JSON_FLOAT)
        return true;
    if (j->kind != JSON_STRING)
        return false;
    if (!strcmp(j->text, "nan"))
        *number = NAN;
    else if (!strcmp(j->text, "inf"))
        *number = INFINITY;
    else if (!strcmp(j->text, "-inf"))
        *number = -INFINITY;
    else
        return false;
    return true;
}

const char *json_kind_text(const json *j)
{
    static const char *const names[] = {"null",     "a boolean", "an integer", "a number",
                                        "a string", "a list",    "an object"};
    return j ? names[j->kind] : "nothing";
}
