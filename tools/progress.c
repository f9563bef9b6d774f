/* progress.c -- progress and logs. */
#include "progress.h"
#include <time.h>
#include <unistd.h>
#include "text.h"

double progress_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool progress_open(progress *p, const char *log, bool append)
{
    p->terminal = isatty(STDERR_FILENO);
    p->log = log ? fopen(log, append ? "a" : "w") : NULL;
    if (p->log)
        setvbuf(p->log, NULL, _IOLBF, 1 << 12);
    return !log || p->log;
}

void progress_epoch(progress *p, int64_t batch, int64_t batches)
{
    p->first_batch = p->next_line = batch;
    p->batches = batches;
    p->epoch_start = p->last_shown = progress_now();
}

static void log_step(progress *p, int64_t epoch, int64_t batch, int64_t step, double loss)
{
    textbuf t = {0};
    text_addf(&t,
              "{\"event\": \"step\", \"epoch\": %lld, \"batch\": %lld, \"step\": %lld, \"loss\": ",
              (long long)epoch, (long long)batch, (long long)step);
    text_add_number(&t, loss);
    text_add(&t, "}\n");
    if (!t.failed)
        fputs(t.at, p->log);
    text_free(&t);
}

static void show(progress *p, int64_t epoch, int64_t batch, double loss, double rate, double left)
{
    int percent = (int)(100 * batch / (p->batches ? p->batches : 1));
    fputs(p->terminal ? "\r" : "", stderr);
    if (p->epochs)
        fprintf(stderr, "epoch %lld/%lld  ", (long long)epoch, (long long)p->epochs);
    fprintf(stderr, "%s %lld/%lld (%d%%)  loss %.4f  %.0f %s/s  ETA %d:%02d%s",
            p->epochs ? "batch" : "iteration", (long long)batch, (long long)p->batches, percent,
            loss, rate, p->counted, (int)left / 60, (int)left % 60, p->terminal ? "\033[K" : "\n");
    p->shown = p->terminal;
    fflush(stderr);
}

void progress_step(progress *p, int64_t epoch, int64_t batch, int64_t step, double loss,
                   int64_t counted)
{
    double now = progress_now();
    if (p->log)
        log_step(p, epoch, batch, step, loss);
    bool due = p->terminal ? now - p->last_shown > 0.1 || batch == p->batches
                           : batch > p->next_line || batch == p->batches;
    if (!due)
        return;
    double spent = now - p->epoch_start;
    double done = (double)(batch - p->first_batch);
    double each = done > 0 ? spent / done : 0;
    double left = each * (double)(p->batches - batch + (p->epochs - epoch) * p->batches);
    double share = batch ? (double)(batch - p->first_batch) / (double)batch : 1;
    show(p, epoch, batch, loss, spent > 0 ? (double)counted * share / spent : 0, left);
    p->last_shown = now;
    /* a tenth of the epoch on */
    p->next_line = batch - 1 + (p->batches + 9) / 10;
}

void progress_log(progress *p, const char *line)
{
    if (p->log)
        fputs(line, p->log);
}

void progress_clear(progress *p)
{
    if (p->shown)
        fputc('\n', stderr);
    p->shown = false;
}

bool progress_close(progress *p)
{
    progress_clear(p);
    bool ok = !p->log || (fflush(p->log) == 0 && !ferror(p->log));
    if (p->log && fclose(p->log) != 0)
        ok = false;
    p->log = NULL;
    return ok;
}
