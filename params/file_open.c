/* file_open.c -- a file mapped into memory, and asked.
 *
 * Nothing of the data is touched before it is asked for; pages that a program writes to are
 * its own, the file stays as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../src/base/scope.h"
#include "../src/base/spec.h"
#include "../src/base/type.h"
#include "file.h"

static void unmap(void *object)
{
    epl_file *f = object;
    munmap(f->map, f->bytes);
    f->map = NULL;
}

/* The file's bytes in f, or the scope fails. */
static bool map_file(epl_file *f)
{
    struct stat info;
    char why[128];
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: %s", f->path,
                       strerror_r(errno, why, sizeof why));
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (!S_ISREG(info.st_mode) || info.st_size < 8) {
        epl_scope_fail(f->scope, EPL_ERR_FILE,
                       S_ISREG(info.st_mode) ? "%s: no safetensors: %lld bytes"
                                             : "%s: is no regular file",
                       f->path, (long long)info.st_size);
        close(fd);
        return false;
    }
    f->bytes = (size_t)info.st_size;
    void *map = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (map == MAP_FAILED)
        epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: %s", f->path,
                       strerror_r(errno, why, sizeof why));
    close(fd);
    f->map = map == MAP_FAILED ? NULL : map;
    return f->map && epl__scope_own(f->scope, f, unmap);
}

epl_file *epl_open(epl_scope *s, const char *path)
{
    enum { MOST = 100000000 }; /* bytes of a header, as in the reference */
    if (epl_scope_status(s) == EPL_OK && (!path || !*path))
        epl_scope_fail(s, EPL_ERR_ARG, "[open] there is no path");
    epl_file *f = epl_scope_alloc(s, sizeof *f);
    char *copy = f ? epl_scope_alloc(s, strlen(path) + 1) : NULL;
    if (!copy)
        return NULL;
    f->scope = s;
    f->path = strcpy(copy, path);
    if (!map_file(f))
        return NULL;
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | (unsigned char)f->map[i];
    if (length > f->bytes - 8 || length > MOST) {
        epl_scope_fail(s, EPL_ERR_FILE,
                       "%s: no safetensors, or truncated: a header of %llu bytes in a file of %zu",
                       path, (unsigned long long)length, f->bytes);
        return NULL;
    }
    f->data = 8 + (size_t)length;
    return epl__header_read(f, f->map + 8, (size_t)length) ? f : NULL;
}

/* -- looking ------------------------------------------------------------------------------- */
size_t epl_file_tensors(const epl_file *f)
{
    return f ? f->tensors : 0;
}

const char *epl_file_name(const epl_file *f, size_t i)
{
    return f && i < f->tensors ? f->tensor[i].name : NULL;
}

epl_type epl_file_type(const epl_file *f, size_t i)
{
    return f && i < f->tensors ? f->tensor[i].type : (epl_type){.dtype = EPL_NONE};
}

const char *epl_file_dtype(const epl_file *f, size_t i)
{
    return f && i < f->tensors ? f->tensor[i].stored : "";
}

const char *epl_file_meta_key(const epl_file *f, size_t i)
{
    return f && i < f->metas ? f->meta[i].key : NULL;
}

const char *epl_file_meta(const epl_file *f, const char *key)
{
    for (size_t i = 0; f && key && i < f->metas; i++)
        if (!strcmp(f->meta[i].key, key))
            return f->meta[i].value;
    return NULL;
}

const char *epl_file_run(const epl_file *f)
{
    return epl_file_meta(f, "espalier.run");
}

static int compare(const void *key, const void *member)
{
    return strcmp(key, (*(const epl__tensor *const *)member)->name);
}

const epl__tensor *epl__tensor_find(const epl_file *f, const char *name)
{
    const epl__tensor **t = NULL;
    if (f->tensors)
        t = bsearch(name, f->by_name, f->tensors, sizeof *t, compare);
    return t ? *t : NULL;
}

void *epl__tensor_data(epl_file *f, const epl__tensor *t)
{
    epl__tensor *own = &f->tensor[t - f->tensor];
    size_t bytes = (size_t)(t->end - t->begin), size = epl_dtype_bytes(t->type.dtype);
    char *at = f->map + f->data + t->begin;
    if (!size)
        return NULL;
    for (size_t i = 0; t->type.dtype == EPL_BOOL && i < bytes; i++)
        if ((unsigned char)at[i] > 1) {
            epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: \"%s\" is BOOL and has a %d at %zu",
                           f->path, t->name, (unsigned char)at[i], i);
            return NULL;
        }
    if ((uintptr_t)at % size == 0)
        return at;
    if (!own->copy && (own->copy = epl_scope_alloc(f->scope, bytes + 1)))
        memcpy(own->copy, at, bytes);
    return own->copy;
}

epl_array epl_file_tensor(epl_file *f, const char *name)
{
    const epl__tensor *t = f && name ? epl__tensor_find(f, name) : NULL;
    if (!t)
        return (epl_array){.data = NULL};
    return (epl_array){epl__tensor_data(f, t), t->type};
}

/* -- the network --------------------------------------------------------------------------- */
static bool is_of_network(const char *name)
{
    return strncmp(name, "optim.", 6) != 0 && strncmp(name, "ema.", 4) != 0;
}

/* From several inputs; floats are of the dtype of the parameters that lie in the file. */
static epl_module inferred(epl_scope *s, epl_module m, const epl_example *e, epl_dtype dtype)
{
    epl_type *all = epl_scope_alloc(s, e->inputs * sizeof *all);
    for (size_t i = 0; all && i < e->inputs; i++) {
        all[i] = e->input[i];
        all[i].dtype = epl_dtype_is_float(all[i].dtype) ? dtype : all[i].dtype;
    }
    return all ? epl_infer_all(s, m, e->inputs, all) : NULL;
}

epl_module epl_file_module(epl_file *f)
{
    const char *text = epl_file_meta(f, "espalier.description");
    epl_dtype dtype = EPL_F32;
    if (!f || f->module || epl_scope_status(f->scope) != EPL_OK)
        return f ? f->module : NULL;
    if (!text) {
        epl_scope_fail(f->scope, EPL_ERR_FILE, "%s: describes no network", f->path);
        return NULL;
    }
    epl_module m = epl_module_from_json(f->scope, text);
    epl_example e = epl_example_of(m);
    epl_shape shape = e.shape;
    if (m && !shape.rank && !e.inputs) {
        epl_scope_fail(f->scope, EPL_ERR_FILE,
                       "%s: the description does not tell the input's shape", f->path);
        return NULL;
    }
    for (size_t i = 0; i < f->tensors; i++)
        if (f->tensor[i].type.dtype == EPL_F64 && is_of_network(f->tensor[i].name))
            dtype = EPL_F64;
    epl_type input = {.dtype = dtype, .shape = {.rank = shape.rank + 1, .dim = {1}}};
    memcpy(input.shape.dim + 1, shape.dim, (size_t)shape.rank * sizeof *shape.dim);
    f->module = e.inputs ? inferred(f->scope, m, &e, dtype) : epl_infer(f->scope, m, input);
    return f->module;
}

epl_tree *epl_tree_mapped(epl_file *f, epl_spec spec)
{
    size_t leaves = epl_spec_leaves(spec);
    const char *first = NULL;
    if (!f || !leaves || epl__spec_parts(spec) != 1)
        return NULL;
    for (size_t i = 0; i < leaves; i++) {
        const epl_leaf_spec *leaf = epl_spec_leaf(spec, i);
        const epl__tensor *t = epl__tensor_find(f, leaf->path);
        if (!t || t->type.dtype != leaf->dtype || !epl__shape_equal(t->type.shape, leaf->shape))
            return NULL;
        size_t offset = (size_t)leaf->offset * epl_dtype_bytes(leaf->dtype);
        const char *at = f->map + f->data + t->begin, *base = at - offset;
        bool empty = t->begin == t->end;
        if (!empty && ((first && base != first) || (uintptr_t)at % epl_dtype_bytes(leaf->dtype)))
            return NULL;
        first = empty ? first : base;
    }
    return first ? epl_tree_borrow(f->scope, spec, (void *)(uintptr_t)first) : NULL;
}
