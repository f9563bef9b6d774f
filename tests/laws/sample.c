/* sample.c -- golden samples: read, and bound to their operations as the command does it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../src/base/key.h"
#include "../../src/graph/graph.h"
#include "sample.h"

/* -- the file ------------------------------------------------------------------------------ */
static char *whole_file(epl_scope *s, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        if (file)
            fclose(file);
        return NULL;
    }
    long size = ftell(file);
    rewind(file);
    char *text = size > 0 ? epl_scope_alloc(s, (size_t)size + 1) : NULL;
    if (text && fread(text, 1, (size_t)size, file) != (size_t)size)
        text = NULL;
    fclose(file);
    if (!text)
        fprintf(stderr, "%s: could not be read\n", path);
    return text;
}

const char *const *samples_read(epl_scope *s, const char *path)
{
    char *text = whole_file(s, path);
    size_t count = 1, n = 0;
    for (const char *c = text; c && *c; c++)
        count += *c == '\n';
    const char **line = text ? epl_scope_alloc(s, (count + 1) * sizeof *line) : NULL;
    for (char *at = text, *end; line && *at; at = end) {
        end = at + strcspn(at, "\n");
        if (*end)
            *end++ = 0;
        if (*at)
            line[n++] = at;
    }
    return line;
}

/* -- one sample ---------------------------------------------------------------------------- */
/* The line with "f64" replaced by "f32". */
static const char *in_f32(epl_scope *s, const char *line)
{
    char *copy = epl_scope_alloc(s, strlen(line) + 1);
    if (!copy)
        return line;
    strcpy(copy, line);
    for (char *at = copy; (at = strstr(at, "\"f64\"")) != NULL; at += 5)
        memcpy(at, "\"f32\"", 5);
    return copy;
}

static size_t tensors_in(const json *args)
{
    size_t n = 0;
    for (const json *m = args ? args->first : NULL; m; m = m->next)
        n += 1 + (m->kind == JSON_LIST ? m->count : 0);
    return n;
}

static bool build(sample *p)
{
    op_call *c = &p->call;
    const char *given = c->given.at ? c->given.at : "";
    p->value = epl_scope_alloc(p->s, DERIVED_ROOM * sizeof *p->value);
    p->out = epl_scope_alloc(p->s, DERIVED_ROOM * sizeof *p->out);
    if (!p->value || !p->out)
        return false;
    p->outs = c->operation->build(c->packed, given, p->value, DERIVED_ROOM);
    if (!p->outs || p->outs > DERIVED_ROOM || c->tensors > DERIVED_ROOM)
        return false;
    for (size_t i = 0; i < p->outs; i++) {
        char name[24];
        snprintf(name, sizeof name, "y%zu", i);
        p->out[i] = epl_typeof(p->value[i]);
        epl_output(c->fn, name, p->value[i]);
    }
    p->fn = c->fn;
    return epl_scope_status(p->s) == EPL_OK;
}

bool sample_open(sample *p, const char *line, size_t number, bool f32)
{
    char message[JSON_MESSAGE] = "";
    *p = (sample){.s = epl_scope_new(NULL), .line = line, .key = epl_seed(number)};
    const char *text = f32 ? in_f32(p->s, line) : line;
    p->request = json_read(p->s, text, strlen(text), message);
    const json *name = p->request ? json_get(p->request, "op") : NULL;
    op_call *c = &p->call;
    c->scope = p->s;
    c->operation = name && name->kind == JSON_STRING ? epl_operation_named(name->text) : NULL;
    if (c->operation) {
        c->args = json_get(p->request, "args");
        c->input_room = tensors_in(c->args);
        c->input = arrays_new(p->s, c->input_room);
        if (c->input && op_bind(c) && build(p))
            return true;
    }
    law_broken(LAW_BUILD, "%s%s, %zu results (%.200s)", message, epl_scope_message(p->s), p->outs,
               line);
    sample_close(p);
    return false;
}

void sample_close(sample *p)
{
    text_free(&p->call.given);
    epl_scope_free(p->s);
    p->s = NULL;
}

void sample_broken(const sample *p, law l, const char *what, const char *why)
{
    enum { MOST = 6000 };
    const char *values = strstr(p->line, ",\"value\":");
    int length = (int)(values ? values - p->line : (ptrdiff_t)strlen(p->line));
    law_broken(l, "%s: %s\n    %.*s", what, why, length < MOST ? length : MOST, p->line);
}
