/* tree.h -- a tree, inside. */
#ifndef EPL_PARAMS_TREE_H
#define EPL_PARAMS_TREE_H
#include <espalier/tree.h>

struct epl_tree {
    epl_scope *scope;
    epl_spec spec;
    void *data;
};

epl_array epl__leaf_array(const epl_tree *t, const epl_leaf_spec *leaf);
#endif
