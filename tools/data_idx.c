/* data_idx.c -- IDX files, gzipped or not: the format of MNIST.
 *
 * Two zero bytes, a type, a rank, the dimensions as big-endian 32-bit numbers, the numbers.
 * Memory grows with what was read, so that a header alone costs nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "data.h"

typedef struct {
    epl_scope *scope;
    const char *path;
    gzFile file;
} reader;

static bool bad(const reader *r, const char *what)
{
    epl_scope_fail(r->scope, EPL_ERR_FILE, "%s: %s", r->path, what);
    return false;
}

static bool read_bytes(const reader *r, void *to, size_t bytes)
{
    char *p = to;
    while (bytes) {
        unsigned chunk = bytes > (1u << 30) ? 1u << 30 : (unsigned)bytes;
        int got = gzread(r->file, p, chunk);
        int code;
        const char *text = gzerror(r->file, &code);
        if (got <= 0)
            return bad(r, code == Z_ERRNO                       ? strerror(errno)
                          : code == Z_OK || code == Z_BUF_ERROR ? "the file is cut short"
                                                                : text);
        p += got;
        bytes -= (size_t)got;
    }
    return true;
}

static epl_dtype dtype_of(unsigned char code)
{
    switch (code) {
    case 0x08:
        return EPL_U8;
    case 0x09:
        return EPL_I8;
    case 0x0b:
        return EPL_I16;
    case 0x0c:
        return EPL_I32;
    case 0x0d:
        return EPL_F32;
    case 0x0e:
        return EPL_F64;
    default:
        return EPL_NONE;
    }
}

static bool read_header(const reader *r, epl_type *type)
{
    unsigned char head[4], dim[4];
    int64_t shape[EPL_MAX_RANK], total = 1;
    if (!read_bytes(r, head, 4))
        return false;
    if (head[0] || head[1] || dtype_of(head[2]) == EPL_NONE)
        return bad(r, "this is no IDX file: it must begin with two zero bytes and a type");
    if (head[3] < 1 || head[3] > 4)
        return bad(r, "an IDX file of 1 to 4 dimensions is expected");
    for (int i = 0; i < head[3]; i++) {
        if (!read_bytes(r, dim, 4))
            return false;
        shape[i] = (int64_t)dim[0] << 24 | dim[1] << 16 | dim[2] << 8 | dim[3];
        if (shape[i] && total > (INT64_MAX >> 8) / shape[i])
            return bad(r, "the header asks for more numbers than can be");
        total *= shape[i];
    }
    *type = epl_type_of(dtype_of(head[2]), epl_shape_of(head[3], shape));
    return true;
}

static void from_big_endian(unsigned char *p, size_t bytes, size_t width)
{
    for (size_t i = 0; i + width <= bytes; i += width)
        for (size_t k = 0; k < width / 2; k++) {
            unsigned char swap = p[i + k];
            p[i + k] = p[i + width - 1 - k];
            p[i + width - 1 - k] = swap;
        }
}

/* The numbers, in memory that doubles as they come. */
static unsigned char *read_numbers(const reader *r, size_t bytes)
{
    size_t room = 0, have = 0;
    unsigned char *at = NULL;
    while (have < bytes || !at) {
        size_t more = room ? 2 * room : (size_t)4 << 20;
        more = more > bytes ? bytes : more;
        unsigned char *grown = realloc(at, more + 1);
        if (!grown) {
            free(at);
            epl_scope_fail(r->scope, EPL_ERR_MEMORY, "%s: no memory for %zu bytes", r->path, more);
            return NULL;
        }
        at = grown;
        room = more;
        if (!read_bytes(r, at + have, room - have)) {
            free(at);
            return NULL;
        }
        have = room;
    }
    return at;
}

bool data_read_idx(epl_scope *s, const char *path, epl_array *a)
{
    reader r = {s, path, gzopen(path, "rb")};
    epl_type type;
    unsigned char extra, *numbers = NULL;
    if (!r.file) {
        epl_scope_fail(s, EPL_ERR_FILE, "%s: %s", path, errno ? strerror(errno) : "no memory");
        return false;
    }
    gzbuffer(r.file, 1u << 18);
    bool ok = read_header(&r, &type) && (numbers = read_numbers(&r, epl_bytes(type))) != NULL;
    if (ok && gzread(r.file, &extra, 1) != 0)
        ok = bad(&r, "there is more, or something broken, behind the last number");
    gzclose(r.file);
    if (ok) {
        from_big_endian(numbers, epl_bytes(type), epl_dtype_bytes(type.dtype));
        *a = epl_at(epl_scope_alloc(s, epl_bytes(type) + 1), type);
        if (a->data)
            memcpy(a->data, numbers, epl_bytes(type));
        ok = a->data != NULL;
    }
    free(numbers);
    return ok;
}

/* -- folders ------------------------------------------------------------------------------ */
/* The one file of the folder whose name has both words; found is "" if there is none. */
static bool find_file(epl_scope *s, const char *folder, const char *part, const char *kind,
                      char *found, size_t room)
{
    DIR *d = opendir(folder);
    bool ok = true;
    *found = '\0';
    if (!d) {
        epl_scope_fail(s, EPL_ERR_FILE, "data: %s: %s", folder, strerror(errno));
        return false;
    }
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        const char *n = e->d_name;
        size_t length = strlen(n), plain = length;
        if (plain > 3 && !strcmp(n + plain - 3, ".gz"))
            plain -= 3;
        if (!strstr(n, part) || !strstr(n, kind) || !strstr(n, "idx") || plain < 5 ||
            memcmp(n + plain - 5, "ubyte", 5) != 0)
            continue;
        /* a.gz and a are the same: the one that is unpacked is taken */
        size_t before = strlen(found);
        size_t offset = strlen(folder) + 1;
        bool same = before && before - offset >= plain && !memcmp(found + offset, n, plain) &&
                    (before - offset == plain || length == plain);
        if (before && !same) {
            epl_scope_fail(s, EPL_ERR_FILE, "data: %s has several files with %s-%s", folder, part,
                           kind);
            ok = false;
        } else if (strlen(folder) + length + 2 > room) {
            epl_scope_fail(s, EPL_ERR_FILE, "data: %s/%s is too long a name", folder, n);
            ok = false;
        } else if (!before || length == plain) {
            memcpy(found, folder, offset - 1);
            found[offset - 1] = '/';
            memcpy(found + offset, n, length + 1);
        }
    }
    closedir(d);
    return ok;
}

static bool read_part(epl_scope *s, const char *folder, const char *part, data_part *p, bool *there)
{
    char images[4096], labels[4096];
    if (!find_file(s, folder, part, "images", images, sizeof images) ||
        !find_file(s, folder, part, "labels", labels, sizeof labels))
        return false;
    *there = *images || *labels;
    if (!*there)
        return true;
    if (!*images || !*labels) {
        epl_scope_fail(s, EPL_ERR_FILE, "data: %s has %s-%s, but no %s-%s", folder, part,
                       *images ? "images" : "labels", part, *images ? "labels" : "images");
        return false;
    }
    if (!data_read_idx(s, images, &p->input) || !data_read_idx(s, labels, &p->target))
        return false;
    if (p->input.type.shape.rank == 3) { /* [n, h, w]: an image has channels */
        int64_t *dim = p->input.type.shape.dim;
        p->input.type.shape = epl_shape_of(4, (int64_t[]){dim[0], 1, dim[1], dim[2]});
    }
    return true;
}

bool data_open_idx(epl_scope *s, const char *folder, data_set *d)
{
    bool train = false;
    if (!read_part(s, folder, "train", &d->train, &train) ||
        !read_part(s, folder, "t10k", &d->test, &d->has_test))
        return false;
    if (!d->has_test && !read_part(s, folder, "test", &d->test, &d->has_test))
        return false;
    if (!train)
        epl_scope_fail(
            s, EPL_ERR_FILE,
            "data: %s has no train-images-idx3-ubyte and train-labels-idx1-ubyte (or .gz)", folder);
    return train;
}
