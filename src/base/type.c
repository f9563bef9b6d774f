/* type.c -- dtypes, shapes, types, arrays.
 *
 * Invariant: a shape that could not be made has rank -1; every function takes it.
 */
#include "type.h"
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    uint8_t bytes, kind;
} dtype_info;

static const dtype_info dtypes[EPL_DTYPE_END] = {[EPL_NONE] = {"none", 0, 0},
#define EPL_X(name, value, bytes, text, kind) [EPL_##name] = {text, bytes, kind},
                                                 EPL_DTYPE_MAP(EPL_X)
#undef EPL_X
};
enum { KIND_FLOAT = 3 };

static const dtype_info *info_of(epl_dtype d)
{
    return (unsigned)d < EPL_DTYPE_END ? &dtypes[d] : &dtypes[EPL_NONE];
}

size_t epl_dtype_bytes(epl_dtype d)
{
    return info_of(d)->bytes;
}

const char *epl_dtype_name(epl_dtype d)
{
    return info_of(d)->name;
}

bool epl_dtype_is_float(epl_dtype d)
{
    return info_of(d)->kind == KIND_FLOAT;
}

epl_dtype epl_dtype_named(const char *name)
{
    for (int d = EPL_NONE + 1; name && d < EPL_DTYPE_END; d++)
        if (strcmp(dtypes[d].name, name) == 0)
            return (epl_dtype)d;
    return EPL_NONE;
}

bool epl__mul(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || (b > 0 && a > INT64_MAX / b))
        return false;
    *out = a * b;
    return true;
}

bool epl__add(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || a > INT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}

epl_shape epl_shape_of(size_t rank, const int64_t *dim)
{
    epl_shape s = {.rank = -1};
    if (rank > EPL_MAX_RANK || (rank > 0 && !dim))
        return s;
    s.rank = (int)rank;
    if (rank > 0)
        memcpy(s.dim, dim, rank * sizeof *dim);
    return s;
}

epl_type epl_type_of(epl_dtype dtype, epl_shape shape)
{
    return (epl_type){.dtype = dtype, .shape = shape};
}

epl_array epl_at(const void *data, epl_type type)
{
    return (epl_array){(void *)(uintptr_t)data, type};
}

/* The product of the dimensions, those of 0 left out; -1 if that is not valid. */
static int64_t extent(epl_shape s, bool *empty)
{
    int64_t n = 1;
    *empty = false;
    if (s.rank < 0 || s.rank > EPL_MAX_RANK)
        return -1;
    for (int i = 0; i < s.rank; i++) {
        *empty = *empty || s.dim[i] == 0;
        if (!epl__mul(n, s.dim[i] ? s.dim[i] : 1, &n))
            return -1;
    }
    return n;
}

bool epl__shape_valid(epl_shape s)
{
    bool empty;
    return extent(s, &empty) >= 0;
}

bool epl__shape_equal(epl_shape a, epl_shape b)
{
    if (a.rank != b.rank)
        return false;
    for (int i = 0; i < a.rank && i < EPL_MAX_RANK; i++)
        if (a.dim[i] != b.dim[i])
            return false;
    return true;
}

bool epl_type_equal(epl_type a, epl_type b)
{
    return a.dtype == b.dtype && epl__shape_equal(a.shape, b.shape);
}

int64_t epl__spec_elements(epl_spec spec)
{
    return spec ? ((const epl__spec_head *)(const void *)spec)->elements : 0;
}

size_t epl__spec_bytes(epl_spec spec)
{
    return spec ? (size_t)((const epl__spec_head *)(const void *)spec)->bytes : 0;
}

static bool is_mixed(epl_type t)
{
    return t.dtype == EPL_NONE && t.spec;
}

/* Elements of one entry of the shape, and their bytes. */
static int64_t entry_elements(epl_type t)
{
    return is_mixed(t) ? epl__spec_elements(t.spec) : epl_dtype_bytes(t.dtype) > 0;
}

static int64_t entry_bytes(epl_type t)
{
    return is_mixed(t) ? (int64_t)epl__spec_bytes(t.spec) : (int64_t)epl_dtype_bytes(t.dtype);
}

/* The number of elements and bytes; false for an invalid type. */
static bool measure(epl_type t, int64_t *elements, int64_t *bytes)
{
    bool empty;
    int64_t n = extent(t.shape, &empty);
    bool is_typed = is_mixed(t) || epl_dtype_bytes(t.dtype) > 0;
    if (n < 0 || !is_typed || !epl__mul(n, entry_elements(t), elements) ||
        !epl__mul(n, entry_bytes(t), bytes) || *bytes > PTRDIFF_MAX)
        return false;
    if (empty)
        *elements = *bytes = 0;
    return true;
}

bool epl__type_valid(epl_type t)
{
    int64_t elements, bytes;
    return measure(t, &elements, &bytes);
}

int64_t epl_count(epl_type t)
{
    int64_t elements, bytes;
    return measure(t, &elements, &bytes) ? elements : 0;
}

size_t epl_bytes(epl_type t)
{
    int64_t elements, bytes;
    return measure(t, &elements, &bytes) ? (size_t)bytes : 0;
}

const char *epl_type_text(epl_type t, char *buffer)
{
    if (!buffer)
        return "";
    const char *name = is_mixed(t) ? "tree" : epl_dtype_name(t.dtype);
    size_t n = (size_t)snprintf(buffer, EPL_TYPE_TEXT, "%s[", name);
    if (t.shape.rank < 0 || t.shape.rank > EPL_MAX_RANK) {
        snprintf(buffer + n, EPL_TYPE_TEXT - n, "invalid]");
        return buffer;
    }
    for (int i = 0; i < t.shape.rank && n < EPL_TYPE_TEXT; i++) {
        const char *comma = i > 0 ? "," : "";
        if (t.shape.dim[i] == EPL_ANY)
            n += (size_t)snprintf(buffer + n, EPL_TYPE_TEXT - n, "%s*", comma);
        else
            n += (size_t)snprintf(buffer + n, EPL_TYPE_TEXT - n, "%s%lld", comma,
                                  (long long)t.shape.dim[i]);
    }
    if (n + 2 <= EPL_TYPE_TEXT)
        memcpy(buffer + n, "]", 2);
    else
        memcpy(buffer + EPL_TYPE_TEXT - 5, "...]", 5);
    return buffer;
}
