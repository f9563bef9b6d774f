/* test_safe_golden.c -- first and second derivatives at extreme numbers and edges, in f64 and f32,
 * against PyTorch's in f64 (golden/safe.py). Where torch has no number there must be a finite one.
 */
#include "taylor.h"
#include <math.h>
#include <string.h>

TestSuite(safe_golden, .init = open_scope, .fini = close_scope);

static epl_val three(epl_val x, double a, double b, double c)
{
    epl_val v = epl_data(f, epl_at((double[]){a, b, c}, epl_f64(3)));
    return epl_cast(v, epl_typeof(x).dtype);
}

static epl_val target(int64_t i)
{
    return epl_data(f, epl_at(&i, epl_i64()));
}

static epl_val guarded(epl_val x)
{
    epl_val usable = epl_gt(x, epl_num(0));
    return epl_where(usable, epl_sqrt(epl_where(usable, x, epl_num(1))), epl_num(0));
}

static epl_val bce(epl_val x, bool weighted)
{
    epl_val t = three(x, 0.3, 0, 1);
    if (weighted)
        return epl_binary_cross_entropy_with_logits(x, t, .pos_weight = three(x, 2, 2, 2),
                                                    .reduction = "none");
    return epl_binary_cross_entropy_with_logits(x, t, .reduction = "none");
}

/* Each case of safe.py by its name. */
#define CASES(CASE)                                                                     \
    CASE(norm, epl_vector_norm(x))                                                      \
    CASE(norm1, epl_vector_norm(x, .ord = 1))                                           \
    CASE(norm3, epl_vector_norm(x, .ord = 3))                                           \
    CASE(norm_inf, epl_vector_norm(x, .ord = INFINITY))                                 \
    CASE(std, epl_std(x))                                                               \
    CASE(std_of_one, epl_std(epl_narrow(x, 0, 0, 1), .correction = 0))                  \
    CASE(var, epl_var(x))                                                               \
    CASE(var_of_one, epl_var(epl_narrow(x, 0, 0, 1), .correction = 0))                  \
    CASE(logsumexp, epl_logsumexp(x, .dim = epl_axes(0)))                               \
    CASE(softmax, epl_softmax(x, 0))                                                    \
    CASE(log_softmax, epl_log_softmax(x, 0))                                            \
    CASE(cross_entropy, epl_cross_entropy(x, target(1)))                                \
    CASE(cross_entropy_smooth, epl_cross_entropy(x, target(0), .label_smoothing = 0.1)) \
    CASE(bce_logits, bce(x, false))                                                     \
    CASE(bce_logits_pos, bce(x, true))                                                  \
    CASE(sigmoid, epl_sigmoid(x))                                                       \
    CASE(logsigmoid, epl_logsigmoid(x))                                                 \
    CASE(softplus, epl_softplus(x))                                                     \
    CASE(tanh, epl_tanh(x))                                                             \
    CASE(gelu, epl_gelu(x))                                                             \
    CASE(gelu_tanh, epl_gelu(x, .approximate = "tanh"))                                 \
    CASE(silu, epl_silu(x))                                                             \
    CASE(mish, epl_mish(x))                                                             \
    CASE(pow_of_0, epl_pow(x, epl_num(0)))                                              \
    CASE(pow_of_1, epl_pow(x, epl_num(1)))                                              \
    CASE(pow_of_2, epl_pow(x, epl_num(2)))                                              \
    CASE(pow_of_3, epl_pow(x, epl_num(3)))                                              \
    CASE(pow_of_values, epl_pow(x, three(x, 1, 2, 3)))                                  \
    CASE(guarded_sqrt, guarded(x))                                                      \
    CASE(atan2, epl_atan2(x, epl_scale(x, 2)))                                          \
    CASE(hypot, epl_hypot(x, three(x, 0, 2, 1)))                                        \
    CASE(xlogy, epl_xlogy(x, three(x, 0, 0, 0)))                                        \
    CASE(xlogy_of_y, epl_xlogy(three(x, 0, 0, 0), x))                                   \
    CASE(cosine_similarity, epl_cosine_similarity(x, three(x, 1, 1, 1), .dim = 0))      \
    CASE(cosine_similarity_of_0, epl_cosine_similarity(x, three(x, 0, 0, 0), .dim = 0)) \
    CASE(normalize, epl_normalize(x, .dim = 0))                                         \
    CASE(layer_norm, epl_layer_norm(x, epl_axes(3)))                                    \
    CASE(rms_norm, epl_rms_norm(x, epl_axes(3), .eps = 1e-5))                           \
    CASE(huber, epl_huber_loss(x, three(x, 0, 0, 0), .reduction = "none"))              \
    CASE(kl_div, epl_kl_div(three(x, 0, 0, 0), x, .reduction = "none"))                 \
    CASE(prod, epl_prod(x))                                                             \
    CASE(sinc, epl_sinc(x))
#define DEFINE(name, ...)                 \
    static epl_val name##_case(epl_val x) \
    {                                     \
        return __VA_ARGS__;               \
    }
CASES(DEFINE)
#define LISTED(name, ...) {#name, name##_case},
static const struct {
    const char *name;
    function build;
} cases[] = {CASES(LISTED)};

static function case_of(const char *row)
{
    size_t n = strcspn(row, "/");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strlen(cases[i].name) == n && !strncmp(cases[i].name, row, n))
            return cases[i].build;
    return NULL;
}

/* want: of f64. A number that f32 cannot hold is not asked of it. */
static void compare(const char *row, const double *got, const double *want, int count,
                    epl_dtype dtype)
{
    double scale = 0, tolerance = dtype == EPL_F64 ? 1e-10 : 2e-5;
    for (int i = 0; i < count; i++)
        scale = isfinite(want[i]) ? fmax(scale, fabs(want[i])) : scale;
    for (int i = 0; i < count; i++) {
        bool known = isfinite(want[i]);
        if (dtype == EPL_F32 && known && fabs(want[i]) > 3e38)
            continue;
        cr_expect(isfinite(got[i]), "%s %s: %g", row, epl_dtype_name(dtype), got[i]);
        cr_expect(!known || fabs(got[i] - want[i]) <= tolerance * scale + 1e-37,
                  "%s %s [%d of %d]: %.9g, expected %.17g", row, epl_dtype_name(dtype), i, count,
                  got[i], want[i]);
    }
}

Test(safe_golden, as_torch_has_it)
{
    epl_file *file = epl_open(s, EPL_TESTS "/golden/safe.safetensors");
    size_t rows = epl_file_tensors(file);
    cr_assert_eq(rows, 145, "%s", epl_scope_message(s));
    for (size_t i = 0; i < 2 * rows; i++) {
        const char *row = epl_file_name(file, i / 2);
        const double *number = epl_file_tensor(file, row).data;
        function build = case_of(row);
        epl_dtype dtype = i % 2 ? EPL_F32 : EPL_F64;
        cr_assert(build, "%s", row);
        taylor t = of(build, number, dtype);
        if (isfinite(number[3]))
            compare(row, &t.y, number + 3, 1, dtype);
        compare(row, t.g, number + 4, 3, dtype);
        compare(row, t.h, number + 7, 9, dtype);
    }
}
