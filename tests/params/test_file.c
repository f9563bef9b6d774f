/* test_file.c -- files saved and loaded, what is told of what does not match, and saves that
 * fail. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <espalier/espalier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

static char folder[] = "/tmp/espalier_XXXXXX", path[64];

static void make_folder(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
}
TestSuite(file, .init = make_folder, .fini = remove_folder);

static epl_module network(epl_scope *s, epl_type type)
{
    epl_module net = epl_nn_sequential(s, {"conv1", epl_nn_conv2d(s, 3, {3, 3}, .bias = false)},
                                       {"bn1", epl_nn_batch_norm2d(s)}, {"flat", epl_nn_flatten(s)},
                                       {"fc", epl_nn_linear(s, 4)});
    return epl_infer(s, net, type);
}

static size_t files_there(void)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    closedir(d);
    return n;
}

static char *bytes_of(const char *name, size_t *length)
{
    FILE *in = fopen(name, "rb");
    char *bytes = malloc(1 << 20);
    *length = in ? fread(bytes, 1, 1 << 20, in) : 0;
    if (in)
        fclose(in);
    return bytes;
}

Test(file, all_comes_back)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = network(s, epl_f32(2, 1, 6, 6));
    epl_spec state = epl_opt_adam_state(s, epl_params_of(net));
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1)),
             *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    epl_tree *adam = epl_tree_new(s, state), *ema = epl_init(s, epl_params_of(net), epl_seed(7));
    *(int64_t *)epl_tree_leaf(stats, "bn1.num_batches_tracked").data = 42;
    *(float *)epl_tree_leaf(adam, "step").data = 17;
    epl_status status = epl_save(s, path, .net = net, .params = theta, .buffers = stats,
                                 .state = adam, .ema = ema,
                                 .run = "{\"epoch\": 3, \"text\": \"\\\"\\n\"}");
    cr_assert_eq(status, EPL_OK, "%s", epl_scope_message(s));
    cr_expect_eq(files_there(), 1);

    epl_scope *r = epl_scope_new(NULL);
    epl_file *f = epl_open(r, path);
    epl_module again = epl_file_module(f);
    cr_assert(again, "%s", epl_scope_message(r));
    cr_expect_str_eq(epl_module_json(r, again), epl_module_json(s, net));
    cr_expect_str_eq(epl_file_run(f), "{\"epoch\": 3, \"text\": \"\\\"\\n\"}");
    cr_expect_str_eq(epl_file_meta(f, "espalier.version"), epl_version());
    cr_expect_null(epl_file_meta(f, "none"));
    epl_tree *theta2 = epl_tree_new(r, epl_params_of(again)),
             *stats2 = epl_tree_new(r, epl_buffers_of(again));
    epl_tree *adam2 = epl_tree_new(r, epl_opt_adam_state(r, epl_params_of(again))),
             *ema2 = epl_tree_new(r, epl_params_of(again));
    epl_load(f, theta2);
    epl_load(f, stats2);
    epl_load(f, adam2, .prefix = "optim.", .unexpected = EPL_FAIL);
    epl_load(f, ema2, .prefix = "ema.", .unexpected = EPL_FAIL);
    cr_expect_eq(epl_scope_status(r), EPL_OK, "%s", epl_scope_message(r));
    const epl_tree *a[] = {theta, stats, adam, ema}, *b[] = {theta2, stats2, adam2, ema2};
    for (int i = 0; i < 4; i++)
        cr_expect(!memcmp(epl_tree_array(a[i]).data, epl_tree_array(b[i]).data,
                          epl_bytes(epl_tree_array(a[i]).type)),
                  "%d", i);
    epl_tree *mapped = epl_tree_mapped(f, epl_params_of(again));
    cr_assert(mapped);
    cr_expect(!memcmp(epl_tree_array(mapped).data, epl_tree_array(theta).data,
                      epl_bytes(epl_tree_array(theta).type)));
    *(float *)epl_tree_array(mapped).data = 1; /* a copy of the page, not the file */
    epl_scope_free(r);
    epl_scope_free(s);
}

Test(file, the_layout_is_the_contract)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = network(s, epl_f64(2, 1, 6, 6));
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1)),
             *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    epl_tree *sgd = epl_tree_new(s, epl_opt_sgd_state(s, epl_params_of(net)));
    unsigned char flags[3] = {1, 0, 1};
    epl_named more[] = {{"flags", epl_at(flags, epl_type_of(EPL_BOOL, epl_dims(3)))}};
    epl_save(s, path, .net = net, .params = theta, .buffers = stats, .state = sgd, .tensors = more,
             .tensor_count = 1);
    epl_file *f = epl_open(s, path);
    const char *want[] = {"conv1.weight",
                          "bn1.weight",
                          "bn1.bias",
                          "fc.weight",
                          "fc.bias",
                          "bn1.running_mean",
                          "bn1.running_var",
                          "bn1.num_batches_tracked",
                          "optim.momentum_buffer.conv1.weight",
                          "optim.momentum_buffer.bn1.weight",
                          "optim.momentum_buffer.bn1.bias",
                          "optim.momentum_buffer.fc.weight",
                          "optim.momentum_buffer.fc.bias",
                          "optim.step",
                          "flags"};
    cr_assert_eq(epl_file_tensors(f), sizeof want / sizeof *want, "%s", epl_scope_message(s));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        cr_expect_str_eq(epl_file_name(f, i), want[i]);
    cr_expect_str_eq(epl_file_dtype(f, 0), "F64");
    cr_expect_eq((uintptr_t)epl_file_tensor(f, "conv1.weight").data % 64, 0);
    cr_expect_eq(epl_file_module(f) ? epl_spec_leaf(epl_params_of(epl_file_module(f)), 0)->dtype
                                    : 0,
                 EPL_F64);
    epl_scope_free(s);
}

Test(file, equal_saves_have_equal_bytes)
{
    size_t n[2];
    char *bytes[2];
    for (int i = 0; i < 2; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_module net = network(s, epl_f32(2, 1, 6, 6));
        epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1));
        cr_assert_eq(epl_save(s, path, .net = net, .params = theta), EPL_OK);
        bytes[i] = bytes_of(path, &n[i]);
        epl_scope_free(s);
    }
    cr_expect(n[0] == n[1] && n[0] > 1000 && !memcmp(bytes[0], bytes[1], n[0]));
    free(bytes[0]);
    free(bytes[1]);
}

static epl_module of_two_inputs(epl_scope *s, epl_dtype dtype)
{
    epl_type in[2] = {epl_type_of(dtype, epl_dims(8, 5)), epl_i64(8, 3)};
    epl_module net = epl_nn_graph(s, "x labels", "sum",
                                  {"a", .module = epl_nn_linear(s, 12), .inputs = "x"},
                                  {"e", .module = epl_nn_embedding(s, 10, 4), .inputs = "labels"},
                                  {"flat", .module = epl_nn_flatten(s), .inputs = "e"},
                                  {"sum", .op = "add", .inputs = "a flat"});
    return epl_infer_all(s, net, 2, in);
}

Test(file, a_network_of_several_inputs_comes_back)
{
    for (int i = 0; i < 2; i++) {
        epl_scope *s = epl_scope_new(NULL);
        epl_module net = of_two_inputs(s, i ? EPL_F64 : EPL_F32);
        epl_tree *p = epl_init(s, epl_params_of(net), epl_seed(3));
        epl_save(s, path, .net = net, .params = p);
        epl_module again = epl_file_module(epl_open(s, path));
        cr_assert(again, "%s", epl_scope_message(s));
        cr_expect_str_eq(epl_module_json(s, again), epl_module_json(s, net));
        cr_expect_str_eq(epl_spec_text(s, epl_params_of(again)),
                         epl_spec_text(s, epl_params_of(net)));
        cr_expect_eq(epl_example_of(again).inputs, 2);
        epl_type labels = epl_example_of(again).input[1];
        cr_expect(epl_type_equal(labels, epl_i64(8, 3)));
        epl_example e = {.shape = epl_dims(5)}; /* another example keeps the inputs */
        cr_expect_eq(epl_example_of(epl_with_example(s, again, e)).inputs, 2);
        epl_scope_free(s);
    }
}

Test(file, trees_with_a_prefix)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_infer(s, epl_nn_linear(s, 2), epl_f32(1, 3));
    epl_tree *g = epl_init(s, epl_params_of(net), epl_seed(1));
    float loss = 0.5f;
    epl_save(s, path, epl_parts({"grad.", g}),
             epl_tensors({"loss", epl_at(&loss, epl_f32())},
                         {"caf\xc3\xa9 \"1\"", epl_at(&loss, epl_f32(1))}));
    epl_file *f = epl_open(s, path);
    epl_array got = epl_file_tensor(f, "grad.weight"), one = epl_file_tensor(f, "loss");
    cr_assert(got.data && one.data, "%s", epl_scope_message(s));
    cr_expect(!memcmp(got.data, epl_tree_leaf(g, "weight").data, 24) && *(float *)one.data == 0.5f);
    cr_expect(epl_file_tensor(f, "caf\xc3\xa9 \"1\"").data);
    cr_expect_eq(one.type.shape.rank, 0);
    epl_scope_free(s);
}

/* -- what does not match ------------------------------------------------------------------- */
static epl_file *other_file(epl_scope *s)
{
    static float w[4][48], b[3], v[5], m[3];
    static int32_t i[4];
    epl_named t[] = {{"conv.weight", epl_at(v, epl_f32(5))},
                     {"fc.weight", epl_at(w, epl_f32(4, 47))},
                     {"fc.bias", epl_at(i, epl_type_of(EPL_I32, epl_dims(4)))},
                     {"bn1.weight", epl_at(b, epl_f32(3))},
                     {"bn1.running_mean", epl_at(m, epl_f32(3))},
                     {"optim.step", epl_at(b, epl_f32())}};
    b[1] = 5;
    cr_assert_eq(epl_save(s, path, .tensors = t, .tensor_count = 6), EPL_OK, "%s",
                 epl_scope_message(s));
    return epl_open(s, path);
}

Test(file, the_report_tells_all_at_once)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = network(s, epl_f32(2, 1, 6, 6));
    epl_tree *t = epl_init(s, epl_params_of(net), epl_seed(1));
    epl_report r;
    epl_file *f = other_file(s);
    cr_expect_eq(epl_load(f, t, .report = &r, .beside = epl_buffers_of(net)), EPL_ERR_MATCH);
    cr_expect(r.matched == 1 && r.missing == 2 && r.misshapen == 1 && r.mistyped == 1 &&
              r.unexpected == 1);
    cr_expect_str_eq(r.text, "missing \"conv1.weight\" f32[3,1,3,3] (there is \"conv.weight\")\n"
                             "missing \"bn1.bias\" f32[3]\n"
                             "misshapen \"fc.weight\": f32[4,48] expected, got F32[4,47]\n"
                             "mistyped \"fc.bias\": f32[4] expected, got I32[4]\n"
                             "unexpected \"conv.weight\"\n");
    char want[1000];
    snprintf(
        want, sizeof want,
        "%s: 2 missing, 1 misshapen, 1 mistyped: missing \"conv1.weight\" f32[3,1,3,3] (there is "
        "\"conv.weight\"); missing \"bn1.bias\" f32[3]; misshapen \"fc.weight\": f32[4,48] "
        "expected, got "
        "F32[4,47]; mistyped \"fc.bias\": f32[4] expected, got I32[4]",
        path);
    cr_expect_str_eq(epl_scope_message(s), want);
    cr_expect_eq(((float *)epl_tree_leaf(t, "bn1.weight").data)[1], 1, "nothing was written");
    epl_scope_free(s);
}

Test(file, what_fits_is_taken)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = network(s, epl_f64(2, 1, 6, 6));
    epl_tree *t = epl_init(s, epl_params_of(net), epl_seed(1)),
             *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    epl_report r;
    epl_file *f = other_file(s);
    cr_expect_eq(epl_load(f, t, .report = &r, .missing = EPL_SKIP, .misshapen = EPL_SKIP,
                          .mistyped = EPL_SKIP),
                 EPL_OK);
    cr_expect_eq(((double *)epl_tree_leaf(t, "bn1.weight").data)[1], 5, "f32 is cast to f64");
    cr_expect_eq(epl_load(f, stats, .missing = EPL_FAIL), EPL_ERR_MATCH, "running_var is missing");
    cr_expect(strstr(epl_scope_message(s), "1 missing") &&
              !strstr(epl_scope_message(s), "num_batches_tracked"));
    epl_scope_free(s);
}

Test(file, unexpected_ones_can_be_an_error)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net =
        epl_infer(s, epl_nn_batch_norm1d(s, .track_running_stats = false), epl_f32(2, 3));
    float w[3] = {1, 2, 3};
    epl_named t[] = {{"weight", epl_at(w, epl_f32(3))},
                     {"bias", epl_at(w, epl_f32(3))},
                     {"more", epl_at(w, epl_f32(1))}};
    epl_save(s, path, .tensors = t, .tensor_count = 3);
    epl_tree *tree = epl_tree_new(s, epl_params_of(net));
    cr_expect_eq(epl_load(epl_open(s, path), tree), EPL_OK);
    cr_expect_eq(epl_load(epl_open(s, path), tree, .unexpected = EPL_FAIL), EPL_ERR_MATCH);
    cr_expect(strstr(epl_scope_message(s), "unexpected \"more\""), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

Test(file, nothing_to_load_from)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_infer(s, epl_nn_linear(s, 2), epl_f32(1, 3));
    epl_tree *t = epl_tree_new(s, epl_params_of(net));
    epl_report r;
    cr_expect_eq(epl_load(epl_open(s, "/nonexistent/x"), t, .report = &r), EPL_ERR_FILE);
    cr_expect_str_eq(epl_scope_message(s), "/nonexistent/x: No such file or directory");
    cr_expect_str_eq(r.text, "");
    cr_expect_null(epl_file_module(NULL));
    cr_expect_null(epl_file_tensor(NULL, "a").data);
    epl_scope_free(s);
}

/* -- saves that fail ----------------------------------------------------------------------- */
static epl_status save_to(const char *where, char *message, size_t size)
{
    epl_scope *s = epl_scope_new(NULL);
    static float big[1 << 18];
    epl_named t[] = {{"big", epl_at(big, epl_f32(1 << 18))}};
    epl_status status = epl_save(s, where, .tensors = t, .tensor_count = 1);
    snprintf(message, size, "%s", epl_scope_message(s));
    epl_scope_free(s);
    return status;
}

Test(file, failed_saves_leave_the_old_file)
{
    char message[300], where[100];
    struct stat info;
    cr_expect_eq(save_to("/nonexistent/x", message, sizeof message), EPL_ERR_FILE);
    cr_expect_str_eq(message, "/nonexistent/x: cannot be written: No such file or directory");
    cr_expect_eq(save_to(folder, message, sizeof message), EPL_ERR_FILE);
    cr_expect(strstr(message, "is no regular file"), "%s", message);
    cr_expect_eq(save_to("", message, sizeof message), EPL_ERR_ARG);
    if (stat("/dev/full", &info) == 0) { /* a partial file that is a full disk */
        snprintf(where, sizeof where, "%s/.x.partial", folder);
        cr_assert_eq(symlink("/dev/full", where), 0);
        snprintf(where, sizeof where, "%s/x", folder);
        cr_expect_eq(save_to(where, message, sizeof message), EPL_ERR_FILE,
                     "links are not followed");
    }
    cr_assert_eq(save_to(path, message, sizeof message), EPL_OK, "%s", message);
    cr_expect_eq(stat(path, &info), 0);
    off_t size = info.st_size;
    snprintf(where, sizeof where, "%s/.net.safetensors.partial", folder);
    int fd = open(where, O_RDWR | O_CREAT, 0600);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    cr_expect_eq(save_to(path, message, sizeof message), EPL_ERR_FILE);
    cr_expect(strstr(message, "another program is writing it"), "%s", message);
    close(fd); /* now it is what a killed program left */
    cr_expect_eq(save_to(path, message, sizeof message), EPL_OK, "%s", message);
    cr_expect(stat(path, &info) == 0 && info.st_size == size);
    cr_expect_neq(access(where, F_OK), 0);
}

Test(file, a_link_is_kept)
{
    char link[100], message[300];
    struct stat info;
    snprintf(link, sizeof link, "%s/link", folder);
    cr_assert_eq(save_to(path, message, sizeof message), EPL_OK);
    cr_assert_eq(symlink(path, link), 0);
    cr_expect_eq(save_to(link, message, sizeof message), EPL_OK, "%s", message);
    cr_expect(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
}

Test(file, wrong_tensors)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark mark = epl_scope_mark(s);
    float x = 0;
    epl_named twice[] = {{"a", epl_at(&x, epl_f32())}, {"a", epl_at(&x, epl_f32())}},
              none[] = {{"a", epl_at(NULL, epl_f32(3))}},
              meta[] = {{"__metadata__", epl_at(&x, epl_f32())}},
              odd[] = {{"a", {&x, {.dtype = EPL_NONE}}}};
    const epl_named *all[] = {twice, none, meta, odd};
    const char *why[] = {"would stand twice", "has no data (NULL)", "is no name for a tensor",
                         "has no type that can be saved"};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(epl_save(s, path, .tensors = all[i], .tensor_count = i ? 1 : 2), EPL_ERR_ARG);
        cr_expect(strstr(epl_scope_message(s), why[i]), "%s", epl_scope_message(s));
        epl_scope_reset(s, mark);
    }
    cr_expect_eq(files_there(), 0);
    epl_scope_free(s);
}
