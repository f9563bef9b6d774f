/* number.h -- one element of an array of any dtype, read and written.
 *
 * The slow way, for code where speed does not matter: reference evaluation, texts, files.
 */
#ifndef EPL_NUMBER_H
#define EPL_NUMBER_H
#include "half.h"
#include <espalier/base.h>

/* Floats; integers go through the other pair, exactly. */
static inline double epl__number_at(const epl_array *a, int64_t i)
{
    const void *p = a->data;
    switch (a->type.dtype) {
    case EPL_F32:
        return (double)((const float *)p)[i];
    case EPL_F64:
        return ((const double *)p)[i];
    case EPL_F16:
        return (double)epl__f16_to_f32(((const uint16_t *)p)[i]);
    case EPL_BF16:
        return (double)epl__bf16_to_f32(((const uint16_t *)p)[i]);
    default:
        return 0;
    }
}

static inline int64_t epl__integer_at(const epl_array *a, int64_t i)
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
    default:
        return ((const uint8_t *)p)[i];
    }
}

static inline void epl__number_set(const epl_array *a, int64_t i, double v)
{
    void *p = a->data;
    if (a->type.dtype == EPL_F32)
        ((float *)p)[i] = (float)v;
    else if (a->type.dtype == EPL_F64)
        ((double *)p)[i] = v;
    else if (a->type.dtype == EPL_F16)
        ((uint16_t *)p)[i] = epl__f32_to_f16((float)v);
    else
        ((uint16_t *)p)[i] = epl__f32_to_bf16((float)v);
}

static inline void epl__integer_set(const epl_array *a, int64_t i, int64_t v)
{
    void *p = a->data;
    switch (a->type.dtype) {
    case EPL_I64:
        ((int64_t *)p)[i] = v;
        return;
    case EPL_I32:
        ((int32_t *)p)[i] = (int32_t)v;
        return;
    case EPL_I16:
        ((int16_t *)p)[i] = (int16_t)v;
        return;
    case EPL_BOOL:
        ((uint8_t *)p)[i] = v != 0;
        return;
    default:
        ((uint8_t *)p)[i] = (uint8_t)v;
        return;
    }
}
#endif
