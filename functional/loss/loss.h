/* loss.h -- what the losses share: operands, the reduction, records. */
#ifndef EPL_LOSS_H
#define EPL_LOSS_H
#include "../op/reduce/reducing.h"

/* Are all there? A missing one is an error of the others' function. At most 4. */
bool epl__present(const char *op, const epl_val *x, size_t n);
/* Operands as floats of one dtype and shape. */
bool epl__loss_in(const char *op, epl_val *x, size_t n);
/* The same for a weight that is none, or of x's type. */
bool epl__loss_weight(const char *op, epl_val *weight, epl_val x);
/* What .reduction says: 'm', 's' or 'n'; 0 after an error. */
char epl__reduction(const char *op, epl_val any, const char *reduction);
/* The mean, the sum, or each; the op's composite ends here. */
epl_val epl__loss_out(const char *op, epl_val loss, const char *reduction);
/* An option, or its default where it was not given. */
static inline double epl__option(double v, const char *given, const char *name, double value)
{
    return epl__given(given, name) ? v : value;
}
/* max(x, 0), with derivative 1 at 0. */
epl_val epl__at_least_0(epl_val x);
/* log(1 + exp x), exact */
epl_val epl__log_1_exp(epl_val x);
/* x, raised to `least` where it is below; the derivative stays that of x. */
epl_val epl__raised(epl_val x, double least);

/* The record of a loss. torch's size_average and reduce are known, and refused unless null:
 * a wrapper has room for them after the arguments. */
bool epl__outdated(const char *op, const void *args, const char *given);
#define EPL__LOSS(name_, doc_, args_type, table)                                                \
    static size_t name_##_build(const void *args, const char *given, epl_val *out, size_t room) \
    {                                                                                           \
        if (epl__outdated(#name_, args, given))                                                 \
            return 0;                                                                           \
        return epl__one_result(epl_op_##name_(args, given), out, room);                         \
    }                                                                                           \
    const epl_operation epl__operation_##name_ = {                                              \
        #name_, doc_, sizeof(args_type) + sizeof(epl__outdated_args), table, name_##_build}
typedef struct {
    bool size_average, reduce;
} epl__outdated_args;
#define EPL__SIZE_AVERAGE(args)                                                                    \
    {                                                                                              \
        "size_average", EPL_BOOLEAN, sizeof(args) + offsetof(epl__outdated_args, size_average), 0, \
            0, 1, 1, EPL_ATTR_NONE, NULL                                                           \
    }
#define EPL__REDUCE(args)                                                                       \
    {                                                                                           \
        "reduce", EPL_BOOLEAN, sizeof(args) + offsetof(epl__outdated_args, reduce), 0, 0, 1, 1, \
            EPL_ATTR_NONE, NULL                                                                 \
    }
#define EPL__REDUCTION(args) EPL_ATTR_WORD(args, reduction, "mean|none|sum")

#endif
