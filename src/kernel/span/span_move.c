/* span_move.c -- transposes of small blocks.
 *
 * Invariant: whole 8 x 8 squares go through a local square, whose columns the compiler
 * can gather with shuffles; what is left over goes element by element.
 */
#include "span.h"
#include "../any.h"

#define TURN(bytes, T)                                                                             \
    static void turn_##bytes(int rows, int columns, const void *from, int64_t in_stride, void *to, \
                             int64_t out_stride)                                                   \
    {                                                                                              \
        const T *x = from;                                                                         \
        T *z = to;                                                                                 \
        for (int i = 0; i < rows; i++)                                                             \
            for (int j = 0; j < columns; j++)                                                      \
                z[i * out_stride + j] = x[j * in_stride + i];                                      \
    }
TURN(1, epl__any1)
TURN(2, epl__any2)
TURN(4, epl__any4)
TURN(8, epl__any8)

extern epl__turn *const EPL_SPAN_NAME(turns)[9];
epl__turn *const EPL_SPAN_NAME(turns)[9] = {
    [1] = turn_1,
    [2] = turn_2,
    [4] = turn_4,
    [8] = turn_8,
};
