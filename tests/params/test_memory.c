/* test_memory.c -- modules, descriptions, trees, files when memory ends at any allocation: an
 * error of the scope, nothing lost, nothing written. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <stdio.h>
#include <unistd.h>
#include "../short_memory.h"

static char path[] = "/tmp/espalier_memory_XXXXXX";

static const char description[] =
    "{\"kind\": \"Graph\", \"inputs\": [\"x\"], \"nodes\": {\"b\": {\"module\": {\"kind\": "
    "\"BatchNorm1d\"}, \"inputs\": [\"a\"]}, "
    "\"a\": {\"module\": {\"kind\": \"Linear\", \"out_features\": 3}, \"inputs\": [\"x\"]}, \"y\": "
    "{\"op\": \"add\", \"inputs\": "
    "[\"a\", \"b\"], \"args\": {\"alpha\": 2}}}, \"outputs\": [\"y\"], \"input\": {\"shape\": [4], "
    "\"mean\": [1], \"std\": [2]}}";

/* All that programs do before a run. */
static void work(epl_scope *s)
{
    epl_module net = epl_nn_sequential(s, {"g", epl_module_from_json(s, description)},
                                       {"r", epl_nn_residual(s, epl_nn_linear(s, 3))});
    net = epl_infer(s, net, epl_f32(2, 4));
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1)),
             *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    epl_module_json(s, net);
    epl_spec_text(s, epl_opt_adam_state(s, epl_params_of(net)));
    if (epl_save(s, path, .net = net, .params = theta, .buffers = stats, .run = "{}") == EPL_OK) {
        epl_file *f = epl_open(s, path);
        epl_module again = epl_file_module(f);
        epl_load(f, epl_tree_new(s, epl_params_of(again)));
        epl_load(f, epl_tree_new(s, epl_buffers_of(again)), .prefix = "none.", .missing = EPL_SKIP);
    }
    epl_fn *f = epl_fn_new(s, "f");
    epl_val p = epl_input_tree(f, "p", epl_params_of(net)),
            b = epl_input_tree(f, "b", epl_buffers_of(net));
    epl_val x = epl_input(f, "x", epl_f32(2, 4)),
            state = epl_zeros(f, epl_f32(2 * epl_spec_count(epl_params_of(net)) + 1));
    epl_val loss =
        epl_sum(epl_apply(net, p, epl_prepare(net, x, EPL_F32), .buffers = &b, .train = true));
    epl_output(f, "p", epl_opt_adam(p, epl_gradient(loss, p), &state));
    epl_output(f, "b", epl_leaf(epl_buffers_of(net), b, "g.b.running_mean"));
}

Test(memory, may_end_anywhere)
{
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
    memory_may_end_anywhere(work);
    unlink(path);
}
