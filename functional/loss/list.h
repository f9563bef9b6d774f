/* losses: OP(name) for each. Included many times. */
