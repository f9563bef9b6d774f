/* data_loader.c -- batches, gathered by a thread while the caller computes.
 *
 * A ring of SLOTS batches. `made` and `taken` count batches and only grow; the caller reads
 * slot taken - 1, so the thread writes only while made < taken + SLOTS - 1.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "data.h"

enum { SLOTS = 4 };

struct loader {
    loader_plan plan;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *input[SLOTS], *target[SLOTS];
    int64_t made, taken; /* batches, from plan.first on */
    bool stop;
};

int64_t loader_batches(int64_t n, int64_t batch, bool drop_last)
{
    return drop_last ? n / batch : n / batch + (n % batch != 0);
}

static int64_t examples_in(const loader_plan *p, int64_t batch)
{
    int64_t left = p->part->count - batch * p->batch;
    return left < p->batch ? left : p->batch;
}

static void gather(char *to, const epl_array *from, const loader_plan *p, int64_t batch)
{
    int64_t first = batch * p->batch, n = examples_in(p, batch);
    size_t row = epl_bytes(data_rows(from, 1));
    if (!p->order) {
        memcpy(to, (const char *)from->data + (size_t)first * row, (size_t)n * row);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(to + (size_t)i * row, (const char *)from->data + (size_t)p->order[first + i] * row,
               row);
}

static void *work(void *argument)
{
    loader *l = argument;
    const loader_plan *p = &l->plan;
    for (int64_t i = 0; p->first + i < p->last; i++) {
        pthread_mutex_lock(&l->lock);
        while (!l->stop && l->made >= l->taken + SLOTS - 1)
            pthread_cond_wait(&l->changed, &l->lock);
        bool stop = l->stop;
        pthread_mutex_unlock(&l->lock);
        if (stop)
            break;
        gather(l->input[i % SLOTS], &p->part->input, p, p->first + i);
        gather(l->target[i % SLOTS], &p->part->target, p, p->first + i);
        pthread_mutex_lock(&l->lock);
        l->made++;
        pthread_cond_broadcast(&l->changed);
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

static void release(loader *l)
{
    for (int i = 0; i < SLOTS; i++) {
        free(l->input[i]);
        free(l->target[i]);
    }
    free(l);
}

loader *loader_start(const loader_plan *p)
{
    loader *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->plan = *p;
    int64_t most = p->batch < p->part->count ? p->batch : p->part->count;
    bool ok = true;
    for (int i = 0; i < SLOTS; i++) {
        l->input[i] = malloc(epl_bytes(data_rows(&p->part->input, most)) + 1);
        l->target[i] = malloc(epl_bytes(data_rows(&p->part->target, most)) + 1);
        ok = ok && l->input[i] && l->target[i];
    }
    if (!ok) {
        release(l);
        return NULL;
    }
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    if (pthread_create(&l->thread, NULL, work, l) != 0) {
        pthread_cond_destroy(&l->changed);
        pthread_mutex_destroy(&l->lock);
        release(l);
        return NULL;
    }
    return l;
}

bool loader_next(loader *l, epl_array *input, epl_array *target)
{
    const loader_plan *p = &l->plan;
    int64_t i = l->taken, n;
    if (p->first + i >= p->last)
        return false;
    pthread_mutex_lock(&l->lock);
    l->taken++;
    pthread_cond_broadcast(&l->changed);
    while (l->made <= i)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    n = examples_in(p, p->first + i);
    *input = epl_at(l->input[i % SLOTS], data_rows(&p->part->input, n));
    *target = epl_at(l->target[i % SLOTS], data_rows(&p->part->target, n));
    return true;
}

void loader_stop(loader *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    release(l);
}
