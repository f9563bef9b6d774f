/* tool.c -- options, help, messages. */
#include "tool.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(const char *name, const char *format, va_list args)
{
    fflush(stdout);
    fprintf(stderr, "espalier%s%s: ", *name ? " " : "", name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int tool_fail(const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(name, format, args);
    va_end(args);
    return TOOL_FAILED;
}

int tool_misused(const tool_command *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(c->name, format, args);
    va_end(args);
    fprintf(stderr, "usage: espalier %s %s\n", c->name, c->usage);
    return TOOL_MISUSED;
}

int tool_flushed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TOOL_OK;
    return tool_fail("", "standard output could not be written: %s", strerror(errno));
}

static int help(const tool_command *c)
{
    printf("usage: espalier %s %s\n\n%s\n", c->name, c->usage, c->doc);
    if (c->words)
        printf("\n%s", c->words);
    printf("\noptions:\n");
    for (const tool_option *o = c->options; o->name; o++) {
        char head[64];
        snprintf(head, sizeof head, "%s %s", o->name, o->what ? o->what : "");
        printf("  %-22s %s\n", head, o->doc);
    }
    printf("  %-22s %s\n", "--help", "print this");
    if (c->more)
        printf("\n%s", c->more);
    return tool_flushed();
}

static bool read_value(const tool_option *o, const char *word)
{
    char *end = NULL;
    errno = 0;
    switch (o->type) {
    case TOOL_INT:
        *(int64_t *)o->value = strtoll(word, &end, 10);
        break;
    case TOOL_NUMBER:
        *(double *)o->value = strtod(word, &end);
        return *word && !*end;
    default:
        *(const char **)o->value = word;
        return true;
    }
    return *word && !*end && errno == 0;
}

/* The option that this word is, or starts with "--name=". */
static const tool_option *find(const tool_command *c, const char *word, const char **inside)
{
    const char *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    *inside = equals ? equals + 1 : NULL;
    for (const tool_option *o = c->options; o->name; o++)
        if (strlen(o->name) == n && !memcmp(o->name, word, n))
            return o;
    return NULL;
}

int tool_parse(const tool_command *c, int argc, char **argv, const char **words)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return help(c);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value;
        if (word[0] != '-' || !word[1]) {
            if (count == c->most)
                return tool_misused(c, "unexpected argument \"%s\"", word);
            words[count++] = word;
            continue;
        }
        const tool_option *o = find(c, word, &value);
        if (!o)
            return tool_misused(c, "unknown option \"%s\"", word);
        if (o->type == TOOL_FLAG) {
            if (value)
                return tool_misused(c, "%s takes no value", o->name);
            *(bool *)o->value = true;
        } else {
            value = value ? value : i + 1 < argc ? argv[++i] : NULL;
            if (!value)
                return tool_misused(c, "%s needs a value: %s", o->name, o->what);
            if (!read_value(o, value))
                return tool_misused(c, "%s must be %s, got \"%s\"", o->name,
                                    o->type == TOOL_INT ? "an integer" : "a number", value);
        }
        if (o->given)
            *o->given = true;
    }
    if (count < c->least)
        return tool_misused(c, "an argument is missing");
    return TOOL_GO_ON;
}

bool tool_can_save(const char *path, char why[TOOL_MESSAGE])
{
    char folder[PATH_MAX];
    struct stat info;
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path)
        strcpy(folder, "/");
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        snprintf(why, TOOL_MESSAGE, "--save: %s: is no regular file", path);
    else if (access(folder, W_OK) != 0)
        snprintf(why, TOOL_MESSAGE, "--save: %s: %s", folder, strerror(errno));
    else
        return true;
    return false;
}
