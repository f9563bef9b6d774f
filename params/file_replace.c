/* file_replace.c -- a file written at once or not at all.
 *
 * All goes into ".NAME.partial" beside it, which is synced and then renamed. Whoever writes
 * holds a lock on it; one that a program left behind when it was killed has no lock, and is
 * used again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../src/base/scope.h"
#include "file.h"

typedef struct {
    epl_scope *scope;
    const char *path; /* the caller's */
    char *target;     /* what a link leads to */
    char *folder, *partial;
    int fd;
} writing;

static bool fail(writing *w, const char *what, int error)
{
    char why[128];
    epl_scope_fail(w->scope, EPL_ERR_FILE, "%s: %s: %s", w->path, what,
                   strerror_r(error, why, sizeof why));
    return false;
}

/* The file that is meant, its folder, and the partial file's path. */
static bool name_files(writing *w)
{
    struct stat info;
    char *real = NULL;
    if (lstat(w->path, &info) == 0 && S_ISLNK(info.st_mode))
        real = realpath(w->path, NULL);
    const char *path = real ? real : w->path, *slash = strrchr(path, '/');
    size_t n = strlen(path), before = slash ? (size_t)(slash - path) + 1 : 0;
    w->target = epl_scope_alloc(w->scope, n + 1);
    w->folder = epl_scope_alloc(w->scope, before + 2);
    w->partial = epl_scope_alloc(w->scope, n + 16);
    bool room = w->target && w->folder && w->partial;
    if (room) {
        memcpy(w->target, path, n + 1);
        memcpy(w->folder, before ? path : ".", before ? before : 1);
        memcpy(w->partial, path, before);
        snprintf(w->partial + before, n + 16 - before, ".%s.partial", path + before);
    }
    free(real);
    if (room && stat(w->target, &info) == 0 && !S_ISREG(info.st_mode)) {
        epl_scope_fail(w->scope, EPL_ERR_FILE, "%s: is no regular file", w->path);
        return false;
    }
    return room;
}

/* Opens the partial file and locks it; between the two it may have been renamed by another
 * writer, then it is no longer the file of that name. */
static bool open_partial(writing *w)
{
    for (int tries = 0; tries < 100; tries++) {
        struct stat mine, there;
        w->fd = open(w->partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (w->fd < 0)
            return fail(w, "cannot be written", errno);
        if (flock(w->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(w->fd);
            w->fd = -1;
            epl_scope_fail(w->scope, EPL_ERR_FILE, "%s: another program is writing it", w->path);
            return false;
        }
        if (fstat(w->fd, &mine) == 0 && stat(w->partial, &there) == 0 &&
            mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
            return ftruncate(w->fd, 0) == 0 || fail(w, "cannot be written", errno);
        close(w->fd);
        w->fd = -1;
    }
    return fail(w, "cannot be locked", EAGAIN);
}

static bool write_piece(writing *w, const epl__piece *p)
{
    enum { MOST = 1 << 30 };
    for (size_t at = 0; at < p->bytes;) {
        size_t some = p->bytes - at < MOST ? p->bytes - at : MOST;
        ssize_t n = write(w->fd, (const char *)p->data + at, some);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(w, "cannot be written", n < 0 ? errno : ENOSPC);
        at += (size_t)n;
    }
    return true;
}

/* The name is on the disk when this returns. */
static bool sync_folder(writing *w)
{
    int fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES || fail(w, "its folder cannot be synced", errno);
    bool done = fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
    int error = errno;
    close(fd);
    return done || fail(w, "its folder cannot be synced", error);
}

epl_status epl__file_replace(epl_scope *s, const char *path, const epl__piece *piece, size_t count)
{
    writing w = {.scope = s, .path = path, .fd = -1};
    bool done = name_files(&w) && open_partial(&w);
    for (size_t i = 0; done && i < count; i++)
        done = write_piece(&w, &piece[i]);
    if (done && fsync(w.fd) != 0)
        done = fail(&w, "cannot be written", errno);
    if (done && rename(w.partial, w.target) != 0)
        done = fail(&w, "cannot be replaced", errno);
    else if (done)
        sync_folder(&w);
    if (!done && w.fd >= 0)
        unlink(w.partial);
    if (w.fd >= 0)
        close(w.fd);
    return epl_scope_status(s);
}
