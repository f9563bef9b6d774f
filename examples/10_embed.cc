// 10_embed.cc -- C++17: a network described by JSON, compiled at its first call.
#include <cstdio>
#include <memory>
#include <vector>
#include <espalier/espalier.h>

int main()
{
    std::unique_ptr<epl_scope, decltype(&epl_scope_free)> scope(epl_scope_new(nullptr),
                                                                epl_scope_free);
    epl_scope *s = scope.get();
    epl_module net = epl_module_from_json(s, R"({"kind": "Sequential", "children": {
        "conv1": {"kind": "Conv2d", "out_channels": 8, "kernel_size": 3, "bias": false},
        "flat":  {"kind": "Flatten"},
        "fc":    {"kind": "Linear", "out_features": 10}}})");
    net = epl_infer(s, net, epl_f32(1, 1, 28, 28));
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));

    epl_plan predict = epl_jit(
        s,
        [](epl_fn *f, const void *data) {
            auto net = static_cast<epl_module>(data);
            epl_val p = epl_input_tree(f, "params", epl_params_of(net));
            epl_val x = epl_input(f, "x", epl_f32(EPL_ANY, 1, 28, 28));
            epl_output(f, "logits", epl_apply(net, p, x));
        },
        net);
    epl_work *work = epl_work_new(s, nullptr);

    std::vector<float> images(16 * 784), logits(16 * 10);
    epl_array in[] = {theta, epl_at(images.data(), epl_f32(16, 1, 28, 28))};
    epl_array out[] = {epl_at(logits.data(), epl_f32(16, 10))};
    if (epl_run(predict, {2, in}, {1, out}, work) != EPL_OK)
        return std::puts(epl_work_message(work)), 1;
    std::printf("%g\n", double(logits[0]));
}
