/* laws_graph.h -- laws of a random function at one point. */
#ifndef LAW_LAWS_GRAPH_H
#define LAW_LAWS_GRAPH_H
#include "sample.h"

void law_of_third(const sample *p);
void law_of_linear(const sample *p);
void law_of_nested(const sample *p);
/* Two ways to write one function: values and derivatives to the third order, by plans and by
 * the reference. Forward: no reverse derivatives. Values are equal to the bit if they must be. */
void law_of_pieces(const sample *inside, const sample *written_out, bool forward, bool same_bits);
void law_of_kept(const sample *p);

#endif
