/* train_loop.c -- epochs, tests, saves, signals.
 *
 * A step is done when its numbers are in the trees and `at` counts it; saves happen between
 * steps, so that a file is always a point from which the training can go on.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "tool.h"
#include "train.h"

enum { TEST_BATCH = 1000 };
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    stopped = number;
}

void train_watch_signals(void)
{
    /* The second signal ends the program at once. */
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

static bool fail(trainer *t, const char *what)
{
    progress_clear(&t->show);
    tool_fail("train", "step %lld (epoch %lld, batch %lld): %s", (long long)t->at.step + 1,
              (long long)t->at.epoch + 1, (long long)t->at.position + 1, what);
    return false;
}

/* -- tests ---------------------------------------------------------------------------------- */
static double number_at(const void *p, epl_dtype dtype)
{
    return dtype == EPL_F64 ? *(const double *)p : (double)*(const float *)p;
}

static size_t add_tree(epl_array *in, size_t n, const epl_tree *t)
{
    if (t)
        in[n++] = epl_tree_array(t);
    return n;
}

bool train_measure(trainer *t, const data_part *part, epoch_losses *l)
{
    loader_plan p = {part, NULL, TEST_BATCH, 0, loader_batches(part->count, TEST_BATCH, false)};
    loader *batches = loader_start(&p);
    epl_array x, y, in[4];
    double loss = 0, sum = 0;
    int64_t right = 0, all = 0;
    epl_array out[2] = {epl_at(&loss, epl_type_of(t->net.dtype, epl_shape_of(0, NULL))),
                        epl_at(&right, epl_i64())};
    size_t n = add_tree(in, 0, t->params);
    bool ok = batches || fail(t, "no memory for batches");
    n = add_tree(in, n, t->buffers);
    while (ok && !stopped && loader_next(batches, &x, &y)) {
        in[n] = x;
        in[n + 1] = y;
        if (epl_run(t->test, (epl_arrays){n + 2, in}, (epl_arrays){t->net.counts ? 2 : 1, out},
                    t->work) != EPL_OK)
            ok = fail(t, epl_work_message(t->work));
        sum += number_at(&loss, t->net.dtype) * (double)x.type.shape.dim[0];
        all += right;
    }
    loader_stop(batches);
    l->tested = true;
    l->counted = t->net.counts;
    l->test = sum / (double)part->count;
    l->accuracy = (double)all / (double)part->count;
    return ok && !stopped;
}

static void add_json(textbuf *t, int64_t epoch, const epoch_losses *l)
{
    text_addf(t, "{\"event\": \"epoch\", \"epoch\": %lld", (long long)epoch);
    const struct {
        const char *name;
        bool there;
        double value;
    } part[] = {{"train_loss", epoch > 0, l->train},
                {"test_loss", l->tested, l->test},
                {"test_accuracy", l->counted, l->accuracy}};
    for (int i = 0; i < 3; i++)
        if (part[i].there) {
            text_addf(t, ", \"%s\": ", part[i].name);
            text_add_number(t, part[i].value);
        }
    text_add(t, "}\n");
}

void train_print(trainer *t, int64_t epoch, const epoch_losses *l)
{
    textbuf line = {0}, out = {0};
    progress_clear(&t->show);
    add_json(&line, epoch, l);
    if (!line.failed && epoch)
        progress_log(&t->show, line.at);
    if (epoch)
        text_addf(&out, "epoch %lld: train loss %.4f%s", (long long)epoch, l->train,
                  l->tested ? ", " : "");
    if (l->tested)
        text_addf(&out, "test loss %.4f", l->test);
    if (l->counted)
        text_addf(&out, ", accuracy %.2f%%", 100 * l->accuracy);
    text_add(&out, "\n");
    if (!line.failed && !out.failed)
        fputs(t->as_json ? line.at : out.at, stdout);
    fflush(stdout);
    text_free(&line);
    text_free(&out);
}

/* -- saving --------------------------------------------------------------------------------- */
/* Are all numbers of the parameters finite? A file of others is no point to go on from. */
static bool all_finite(const epl_tree *params, epl_dtype dtype)
{
    epl_array a = epl_tree_array(params);
    int64_t n = epl_count(a.type);
    bool finite = true;
    if (dtype == EPL_F64)
        for (int64_t i = 0; i < n; i++)
            finite &= isfinite(((const double *)a.data)[i]) != 0;
    else
        for (int64_t i = 0; i < n; i++)
            finite &= isfinite(((const float *)a.data)[i]) != 0;
    return finite;
}

static bool save(trainer *t)
{
    textbuf run = {0};
    if (!t->save)
        return true;
    if (!t->allow_nan && !all_finite(t->params, t->net.dtype)) {
        fail(t, "the parameters are not finite any more; the saved file is left as it was");
        return false;
    }
    train_write_run(&run, &t->settings, &t->at);
    epl_scope *scope = epl_scope_new(NULL);
    bool ok = !run.failed &&
              epl_save(scope, t->save, .net = t->net.net, .params = t->params,
                       .buffers = t->buffers, .state = t->state, .run = run.at) == EPL_OK;
    if (!ok) {
        progress_clear(&t->show);
        tool_fail("train", "%s", run.failed ? "no memory" : epl_scope_message(scope));
    }
    epl_scope_free(scope);
    text_free(&run);
    return ok;
}

/* -- steps ---------------------------------------------------------------------------------- */
static bool step(trainer *t, const epl_array *x, const epl_array *y)
{
    epl_array in[6];
    epl_key key = model_step_key(t->settings.seed, t->at.step);
    double loss = 0;
    epl_array out = epl_at(&loss, epl_type_of(t->net.dtype, epl_shape_of(0, NULL)));
    size_t n = add_tree(in, 0, t->params);
    n = add_tree(in, n, t->buffers);
    n = add_tree(in, n, t->state);
    in[n++] = epl_at(key.word, EPL_KEY);
    in[n++] = *x;
    in[n++] = *y;
    if (epl_run(t->step, (epl_arrays){n, in}, (epl_arrays){1, &out}, t->work) != EPL_OK)
        return fail(t, epl_work_message(t->work));
    double value = number_at(&loss, t->net.dtype);
    if (!isfinite(value) && !t->allow_nan) {
        char what[160];
        snprintf(what, sizeof what, "the loss is %s; training stops%s",
                 isnan(value) ? "nan" : "infinite",
                 t->save ? ", and the saved file is left as it was" : "");
        return fail(t, what);
    }
    int64_t rows = x->type.shape.dim[0];
    t->at.step++;
    t->at.position++;
    t->at.loss_sum += value * (double)rows;
    t->at.loss_count += rows;
    progress_step(&t->show, t->at.epoch + 1, t->at.position, t->at.step, value, t->at.loss_count);
    bool due = t->save_interval && t->at.step % t->save_interval == 0;
    return !due || save(t);
}

/* The rest of an epoch, from where the training stands; its test; the save. */
static bool epoch(trainer *t, int64_t *order, int64_t batches)
{
    epl_key key = model_order_key(t->settings.seed, t->at.epoch);
    const data_part *part = &t->data.train;
    if (t->settings.shuffle)
        data_shuffle(order, part->count, key);
    loader_plan p = {part, t->settings.shuffle ? order : NULL, t->settings.batch, t->at.position,
                     batches};
    progress_epoch(&t->show, t->at.position, batches);
    loader *l = loader_start(&p);
    epl_array x, y;
    bool ok = l || fail(t, "no memory for batches");
    while (ok && !stopped && loader_next(l, &x, &y))
        ok = step(t, &x, &y);
    loader_stop(l);
    if (!ok || stopped)
        return ok;
    epoch_losses *now = &t->at.past[t->at.epoch];
    *now = (epoch_losses){.train = t->at.loss_sum / (double)t->at.loss_count};
    if (t->data.has_test && !train_measure(t, &t->data.test, now))
        return stopped != 0;
    t->at.epoch++;
    t->at.position = t->at.loss_count = 0;
    t->at.loss_sum = 0;
    train_print(t, t->at.epoch, now);
    return save(t);
}

int train_loop(trainer *t)
{
    int64_t n = t->data.train.count;
    int64_t batches = loader_batches(n, t->settings.batch, t->settings.drop_last);
    if (t->settings.limit && t->settings.limit < batches)
        batches = t->settings.limit;
    if (!batches)
        return tool_fail("train", "%lld examples are no batch of %lld, and the last one is dropped",
                         (long long)n, (long long)t->settings.batch);
    int64_t *order = malloc((size_t)n * sizeof *order);
    bool ok = order != NULL;
    if (!ok)
        tool_fail("train", "no memory for the order of %lld examples", (long long)n);
    t->show.epochs = t->settings.epochs;
    t->show.counted = "examples";
    while (ok && !stopped && t->at.epoch < t->settings.epochs)
        ok = epoch(t, order, batches);
    free(order);
    if (!ok || !stopped)
        return ok ? TOOL_OK : TOOL_FAILED;
    progress_clear(&t->show);
    if (!t->save)
        return tool_fail("train", "stopped by a signal after step %lld; nothing was saved",
                         (long long)t->at.step);
    if (!save(t))
        return TOOL_FAILED;
    fprintf(stderr, "stopped by a signal after step %lld; --resume goes on from %s\n",
            (long long)t->at.step, t->save);
    return TOOL_OK;
}
