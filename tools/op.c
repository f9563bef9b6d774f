/* op.c -- `espalier op`: operations for other programs, a line of JSON at a time. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "op.h"
#include "tool.h"

static int list(void)
{
    const epl_operation *o;
    for (size_t i = 0; (o = epl_operation_at(i)) != NULL; i++) {
        fputs(o->name, stdout);
        for (const epl_attr *row = o->args; row->name; row++)
            if (row == o->args || strcmp(row[-1].name, row->name) != 0)
                printf(" %s%s", row->type == EPL_TENSORS ? "*" : "", row->name);
        putchar('\n');
    }
    return tool_flushed();
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

/* Requests in, answers out, until the end of the input. */
static int serve(bool reference)
{
    char *line = NULL;
    size_t room = 0;
    textbuf answer = {0};
    int status = TOOL_OK;
    signal(SIGPIPE, SIG_IGN);
    for (ssize_t length; status == TOOL_OK && (length = getline(&line, &room, stdin)) >= 0;) {
        if (is_blank(line) && strlen(line) == (size_t)length)
            continue;
        text_clear(&answer);
        op_answer(line, (size_t)length, reference, &answer);
        if (answer.failed) {
            text_clear(&answer);
            text_add(&answer, "{\"id\": null, \"error\": \"no memory for the answer\"}");
        }
        text_add(&answer, "\n");
        fwrite(answer.at, 1, answer.length, stdout);
        status = tool_flushed();
    }
    text_free(&answer);
    free(line);
    return status;
}

int tool_op(int argc, char **argv)
{
    bool want_list = false, want_serve = false, reference = false;
    const tool_option options[] = {
        {"--serve", TOOL_FLAG, &want_serve, NULL, NULL, "answer requests, one JSON object a line"},
        {"--reference", TOOL_FLAG, &reference, NULL, NULL,
         "serve by the plain evaluation, node by node, in place of plans"},
        {"--list", TOOL_FLAG, &want_list, NULL, NULL, "print each operation with its arguments"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {
        "op",
        "(--serve [--reference] | --list)",
        "Values and derivatives of single operations.",
        "Each line of standard input is a request, each line of standard output its answer:\n"
        "  {\"id\": 1, \"op\": \"softmax\", \"args\": {\"input\": T, \"dim\": 1}, \"want\": "
        "[\"value\"]}\n"
        "  {\"id\": 1, \"value\": [T]}\n"
        "T is {\"dtype\": \"f64\", \"shape\": [2, 3], \"b64\": \"...\"}, row-major and "
        "little-endian;\n"
        "\"data\": [1, 2.5, \"nan\"], flat, is taken in place of b64.\n"
        "want: any of value, vjp, jvp, hvp; with wrt (names), cotangents, tangents (by name);\n"
        "in_axes (by name) asks for the value mapped over these axes.\n",
        options,
        0,
        0,
        NULL};
    int status = tool_parse(&command, argc, argv, NULL);
    if (status != TOOL_GO_ON)
        return status;
    if (want_list == want_serve || (reference && !want_serve))
        return tool_misused(&command, "give either --serve or --list");
    return want_list ? list() : serve(reference);
}
