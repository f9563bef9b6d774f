/* test_hostile.c -- files that are not what they should be: an error, and nothing else. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/espalier_hostile_XXXXXX";

static void make_path(void)
{
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

static void remove_path(void)
{
    unlink(path);
}
TestSuite(hostile, .init = make_path, .fini = remove_path);

static void write_bytes(const void *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(bytes, 1, n, out) == n && fclose(out) == 0);
}

/* A file of this header and so many bytes of data. */
static void write_file(const char *header, size_t data)
{
    size_t n = strlen(header);
    unsigned char *all = calloc(1, 8 + n + data);
    for (int i = 0; i < 8; i++)
        all[i] = (unsigned char)((uint64_t)n >> 8 * i);
    memcpy(all + 8, header, n);
    write_bytes(all, 8 + n + data);
    free(all);
}

/* Opens, reads all there is; the message, or "". */
static const char *use(void)
{
    static char message[1024];
    epl_scope *s = epl_scope_new(NULL);
    epl_file *f = epl_open(s, path);
    cr_expect_eq(f != NULL, epl_scope_status(s) == EPL_OK);
    double sum = 0;
    for (size_t i = 0; i < epl_file_tensors(f); i++) {
        epl_array a = epl_file_tensor(f, epl_file_name(f, i));
        for (size_t k = 0; a.data && k < epl_bytes(a.type); k++)
            sum += ((unsigned char *)a.data)[k];
    }
    cr_expect(sum >= 0);
    snprintf(message, sizeof message, "%s", epl_scope_message(s));
    epl_scope_free(s);
    return message;
}

static void expect(const char *header, size_t data, const char *why)
{
    write_file(header, data);
    const char *message = use();
    cr_expect(*why ? strstr(message, why) != NULL : !*message, "%s: %s expected, got %s", header,
              why, message);
}

#define T(name, dtype, shape, offsets) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

Test(hostile, good_ones_for_comparison)
{
    expect("{}", 0, "");
    expect("{" T("a", "F32", "[2]", "[0,8]") "}   ", 8, "");
    expect("{\"__metadata__\":{\"k\":\"v\"}," T("a", "F32", "[]", "[0,4]") "," T("b", "U8", "[0]",
                                                                                 "[4,4]") "}",
           4, "");
    expect("{" T("a", "F8_E4M3", "[3]", "[0,3]") "}", 3, "");
    expect("{" T("a", "NEW", "[3]", "[0,5]") "}", 5, "");
    expect("{\"a\":{\"shape\":[1],\"dtype\":\"I64\",\"more\":[{\"x\":[1,{}]},null,-2.5e3],\"data_"
           "offsets\":[0,8]}}",
           8, "");
}

Test(hostile, headers)
{
    expect("", 0, "'{' is expected");
    expect("{", 0, "a string is expected");
    expect("{}x", 0, "something stands behind the header's end");
    expect("[]", 0, "'{' is expected");
    expect("{\"a\":1}", 0, "'{' is expected");
    expect("{\"a\":{}}", 0, "a string is expected");
    expect("{\"a\":{\"dtype\":\"F32\"}}", 0, "needs dtype, shape and data_offsets");
    expect("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
           "each once");
    expect("{" T("a", "F32", "[2]", "[0,8]"), 8, "'}' is expected");
    expect("{" T("a", "F32", "[2;1]", "[0,8]") "}", 8, "']' is expected");
    expect("{" T("a", "F32", "[-2]", "[0,8]") "}", 8,
           "an integer that is not negative is expected");
    expect("{" T("a", "F32", "[2.0]", "[0,8]") "}", 8, "an integer");
    expect("{" T("a", "F32", "[02]", "[0,8]") "}", 8, "an integer");
    expect("{" T("a", "F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "more than 12 axes");
    expect("{" T("a", "F32", "[99999999999999999999]", "[0,8]") "}", 8, "too large");
    expect("{\"__metadata__\":{\"a\":1}}", 0, "a string is expected");
    expect("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "stands twice in the metadata");
    expect("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "stands twice");
    expect("{\"\\ud800\":1}", 0, "half of a surrogate pair");
    expect("{\"\\u0000\":1}", 0, "a character that a name cannot have");
    expect("{\"\\x\":1}", 0, "an escape that JSON does not have");
    expect("{\"\xff\":1}", 0, "not UTF-8");
    expect("{\"\xed\xa0\x80\":1}", 0, "not UTF-8");
    expect("{\"a", 0, "a string has no end");
    expect("{\"a\\", 0, "a string has no end");
}

Test(hostile, data)
{
    expect("{" T("a", "F32", "[2]", "[0,8]") "}", 7, "lies outside of the file");
    expect("{" T("a", "F32", "[2]", "[0,8]") "}", 9, "9 bytes of data, the tensors have 8");
    expect("{" T("a", "F32", "[2]", "[4,12]") "}", 12, "has a hole before it");
    expect("{" T("a", "F32", "[2]", "[8,0]") "}", 8, "lies outside of the file");
    expect("{" T("a", "F32", "[3]", "[0,8]") "}", 8,
           "has other bytes than its shape and dtype say");
    expect("{" T("a", "F32", "[2]", "[0,8]") "," T("b", "F32", "[2]", "[4,12]") "}", 12,
           "lies over another tensor");
    expect("{" T("a", "F32", "[2]", "[0,8]") "," T("a", "F32", "[2]", "[8,16]") "}", 16,
           "stands twice");
    expect("{" T("a", "F32", "[4611686018427387904,4]", "[0,8]") "}", 8,
           "a shape that cannot be counted");
    expect("{" T("a", "F64", "[2305843009213693952]", "[0,8]") "}", 8,
           "other bytes than its shape");
    expect("{" T("a", "F32", "[2]", "[0,9223372036854775807]") "}", 8, "lies outside of the file");
}

Test(hostile, lengths)
{
    const unsigned char huge[] = {255, 255, 255, 255, 255, 255, 255, 255, '{', '}'};
    const unsigned char large[] = {0, 0, 0, 0, 1, 0, 0, 0, '{', '}'},
                        more[] = {3, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    write_bytes("", 0);
    cr_expect(strstr(use(), "no safetensors: 0 bytes"));
    write_bytes("1234567", 7);
    cr_expect(strstr(use(), "no safetensors: 7 bytes"));
    write_bytes(huge, sizeof huge);
    cr_expect(strstr(use(), "truncated"));
    write_bytes(large, sizeof large);
    cr_expect(strstr(use(), "truncated"));
    write_bytes(more, sizeof more);
    cr_expect(strstr(use(), "truncated"));
}

Test(hostile, booleans_are_0_or_1)
{
    write_file("{" T("a", "BOOL", "[2]", "[0,2]") "}", 2);
    cr_expect_str_eq(use(), "");
    FILE *f = fopen(path, "r+b");
    fseek(f, -1, SEEK_END);
    fputc(7, f);
    fclose(f);
    cr_expect(strstr(use(), "is BOOL and has a 7 at 1"));
}

Test(hostile, tensors_that_are_not_aligned_are_copied)
{
    write_file("{" T("a", "U8", "[1]", "[0,1]") "," T("b", "F64", "[1]", "[1,9]") "}", 9);
    epl_scope *s = epl_scope_new(NULL);
    epl_file *f = epl_open(s, path);
    epl_array b = epl_file_tensor(f, "b");
    cr_expect(b.data && (uintptr_t)b.data % 8 == 0 && *(double *)b.data == 0);
    cr_expect_eq(epl_file_tensor(f, "b").data, b.data);
    epl_scope_free(s);
}

Test(hostile, deep_values)
{
    size_t n = 1000000;
    char *header = malloc(2 * n + 20), *p = header;
    p += sprintf(p, "{\"a\":{\"x\":");
    memset(p, '[', n);
    memset(p + n, ']', n);
    strcpy(p + 2 * n, "}}");
    expect(header, 0, "values nest too deep");
    free(header);
}

/* Any byte of a good file changed, and the file cut off at any place. */
Test(hostile, broken_files)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_infer(s, epl_nn_batch_norm1d(s), epl_f32(2, 2));
    epl_tree *theta = epl_init(s, epl_params_of(net), epl_seed(1)),
             *stats = epl_init(s, epl_buffers_of(net), epl_seed(1));
    cr_assert_eq(epl_save(s, path, .net = net, .params = theta, .buffers = stats, .run = "{}"),
                 EPL_OK);
    epl_scope_free(s);
    unsigned char good[2000], bad[2000];
    FILE *in = fopen(path, "rb");
    size_t n = fread(good, 1, sizeof good, in);
    fclose(in);
    cr_assert(n > 500 && n < sizeof good);
    for (size_t i = 0; i < n; i += i < 400 ? 1 : 7)
        for (int c = 0; c < 5; c++) {
            memcpy(bad, good, n);
            bad[i] = (unsigned char)(c == 0   ? 0
                                     : c == 1 ? 255
                                     : c == 2 ? '9'
                                     : c == 3 ? '"'
                                              : bad[i] ^ 1);
            write_bytes(bad, n);
            epl_scope *r = epl_scope_new(NULL);
            epl_file *f = epl_open(r, path);
            epl_module m = epl_file_module(f);
            if (m)
                epl_load(f, epl_tree_new(r, epl_params_of(m)));
            epl_scope_free(r);
        }
    for (size_t i = 0; i < n; i += 3) {
        write_bytes(good, i);
        cr_expect(*use(), "cut off at %zu", i);
    }
}
