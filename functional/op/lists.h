/* lists.h -- every primitive and every operation, once: PRIM(name) and OP(name). */
#include "core/list.h"
#include "math/list.h"
#include "reduce/list.h"
#include "shape/list.h"
#include "random/list.h"
#include "product/list.h"
#include "network/list.h"
#include "../loss/list.h"
