/* recurrent.c -- RNN, LSTM, GRU: layers that run in a scan, with torch's leaves and results.
 *
 * Inside, all is [l, n, features]. What does not depend on the step before (the input's share
 * of the gates) is one product for all steps, outside the loop.
 */
#include <espalier/espalier.h>
#include <math.h>
#include <stdio.h>

typedef epl_nn_recurrent_args rec;
typedef enum { RNN = 1, GRU = 3, LSTM = 4 } cell; /* gates */

typedef struct {
    epl_ctx *c;
    const rec *a;
    cell cell;
    int64_t hidden, given; /* sizes of the state, and of what a step gives */
    int directions;
    epl_val h0, c0; /* [layers directions, n, ...], or none */
    epl_val seen;   /* bool [l, n]: the step belongs to the sequence; or none */
    epl_val *h_n, *c_n;
} recurrent;

/* -- leaves -------------------------------------------------------------------------------- */
typedef struct {
    epl_val w_ih, w_hh, b_ih, b_hh, w_hr;
} leaves;

static epl_val leaf(recurrent *r, const char *name, int layer, int direction, epl_role role,
                    epl_shape shape)
{
    char text[64];
    double bound = 1 / sqrt((double)r->a->hidden_size);
    snprintf(text, sizeof text, "%s_l%d%s", name, layer, direction ? "_reverse" : "");
    return epl_param(r->c, text, role, shape, epl_init_uniform(-bound, bound));
}

static leaves leaves_of(recurrent *r, int layer, int direction, int64_t features)
{
    int64_t gates = r->cell * r->hidden;
    leaves w = {.b_ih = EPL_NO_VAL};
    w.w_ih = leaf(r, "weight_ih", layer, direction, EPL_WEIGHT, epl_dims(gates, features));
    w.w_hh = leaf(r, "weight_hh", layer, direction, EPL_WEIGHT, epl_dims(gates, r->given));
    if (r->a->bias) {
        w.b_ih = leaf(r, "bias_ih", layer, direction, EPL_BIAS, epl_dims(gates));
        w.b_hh = leaf(r, "bias_hh", layer, direction, EPL_BIAS, epl_dims(gates));
    }
    if (r->a->proj_size)
        w.w_hr = leaf(r, "weight_hr", layer, direction, EPL_WEIGHT, epl_dims(r->given, r->hidden));
    return w;
}

/* -- a step -------------------------------------------------------------------------------- */
static epl_val gate(const recurrent *r, epl_val all, int i)
{
    return epl_narrow(all, -1, i * r->hidden, r->hidden);
}

/* c' = f c + i g;  h' = o tanh(c') */
static epl_val lstm_step(const recurrent *r, epl_val x, epl_val h, epl_val *c, const leaves *w)
{
    epl_val y = epl_linear(h, w->w_hh), all[4];
    for (int k = 0; k < 4; k++) /* gate by gate: one pass over memory from y to h' */
        all[k] = epl_add(gate(r, x, k), gate(r, y, k));
    epl_val i = epl_sigmoid(all[0]), f = epl_sigmoid(all[1]);
    epl_val g = epl_tanh(all[2]), o = epl_sigmoid(all[3]);
    *c = epl_add(epl_mul(f, *c), epl_mul(i, g));
    epl_val next = epl_mul(o, epl_tanh(*c));
    return r->a->proj_size ? epl_linear(next, w->w_hr) : next;
}

/* h' = n + z (h - n);  n = tanh(x_n + r h_n) */
static epl_val gru_step(const recurrent *r, epl_val x, epl_val h, const leaves *w)
{
    epl_val y = epl_linear(h, w->w_hh, .bias = w->b_hh);
    epl_val reset = epl_sigmoid(epl_add(gate(r, x, 0), gate(r, y, 0)));
    epl_val z = epl_sigmoid(epl_add(gate(r, x, 1), gate(r, y, 1)));
    epl_val n = epl_tanh(epl_add(gate(r, x, 2), epl_mul(reset, gate(r, y, 2))));
    return epl_add(n, epl_mul(z, epl_sub(h, n)));
}

static epl_val rnn_step(const recurrent *r, epl_val x, epl_val h, const leaves *w)
{
    epl_val y = epl_add(x, epl_linear(h, w->w_hh));
    return r->a->nonlinearity && r->a->nonlinearity[0] == 'r' ? epl_relu(y) : epl_tanh(y);
}

/* -- a layer in one direction ---------------------------------------------------------------- */
static epl_val start(recurrent *r, epl_val all, int at, epl_val x, int64_t size)
{
    if (!epl_is_none(all))
        return epl_select(all, 0, at);
    epl_type t = epl_type_of(epl_typeof(x).dtype, epl_dims(epl_dim(x, 1), size));
    return epl_zeros(epl_ctx_fn(r->c), t);
}

static epl_val direction(recurrent *r, int layer, int back, epl_val x)
{
    int at = layer * r->directions + back;
    leaves w = leaves_of(r, layer, back, epl_dim(x, 2));
    epl_val in = epl_linear(x, w.w_ih, .bias = w.b_ih);
    if (r->cell != GRU && !epl_is_none(w.b_hh)) /* GRU's reset gate scales it */
        in = epl_add(in, w.b_hh);
    epl_fn *t = epl_scan(epl_ctx_fn(r->c), .reverse = back);
    epl_val xt = epl_each(t, in, 0), old = EPL_NO_VAL, c = EPL_NO_VAL, seen = EPL_NO_VAL;
    epl_val h = epl_carry(t, start(r, r->h0, at, x, r->given));
    if (r->cell == LSTM)
        c = old = epl_carry(t, start(r, r->c0, at, x, r->hidden));
    if (!epl_is_none(r->seen))
        seen = epl_unsqueeze(epl_each(t, r->seen, 0), 1);
    epl_val next = r->cell == LSTM  ? lstm_step(r, xt, h, &c, &w)
                   : r->cell == GRU ? gru_step(r, xt, h, &w)
                                    : rnn_step(r, xt, h, &w);
    epl_val out = next;
    if (!epl_is_none(seen)) {
        out = epl_where(seen, next, epl_zeros_like(next));
        next = epl_where(seen, next, h);
        c = r->cell == LSTM ? epl_where(seen, c, old) : c;
    }
    epl_next(t, h, next);
    if (r->cell == LSTM)
        epl_next(t, old, c);
    epl_val y = epl_collect(t, out);
    r->h_n[at] = epl_last(t, h);
    if (r->cell == LSTM)
        r->c_n[at] = epl_last(t, old);
    return y;
}

static epl_val between_layers(recurrent *r, int layer, epl_val y)
{
    bool drop = r->a->dropout > 0 && layer + 1 < r->a->num_layers && epl_training(r->c);
    if (!drop)
        return y;
    epl_val key = epl_key_here(r->c);
    return epl_is_none(key)
               ? key
               : epl_dropout(y, .p = r->a->dropout, .training = true, .key = epl_fold(key, layer));
}

/* -- the whole ----------------------------------------------------------------------------- */
static bool state_fits(recurrent *r, const char *what, epl_val v, int64_t n, int64_t size,
                       bool batched)
{
    char text[EPL_TYPE_TEXT];
    int64_t layers = r->a->num_layers * r->directions;
    bool fits = epl_rank(v) == (batched ? 3 : 2) && epl_dim(v, 0) == layers &&
                epl_dim(v, -1) == size && (!batched || epl_dim(v, 1) == n);
    if (epl_is_none(v) || fits)
        return true;
    epl_ctx_fail(r->c, EPL_ERR_SHAPE, "%s must be [%lld%s, %lld] for a batch of %lld, got %s", what,
                 (long long)layers, batched ? ", n" : "", (long long)size, (long long)n,
                 epl_type_text(epl_typeof(v), text));
    return false;
}

/* bool [l, n]: step < length. */
static bool steps_seen(recurrent *r, epl_val lengths, int64_t l, int64_t n, bool batched)
{
    char text[EPL_TYPE_TEXT];
    epl_type t = epl_typeof(lengths);
    if (epl_is_none(lengths))
        return true;
    if (!batched || (t.dtype != EPL_I64 && t.dtype != EPL_I32) || t.shape.rank != 1 ||
        t.shape.dim[0] != n) {
        epl_ctx_fail(r->c, EPL_ERR_SHAPE, "the lengths must be i64[%lld], got %s", (long long)n,
                     epl_type_text(t, text));
        return false;
    }
    epl_val step = epl_arange(epl_ctx_fn(r->c), EPL_I64, 0, (double)l, 1);
    r->seen = epl_lt(epl_unsqueeze(step, 1), epl_unsqueeze(lengths, 0));
    return true;
}

static epl_val layers(recurrent *r, epl_val x)
{
    for (int i = 0; i < r->a->num_layers; i++) {
        epl_val y[2];
        for (int d = 0; d < r->directions; d++)
            y[d] = direction(r, i, d, x);
        x = r->directions == 2 ? epl_cat(epl_list(y[0], y[1]), .dim = 2) : y[0];
        x = between_layers(r, i, x);
    }
    return x;
}

/* [layers, n, size], or without the batch axis. */
static epl_val states(const recurrent *r, const epl_val *v, bool batched)
{
    epl_val all = epl_stack((epl_vals){(size_t)(r->a->num_layers * r->directions), v});
    return batched ? all : epl_select(all, 1, 0);
}

enum { MOST_LAYERS = 256 };

static epl_val run(epl_ctx *c, const void *args, epl_val x, cell kind)
{
    epl_val h[MOST_LAYERS], cell_state[MOST_LAYERS];
    recurrent r = {.c = c, .a = args, .cell = kind, .h_n = h, .c_n = cell_state};
    char text[EPL_TYPE_TEXT];
    bool batched = epl_rank(x) == 3;
    int lengths = kind == LSTM ? 2 : 1;
    if (!batched && epl_rank(x) != 2)
        return epl_ctx_fail(c, EPL_ERR_SHAPE, "%s or [l, features] is expected, got %s",
                            r.a->batch_first ? "[n, l, features]" : "[l, n, features]",
                            epl_type_text(epl_typeof(x), text));
    r.directions = r.a->bidirectional ? 2 : 1;
    r.hidden = r.a->hidden_size;
    r.given = r.a->proj_size ? r.a->proj_size : r.hidden;
    epl_size(c, "input_size", epl_dim(x, -1));
    if (r.a->proj_size >= r.hidden)
        return epl_ctx_fail(c, EPL_ERR_ARG, "\"proj_size\" must be less than \"hidden_size\" %lld",
                            (long long)r.hidden);
    x = !batched ? epl_unsqueeze(x, 1) : r.a->batch_first ? epl_transpose(x, 0, 1) : x;
    int64_t l = epl_dim(x, 0), n = epl_dim(x, 1);
    r.h0 = epl_more(c, 0);
    r.c0 = kind == LSTM ? epl_more(c, 1) : EPL_NO_VAL;
    if (!state_fits(&r, "h_0", r.h0, n, r.given, batched) ||
        !state_fits(&r, "c_0", r.c0, n, r.hidden, batched) ||
        !steps_seen(&r, epl_more(c, (size_t)lengths), l, n, batched))
        return EPL_NO_VAL;
    if (!batched && !epl_is_none(r.h0))
        r.h0 = epl_unsqueeze(r.h0, 1);
    if (!batched && !epl_is_none(r.c0))
        r.c0 = epl_unsqueeze(r.c0, 1);
    epl_val y = layers(&r, x);
    epl_also(c, 0, states(&r, h, batched));
    if (kind == LSTM)
        epl_also(c, 1, states(&r, cell_state, batched));
    return !batched ? epl_select(y, 1, 0) : r.a->batch_first ? epl_transpose(y, 0, 1) : y;
}

static epl_val rnn(epl_ctx *c, const void *args, epl_val x)
{
    return run(c, args, x, RNN);
}

static epl_val lstm(epl_ctx *c, const void *args, epl_val x)
{
    return run(c, args, x, LSTM);
}

static epl_val gru(epl_ctx *c, const void *args, epl_val x)
{
    return run(c, args, x, GRU);
}

#define COMMON                                                              \
    EPL_ATTR_F(rec, hidden_size, EPL_INT, 0, 1, 1e9, 1, EPL_ATTR_REQUIRED), \
        EPL_ATTR_F(rec, input_size, EPL_INT, 0, 1, 1e15, 1, EPL_ATTR_OPEN), \
        EPL_ATTR(rec, num_layers, EPL_INT, 1, 1, MOST_LAYERS / 2),          \
        EPL_ATTR(rec, bias, EPL_BOOLEAN, 1, 0, 1),                          \
        EPL_ATTR(rec, batch_first, EPL_BOOLEAN, 0, 0, 1),                   \
        EPL_ATTR(rec, dropout, EPL_NUMBER, 0, 0, 1),                        \
        EPL_ATTR(rec, bidirectional, EPL_BOOLEAN, 0, 0, 1)
static const epl_attr rnn_attrs[] = {COMMON, EPL_ATTR_WORD(rec, nonlinearity, "tanh|relu"),
                                     EPL_ATTR_END};
static const epl_attr gru_attrs[] = {COMMON, EPL_ATTR_END};
static const epl_attr lstm_attrs[] = {COMMON, EPL_ATTR(rec, proj_size, EPL_INT, 0, 0, 1e9),
                                      EPL_ATTR_END};
#define KIND(kind_, name_, doc_)                                 \
    const epl_kind epl_kind_##kind_ = {.name = name_,            \
                                       .version = 1,             \
                                       .args_size = sizeof(rec), \
                                       .attrs = kind_##_attrs,   \
                                       .apply = kind_,           \
                                       .doc = doc_}
KIND(rnn, "RNN", "h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)");
KIND(lstm, "LSTM", "c_t = f c_(t-1) + i g;  h_t = o tanh(c_t)");
KIND(gru, "GRU", "h_t = (1 - z) n + z h_(t-1);  n = tanh(x_n + r h_n)");
