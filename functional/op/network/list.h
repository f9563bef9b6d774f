/* network: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
// clang-format off
OP(conv1d)
OP(conv2d)
OP(conv3d)
OP(conv_transpose1d)
OP(conv_transpose2d)
OP(conv_transpose3d)
OP(max_pool1d)
OP(max_pool2d)
OP(max_pool3d)
OP(avg_pool1d)
OP(avg_pool2d)
OP(avg_pool3d)
OP(adaptive_avg_pool1d)
OP(adaptive_avg_pool2d)
OP(adaptive_avg_pool3d)
OP(scaled_dot_product_attention)
// clang-format on
