/* losses: OP(name) for each. Included many times. */
/* clang-format off */
OP(cross_entropy) OP(nll_loss)
OP(mse_loss) OP(l1_loss) OP(smooth_l1_loss) OP(huber_loss)
OP(binary_cross_entropy) OP(binary_cross_entropy_with_logits)
OP(kl_div) OP(poisson_nll_loss) OP(gaussian_nll_loss)
OP(hinge_embedding_loss) OP(soft_margin_loss) OP(margin_ranking_loss)
OP(cosine_embedding_loss) OP(triplet_margin_loss)
