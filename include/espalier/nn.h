/* nn.h -- the layers. Names, attributes, defaults, weight names and layouts are torch.nn's.
 * Included by module.h. */
#ifndef ESPALIER_NN_H
#define ESPALIER_NN_H

typedef struct {
    epl_scope *scope;
    const epl_child *children; /* ended by {NULL, NULL} */
} epl_sequential_args;
typedef struct {
    epl_scope *scope;
    epl_module body, shortcut;
} epl_residual_args;
typedef struct {
    epl_scope *scope;
    int64_t out_features, in_features;
    bool bias;
} epl_linear_args;
typedef struct {
    epl_scope *scope;
} epl_plain_args;

#define EPL_KIND_MAP(X) X(sequential) X(residual) X(linear) X(relu) X(tanh)
#define EPL_X(name) EPL_API extern const epl_kind epl_kind_##name;
EPL_KIND_MAP(EPL_X)
#undef EPL_X

#define epl_nn_sequential(scope, ...) \
    epl_module_new(&epl_kind_sequential, &(epl_sequential_args){scope, EPL_CHILDREN(__VA_ARGS__)}, "children")
#define epl_nn_residual(...) EPL_MODULE(2, &epl_kind_residual, epl_residual_args, __VA_ARGS__)
#define epl_nn_linear(...) EPL_MODULE(1, &epl_kind_linear, epl_linear_args, __VA_ARGS__)
#define epl_nn_relu(...) EPL_MODULE(1, &epl_kind_relu, epl_plain_args, __VA_ARGS__)
#define epl_nn_tanh(...) EPL_MODULE(1, &epl_kind_tanh, epl_plain_args, __VA_ARGS__)

#endif
