/* test_type.c -- dtypes, shapes, sizes that overflow, texts, and 16-bit floats. */
#include "../../src/base/half.h"
#include "../../src/base/type.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(type, dtypes_have_names_and_sizes)
{
    static const size_t bytes[] = {0, 4, 8, 2, 2, 8, 4, 2, 1, 1, 1};
    for (int d = EPL_NONE; d < EPL_DTYPE_END; d++) {
        cr_assert_eq(epl_dtype_bytes((epl_dtype)d), bytes[d]);
        cr_assert_eq((int)epl_dtype_named(epl_dtype_name((epl_dtype)d)), d);
    }
    cr_assert_str_eq(epl_dtype_name(EPL_BF16), "bf16");
    cr_assert_str_eq(epl_dtype_name((epl_dtype)77), "none");
    cr_assert_eq(epl_dtype_bytes((epl_dtype)-1), 0);
    cr_assert_eq(epl_dtype_named("f8"), EPL_NONE);
    cr_assert_eq(epl_dtype_named(NULL), EPL_NONE);
    cr_assert(epl_dtype_is_float(EPL_F16));
    cr_assert_not(epl_dtype_is_float(EPL_I64));
    cr_assert_not(epl_dtype_is_float((epl_dtype)1000));
}

Test(type, counts)
{
    cr_assert_eq(epl_count(epl_f32()), 1);
    cr_assert_eq(epl_count(epl_f32(2, 3, 4)), 24);
    cr_assert_eq(epl_bytes(epl_f64(2, 3, 4)), 192);
    cr_assert_eq(epl_count(epl_f32(2, 0, 4)), 0);
    cr_assert_eq(epl_bytes(epl_f32(2, 0, 4)), 0);
    cr_assert(epl__type_valid(epl_f32(2, 0, 4)));
    cr_assert_eq(epl_count(epl_type_of(EPL_NONE, epl_dims(3))), 0);
}

Test(type, invalid_types_count_nothing)
{
    const epl_type bad[] = {
        epl_f32(EPL_ANY, 3),
        epl_f32(-5),
        epl_f32(INT64_MAX, 2),
        epl_f32(INT64_MAX),
        epl_f32(INT64_C(1) << 62, INT64_C(1) << 62),
        epl_f32(INT64_C(1) << 62, 0, INT64_C(1) << 62),
        epl_f64(INT64_C(1) << 61),
        epl_f32(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        epl_type_of(EPL_F32, epl_shape_of(2, NULL)),
        epl_type_of(EPL_F32, (epl_shape){.rank = 100}),
        epl_type_of((epl_dtype)99, epl_dims(1)),
        EPL_AS_PASSED,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(epl_count(bad[i]), 0, "case %zu", i);
        cr_assert_eq(epl_bytes(bad[i]), 0, "case %zu", i);
        cr_assert_not(epl__type_valid(bad[i]), "case %zu", i);
    }
}

Test(type, a_mixed_tree_is_counted_by_its_spec)
{
    struct {
        epl__spec_head head;
    } spec = {{100, 404, EPL_NONE}};
    epl_type t = {EPL_NONE, epl_dims(3), (epl_spec)(const void *)&spec};
    cr_assert_eq(epl_count(t), 300);
    cr_assert_eq(epl_bytes(t), 1212);
    char text[EPL_TYPE_TEXT];
    cr_assert_str_eq(epl_type_text(t, text), "tree[3]");
    cr_assert_eq(epl__spec_elements(NULL), 0);
}

Test(type, equality)
{
    cr_assert(epl_type_equal(epl_f32(2, 3), epl_f32(2, 3)));
    cr_assert_not(epl_type_equal(epl_f32(2, 3), epl_f64(2, 3)));
    cr_assert_not(epl_type_equal(epl_f32(2, 3), epl_f32(3, 2)));
    cr_assert_not(epl_type_equal(epl_f32(2), epl_f32(2, 1)));
}

Test(type, texts)
{
    char text[EPL_TYPE_TEXT];
    cr_assert_str_eq(epl_type_text(epl_f32(8, 3, 32, 32), text), "f32[8,3,32,32]");
    cr_assert_str_eq(epl_type_text(epl_i64(), text), "i64[]");
    cr_assert_str_eq(epl_type_text(epl_f32(EPL_ANY, 3), text), "f32[*,3]");
    cr_assert_str_eq(epl_type_text(epl_type_of(EPL_F32, epl_shape_of(99, NULL)), text),
                     "f32[invalid]");
    int64_t dim[EPL_MAX_RANK];
    for (int i = 0; i < EPL_MAX_RANK; i++)
        dim[i] = INT64_MAX;
    epl_type_text(epl_type_of(EPL_F32, epl_shape_of(EPL_MAX_RANK, dim)), text);
    cr_assert_lt(strlen(text), EPL_TYPE_TEXT);
    cr_assert_str_eq(text + strlen(text) - 4, "...]");
    cr_assert_str_eq(epl_type_text(epl_f32(), NULL), "");
}

Test(type, checked_arithmetic)
{
    int64_t n;
    cr_assert(epl__mul(INT64_MAX, 1, &n) && n == INT64_MAX);
    cr_assert(epl__mul(INT64_MAX, 0, &n) && n == 0);
    cr_assert_not(epl__mul(INT64_MAX, 2, &n));
    cr_assert_not(epl__mul(-1, 2, &n));
    cr_assert(epl__add(INT64_MAX - 1, 1, &n) && n == INT64_MAX);
    cr_assert_not(epl__add(INT64_MAX, 1, &n));
}

/* Every 16-bit number survives the way to f32 and back; NaN stays NaN. */
Test(half, round_trip)
{
    for (uint32_t h = 0; h < 65536; h++) {
        float x = epl__f16_to_f32((uint16_t)h), y = epl__bf16_to_f32((uint16_t)h);
        if (isnan(x))
            cr_assert(isnan(epl__f16_to_f32(epl__f32_to_f16(x))));
        else
            cr_assert_eq(epl__f32_to_f16(x), h, "f16 %x", h);
        if (isnan(y))
            cr_assert(isnan(epl__bf16_to_f32(epl__f32_to_bf16(y))));
        else
            cr_assert_eq(epl__f32_to_bf16(y), h, "bf16 %x", h);
    }
}

/* Between two neighbours: below the middle down, above it up, in the middle to even. */
Test(half, rounds_to_nearest_even)
{
    for (uint32_t h = 0; h < 0x7bff; h++) {
        float low = epl__f16_to_f32((uint16_t)h), high = epl__f16_to_f32((uint16_t)(h + 1));
        float middle = (low + high) / 2;
        cr_assert_eq(epl__f32_to_f16(middle), h + (h & 1));
        cr_assert_eq(epl__f32_to_f16(nextafterf(middle, 0)), h);
        cr_assert_eq(epl__f32_to_f16(nextafterf(middle, INFINITY)), h + 1);
        cr_assert_eq(epl__f32_to_f16(-middle), 0x8000 + h + (h & 1));
    }
    for (uint32_t h = 0; h < 0x7f7f; h++) {
        float middle = epl__bits_float(h << 16 | 0x8000);
        cr_assert_eq(epl__f32_to_bf16(middle), h + (h & 1));
        cr_assert_eq(epl__f32_to_bf16(nextafterf(middle, 0)), h);
        cr_assert_eq(epl__f32_to_bf16(nextafterf(middle, INFINITY)), h + 1);
    }
}

Test(half, known_values)
{
    cr_assert_eq(epl__f32_to_f16(1.0f), 0x3c00);
    cr_assert_eq(epl__f32_to_f16(65504.0f), 0x7bff);
    cr_assert_eq(epl__f32_to_f16(65519.9f), 0x7bff);
    cr_assert_eq(epl__f32_to_f16(65520.0f), 0x7c00);
    cr_assert_eq(epl__f32_to_f16(-INFINITY), 0xfc00);
    cr_assert_eq(epl__f32_to_f16(1e-10f), 0);
    cr_assert_eq(epl__f16_to_f32(0x0001), 0x1p-24f);
    cr_assert_eq(epl__f32_to_bf16(3.4e38f), 0x7f80);
    cr_assert_eq(epl__bf16_to_f32(0x3f80), 1.0f);
}
