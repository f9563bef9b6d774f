/* espalier.h -- networks as pure functions of one flat parameter vector: the map.
 *
 *   module -> spec -> tree        a description, its layout, its numbers
 *      |
 *      v
 *   function -> plan -> run       values in a graph, made ready, numbers in and out
 *
 * 1. Memory.  What a scope makes, the scope frees. Arrays you pass in stay yours.
 * 2. Errors.  Builders never return a code. The first failure stays in the scope with
 *             its text, later builders do nothing. Runs and files return a status; a
 *             run with a work of a failed scope fails with the scope's text. So a
 *             program needs one check: that of its run.
 * 3. Threads. A scope and a work belong to one thread at a time. Modules, specs and plans
 *             are const: any number of threads may use them.
 * 4. Stars.   A handle with a star changes (scope, function, tree, work); one without
 *             never does (module, spec, plan, value).
 * 5. Options. f(a, b, .name = value): what is not named has its documented default. A
 *             field that you name is given, also when it is 0 or false.
 */
#ifndef ESPALIER_H
#define ESPALIER_H
#include <espalier/base.h>   /* scope, status, types, arrays, keys */
#include <espalier/fn.h>     /* functions, values, derivatives, inner functions */
#include <espalier/flow.h>   /* loops, branches, checkpoints in a plan */
#include <espalier/custom.h> /* derivatives of your own */
#include <espalier/derive.h> /* Jacobians, linear maps, products of Hessians */
#include <espalier/op.h>     /* operations */
#include <espalier/tree.h>   /* specs and trees: layout and numbers */
#include <espalier/module.h> /* modules: what a network is; layers */
#include <espalier/optim.h>  /* optimizers as functions */
#include <espalier/solve.h>  /* roots, fixed points, minima, linear systems: implicit derivatives */
#include <espalier/meta.h>   /* meta-learning: adaptation, and gradients through it */
#include <espalier/plan.h>   /* plans, runs, pools, eager evaluation */
#include <espalier/file.h>   /* saved files */
#include <espalier/extend.h> /* primitives, operations and layers of your own */
#endif
