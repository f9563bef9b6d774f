/* info.c -- `espalier info`: what this machine and build offer. */
#include <espalier/espalier.h>
#include <stdio.h>
#include <string.h>
#include "text.h"
#include "tool.h"

/* "name: value" lines as an object. */
static void print_json(const char *lines)
{
    textbuf t = {0};
    text_add(&t, "{");
    for (const char *p = lines; *p;) {
        char name[64], value[512];
        size_t length = strcspn(p, "\n");
        const char *colon = memchr(p, ':', length);
        if (colon) {
            const char *from = colon + 1 + strspn(colon + 1, " ");
            snprintf(name, sizeof name, "%.*s", (int)(colon - p), p);
            snprintf(value, sizeof value, "%.*s", (int)(p + length - from), from);
            text_add(&t, t.length > 1 ? ", " : "");
            text_add_string(&t, name);
            text_add(&t, ": ");
            text_add_string(&t, value);
        }
        p += length + (p[length] == '\n');
    }
    text_add(&t, "}\n");
    if (!t.failed)
        fputs(t.at, stdout);
    text_free(&t);
}

int tool_info(int argc, char **argv)
{
    bool as_json = false;
    const tool_option options[] = {
        {"--json", TOOL_FLAG, &as_json, NULL, NULL, "print an object in place of lines"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {
        "info", "[--json]", "What this machine and build offer: kernels, threads, versions.",
        NULL,   options,    0,
        0,      NULL};
    int status = tool_parse(&command, argc, argv, NULL);
    if (status != TOOL_GO_ON)
        return status;
    epl_scope *s = epl_scope_new(NULL);
    const char *lines = epl_info(s);
    if (epl_scope_status(s) != EPL_OK)
        status = tool_fail("info", "%s", epl_scope_message(s));
    else if (as_json)
        print_json(lines);
    else
        fputs(lines, stdout);
    epl_scope_free(s);
    return status == TOOL_FAILED ? status : tool_flushed();
}
