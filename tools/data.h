/* data.h -- data sets in memory, and batches of them.
 *
 * A part is two arrays with the examples along their first axis. Examples are kept as the
 * file has them (images as u8); batches are gathered by a thread of their own.
 */
#ifndef TOOLS_DATA_H
#define TOOLS_DATA_H
#include <espalier/base.h>

typedef struct {
    int64_t count;           /* examples */
    epl_array input, target; /* [count, ...] */
} data_part;

typedef struct {
    const char *name; /* of the file or the folder, without its path */
    data_part train, test;
    bool has_test;
} data_set;

/* A folder of IDX files (gzipped or not), or a .safetensors file. False: the scope has failed. */
bool data_open(epl_scope *s, const char *path, data_set *d);
/* A folder's IDX files, and one of them. */
bool data_open_idx(epl_scope *s, const char *folder, data_set *d);
bool data_read_idx(epl_scope *s, const char *path, epl_array *a);
bool data_open_tensors(epl_scope *s, const char *path, data_set *d);

/* The type of n examples of an array. */
epl_type data_rows(const epl_array *a, int64_t n);
enum { DATA_CHANNELS = 64 };
typedef struct {
    int channels; /* 1: one number for all */
    double mean[DATA_CHANNELS], std[DATA_CHANNELS];
} data_statistics;
/* Of the inputs, by channel if examples are [C, H, W] with up to DATA_CHANNELS channels; u8
 * counts as 0 to 1. The deviation of what is constant is 1. */
data_statistics data_measure(const data_part *p);

/* The order of an epoch: a permutation that depends on the key and n alone. */
void data_shuffle(int64_t *order, int64_t n, epl_key key);

/* -- batches ------------------------------------------------------------------------------ */
typedef struct loader loader;
typedef struct {
    const data_part *part;
    const int64_t *order; /* NULL: as they stand; must live until loader_stop */
    int64_t batch;        /* examples in a batch */
    int64_t first, last;  /* batches from first up to, without, last */
} loader_plan;
/* Batches in an epoch of n examples. */
int64_t loader_batches(int64_t n, int64_t batch, bool drop_last);
/* NULL if there is no memory or no thread. */
loader *loader_start(const loader_plan *p);
/* The next batch, valid until the next call; false after the last one. */
bool loader_next(loader *l, epl_array *input, epl_array *target);
void loader_stop(loader *l); /* also in the middle; NULL is fine */

#endif
