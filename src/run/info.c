/* info.c -- what this machine and build offer, in words. */
#include <stdio.h>
#include "../base/cpus.h"
#include "../base/scope.h"
#include "../kernel/kernel.h"
#include <espalier/plan.h>

const char *epl_info(epl_scope *s)
{
    enum { SIZE = 2048 };
    char kernels[1500];
    char *text = epl_scope_alloc(s, SIZE);
    if (!text)
        return "";
    epl__kernel_info(kernels, sizeof kernels);
    epl__text(text, SIZE, "version: %s\nthreads: %d\n%s\n", epl_version(), epl__cpus(), kernels);
    return text;
}
