/* list.h -- the built-in kinds: KIND(name) for each. Included many times. */
KIND(sequential) KIND(residual) KIND(linear) KIND(relu) KIND(tanh)
