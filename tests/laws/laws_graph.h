/* laws_graph.h -- laws of a random function at one point. */
#ifndef LAW_LAWS_GRAPH_H
#define LAW_LAWS_GRAPH_H
#include "sample.h"

void law_of_third(const sample *p);
void law_of_linear(const sample *p);
void law_of_nested(const sample *p);
void law_of_kept(const sample *p);

#endif
