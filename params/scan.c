/* scan.c -- see scan.h. */
#include <string.h>
#include "scan.h"

bool epl__scan_wrong(epl__scan *s, const char *why)
{
    if (!s->wrong)
        s->wrong = why;
    return false;
}

static void skip_spaces(epl__scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

bool epl__scan_is(epl__scan *s, char c)
{
    skip_spaces(s);
    if (s->wrong || s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

bool epl__scan_need(epl__scan *s, char c)
{
    static const char *const why[] = {"'{' is expected", "'}' is expected", "'[' is expected",
                                      "']' is expected", "':' is expected", "',' is expected"};
    const char *at = strchr("{}[]:,", c);
    return epl__scan_is(s, c) ||
           epl__scan_wrong(s, at ? why[at - "{}[]:,"] : "a quote is expected");
}

bool epl__scan_end(epl__scan *s)
{
    skip_spaces(s);
    return !s->wrong && s->p == s->end;
}

/* -- strings ------------------------------------------------------------------------------- */
static bool hex(const char *p, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef", *at = NULL;
        char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] + 32) : p[i];
        if (!c || !(at = strchr(digits, c)))
            return false;
        *out = *out << 4 | (uint32_t)(at - digits);
    }
    return true;
}

static char *put(char *to, uint32_t code)
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(lead[more] | code >> 6 * more);
    while (more-- > 0)
        *to++ = (char)(0x80 | (code >> 6 * more & 0x3f));
    return to;
}

/* \n, \u00e9, a pair \ud83d\ude00; p stands behind the backslash. */
static const char *escaped(epl__scan *s, const char *p, const char *end, char **to)
{
    static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
    uint32_t code, low;
    const char *at = p < end && *p ? strchr(from, *p) : NULL;
    if (at) {
        *(*to)++ = is[at - from];
        return p + 1;
    }
    if (end - p < 5 || *p != 'u' || !hex(p + 1, &code))
        return epl__scan_wrong(s, "an escape that JSON does not have"), NULL;
    p += 5;
    if (code >= 0xd800 && code < 0xdc00) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || !hex(p + 2, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return epl__scan_wrong(s, "half of a surrogate pair"), NULL;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    } else if (!code || (code >= 0xdc00 && code < 0xe000))
        return epl__scan_wrong(s, "a character that a name cannot have"), NULL;
    *to = put(*to, code);
    return p;
}

/* The length of the UTF-8 sequence at p; 0: there is none. */
static int sequence(const unsigned char *p, size_t room)
{
    int n = *p < 0x80                 ? 1
            : *p >= 0xc2 && *p < 0xe0 ? 2
            : (*p & 0xf0) == 0xe0     ? 3
            : *p >= 0xf0 && *p < 0xf5 ? 4
                                      : 0;
    if (!n || room < (size_t)n)
        return 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool over = (n == 3 && *p == 0xe0 && p[1] < 0xa0) || (n == 4 && *p == 0xf0 && p[1] < 0x90);
    bool beyond = (n == 3 && *p == 0xed && p[1] >= 0xa0) || (n == 4 && *p == 0xf4 && p[1] >= 0x90);
    return over || beyond ? 0 : n;
}

const char *epl__scan_string(epl__scan *s)
{
    if (!epl__scan_is(s, '"')) {
        epl__scan_wrong(s, "a string is expected");
        return NULL;
    }
    const char *end = s->p;
    while (end < s->end && *end != '"')
        end += *end == '\\' && end + 1 < s->end ? 2 : 1;
    if (end >= s->end) {
        epl__scan_wrong(s, "a string has no end");
        return NULL;
    }
    char *text = epl_scope_alloc(s->scope, (size_t)(end - s->p) + 1), *to = text;
    for (const char *p = s->p; text && p && p < end;) {
        int n = sequence((const unsigned char *)p, (size_t)(end - p));
        if (*p == '\\') {
            p = escaped(s, p + 1, end, &to);
        } else if ((unsigned char)*p < 32 || !n) {
            epl__scan_wrong(s, "a string is not UTF-8, or has control characters");
            p = NULL;
        } else {
            memcpy(to, p, (size_t)n);
            to += n;
            p += n;
        }
    }
    if (!text)
        epl__scan_wrong(s, "no memory");
    s->p = end + 1;
    return s->wrong ? NULL : text;
}

/* -- numbers, and what is not kept --------------------------------------------------------- */
bool epl__scan_integer(epl__scan *s, int64_t *out)
{
    skip_spaces(s);
    const char *first = s->p;
    *out = 0;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
        if (__builtin_mul_overflow(*out, (int64_t)10, out) ||
            __builtin_add_overflow(*out, (int64_t)(*s->p - '0'), out))
            return epl__scan_wrong(s, "a number is too large");
    bool more = s->p < s->end && strchr(".eE+-", *s->p) && *s->p;
    if (s->wrong || s->p == first || more || (*first == '0' && s->p - first > 1))
        return epl__scan_wrong(s, "an integer that is not negative is expected");
    return true;
}

/* Numbers and words are taken loosely: what is skipped means nothing. */
static bool skip_word(epl__scan *s)
{
    const char *first = s->p;
    while (s->p < s->end && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *s->p) && *s->p)
        s->p++;
    return s->p > first || epl__scan_wrong(s, "a value is expected");
}

bool epl__scan_skip(epl__scan *s)
{
    enum { DEPTH = 128 };
    char open[DEPTH];
    int depth = 0;
    do {
        skip_spaces(s);
        char c = s->p < s->end ? *s->p : 0;
        if (c == '"') {
            epl_mark m = epl_scope_mark(s->scope);
            if (!epl__scan_string(s))
                return false;
            epl_scope_reset(s->scope, m);
        } else if (c == '{' || c == '[') {
            if (depth == DEPTH)
                return epl__scan_wrong(s, "values nest too deep");
            open[depth++] = c;
            s->p++;
            continue;
        } else if (c == '}' || c == ']') {
            if (!depth || open[depth - 1] != (c == '}' ? '{' : '['))
                return epl__scan_wrong(s, "a value is expected");
            depth--;
            s->p++;
        } else if ((c == ',' || c == ':') && depth) {
            s->p++;
            continue;
        } else if (!skip_word(s))
            return false;
    } while (depth && !s->wrong);
    return !s->wrong;
}
