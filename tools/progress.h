/* progress.h -- what a training tells a person (standard error) and a log (JSON lines). */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *log;               /* NULL: none */
    bool terminal;           /* one line that is written over, else plain lines */
    bool shown;              /* a line of the terminal is open */
    int64_t epochs, batches; /* no epochs: batches are iterations */
    const char *counted;     /* "examples", "tasks" */
    double epoch_start, last_shown;
    int64_t first_batch; /* of this epoch that this run computes */
    int64_t next_line;   /* plain lines: the batch that is told next */
} progress;

double progress_now(void); /* seconds */
/* False: the log cannot be opened. append: after a resume. */
bool progress_open(progress *p, const char *log, bool append);
void progress_epoch(progress *p, int64_t batch, int64_t batches);
/* After a batch: loss is its own, counted: examples or tasks of this epoch so far. */
void progress_step(progress *p, int64_t epoch, int64_t batch, int64_t step, double loss,
                   int64_t counted);
/* A line of the log; end it with '\n'. Nothing without a log. */
void progress_log(progress *p, const char *line);
/* Ends an open line, before other text is written. */
void progress_clear(progress *p);
bool progress_close(progress *p); /* false: the log could not be written */

#endif
