/* shape: PRIM(name) for each primitive, OP(name) for each operation. Included many times. */
/* clang-format off */
PRIM(slice) PRIM(pad) PRIM(assemble) PRIM(reshape) PRIM(permute) PRIM(broadcast)
PRIM(gather) PRIM(scatter)
OP(reshape) OP(flatten) OP(unflatten) OP(squeeze) OP(unsqueeze) OP(permute) OP(transpose)
OP(movedim) OP(expand) OP(tile) OP(repeat) OP(repeat_interleave) OP(cat) OP(stack) OP(chunk)
OP(split) OP(unbind) OP(narrow) OP(select) OP(slice) OP(select_scatter) OP(slice_scatter)
OP(flip) OP(roll) OP(rot90) OP(tril) OP(triu) OP(diag_embed) OP(diagonal) OP(index_select)
OP(gather) OP(scatter_add) OP(index_add) OP(index_copy) OP(take_along_dim) OP(pad) OP(one_hot)
OP(embedding) OP(unfold) OP(pixel_shuffle) OP(pixel_unshuffle) OP(channel_shuffle)
    /* clang-format on */
