/* activation.c -- activations: one operation each; PReLU has a parameter. */
#include <espalier/espalier.h>

#define KIND(kind_, name_, args_type, table, doc_)                     \
    const epl_kind epl_kind_##kind_ = {.name = name_,                  \
                                       .version = 1,                   \
                                       .args_size = sizeof(args_type), \
                                       .attrs = table,                 \
                                       .apply = apply_##kind_,         \
                                       .doc = doc_}
#define INPLACE(type) EPL_ATTR(type, inplace, EPL_BOOLEAN, 0, 0, 1)
#define NUMBER(type, field, value) EPL_ATTR(type, field, EPL_NUMBER, value, -1e300, 1e300)

/* -- without options ----------------------------------------------------------------------- */
static const epl_attr plain[] = {INPLACE(epl_nn_plain_args), EPL_ATTR_END};
#define PLAIN(kind_, op, name_, doc_)                                     \
    static epl_val apply_##kind_(epl_ctx *c, const void *args, epl_val x) \
    {                                                                     \
        (void)c, (void)args;                                              \
        return op(x);                                                     \
    }                                                                     \
    KIND(kind_, name_, epl_nn_plain_args, plain, doc_)
PLAIN(relu, epl_relu, "ReLU", "y = max(x, 0)");
PLAIN(relu6, epl_relu6, "ReLU6", "y = min(max(x, 0), 6)");
PLAIN(sigmoid, epl_sigmoid, "Sigmoid", "y = 1 / (1 + e^-x)");
PLAIN(log_sigmoid, epl_logsigmoid, "LogSigmoid", "y = ln(1 / (1 + e^-x))");
PLAIN(silu, epl_silu, "SiLU", "y = x / (1 + e^-x)");
PLAIN(mish, epl_mish, "Mish", "y = x tanh(ln(1 + e^x))");
PLAIN(selu, epl_selu, "SELU", "y = 1.0507 (x where x > 0, else 1.6733 (e^x - 1))");
PLAIN(softsign, epl_softsign, "Softsign", "y = x / (1 + |x|)");
PLAIN(tanh, epl_tanh, "Tanh", "y = tanh x");
PLAIN(tanhshrink, epl_tanhshrink, "Tanhshrink", "y = x - tanh x");
PLAIN(hardswish, epl_hardswish, "Hardswish", "y = x min(max(x + 3, 0), 6) / 6");
PLAIN(hardsigmoid, epl_hardsigmoid, "Hardsigmoid", "y = min(max(x + 3, 0), 6) / 6");

/* -- with options -------------------------------------------------------------------------- */
#define WITH(kind_, name_, type, table, doc_, expression)                 \
    static epl_val apply_##kind_(epl_ctx *c, const void *args, epl_val x) \
    {                                                                     \
        const type *a = args;                                             \
        (void)c;                                                          \
        return expression;                                                \
    }                                                                     \
    KIND(kind_, name_, type, table, doc_)

static const epl_attr leaky_relu[] = {NUMBER(epl_nn_leaky_relu_args, negative_slope, 0.01),
                                      INPLACE(epl_nn_leaky_relu_args), EPL_ATTR_END};
WITH(leaky_relu, "LeakyReLU", epl_nn_leaky_relu_args, leaky_relu,
     "y = x where x > 0, else negative_slope x",
     epl_leaky_relu(x, .negative_slope = a->negative_slope));

static const epl_attr elu[] = {NUMBER(epl_nn_elu_args, alpha, 1), INPLACE(epl_nn_elu_args),
                               EPL_ATTR_END};
WITH(elu, "ELU", epl_nn_elu_args, elu, "y = x where x > 0, else alpha (e^x - 1)",
     epl_elu(x, .alpha = a->alpha));
WITH(celu, "CELU", epl_nn_elu_args, elu, "y = x where x > 0, else alpha (e^(x / alpha) - 1)",
     epl_celu(x, .alpha = a->alpha));

static const epl_attr gelu[] = {EPL_ATTR_WORD(epl_nn_gelu_args, approximate, "none|tanh"),
                                EPL_ATTR_END};
WITH(gelu, "GELU", epl_nn_gelu_args, gelu, "y = x (1 + erf(x / sqrt 2)) / 2",
     epl_gelu(x, .approximate = a->approximate));

static const epl_attr softplus[] = {NUMBER(epl_nn_softplus_args, beta, 1),
                                    NUMBER(epl_nn_softplus_args, threshold, 20), EPL_ATTR_END};
WITH(softplus, "Softplus", epl_nn_softplus_args, softplus,
     "y = ln(1 + e^(beta x)) / beta, x where beta x > threshold",
     epl_softplus(x, .beta = a->beta, .threshold = a->threshold));

static const epl_attr shrink[] = {EPL_ATTR(epl_nn_shrink_args, lambd, EPL_NUMBER, 0.5, 0, 1e300),
                                  EPL_ATTR_END};
WITH(softshrink, "Softshrink", epl_nn_shrink_args, shrink, "y = x - lambd, 0 or x + lambd",
     epl_softshrink(x, .lambd = a->lambd));
WITH(hardshrink, "Hardshrink", epl_nn_shrink_args, shrink, "y = x where |x| > lambd, else 0",
     epl_hardshrink(x, .lambd = a->lambd));

static const epl_attr hardtanh[] = {NUMBER(epl_nn_hardtanh_args, min_val, -1),
                                    NUMBER(epl_nn_hardtanh_args, max_val, 1),
                                    INPLACE(epl_nn_hardtanh_args), EPL_ATTR_END};
WITH(hardtanh, "Hardtanh", epl_nn_hardtanh_args, hardtanh, "y = min(max(x, min_val), max_val)",
     epl_hardtanh(x, .min_val = a->min_val, .max_val = a->max_val));

static const epl_attr threshold[] = {
    EPL_ATTR_F(epl_nn_threshold_args, threshold, EPL_NUMBER, 0, -1e300, 1e300, 1,
               EPL_ATTR_REQUIRED),
    EPL_ATTR_F(epl_nn_threshold_args, value, EPL_NUMBER, 0, -1e300, 1e300, 1, EPL_ATTR_REQUIRED),
    INPLACE(epl_nn_threshold_args), EPL_ATTR_END};
WITH(threshold, "Threshold", epl_nn_threshold_args, threshold,
     "y = x where x > threshold, else value", epl_threshold(x, a->threshold, a->value));

static const epl_attr glu[] = {
    EPL_ATTR(epl_nn_glu_args, dim, EPL_INT, -1, -EPL_MAX_RANK, EPL_MAX_RANK), EPL_ATTR_END};
WITH(glu, "GLU", epl_nn_glu_args, glu, "y = a sigmoid(b) of the halves a, b of x along dim",
     epl_glu(x, .dim = a->dim));

/* -- with a parameter ---------------------------------------------------------------------- */
static epl_val apply_prelu(epl_ctx *c, const void *args, epl_val x)
{
    const epl_nn_prelu_args *a = args;
    epl_initialiser init = epl_init_full(a->init);
    return epl_prelu(x, epl_param(c, "weight", EPL_WEIGHT, epl_dims(a->num_parameters), init));
}

static const epl_attr prelu[] = {EPL_ATTR(epl_nn_prelu_args, num_parameters, EPL_INT, 1, 1, 1e15),
                                 NUMBER(epl_nn_prelu_args, init, 0.25), EPL_ATTR_END};
KIND(prelu, "PReLU", epl_nn_prelu_args, prelu, "y = x where x > 0, else weight x");
