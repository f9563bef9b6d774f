/* network: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
OP(conv1d) OP(conv2d) OP(conv3d)
OP(max_pool1d) OP(max_pool2d) OP(max_pool3d)
