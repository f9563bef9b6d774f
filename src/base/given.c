/* given.c -- which options a call named: from the text of its option list. */
#include <ctype.h>
#include <string.h>
#include "attr.h"

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Past what follows up to the next comma that stands in no bracket and no quotes. */
static const char *past_item(const char *s)
{
    int depth = 0;
    for (; *s && (depth > 0 || *s != ','); s++) {
        if (*s == '"' || *s == '\'') {
            char quote = *s++;
            for (; *s && *s != quote; s++)
                s += *s == '\\' && s[1];
            if (!*s)
                return s;
        } else
            depth += strchr("([{", *s) ? 1 : strchr(")]}", *s) ? -1 : 0;
    }
    return s;
}

bool epl__given(const char *given, const char *name)
{
    size_t length = strlen(name);
    for (const char *s = given ? given : ""; *s;) {
        if (isspace((unsigned char)*s) || *s == ',') {
            s++;
            continue;
        }
        bool dotted = *s == '.';
        s += dotted;
        while (dotted && isspace((unsigned char)*s))
            s++;
        const char *word = s;
        while (in_name(*s))
            s++;
        if ((size_t)(s - word) == length && !memcmp(word, name, length))
            return true;
        if (dotted || s == word || (*s && !isspace((unsigned char)*s) && *s != ','))
            s = past_item(s);
    }
    return false;
}

const char *epl__unnamed(const char *given)
{
    const char *s = given ? given : "";
    size_t length = strlen(s);
    if (!length || s[length - 1] != ',') /* names that a caller wrote, or nothing */
        return NULL;
    while (*s) {
        if (isspace((unsigned char)*s) || *s == ',')
            s++;
        else if (*s != '.')
            return s;
        else
            s = past_item(s);
    }
    return NULL;
}
