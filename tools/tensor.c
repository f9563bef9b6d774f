/* tensor.c -- arrays as JSON, little-endian and row-major. */
#include "tensor.h"
#include <math.h>
#include <string.h>

/* -- half precision: rounding to nearest, ties to even --------------------------------- */
static uint32_t bits_of(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static float float_of(uint32_t u)
{
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

static uint16_t to_bf16(double v)
{
    uint32_t u = bits_of((float)v);
    if (isnan(v))
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static double from_f16(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double v = exponent == 31 ? (fraction ? NAN : INFINITY)
               : exponent     ? ldexp(1024 + fraction, exponent - 25)
                              : ldexp(fraction, -24);
    return h & 0x8000 ? -v : v;
}

static uint16_t to_f16(double v)
{
    uint16_t sign = signbit(v) ? 0x8000 : 0;
    double a = fabs(v);
    if (isnan(v))
        return sign | 0x7e00;
    if (a >= 65520)
        return sign | 0x7c00;
    int exponent = a >= ldexp(1, -14) ? ilogb(a) : -14;
    double units = nearbyint(ldexp(a, 10 - exponent)); /* 0 to 2048 */
    return sign | (uint16_t)(((exponent + 14) << 10) + (int)units);
}

/* -- single numbers -------------------------------------------------------------------- */
double tensor_number(const epl_array *a, int64_t i)
{
    const void *p = a->data;
    switch (a->type.dtype) {
    case EPL_F32:
        return (double)((const float *)p)[i];
    case EPL_F64:
        return ((const double *)p)[i];
    case EPL_F16:
        return from_f16(((const uint16_t *)p)[i]);
    case EPL_BF16:
        return (double)float_of((uint32_t)((const uint16_t *)p)[i] << 16);
    default:
        return (double)tensor_integer(a, i);
    }
}

int64_t tensor_integer(const epl_array *a, int64_t i)
{
    const void *p = a->data;
    switch (a->type.dtype) {
    case EPL_I64:
        return ((const int64_t *)p)[i];
    case EPL_I32:
        return ((const int32_t *)p)[i];
    case EPL_I16:
        return ((const int16_t *)p)[i];
    case EPL_I8:
        return ((const int8_t *)p)[i];
    case EPL_U8:
    case EPL_BOOL:
        return ((const uint8_t *)p)[i];
    default:
        return (int64_t)tensor_number(a, i);
    }
}

static bool whole_between(double v, double low, double high)
{
    return v >= low && v <= high && v == floor(v);
}

bool tensor_set(const epl_array *a, int64_t i, double v)
{
    void *p = a->data;
    bool fits = true;
    switch (a->type.dtype) {
    case EPL_F32:
        ((float *)p)[i] = (float)v;
        return true;
    case EPL_F64:
        ((double *)p)[i] = v;
        return true;
    case EPL_F16:
        ((uint16_t *)p)[i] = to_f16(v);
        return true;
    case EPL_BF16:
        ((uint16_t *)p)[i] = to_bf16(v);
        return true;
    case EPL_I64:
        fits = whole_between(v, -9223372036854775808.0, 9223372036854774784.0);
        ((int64_t *)p)[i] = fits ? (int64_t)v : 0;
        return fits;
    case EPL_I32:
        fits = whole_between(v, INT32_MIN, INT32_MAX);
        ((int32_t *)p)[i] = fits ? (int32_t)v : 0;
        return fits;
    case EPL_I16:
        fits = whole_between(v, INT16_MIN, INT16_MAX);
        ((int16_t *)p)[i] = (int16_t)(fits ? v : 0);
        return fits;
    case EPL_I8:
        fits = whole_between(v, INT8_MIN, INT8_MAX);
        ((int8_t *)p)[i] = (int8_t)(fits ? v : 0);
        return fits;
    case EPL_U8:
    case EPL_BOOL:
        fits = whole_between(v, 0, a->type.dtype == EPL_U8 ? UINT8_MAX : 1);
        ((uint8_t *)p)[i] = (uint8_t)(fits ? v : 0);
        return fits;
    default:
        return false;
    }
}

/* -- JSON ------------------------------------------------------------------------------ */
epl_array tensor_new(epl_scope *s, epl_type type)
{
    return epl_at(epl_scope_alloc(s, epl_bytes(type) + 1), type);
}

static bool bad(epl_scope *s, const char *what, const char *is)
{
    epl_scope_fail(s, EPL_ERR_ARG, "%s: %s", what, is);
    return false;
}

static bool read_type(epl_scope *s, const json *j, const char *what, epl_type *type)
{
    const json *dtype = json_get(j, "dtype"), *shape = json_get(j, "shape");
    if (!dtype || dtype->kind != JSON_STRING || epl_dtype_named(dtype->text) == EPL_NONE)
        return bad(s, what, "\"dtype\" must be one of f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool");
    if (!shape || shape->kind != JSON_LIST || shape->count > EPL_MAX_RANK)
        return bad(s, what, "\"shape\" must be a list of up to 12 integers");
    int64_t dim[EPL_MAX_RANK], total = 1;
    size_t rank = 0;
    bool empty = false;
    for (const json *d = shape->first; d; d = d->next) {
        if (d->kind != JSON_INT || d->integer < 0)
            return bad(s, what, "\"shape\" must be a list of integers that are not negative");
        dim[rank++] = d->integer;
        empty = empty || d->integer == 0;
    }
    for (size_t i = 0; i < rank; i++) {
        if (!empty && dim[i] > (INT64_MAX >> 4) / total)
            return bad(s, what, "\"shape\" has more elements than fit");
        total = empty ? 0 : total * dim[i];
    }
    *type = epl_type_of(epl_dtype_named(dtype->text), epl_shape_of(rank, dim));
    return true;
}

/* The value of a digit of base64, or 64. */
static unsigned digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Exactly `bytes` bytes out of padded base64. */
static bool decode(const char *p, size_t bytes, unsigned char *out)
{
    size_t groups = (bytes + 2) / 3;
    if (strlen(p) != groups * 4)
        return false;
    for (size_t g = 0; g < groups; g++, p += 4) {
        size_t n = bytes - g * 3 < 3 ? bytes - g * 3 : 3;
        unsigned v = 0;
        for (size_t k = 0; k < 4; k++) {
            unsigned d = k <= n ? digit_of(p[k]) : p[k] == '=' ? 0 : 64;
            if (d == 64)
                return false;
            v = v << 6 | d;
        }
        for (size_t k = 0; k < n; k++)
            *out++ = (unsigned char)(v >> (16 - 8 * k));
    }
    return true;
}

static bool read_list(epl_scope *s, const json *list, const char *what, const epl_array *a)
{
    int64_t i = 0;
    if (list->kind != JSON_LIST || (int64_t)list->count != epl_count(a->type))
        return bad(s, what, "\"data\" must be a flat list with a number for each element");
    for (const json *m = list->first; m; m = m->next, i++) {
        double v;
        if (a->type.dtype == EPL_I64 && m->kind == JSON_INT) {
            ((int64_t *)a->data)[i] = m->integer;
            continue;
        }
        if (m->kind == JSON_BOOL)
            v = m->number;
        else if (!json_number(m, &v))
            return bad(s, what, "\"data\" holds something that is not a number");
        if (!tensor_set(a, i, v))
            return bad(s, what, "\"data\" holds a number that its dtype cannot hold");
    }
    return true;
}

bool tensor_is(const json *j)
{
    return j && j->kind == JSON_OBJECT;
}

bool tensor_read(epl_scope *s, const json *j, const char *what, epl_array *a)
{
    epl_type type;
    if (!tensor_is(j))
        return bad(s, what, "a tensor is expected: {\"dtype\": ..., \"shape\": ..., \"b64\": ...}");
    if (!read_type(s, j, what, &type))
        return false;
    const json *b64 = json_get(j, "b64"), *list = json_get(j, "data");
    size_t bytes = epl_bytes(type), given = b64 && b64->kind == JSON_STRING ? b64->raw_length : 0;
    if (!b64 == !list)
        return bad(s, what, "a tensor has either \"b64\" or \"data\"");
    /* Nothing is allocated that the request has not brought. */
    if (b64 && (given / 4 < bytes / 3 || b64->kind != JSON_STRING))
        return bad(s, what, "\"b64\" is shorter than dtype and shape say");
    if (list && (list->kind != JSON_LIST || (int64_t)list->count != epl_count(type)))
        return bad(s, what, "\"data\" must be a flat list with a number for each element");
    *a = tensor_new(s, type);
    if (!a->data)
        return false;
    if (list)
        return read_list(s, list, what, a);
    if (!decode(b64->text, bytes, a->data))
        return bad(s, what, "\"b64\" is not base64 of as many bytes as dtype and shape say");
    if (type.dtype == EPL_BOOL)
        for (size_t i = 0; i < bytes; i++)
            ((uint8_t *)a->data)[i] = ((uint8_t *)a->data)[i] != 0;
    return true;
}

void tensor_write(textbuf *t, const epl_array *a)
{
    text_addf(t, "{\"dtype\": \"%s\", \"shape\": [", epl_dtype_name(a->type.dtype));
    for (int i = 0; i < a->type.shape.rank; i++)
        text_addf(t, "%s%lld", i ? ", " : "", (long long)a->type.shape.dim[i]);
    text_add(t, "], \"b64\": ");
    text_add_base64(t, a->data, epl_bytes(a->type));
    text_add(t, "}");
}
