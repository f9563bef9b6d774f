/* tool.h -- what the subcommands share: options, help, messages, exit codes.
 *
 * Results go to standard output, all else to standard error. Exit status: 0, 1 for a
 * failure, 2 for wrong usage.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOOL_GO_ON = -1, TOOL_OK = 0, TOOL_FAILED = 1, TOOL_MISUSED = 2 };

typedef enum {
    TOOL_FLAG,   /* bool */
    TOOL_INT,    /* int64_t */
    TOOL_NUMBER, /* double */
    TOOL_TEXT    /* const char * */
} tool_type;

typedef struct {
    const char *name; /* "--lr" */
    tool_type type;
    void *value;
    bool *given;      /* set if the option is there; may be NULL */
    const char *what; /* "FILE"; NULL for a flag */
    const char *doc;
} tool_option;

typedef struct {
    const char *name, *usage, *doc, *more;
    const tool_option *options; /* ended by a NULL name */
    int least, most;            /* words that are no options */
    const char *words;          /* what they are, for --help; may be NULL */
} tool_command;

/* Reads argv[1...]; words that are no options go to `words`. TOOL_GO_ON, or an exit status
 * after --help or a mistake that was told. */
int tool_parse(const tool_command *c, int argc, char **argv, const char **words);
int tool_misused(const tool_command *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "espalier NAME: message" on standard error; TOOL_FAILED. */
int tool_fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Flushes standard output: TOOL_OK, or TOOL_FAILED with a message if it could not be written. */
int tool_flushed(void);

enum { TOOL_MESSAGE = 4200 };
/* May a file be written there, as far as can be said before? If not, why. */
bool tool_can_save(const char *path, char why[TOOL_MESSAGE]);

int tool_bench(int argc, char **argv);
int tool_info(int argc, char **argv);
int tool_init(int argc, char **argv);
int tool_inspect(int argc, char **argv);
int tool_meta(int argc, char **argv);
int tool_op(int argc, char **argv);
int tool_run(int argc, char **argv);
int tool_train(int argc, char **argv);

#endif
