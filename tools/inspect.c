/* inspect.c -- `espalier inspect`: what a safetensors file holds. */
#include <espalier/espalier.h>
#include <stdio.h>
#include <string.h>
#include "text.h"
#include "tool.h"

/* "[2,3]" */
static const char *shape_text(epl_type t, char *text)
{
    t.dtype = EPL_U8;
    epl_type_text(t, text);
    return strlen(text) > 2 ? text + 2 : "[]";
}

static size_t bytes_of(epl_type t)
{
    return t.dtype == EPL_NONE ? 0 : epl_bytes(t);
}

/* -- for a person --------------------------------------------------------------------------- */
static void print_leaves(epl_file *f)
{
    char shape[EPL_TYPE_TEXT];
    size_t widest = 4, bytes = 0;
    int64_t numbers = 0;
    for (size_t i = 0; i < epl_file_tensors(f); i++) {
        size_t n = strlen(epl_file_name(f, i));
        widest = n > widest && n < 60 ? n : widest;
    }
    printf("%-*s  %-6s %-20s %12s %14s\n", (int)widest, "leaf", "dtype", "shape", "numbers",
           "bytes");
    for (size_t i = 0; i < epl_file_tensors(f); i++) {
        epl_type t = epl_file_type(f, i);
        printf("%-*s  %-6s %-20s %12lld %14zu\n", (int)widest, epl_file_name(f, i),
               t.dtype ? epl_dtype_name(t.dtype) : epl_file_dtype(f, i), shape_text(t, shape),
               (long long)epl_count(t), bytes_of(t));
        numbers += epl_count(t);
        bytes += bytes_of(t);
    }
    printf("%zu leaves, %lld numbers, %zu bytes\n", epl_file_tensors(f), (long long)numbers, bytes);
}

static void print_meta(epl_file *f)
{
    const char *key;
    for (size_t i = 0; (key = epl_file_meta_key(f, i)) != NULL; i++)
        printf("%s: %s\n", key, epl_file_meta(f, key));
}

/* -- for a program --------------------------------------------------------------------------- */
static void print_json(epl_file *f)
{
    textbuf t = {0};
    const char *key;
    text_add(&t, "{\"leaves\": [");
    for (size_t i = 0; i < epl_file_tensors(f); i++) {
        epl_type type = epl_file_type(f, i);
        text_add(&t, i ? ", {\"name\": " : "{\"name\": ");
        text_add_string(&t, epl_file_name(f, i));
        text_add(&t, ", \"dtype\": ");
        text_add_string(&t, type.dtype ? epl_dtype_name(type.dtype) : epl_file_dtype(f, i));
        text_add(&t, ", \"shape\": [");
        for (int k = 0; k < type.shape.rank; k++)
            text_addf(&t, "%s%lld", k ? ", " : "", (long long)type.shape.dim[k]);
        text_addf(&t, "], \"count\": %lld, \"bytes\": %zu}", (long long)epl_count(type),
                  bytes_of(type));
    }
    text_add(&t, "], \"metadata\": {");
    for (size_t i = 0; (key = epl_file_meta_key(f, i)) != NULL; i++) {
        text_add(&t, i ? ", " : "");
        text_add_string(&t, key);
        text_add(&t, ": ");
        text_add_string(&t, epl_file_meta(f, key));
    }
    text_add(&t, "}}\n");
    if (!t.failed)
        fputs(t.at, stdout);
    text_free(&t);
}

int tool_inspect(int argc, char **argv)
{
    bool as_json = false;
    const char *path = NULL;
    const tool_option options[] = {
        {"--json", TOOL_FLAG, &as_json, NULL, NULL, "print an object in place of a table"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {"inspect",
                                  "FILE [--json]",
                                  "What a safetensors file holds: leaves with dtype, shape, count "
                                  "and bytes; its description\n"
                                  "and other metadata.",
                                  NULL,
                                  options,
                                  1,
                                  1,
                                  NULL};
    int status = tool_parse(&command, argc, argv, &path);
    if (status != TOOL_GO_ON)
        return status;
    epl_scope *s = epl_scope_new(NULL);
    epl_file *f = epl_open(s, path);
    status = TOOL_OK;
    if (!f)
        status = tool_fail("inspect", "%s", epl_scope_message(s));
    else if (as_json)
        print_json(f);
    else {
        print_leaves(f);
        print_meta(f);
    }
    epl_scope_free(s);
    return status == TOOL_OK ? tool_flushed() : status;
}
