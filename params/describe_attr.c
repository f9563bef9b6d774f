/* describe_attr.c -- values of attributes in JSON, both ways, by the rows of a table. */
#include <math.h>
#include <string.h>
#include "../src/base/attr.h"
#include "../src/base/scope.h"
#include "describe.h"

static bool wrong(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j)
{
    char takes[200], got[EPL__GOT];
    return epl__refuse(r, path, "\"%s\" must be %s, got %s", row->name,
                       epl__attr_takes(row, takes, sizeof takes), epl__got(j, got));
}

/* -- reading ------------------------------------------------------------------------------- */
static bool integer(const cJSON *j, int64_t *out)
{
    double v = cJSON_IsNumber(j) ? j->valuedouble : NAN;
    if (!(fabs(v) <= 9007199254740992.0) || v != floor(v))
        return false;
    *out = (int64_t)v;
    return true;
}

static bool number(const epl_attr *row, const cJSON *j, double *out)
{
    static const char *const word[] = {"inf", "-inf", "nan"};
    const double value[] = {INFINITY, -INFINITY, NAN};
    const char *text = cJSON_GetStringValue(j);
    if (cJSON_IsNumber(j)) {
        *out = j->valuedouble;
        return isfinite(*out);
    }
    for (int i = 0; i < 3 && text; i++)
        if (!strcmp(text, word[i])) {
            *out = value[i];
            return true;
        }
    if (text && row->text && !strcmp(text, row->text)) {
        *out = row->min; /* a word stands for the least value */
        return true;
    }
    return false;
}

/* One for all, or a list; *count is what was there. */
static bool integers(const epl_attr *row, const cJSON *j, int64_t *out, size_t room, size_t *count)
{
    const cJSON *m = cJSON_IsArray(j) ? j->child : j;
    *count = 0;
    for (; m; m = cJSON_IsArray(j) ? m->next : NULL) {
        bool open = cJSON_IsNull(m) && (row->flags & EPL_ATTR_NONE);
        if (*count == room || (!open && !integer(m, &out[*count])))
            return false;
        if (open)
            out[*count] = EPL_ANY;
        ++*count;
    }
    return true;
}

static bool read_ints(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j,
                      int64_t *out)
{
    size_t n = (size_t)row->size, count;
    if (!integers(row, j, out, n, &count) || (count != n && cJSON_IsArray(j)))
        return wrong(r, path, row, j);
    for (size_t i = n; i-- > 0 && !cJSON_IsArray(j);)
        out[i] = out[0];
    return true;
}

static bool read_list(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j,
                      epl_ints *out)
{
    size_t room = cJSON_IsArray(j) ? (size_t)cJSON_GetArraySize(j) : 1, count;
    int64_t *at = epl_scope_alloc(r->scope, (room + 1) * sizeof *at);
    if (!at)
        return false;
    *out = (epl_ints){room, at};
    return integers(row, j, at, room, &count) || wrong(r, path, row, j);
}

/* A plain number in a tensor's place. */
static bool read_tensor(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j,
                        epl_val *out)
{
    int64_t i;
    double v;
    if (cJSON_IsBool(j))
        *out = epl_flag(cJSON_IsTrue(j));
    else if (integer(j, &i))
        *out = epl_int(i);
    else if (number(row, j, &v))
        *out = epl_num(v);
    else {
        char got[EPL__GOT];
        return epl__refuse(r, path, "\"%s\" must be one of the inputs or a number, got %s",
                           row->name, epl__got(j, got));
    }
    return true;
}

static bool read_string(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j,
                        const char **out)
{
    const char *text = cJSON_GetStringValue(j);
    char *copy = text ? epl_scope_alloc(r->scope, strlen(text) + 1) : NULL;
    if (!text)
        return wrong(r, path, row, j);
    *out = copy ? strcpy(copy, text) : NULL;
    return copy != NULL;
}

bool epl__read_attr(epl__reading *r, const char *path, const epl_attr *row, const cJSON *j,
                    void *args)
{
    void *p = (char *)args + row->offset;
    const char *text = cJSON_GetStringValue(j);
    switch (row->type) {
    case EPL_INT:
        return integer(j, p) || wrong(r, path, row, j);
    case EPL_NUMBER:
        return number(row, j, p) || wrong(r, path, row, j);
    case EPL_BOOLEAN:
        *(bool *)p = cJSON_IsTrue(j);
        return cJSON_IsBool(j) || wrong(r, path, row, j);
    case EPL_INTS:
        return read_ints(r, path, row, j, p);
    case EPL_LIST:
        return read_list(r, path, row, j, p);
    case EPL_STRING:
        return read_string(r, path, row, j, p);
    case EPL_DTYPE:
        *(epl_dtype *)p = text ? epl_dtype_named(text) : EPL_NONE;
        return *(epl_dtype *)p != EPL_NONE || wrong(r, path, row, j);
    case EPL_LETTERS:
        if (!text || strlen(text) >= (size_t)row->size)
            return wrong(r, path, row, j);
        strcpy(p, text);
        return true;
    case EPL_TENSOR:
        return read_tensor(r, path, row, j, p);
    default:
        return epl__refuse(r, path, "\"%s\" cannot be given here", row->name);
    }
}

/* Would this row take a value of this kind, if another row has the same name? */
static bool takes_kind(const epl_attr *row, const cJSON *j)
{
    bool text = cJSON_IsString(j), flag = cJSON_IsBool(j);
    switch (row->type) {
    case EPL_STRING:
    case EPL_DTYPE:
    case EPL_LETTERS:
        return text;
    case EPL_BOOLEAN:
        return flag;
    default:
        return !text && !flag;
    }
}

const epl_attr *epl__row_for(const epl_attr *table, const cJSON *j)
{
    const epl_attr *found = NULL;
    for (const epl_attr *row = table; row && row->name; row++) {
        if (strcmp(row->name, j->string) != 0)
            continue;
        if (takes_kind(row, j))
            return row;
        found = found ? found : row;
    }
    return found;
}

void epl__unknown_name(epl_scope *s, const epl_attr *table, const char *name, epl__textbuf *t)
{
    epl__nearest near = {.name = name};
    bool any = false;
    *t = (epl__textbuf){.scope = s};
    for (const epl_attr *row = table; row && row->name; row++)
        epl__nearest_try(&near, row->name);
    if (near.found)
        epl__text_addf(t, "; did you mean \"%s\"?", near.found);
    for (const epl_attr *row = table; row && row->name && !near.found; row++) {
        bool twice = row != table && !strcmp(row[-1].name, row->name);
        if (!twice)
            epl__text_addf(t, "%s%s", any ? ", " : "; there are: ", row->name);
        any = true;
    }
}

/* -- writing ------------------------------------------------------------------------------- */
static void write_ints(epl__textbuf *t, const epl_attr *row, const int64_t *at, size_t count)
{
    epl__text_add(t, "[");
    for (size_t i = 0; i < count; i++)
        if (at[i] == EPL_ANY && (row->flags & EPL_ATTR_NONE))
            epl__text_add(t, i ? ", null" : "null");
        else
            epl__text_addf(t, "%s%lld", i ? ", " : "", (long long)at[i]);
    epl__text_add(t, "]");
}

static void write_tensor(epl__textbuf *t, epl_val v)
{
    epl_dtype d = epl_typeof(v).dtype; /* plain numbers alone stand here */
    double n = epl_item(v);
    if (d == EPL_BOOL)
        epl__text_add(t, n != 0 ? "true" : "false");
    else
        epl__text_number(t, n);
}

void epl__write_attr(epl__textbuf *t, const epl_attr *row, const void *args)
{
    const void *p = (const char *)args + row->offset;
    switch (row->type) {
    case EPL_INT:
        epl__text_addf(t, "%lld", (long long)*(const int64_t *)p);
        return;
    case EPL_NUMBER:
        if (row->text && *(const double *)p == row->min)
            epl__text_string(t, row->text);
        else
            epl__text_number(t, *(const double *)p);
        return;
    case EPL_BOOLEAN:
        epl__text_add(t, *(const bool *)p ? "true" : "false");
        return;
    case EPL_INTS:
        write_ints(t, row, p, (size_t)row->size);
        return;
    case EPL_LIST:
        write_ints(t, row, ((const epl_ints *)p)->at, ((const epl_ints *)p)->count);
        return;
    case EPL_STRING:
        epl__text_string(t, *(const char *const *)p ? *(const char *const *)p : "");
        return;
    case EPL_DTYPE:
        epl__text_string(t, epl_dtype_name(*(const epl_dtype *)p));
        return;
    case EPL_LETTERS:
        epl__text_string(t, p);
        return;
    case EPL_TENSOR:
        write_tensor(t, *(const epl_val *)p);
        return;
    default:
        epl__text_add(t, "null");
        return;
    }
}
