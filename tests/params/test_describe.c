/* test_describe.c -- descriptions in JSON: what is read, and what is told of what is wrong. */
#include <criterion/criterion.h>
#include <espalier/espalier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const char *json, const char *want)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_module m = epl_module_from_json(s, json);
    cr_expect_str_eq(epl_module_json(s, m), want, "%s: %s", json, epl_scope_message(s));
    epl_scope_free(s);
}

static void expect_error(const char *json, const char *message)
{
    epl_scope *s = epl_scope_new(NULL);
    cr_expect_null(epl_module_from_json(s, json));
    cr_expect_str_eq(epl_scope_message(s), message, "%s: %s", json, epl_scope_message(s));
    cr_expect_str_eq(epl_module_json(s, NULL), "");
    epl_scope_free(s);
}

Test(describe, is_read_and_written)
{
    expect_text(
        "{\"kind\": \"Linear\", \"out_features\": 3, \"in_features\": null, \"bias\": false}",
        "{\"kind\": \"Linear\", \"version\": 1, \"out_features\": 3, \"bias\": false}");
    expect_text(
        "{\"kind\": \"Conv2d\", \"version\": 1, \"out_channels\": 3, \"kernel_size\": 5, "
        "\"padding\": \"same\", \"stride\": [1, 1]}",
        "{\"kind\": \"Conv2d\", \"version\": 1, \"out_channels\": 3, \"kernel_size\": [5, 5], "
        "\"stride\": [1, 1], \"padding\": \"same\"}");
    expect_text("{\"kind\": \"AdaptiveAvgPool2d\", \"output_size\": [null, 2]}",
                "{\"kind\": \"AdaptiveAvgPool2d\", \"version\": 1, \"output_size\": [null, 2]}");
    expect_text("{\"kind\": \"BatchNorm2d\", \"momentum\": null, \"eps\": 0.1}",
                "{\"kind\": \"BatchNorm2d\", \"version\": 1, \"eps\": 0.1}");
    expect_text("{\"kind\": \"BatchNorm2d\", \"momentum\": \"cumulative\"}",
                "{\"kind\": \"BatchNorm2d\", \"version\": 1, \"momentum\": \"cumulative\"}");
    expect_text("{\"kind\": \"LayerNorm\", \"normalized_shape\": 5}",
                "{\"kind\": \"LayerNorm\", \"version\": 1, \"normalized_shape\": [5]}");
    expect_text("{\"kind\": \"GELU\", \"approximate\": \"tanh\"}",
                "{\"kind\": \"GELU\", \"version\": 1, \"approximate\": \"tanh\"}");
    expect_text("{\"kind\": \"Sequential\", \"children\": {}}",
                "{\"kind\": \"Sequential\", \"version\": 1}");
    expect_text(
        "{\"kind\": \"Sequential\", \"children\": [{\"kind\": \"ReLU\"}, {\"kind\": \"Tanh\"}]}",
        "{\"kind\": \"Sequential\", \"version\": 1, \"children\": {\"0\": {\"kind\": \"ReLU\", "
        "\"version\": 1}, \"1\": {\"kind\": \"Tanh\", \"version\": 1}}}");
    expect_text("{\"kind\": \"ReLU\", \"input\": {\"shape\": [1, 28, 28], \"mean\": [0.1307], "
                "\"std\": [0.3081]}}",
                "{\"kind\": \"ReLU\", \"version\": 1, \"input\": {\"shape\": [1, 28, 28], "
                "\"mean\": [0.1307], "
                "\"std\": [0.3081]}}");
}

Test(describe, errors_tell_the_path)
{
    expect_error(
        "{\"kind\": \"Sequential\", \"children\": {\"block1\": {\"kind\": \"Sequential\", "
        "\"children\": {"
        "\"conv2\": {\"kind\": \"Conv2d\", \"out_channels\": 3, \"kernel_size\": 3, \"stride\": "
        "-1}}}}}",
        "net.block1.conv2: \"stride\" must be a positive integer or a pair of them, got -1");
    expect_error("{\"kind\": \"Sequential\", \"children\": {\"fc\": {\"kind\": \"Linear\"}}}",
                 "net.fc: \"out_features\" is missing");
    expect_error("{\"kind\": \"Residual\", \"children\": {\"body\": {\"kind\": \"Linaer\"}}}",
                 "net.body: there is no kind \"Linaer\"; did you mean \"Linear\"?");
    expect_error("{\"kind\": \"Residual\", \"children\": {\"top\": {\"kind\": \"ReLU\"}}}",
                 "net: Residual has no child \"top\"");
    expect_error("{\"kind\": \"Residual\"}", "net: \"body\" is missing: a module is expected");
    expect_error("{\"kind\": \"Linear\", \"out_feature\": 3}",
                 "net: Linear has no attribute \"out_feature\"; did you mean \"out_features\"?");
    expect_error(
        "{\"kind\": \"Linear\", \"device\": \"cpu\"}",
        "net: Linear has no attribute \"device\"; there are: out_features, in_features, bias");
    expect_error("{\"kind\": \"Sequential\", \"children\": {\"a.b\": {\"kind\": \"ReLU\"}}}",
                 "net: the child name \"a.b\" must match [A-Za-z0-9_]+");
    expect_error("{\"kind\": \"Sequential\", \"children\": {\"a\": {\"kind\": \"ReLU\"}, \"a\": "
                 "{\"kind\": \"ReLU\"}}}",
                 "net: \"a\" stands twice");
    expect_error("{\"kind\": \"ReLU\", \"children\": {\"a\": {\"kind\": \"ReLU\"}}}",
                 "net: ReLU has no child \"a\"");
    expect_error(
        "{\"kind\": \"Sequential\", \"children\": {\"a\": {\"kind\": \"ReLU\", \"input\": {}}}}",
        "net.a: ReLU has no attribute \"input\"; there are: inplace");
}

Test(describe, values_are_checked)
{
    expect_error("{\"kind\": \"Linear\", \"out_features\": \"3\"}",
                 "net: \"out_features\" must be a positive integer, got \"3\"");
    expect_error("{\"kind\": \"Linear\", \"out_features\": 2.5}",
                 "net: \"out_features\" must be a positive integer, got 2.5");
    expect_error("{\"kind\": \"Linear\", \"out_features\": 1e300}",
                 "net: \"out_features\" must be a positive integer, got 1e+300");
    expect_error("{\"kind\": \"Linear\", \"out_features\": 3, \"bias\": 1}",
                 "net: \"bias\" must be true or false, got 1");
    expect_error("{\"kind\": \"Dropout\", \"p\": \"nan\"}",
                 "net: \"p\" must be a number from 0 to 1, got nan");
    expect_error("{\"kind\": \"Dropout\", \"p\": 1e999}",
                 "net: \"p\" must be a number from 0 to 1, got null");
    expect_error("{\"kind\": \"GELU\", \"approximate\": \"erf\"}",
                 "net: \"approximate\" must be one of \"none\", \"tanh\", got \"erf\"");
    expect_error("{\"kind\": \"Conv2d\", \"out_channels\": 1, \"kernel_size\": [1, 2, 3]}",
                 "net: \"kernel_size\" must be a positive integer or a pair of them, got [1,2,3]");
    expect_error(
        "{\"kind\": \"Conv2d\", \"out_channels\": 1, \"kernel_size\": {\"h\": 1}}",
        "net: \"kernel_size\" must be a positive integer or a pair of them, got an object");
    expect_error("{\"kind\": \"ReLU\", \"version\": 2}",
                 "net: version 2 of ReLU is newer than this library's, 1");
    expect_error("{\"kind\": \"ReLU\", \"version\": 0}",
                 "net: \"version\" must be a positive integer, got 0");
    expect_error("{\"kind\": 3}", "net: \"kind\" must be a string, got 3");
    expect_error("[]", "net: a module must be an object, got []");
    expect_error(
        "{\"kind\": \"Unflatten\", \"dim\": 1, \"unflattened_size\": [1,1,1,1,1,1,1,1,1,1,1,1,1]}",
        "net: \"unflattened_size\" must be an integer from -1 to 1e+15 or a list of them, got 13 "
        "numbers");
}

Test(describe, the_example_is_checked)
{
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"shape\": [0]}}",
                 "input: \"shape\" must be positive integers, got 0");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"shape\": [1], \"mean\": [1]}}",
                 "input: \"mean\" and \"std\" must have one number, or one for each channel, each");
    expect_error(
        "{\"kind\": \"ReLU\", \"input\": {\"shape\": [3, 2], \"mean\": [1, 2], \"std\": [1, 2]}}",
        "input: \"mean\" and \"std\" must have one number, or one for each channel, each");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"mean\": [1], \"std\": [0]}}",
                 "input: \"std\" must be positive, got 0");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"size\": 1}}",
                 "input: there is no \"size\"; there are: shape, mean, std, all");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"all\": []}}",
                 "input: \"all\" must be a list of types, got []");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"all\": [{\"dtype\": \"f99\"}]}}",
                 "input: \"dtype\" must name an element type, got \"f99\"");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"all\": [{\"dtype\": \"f32\"}]}}",
                 "input: \"shape\" must be a list of sizes, got an object");
    expect_error("{\"kind\": \"ReLU\", \"input\": {\"all\": [7]}}",
                 "input: \"dtype\" must name an element type, got 7");
    expect_error("{\"kind\": \"ReLU\", \"input\": 3}", "input: \"input\" must be an object, got 3");
}

#define GRAPH(nodes, outputs)                                           \
    "{\"kind\": \"Graph\", \"inputs\": [\"input\"], \"nodes\": {" nodes \
    "}, \"outputs\": [" outputs "]}"

Test(describe, graphs)
{
    expect_text(GRAPH("\"y\": {\"op\": \"add\", \"inputs\": [\"x\"], \"args\": {\"other\": 2, "
                      "\"alpha\": 0.5}}, "
                      "\"x\": {\"module\": {\"kind\": \"Linear\", \"out_features\": 1}, "
                      "\"inputs\": [\"input\"]}",
                      "\"y\""),
                "{\"kind\": \"Graph\", \"version\": 1, \"inputs\": [\"input\"], \"nodes\": {\"x\": "
                "{\"module\": "
                "{\"kind\": \"Linear\", \"version\": 1, \"out_features\": 1}, \"inputs\": "
                "[\"input\"]}, \"y\": {\"op\": "
                "\"add\", \"inputs\": [\"x\"], \"args\": {\"other\": 2, \"alpha\": 0.5}}}, "
                "\"outputs\": [\"y\"]}");
    expect_error(GRAPH("\"a\": {\"op\": \"relu\", \"inputs\": [\"b\"]}, \"b\": {\"op\": \"relu\", "
                       "\"inputs\": [\"a\"]}",
                       "\"a\""),
                 "net: a cycle goes through node \"a\"");
    expect_error(GRAPH("\"a\": {\"op\": \"relu\", \"inputs\": [\"c\"]}", "\"a\""),
                 "net: there is no node or input \"c\"");
    expect_error(GRAPH("\"a\": {\"op\": \"rleu\", \"inputs\": [\"input\"]}", "\"a\""),
                 "net.a: there is no operation \"rleu\"; did you mean \"relu\"?");
    expect_error(
        GRAPH("\"a\": {\"op\": \"softmax\", \"inputs\": [\"input\"], \"args\": {\"dims\": 1}}",
              "\"a\""),
        "net.a: the operation softmax has no argument \"dims\"; did you mean \"dim\"?");
    expect_error(GRAPH("\"a\": {\"op\": \"relu\"}", "\"a\""),
                 "net.a: \"inputs\" must be a list of names, got none");
    expect_error(
        GRAPH(
            "\"a\": {\"op\": \"relu\", \"inputs\": [\"input\"], \"module\": {\"kind\": \"ReLU\"}}",
            "\"a\""),
        "net.a: a node has either a \"module\" or an \"op\", which is a name");
    expect_error(GRAPH("\"input\": {\"op\": \"relu\", \"inputs\": [\"input\"]}", "\"input\""),
                 "net: two nodes or inputs are named \"input\"");
    expect_error(GRAPH("", ""), "net: a graph needs an output, got \"\"");
    expect_error("{\"kind\": \"Graph\", \"nodes\": {}}",
                 "net: \"inputs\" must be a list of names, got none");
    expect_error(GRAPH("\"a\": {\"op\": \"relu\", \"inputs\": [\"in put\"]}", "\"a\""),
                 "net.a: \"inputs\" must be a list of names, got \"in put\"");
}

Test(describe, operations_take_as_many_inputs_as_they_have)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_mark mark = epl_scope_mark(s);
    epl_module m = epl_module_from_json(
        s, GRAPH("\"a\": {\"op\": \"relu\", \"inputs\": [\"input\", \"input\"]}", "\"a\""));
    cr_expect_null(epl_infer(s, m, epl_f32(2)));
    cr_expect_str_eq(epl_scope_message(s), "net: a: the operation relu takes 1 inputs, got 2");
    epl_scope_reset(s, mark);
    m = epl_module_from_json(
        s, GRAPH("\"a\": {\"op\": \"matmul\", \"inputs\": [\"input\"]}", "\"a\""));
    cr_expect_null(epl_infer(s, m, epl_f32(2)));
    cr_expect_str_eq(epl_scope_message(s), "net: a: the operation matmul needs \"other\"");
    epl_scope_reset(s, mark);
    m = epl_module_from_json(
        s, GRAPH("\"a\": {\"op\": \"layer_norm\", \"inputs\": [\"input\", null, \"input\"], "
                 "\"args\": {\"normalized_shape\": [4]}}",
                 "\"a\""));
    cr_expect(epl_infer(s, m, epl_f32(4)), "%s", epl_scope_message(s));
    epl_scope_free(s);
}

/* -- texts that mean harm ------------------------------------------------------------------ */
Test(describe, no_text_does_harm)
{
    static const char *const text[] = {"",
                                       "{",
                                       "}",
                                       "nul",
                                       "\"",
                                       "{\"kind\"",
                                       "{\"kind\": \"ReLU\"} x",
                                       "{\"kind\": \"\\u0000\"}",
                                       "{\"kind\": \"\\ud800\"}",
                                       "{\"kind\": NaN}",
                                       "{\"kind\": \"ReLU\", \"version\": 1e400}",
                                       "\xff\xfe",
                                       "{\"\": {}}",
                                       "{\"kind\": null}",
                                       "{\"kind\": \"Sequential\", \"children\": 3}",
                                       "{\"kind\": \"Sequential\", \"children\": [3]}"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        epl_scope *s = epl_scope_new(NULL);
        cr_expect_null(epl_module_from_json(s, text[i]), "%s", text[i]);
        cr_expect_neq(epl_scope_status(s), EPL_OK);
        epl_scope_free(s);
    }
    epl_scope *s = epl_scope_new(NULL);
    cr_expect_null(epl_module_from_json(s, NULL));
    epl_scope_free(s);
}

/* count times `open`, `inside`, count times `close` */
static char *nested(const char *open, const char *inside, const char *close, size_t count)
{
    size_t a = strlen(open), b = strlen(inside), c = strlen(close);
    char *text = malloc(count * (a + c) + b + 1), *p = text;
    for (size_t i = 0; i < count; i++, p += a)
        memcpy(p, open, a);
    memcpy(p, inside, b);
    p += b;
    for (size_t i = 0; i < count; i++, p += c)
        memcpy(p, close, c);
    *p = 0;
    return text;
}

Test(describe, depth_is_bounded)
{
    char *deep[] = {
        nested("{\"kind\": \"Residual\", \"children\": {\"body\": ", "{\"kind\": \"ReLU\"}", "}}",
               10000),
        nested("{\"kind\": \"Residual\", \"children\": {\"body\": ", "{\"kind\": \"ReLU\"}", "}}",
               100),
        nested("[", "", "]", 1000000), nested("{\"a\":", "1", "}", 1000000)};
    for (size_t i = 0; i < 4; i++) {
        epl_scope *s = epl_scope_new(NULL);
        cr_expect_null(epl_module_from_json(s, deep[i]));
        if (i == 1)
            cr_expect(strstr(epl_scope_message(s), "modules nest more than 64 deep"), "%s",
                      epl_scope_message(s));
        epl_scope_free(s);
        free(deep[i]);
    }
    char *fine = nested(
        "{\"kind\": \"Residual\", \"children\": {\"body\": ", "{\"kind\": \"ReLU\"}", "}}", 60);
    epl_scope *s = epl_scope_new(NULL);
    cr_expect(epl_module_from_json(s, fine), "%s", epl_scope_message(s));
    epl_scope_free(s);
    free(fine);
}

/* Any byte changed or cut off: a module or an error, and nothing else. */
Test(describe, broken_texts)
{
    const char *good = GRAPH("\"a\": {\"op\": \"add\", \"inputs\": [\"b\", \"input\"], \"args\": "
                             "{\"alpha\": 2}}, \"b\": {\"module\": "
                             "{\"kind\": \"Conv2d\", \"out_channels\": 2, \"kernel_size\": [3, 3], "
                             "\"padding\": \"same\"}, "
                             "\"inputs\": [\"input\"]}",
                             "\"a\"");
    size_t n = strlen(good);
    char *text = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        for (const char *c = "\"{}[]:,x9-\\\x01"; *c; c++) {
            memcpy(text, good, n + 1);
            text[i] = *c;
            if (*c == 1)
                text[i] = 0;
            epl_scope *s = epl_scope_new(NULL);
            epl_module m = epl_module_from_json(s, text);
            cr_expect_eq(m != NULL, epl_scope_status(s) == EPL_OK, "%s", text);
            epl_scope_free(s);
        }
    free(text);
}

Test(describe, ten_thousand_layers)
{
    epl_scope *s = epl_scope_new(NULL);
    char *list = nested("{\"kind\": \"Tanh\"}, ", "{\"kind\": \"Tanh\"}", "", 9999);
    size_t n = strlen(list);
    char *text = malloc(n + 64);
    snprintf(text, n + 64, "{\"kind\": \"Sequential\", \"children\": [%s]}", list);
    epl_module m = epl_infer(s, epl_module_from_json(s, text), epl_f32(2));
    cr_expect_eq(epl_module_children(m), 10000, "%s", epl_scope_message(s));
    free(list);
    free(text);
    epl_scope_free(s);
}
