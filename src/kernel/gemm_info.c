/* gemm_info.c -- what the kernels use, in words. */
#include <stdio.h>
#include "gemm.h"

void epl__kernel_info(char *text, size_t size)
{
    snprintf(text, size, "isa: %s; gemm: own; conv: own", epl__isa_name(epl__isa_now()));
}
