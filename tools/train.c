/* train.c -- `espalier train`: its options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tool.h"
#include "train.h"

enum { LR, MOMENTUM, DAMPENING, WEIGHT_DECAY, EPS, BETA1, BETA2, NESTEROV, MAXIMIZE };

static int go(trainer *t, const train_options *o, bool resumed)
{
    epl_pool *pool = o->threads == 1 ? NULL : epl_pool_new(t->s, (int)o->threads);
    t->work = epl_work_new(t->s, pool);
    t->step = epl_jit(t->s, train_build_step, &t->net);
    t->test = epl_jit(t->s, train_build_test, &t->net);
    if (o->eval_only) {
        const data_part *part = t->data.has_test ? &t->data.test : &t->data.train;
        epoch_losses l = {0};
        if (!t->data.has_test)
            fprintf(stderr, "the data has no test part: the training part is measured\n");
        if (!train_measure(t, part, &l))
            return TOOL_FAILED;
        train_print(t, 0, &l);
        return tool_flushed();
    }
    if (resumed && t->at.epoch >= t->settings.epochs) {
        fprintf(stderr, "%s: the training of %lld epochs is done\n", t->save,
                (long long)t->at.epoch);
        return TOOL_OK;
    }
    if (!progress_open(&t->show, o->log, resumed))
        return tool_fail("train", "--log %s: %s", o->log, strerror(errno));
    fprintf(stderr, "%s: %lld parameters (%s), %s on %s, %lld examples, %d thread%s\n", o->model,
            (long long)epl_spec_count(t->net.params), epl_dtype_name(t->net.dtype),
            t->settings.loss, t->settings.data, (long long)t->settings.examples,
            pool ? epl_pool_threads(pool) : 1, pool && epl_pool_threads(pool) > 1 ? "s" : "");
    train_watch_signals();
    int status = train_loop(t);
    if (!progress_close(&t->show) && status == TOOL_OK)
        status = tool_fail("train", "--log %s could not be written", o->log);
    return status == TOOL_OK ? tool_flushed() : status;
}

static int train(const train_options *o)
{
    trainer t = {.s = epl_scope_new(NULL),
                 .save_interval = o->save_interval,
                 .allow_nan = o->allow_nan,
                 .as_json = o->as_json};
    bool resumed = false;
    model_check(o->check, &t.net.check);
    int status = train_prepare(&t, o, &resumed) ? go(&t, o, resumed)
                                                : tool_fail("train", "%s", epl_scope_message(t.s));
    epl_scope_free(t.s);
    return status;
}

/* -- options ------------------------------------------------------------------------------ */
static const char more[] =
    "DATA is a folder of IDX files (MNIST, Fashion-MNIST; gzipped or not), or a .safetensors file\n"
    "with input and target, and optionally test_input and test_target.\n"
    "After each epoch, the losses go to standard output; progress goes to standard error.\n"
    "SIGINT and SIGTERM save and end the program; the same command with --resume goes on.\n";

/* What does not go together, or is out of range; NULL: nothing. */
static const char *mistake(train_options *o)
{
    char *end;
    o->word[NESTEROV].value = o->word[MAXIMIZE].value = 1;
    if (o->betas_given) {
        o->word[BETA1].value = strtod(o->betas, &end);
        if (end == o->betas || *end != ',')
            return "--betas must be two numbers: 0.9,0.999";
        o->word[BETA2].value = strtod(end + 1, &end);
        if (*end)
            return "--betas must be two numbers: 0.9,0.999";
        o->word[BETA1].given = o->word[BETA2].given = true;
    }
    if (!o->data)
        return "--data is missing";
    if (o->epochs < 0 || o->epochs > 1000000)
        return "--epochs must lie between 0 and a million";
    if (o->batch < 1 || o->limit < 0 || o->save_interval < 0 || o->threads < 0)
        return "--batch-size must be positive, and no other count negative";
    epl_check check;
    if (!model_check(o->check, &check))
        return "--check must be nan or finite";
    if (strcmp(o->normalize, "data") != 0 && strcmp(o->normalize, "none") != 0)
        return "--normalize must be data or none";
    if ((o->resume || o->save_interval) && !o->save)
        return "--resume and --save-interval need --save";
    return NULL;
}

int tool_train(int argc, char **argv)
{
    train_options o = {.normalize = "data",
                       .optimizer = "sgd",
                       .epochs = 10,
                       .batch = 64,
                       .seed = 1,
                       .word = {{"lr", 0, false},
                                {"momentum", 0, false},
                                {"dampening", 0, false},
                                {"weight_decay", 0, false},
                                {"eps", 0, false},
                                {"beta1", 0, false},
                                {"beta2", 0, false},
                                {"nesterov", 0, false},
                                {"maximize", 0, false}}};
    optimizer_word *w = o.word;
    textbuf names = {0};
    optimizer_names(&names);
    const tool_option options[] = {
        {"--data", TOOL_TEXT, &o.data, NULL, "DATA",
         "a folder of IDX files, or a .safetensors file"},
        {"--params", TOOL_TEXT, &o.params, NULL, "FILE",
         "start from the tensors of a safetensors file"},
        {"--epochs", TOOL_INT, &o.epochs, &o.epochs_given, "N", "passes over the data (10)"},
        {"--batch-size", TOOL_INT, &o.batch, &o.batch_given, "N", "examples of a step (64)"},
        {"--optimizer", TOOL_TEXT, &o.optimizer, &o.optimizer_given, names.at, "(sgd)"},
        {"--lr", TOOL_NUMBER, &w[LR].value, &w[LR].given, "X", "learning rate (sgd: 0.01)"},
        {"--momentum", TOOL_NUMBER, &w[MOMENTUM].value, &w[MOMENTUM].given, "X", "of sgd (0.5)"},
        {"--dampening", TOOL_NUMBER, &w[DAMPENING].value, &w[DAMPENING].given, "X", "of sgd (0)"},
        {"--nesterov", TOOL_FLAG, &o.nesterov, &w[NESTEROV].given, NULL, "Nesterov's momentum"},
        {"--betas", TOOL_TEXT, &o.betas, &o.betas_given, "X,Y", "of adam and adamw (0.9,0.999)"},
        {"--eps", TOOL_NUMBER, &w[EPS].value, &w[EPS].given, "X", "of adam and adamw (1e-8)"},
        {"--weight-decay", TOOL_NUMBER, &w[WEIGHT_DECAY].value, &w[WEIGHT_DECAY].given, "X",
         "(0; adamw: 0.01)"},
        {"--maximize", TOOL_FLAG, &o.maximize, &w[MAXIMIZE].given, NULL, "up, not down"},
        {"--loss", TOOL_TEXT, &o.loss, &o.loss_given, "NAME",
         "a loss of torch.nn.functional (by the network and the targets)"},
        {"--seed", TOOL_INT, &o.seed, &o.seed_given, "N", "of parameters, order and dropout (1)"},
        {"--dtype", TOOL_TEXT, &o.dtype, NULL, "f32|f64", "of the parameters (f32)"},
        {"--normalize", TOOL_TEXT, &o.normalize, &o.normalize_given, "data|none",
         "by the mean and deviation of the training part (data)"},
        {"--threads", TOOL_INT, &o.threads, NULL, "N", "(0: as many as may be used)"},
        {"--save", TOOL_TEXT, &o.save, NULL, "FILE",
         "write network and training, after each epoch"},
        {"--save-interval", TOOL_INT, &o.save_interval, NULL, "N", "also after every N steps"},
        {"--resume", TOOL_FLAG, &o.resume, NULL, NULL, "go on where the file of --save stands"},
        {"--log", TOOL_TEXT, &o.log, NULL, "FILE", "a line of JSON for each step and epoch"},
        {"--no-shuffle", TOOL_FLAG, &o.no_shuffle, NULL, NULL, "take the examples as they stand"},
        {"--drop-last", TOOL_FLAG, &o.drop_last, NULL, NULL, "leave out a last, smaller batch"},
        {"--limit-batches", TOOL_INT, &o.limit, &o.limit_given, "N",
         "batches of an epoch (0: all)"},
        {"--eval-only", TOOL_FLAG, &o.eval_only, NULL, NULL, "only measure loss and accuracy"},
        {"--allow-nan", TOOL_FLAG, &o.allow_nan, NULL, NULL, "go on when the loss is not finite"},
        {"--check", TOOL_TEXT, &o.check, NULL, "nan|finite",
         "name the first operation that makes a NaN (or an infinity)"},
        {"--json", TOOL_FLAG, &o.as_json, NULL, NULL, "print losses as lines of JSON"},
        {NULL, TOOL_FLAG, NULL, NULL, NULL, NULL},
    };
    const tool_command command = {"train",
                                  "MODEL --data DATA [options]",
                                  "Trains a network and tests it after each epoch.",
                                  more,
                                  options,
                                  1,
                                  1,
                                  "MODEL is mnist-cnn, a description (.json), or a saved file.\n"};
    int status = tool_parse(&command, argc, argv, &o.model);
    const char *wrong = status == TOOL_GO_ON ? mistake(&o) : NULL;
    if (wrong)
        status = tool_misused(&command, "%s", wrong);
    if (status == TOOL_GO_ON)
        status = train(&o);
    text_free(&names);
    return status;
}
