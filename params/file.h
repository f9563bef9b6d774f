/* file.h -- an open file, inside; what saving and loading share. */
#ifndef EPL_PARAMS_FILE_H
#define EPL_PARAMS_FILE_H
#include <espalier/espalier.h>

typedef struct {
    const char *name;
    const char *stored; /* the dtype's name there */
    epl_type type;      /* dtype EPL_NONE: not known here */
    int64_t begin, end; /* bytes from the start of the data */
    void *copy;         /* where the mapping is not aligned for the dtype */
} epl__tensor;
typedef struct {
    const char *key, *value;
} epl__meta;

struct epl_file {
    epl_scope *scope;
    const char *path;
    char *map;           /* all of the file; written pages are our own */
    size_t bytes, data;  /* data: where the tensors begin */
    epl__tensor *tensor; /* by their place in the file */
    size_t tensors, room;
    const epl__tensor **by_name;
    epl__meta *meta;
    size_t metas, meta_room;
    epl_module module; /* once it was asked for */
};

/* safetensors' name for a dtype, and back: "BF16". EPL_NONE, with the size of an element in
 * bytes, for those that are not known here; size 0: nothing is known. */
const char *epl__stored_name(epl_dtype d);
epl_dtype epl__stored_dtype(const char *name, size_t *bytes);

/* The header's text into f; false: the scope has failed. */
bool epl__header_read(epl_file *f, const char *text, size_t length);
/* NULL: none of that name. */
const epl__tensor *epl__tensor_find(const epl_file *f, const char *name);
/* Its numbers, aligned; NULL after an error, or if they cannot be read. */
void *epl__tensor_data(epl_file *f, const epl__tensor *t);

/* Bytes that lie apart, written one after another in place of the file, at once or not at all.
 * The scope fails otherwise. */
typedef struct {
    const void *data;
    size_t bytes;
} epl__piece;
epl_status epl__file_replace(epl_scope *s, const char *path, const epl__piece *piece, size_t count);
#endif
