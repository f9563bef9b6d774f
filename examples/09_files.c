/* 09_files.c -- a network saved, its numbers loaded with a report, and the file opened by code
 * that has never heard of it, which then reads and replaces what a layer produces. */
#include <stdio.h>
#include <espalier/espalier.h>

static epl_status save(epl_scope *s, const char *path, epl_module net, epl_tree *theta,
                       epl_tree *stats, epl_tree *adam)
{
    return epl_save(s, path, .net = net, .params = theta, .buffers = stats, .state = adam,
                    .run = "{\"epoch\": 3}");
}

/* Take what fits from another file; what is not there keeps its initial numbers. */
static epl_status warm_start(epl_scope *s, const char *path, epl_tree *theta)
{
    epl_report report;
    epl_status status = epl_load(epl_open(s, path), theta, .report = &report, .missing = EPL_SKIP,
                                 .unexpected = EPL_SKIP);
    printf("%zu matched, %zu missing, %zu misshapen\n%s", report.matched, report.missing,
           report.misshapen, report.text);
    return status;
}

/* Logits, the features that enter `fc`, and the logits with these features halved. */
static void look(epl_scope *s, const char *path)
{
    static float image[1][1][28][28];
    epl_file *file = epl_open(s, path);
    epl_module net = epl_file_module(file);
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1));
    epl_tree *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    epl_load(file, theta);
    epl_load(file, stats); /* a failure to load is a failure of the file's scope */

    epl_fn *f = epl_fn_new(s, "look");
    epl_val p = epl_data(f, epl_tree_array(theta)), b = epl_data(f, epl_tree_array(stats));
    epl_val x = epl_data(f, epl_at(image, epl_f32(1, 1, 28, 28)));
    epl_val features, logits, edited;
    logits = epl_apply(net, p, x, .buffers = &b, .taps = epl_taps({"flat", .read = &features}));
    edited = epl_apply(net, p, x, .buffers = &b,
                       .taps = epl_taps({"flat", .replace = epl_scale(features, 0.5)}));
    printf("%s\n%s\n%s\n", epl_text(features), epl_text(logits), epl_text(edited));
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "example.safetensors";
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_nn_sequential(s, {"conv1", epl_nn_conv2d(s, 2, {5, 5})},
                                       {"bn1", epl_nn_batch_norm2d(s)},
                                       {"pool", epl_nn_max_pool2d(s, {12, 12})},
                                       {"flat", epl_nn_flatten(s)}, {"fc", epl_nn_linear(s, 3)});
    net = epl_infer(s, net, epl_f32(1, 1, 28, 28));
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1));
    epl_tree *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    epl_tree *adam = epl_init(s, epl_opt_adam_state(s, epl_params_of(net)), epl_seed(1));
    save(s, path, net, theta, stats, adam);
    warm_start(s, path, theta);
    look(s, path);
    epl_status status = epl_scope_status(s);
    if (status != EPL_OK)
        fprintf(stderr, "%s\n", epl_scope_message(s));
    epl_scope_free(s);
    return status != EPL_OK;
}
