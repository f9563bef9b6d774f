/* op.h -- operations. Names, arguments, defaults, broadcasting and promotion are torch's.
 *
 * A value in, a value out; a none or failed value in, none out. Options are given by name:
 * epl_sum(x, .dim = epl_axes(1), .keepdim = true).
 */
#ifndef ESPALIER_OP_H
#define ESPALIER_OP_H
#include <espalier/op_math.h>
#include <espalier/op_reduce.h>
#include <espalier/op_shape.h>
#include <espalier/op_random.h>
#include <espalier/op_network.h>
#include <espalier/op_linalg.h>
#include <espalier/op_loss.h>
#endif
