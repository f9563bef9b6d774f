/* main.c -- the `espalier` command: its subcommands. */
#include <espalier/base.h>
#include <stdio.h>
#include <string.h>
#include "tool.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *doc;
} command[] = {
    {"train", tool_train, "train a network on a data set"},
    {"run", tool_run, "apply a network to tensors, or take its gradient"},
    {"init", tool_init, "describe and initialise a network"},
    {"inspect", tool_inspect, "what a file holds"},
    {"meta", tool_meta, "meta-train a network on a family of tasks"},
    {"op", tool_op, "values and derivatives of operations, for other programs"},
    {"bench", tool_bench, "time a workload"},
    {"info", tool_info, "what this machine and build offer"},
};
enum { COMMANDS = sizeof command / sizeof command[0] };

static void usage(FILE *to)
{
    fprintf(to, "usage: espalier COMMAND ...\n\nNetworks as pure functions of one vector.\n\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-9s %s\n", command[i].name, command[i].doc);
    fprintf(to, "\n\"espalier COMMAND --help\" tells more; \"espalier --version\" the version.\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        usage(stdout);
        return tool_flushed();
    }
    if (!strcmp(name, "--version")) {
        printf("espalier %s\n", epl_version());
        return tool_flushed();
    }
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(name, command[i].name))
            return command[i].run(argc - 1, argv + 1);
    if (*name)
        tool_fail("", "no command \"%s\"", name);
    usage(stderr);
    return TOOL_MISUSED;
}
