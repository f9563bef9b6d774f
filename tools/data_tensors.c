/* data_tensors.c -- data sets in safetensors: input and target, test_input and test_target. */
#include <espalier/file.h>
#include <string.h>
#include "data.h"
#include "tensor.h"

/* The numbers where they are mapped, or a copy if they do not lie as their type needs it. */
static bool take(epl_scope *s, epl_file *f, const char *path, const char *name, epl_array *a)
{
    *a = epl_file_tensor(f, name);
    bool aligned = (uintptr_t)a->data % 8 == 0;
    if (a->type.dtype == EPL_NONE) {
        epl_scope_fail(s, EPL_ERR_FILE, "data: %s has no tensor \"%s\"", path, name);
        return false;
    }
    if (aligned || epl_bytes(a->type) == 0)
        return true;
    epl_array copy = tensor_new(s, a->type);
    if (copy.data)
        memcpy(copy.data, a->data, epl_bytes(a->type));
    *a = copy;
    return copy.data != NULL;
}

bool data_open_tensors(epl_scope *s, const char *path, data_set *d)
{
    epl_file *f = epl_open(s, path);
    bool input = false, target = false;
    for (size_t i = 0; f && i < epl_file_tensors(f); i++) {
        input = input || !strcmp(epl_file_name(f, i), "test_input");
        target = target || !strcmp(epl_file_name(f, i), "test_target");
    }
    if (!f || !take(s, f, path, "input", &d->train.input) ||
        !take(s, f, path, "target", &d->train.target))
        return false;
    d->has_test = input || target;
    return !d->has_test || (take(s, f, path, "test_input", &d->test.input) &&
                            take(s, f, path, "test_target", &d->test.target));
}
