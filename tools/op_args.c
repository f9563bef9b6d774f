/* op_args.c -- JSON arguments into an operation's struct, by its table.
 *
 * A table may have two rows of one name, for an argument of two types ("same", or integers):
 * the row that the JSON fits is taken.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "op.h"
#include "tensor.h"

bool op_fail(op_call *c, const char *format, ...)
{
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    epl_scope_fail(c->scope, EPL_ERR_ARG, "[%s] %s", c->operation->name, message);
    return false;
}

static bool bad_type(op_call *c, const epl_attr *row, const json *j, const char *want)
{
    return op_fail(c, "\"%s\" must be %s, got %s", row->name, want, json_kind_text(j));
}

/* -- tensors --------------------------------------------------------------------------- */
epl_val op_input(op_call *c, const char *name, const epl_array *a)
{
    if (c->inputs == c->input_room) {
        op_fail(c, "more tensors than were counted");
        return EPL_NO_VAL;
    }
    c->input[c->inputs++] = *a;
    return epl_input(c->fn, name, a->type);
}

/* The axis that in_axes names for this argument, or for this member of a list. */
static bool axis_of(op_call *c, const char *name, int member, int *axis)
{
    const json *j = c->axes ? json_get(c->axes, name) : NULL;
    *axis = OP_NOT_MAPPED;
    if (j && j->kind == JSON_LIST) {
        const json *m = j->first;
        for (int i = 0; m && i < member; i++)
            m = m->next;
        if (member < 0 || !m)
            return op_fail(c, "in_axes: \"%s\" has another number of members", name);
        j = m;
    }
    if (!j || j->kind == JSON_NULL)
        return true;
    if (j->kind != JSON_INT || j->integer < -EPL_MAX_RANK || j->integer >= EPL_MAX_RANK)
        return op_fail(c, "in_axes: \"%s\" must be an axis or null", name);
    *axis = (int)j->integer;
    return true;
}

/* A tensor as a value for the operation. */
static bool tensor_in(op_call *c, const char *name, int member, const epl_array *a, epl_val *out)
{
    char label[160];
    op_tensor *t = &c->tensor[c->tensors++];
    *t = (op_tensor){.name = name, .member = member, .array = *a};
    if (!axis_of(c, name, member, &t->axis))
        return false;
    snprintf(label, sizeof label, member < 0 ? "%s" : "%s.%d", name, member);
    epl_val whole = op_input(c, label, a);
    if (c->body == c->fn)
        t->value = whole;
    else if (t->axis == OP_NOT_MAPPED)
        t->value = epl_pass(c->body, whole);
    else
        t->value = epl_each(c->body, whole, t->axis);
    *out = t->value;
    return epl_scope_status(c->scope) == EPL_OK;
}

static bool has_tensor(const json *args)
{
    for (const json *m = args ? args->first : NULL; m; m = m->next) {
        const json *inside = m->kind == JSON_LIST ? m->first : NULL;
        if (tensor_is(m))
            return true;
        for (; inside; inside = inside->next)
            if (tensor_is(inside))
                return true;
    }
    return false;
}

/* A plain number beside tensors promotes weakly; without one, it is a tensor of torch's
 * default kind, since the operation needs a function to stand in. */
static bool number_in(op_call *c, const char *name, int member, const json *j, epl_val *out)
{
    double v = j->number;
    bool whole = j->kind == JSON_INT, flag = j->kind == JSON_BOOL;
    if (!whole && !flag && !json_number(j, &v))
        return op_fail(c, "\"%s\" must be a tensor or a number, got %s", name, json_kind_text(j));
    if (has_tensor(c->args)) {
        *out = flag ? epl_flag(v != 0) : whole ? epl_int(j->integer) : epl_num(v);
        return true;
    }
    epl_dtype dtype = flag ? EPL_BOOL : whole ? EPL_I64 : EPL_F32;
    epl_array a = tensor_new(c->scope, epl_type_of(dtype, epl_shape_of(0, NULL)));
    if (!a.data)
        return false;
    if (whole)
        *(int64_t *)a.data = j->integer;
    else
        tensor_set(&a, 0, v);
    return tensor_in(c, name, member, &a, out);
}

static bool value_in(op_call *c, const char *name, int member, const json *j, epl_val *out)
{
    epl_array a;
    char what[160];
    if (!tensor_is(j))
        return number_in(c, name, member, j, out);
    snprintf(what, sizeof what, member < 0 ? "[%s] \"%s\"" : "[%s] \"%s\" (member %d)",
             c->operation->name, name, member);
    return tensor_read(c->scope, j, what, &a) && tensor_in(c, name, member, &a, out);
}

static bool values_in(op_call *c, const epl_attr *row, const json *j, epl_vals *out)
{
    if (j->kind != JSON_LIST)
        return bad_type(c, row, j, "a list of tensors");
    epl_val *list = epl_scope_alloc(c->scope, (j->count + 1) * sizeof *list);
    int i = 0;
    for (const json *m = list ? j->first : NULL; m; m = m->next, i++)
        if (!value_in(c, row->name, i, m, &list[i]))
            return false;
    *out = (epl_vals){j->count, list};
    return list != NULL;
}

/* -- options --------------------------------------------------------------------------- */
/* An integer, or a tensor with one element; null in a list is EPL_ANY where it is allowed. */
static bool integer_in(op_call *c, const epl_attr *row, const json *j, int64_t *out)
{
    epl_array a;
    if (j->kind == JSON_NULL && row->flags & EPL_ATTR_NONE) {
        *out = EPL_ANY;
        return true;
    }
    if (tensor_is(j)) {
        if (!tensor_read(c->scope, j, row->name, &a))
            return false;
        if (epl_count(a.type) != 1 || epl_dtype_is_float(a.type.dtype))
            return op_fail(c, "\"%s\" must be one integer", row->name);
        *out = tensor_integer(&a, 0);
        return true;
    }
    if (j->kind != JSON_INT && j->kind != JSON_BOOL)
        return bad_type(c, row, j, "an integer");
    *out = j->integer;
    return true;
}

static bool number_of(op_call *c, const epl_attr *row, const json *j, double *out)
{
    epl_array a;
    if (tensor_is(j)) {
        if (!tensor_read(c->scope, j, row->name, &a))
            return false;
        if (epl_count(a.type) != 1)
            return op_fail(c, "\"%s\" must be one number", row->name);
        *out = tensor_number(&a, 0);
        return true;
    }
    *out = j->number;
    return j->kind == JSON_BOOL || json_number(j, out) || bad_type(c, row, j, "a number");
}

static bool list_in(op_call *c, const epl_attr *row, const json *j, epl_ints *out)
{
    size_t n = j->kind == JSON_LIST ? j->count : 1, i = 0;
    int64_t *at = epl_scope_alloc(c->scope, (n + 1) * sizeof *at);
    if (!at)
        return false;
    *out = (epl_ints){n, at};
    if (j->kind != JSON_LIST)
        return integer_in(c, row, j, at);
    for (const json *m = j->first; m; m = m->next)
        if (!integer_in(c, row, m, &at[i++]))
            return false;
    return true;
}

static bool integers_in(op_call *c, const epl_attr *row, const json *j, int64_t *out)
{
    epl_ints list;
    if (!list_in(c, row, j, &list))
        return false;
    if (list.count != 1 && list.count > (size_t)row->size)
        return op_fail(c, "\"%s\" must be an integer or a list of %d, got %zu", row->name,
                       row->size, list.count);
    for (size_t i = 0; i < (size_t)row->size; i++)
        out[i] = list.count == 1 ? list.at[0] : i < list.count ? list.at[i] : 0;
    return true;
}

static bool letters_in(op_call *c, const epl_attr *row, const json *j, char *out)
{
    if (j->kind != JSON_STRING || strlen(j->text) >= (size_t)row->size)
        return op_fail(c, "\"%s\" must be a string of up to %d letters", row->name, row->size - 1);
    memcpy(out, j->text, strlen(j->text) + 1);
    return true;
}

static bool option_in(op_call *c, const epl_attr *row, const json *j, void *field)
{
    switch (row->type) {
    case EPL_INT:
        return integer_in(c, row, j, field);
    case EPL_INTS:
        return integers_in(c, row, j, field);
    case EPL_LIST:
        return list_in(c, row, j, field);
    case EPL_NUMBER:
        return number_of(c, row, j, field);
    case EPL_BOOLEAN:
        if (j->kind != JSON_BOOL && j->kind != JSON_INT)
            return bad_type(c, row, j, "true or false");
        *(bool *)field = j->integer != 0;
        return true;
    case EPL_STRING:
        if (j->kind != JSON_STRING)
            return bad_type(c, row, j, "a string");
        *(const char **)field = j->text;
        return true;
    case EPL_DTYPE:
        if (j->kind != JSON_STRING || epl_dtype_named(j->text) == EPL_NONE)
            return bad_type(c, row, j, "a dtype (f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool)");
        *(epl_dtype *)field = epl_dtype_named(j->text);
        return true;
    case EPL_LETTERS:
        return letters_in(c, row, j, field);
    case EPL_TENSOR:
        return value_in(c, row->name, -1, j, field);
    case EPL_TENSORS:
        return values_in(c, row, j, field);
    default:
        return op_fail(c, "\"%s\" cannot be given here", row->name);
    }
}

/* -- the whole ------------------------------------------------------------------------- */
/* Is the row meant, if the table has another one of this name? */
static bool row_fits(const epl_attr *row, const json *j)
{
    const json *m = j->kind == JSON_LIST && j->first ? j->first : j;
    switch (row->type) {
    case EPL_STRING:
    case EPL_DTYPE:
    case EPL_LETTERS:
        return j->kind == JSON_STRING;
    case EPL_BOOLEAN:
        return j->kind == JSON_BOOL;
    case EPL_TENSOR:
    case EPL_TENSORS:
        return tensor_is(m);
    case EPL_INT:
        return j->kind == JSON_INT;
    case EPL_INTS:
    case EPL_LIST:
        return m->kind == JSON_INT;
    default:
        return j->kind != JSON_STRING && j->kind != JSON_LIST;
    }
}

static const epl_attr *row_for(const epl_operation *o, const json *j)
{
    const epl_attr *found = NULL;
    for (const epl_attr *row = o->args; row->name; row++) {
        if (strcmp(row->name, j->name) != 0)
            continue;
        if (row_fits(row, j))
            return row;
        found = found ? found : row;
    }
    return found;
}

static bool known_names(op_call *c)
{
    for (const json *m = c->args ? c->args->first : NULL; m; m = m->next)
        if (!row_for(c->operation, m)) {
            textbuf has = {0};
            for (const epl_attr *row = c->operation->args; row->name; row++)
                text_addf(&has, " %s", row->name);
            op_fail(c, "no argument \"%s\"; there are:%s", m->name, has.at ? has.at : "");
            text_free(&has);
            return false;
        }
    for (const json *m = c->axes ? c->axes->first : NULL; m; m = m->next)
        if (!json_get(c->args, m->name))
            return op_fail(c, "in_axes: no argument \"%s\" was given", m->name);
    return true;
}

static bool all_rows(op_call *c)
{
    for (const epl_attr *row = c->operation->args; row->name; row++) {
        const json *j = json_get(c->args, row->name);
        bool empty = j && j->kind == JSON_LIST && !j->count && row->type == EPL_INTS;
        if (empty || (j && j->kind == JSON_NULL)) /* torch writes () for sizes not given, too */
            j = NULL;
        if (!j && row->flags & EPL_ATTR_REQUIRED)
            return op_fail(c, "the argument \"%s\" is missing", row->name);
        if (!j || row_for(c->operation, j) != row)
            continue;
        if (!option_in(c, row, j, (char *)c->packed + row->offset))
            return false;
        text_addf(&c->given, "%s%s", c->given.length ? " " : "", row->name);
    }
    return !c->given.failed;
}

/* Tensors that the request may have at most: a bound for the lists. */
static size_t tensors_most(const json *j)
{
    size_t n = 1;
    for (const json *m = j ? j->first : NULL; m; m = m->next)
        n += 1 + (m->kind == JSON_LIST || m->kind == JSON_OBJECT ? m->count : 0);
    return n;
}

bool op_bind(op_call *c)
{
    size_t most = tensors_most(c->args);
    if (!known_names(c))
        return false;
    c->packed = epl_scope_alloc(c->scope, c->operation->args_size + 1);
    c->tensor = epl_scope_alloc(c->scope, most * sizeof *c->tensor);
    c->fn = epl_fn_new(c->scope, c->operation->name);
    c->body = c->axes ? epl_map(c->fn) : c->fn;
    return c->packed && c->tensor && c->input && c->fn && all_rows(c);
}

static bool is_listed(const json *wrt, const char *name)
{
    for (const json *m = wrt->first; m; m = m->next)
        if (m->kind == JSON_STRING && !strcmp(m->text, name))
            return true;
    return false;
}

bool op_want(op_call *c, const json *wrt)
{
    bool any = false;
    if (wrt && wrt->kind != JSON_LIST)
        return op_fail(c, "\"wrt\" must be a list of names");
    for (size_t i = 0; i < c->tensors; i++) {
        op_tensor *t = &c->tensor[i];
        t->wanted = epl_dtype_is_float(t->array.type.dtype) && (!wrt || is_listed(wrt, t->name));
        any = any || t->wanted;
    }
    for (const json *m = wrt ? wrt->first : NULL; m; m = m->next) {
        bool found = false;
        for (size_t i = 0; m->kind == JSON_STRING && i < c->tensors; i++)
            found = found || (c->tensor[i].wanted && !strcmp(c->tensor[i].name, m->text));
        if (!found)
            return op_fail(c, "\"wrt\" names %s, which is no floating tensor argument",
                           m->kind == JSON_STRING ? m->text : json_kind_text(m));
    }
    return any || op_fail(c, "there is no floating tensor to differentiate");
}
