/* laws_mapped.c -- a map against a loop; many rows on several threads; f32 against f64. */
#include <stdio.h>
#include <string.h>
#include "../../tools/tensor.h"
#include "sample.h"

enum { ROWS = 3 };
static const int64_t MANY = 200000; /* elements, so that threads have something to share */

/* -- maps ---------------------------------------------------------------------------------- */
/* Row r of a result of the map. */
static epl_array row_of(const epl_array *all, int64_t r)
{
    epl_type t = all->type;
    for (int k = 0; k + 1 < t.shape.rank; k++)
        t.shape.dim[k] = t.shape.dim[k + 1];
    t.shape.rank--;
    return epl_at((char *)all->data + (size_t)r * epl_bytes(t), t);
}

static void map_against_loop(const derived *one, const mapping *m)
{
    const sample *p = one->p;
    derived all;
    char text[ARRAY_TEXT], what[120];
    if (!derived_make(&all, p, m)) {
        sample_broken(p, LAW_MAP, "the map", epl_scope_message(p->s));
        return;
    }
    epl_array *got = derived_run(&all, LAW_MAP, all.in), *in = arrays_new(p->s, one->ins);
    for (int64_t r = 0; got && in && r < m->rows; r++) {
        for (size_t i = 0; i < one->ins; i++)
            in[i] = derived_row(one, i, derived_is_mapped(one, m, i) ? r : 0, p->s);
        epl_array *want = derived_run(one, LAW_MAP, in);
        for (size_t i = 0; want && i < one->outs; i++) {
            epl_array row = row_of(&got[i], r);
            bool exact = m->same_bits && i < one->first[DERIVED_JV];
            if (array_near(&row, &want[i], exact ? 0 : 1e-9, exact ? 0 : 1e-10, text))
                continue;
            snprintf(what, sizeof what, "%s, row %lld, %s %d mapped over the %s axis, chunk %d",
                     one->name[i], (long long)r, m->only < 0 ? "all:" : "input", m->only,
                     m->last ? "last" : "first", (int)m->chunk);
            sample_broken(p, LAW_MAP, what, text);
            return;
        }
    }
}

void law_of_map(const derived *d, size_t number)
{
    size_t inputs = d->p->call.inputs;
    law_checked(LAW_MAP);
    map_against_loop(d, &(mapping){.rows = ROWS, .only = -1});
    if (epl_scope_status(d->p->s) == EPL_OK)
        map_against_loop(d, &(mapping){.rows = ROWS, .only = (int)(number % inputs), .last = true});
    if (epl_scope_status(d->p->s) == EPL_OK)
        map_against_loop(d, &(mapping){.rows = ROWS, .only = -1, .chunk = 1 + (int64_t)number % 2});
}

void law_of_map_over_each(const derived *d, bool same_bits)
{
    law_checked(LAW_MAP);
    for (int64_t chunk = 0; chunk < ROWS; chunk++)
        map_against_loop(
            d, &(mapping){.rows = ROWS, .chunk = chunk, .only = -1, .same_bits = same_bits});
    for (size_t i = 0; i < 2 * d->p->call.inputs; i++)
        if (epl_scope_status(d->p->s) == EPL_OK)
            map_against_loop(
                d, &(mapping){
                       .rows = ROWS, .only = (int)(i / 2), .last = i % 2, .same_bits = same_bits});
}

/* -- threads ------------------------------------------------------------------------------- */
void law_of_threads(const sample *p)
{
    int64_t most = 1;
    for (size_t i = 0; i < p->call.inputs; i++) {
        int64_t n = epl_count(p->call.input[i].type);
        most = n > most ? n : most;
    }
    derived d;
    mapping m = {.rows = MANY / most, .only = -1, .first_order = true};
    law_checked(LAW_THREADS);
    if (!derived_make(&d, p, &m)) {
        sample_broken(p, LAW_THREADS, "the map", epl_scope_message(p->s));
        return;
    }
    epl_array *want = derived_run(&d, LAW_THREADS, d.in);
    for (int threads = 2; want && threads <= 4; threads *= 2) {
        epl_pool *pool = epl_pool_new(p->s, threads);
        d.work = epl_work_new(p->s, pool);
        epl_array *got = derived_run(&d, LAW_THREADS, d.in);
        for (size_t i = 0; got && i < d.outs; i++) {
            size_t bytes = epl_bytes(d.out[i]);
            if (bytes && memcmp(got[i].data, want[i].data, bytes) != 0)
                sample_broken(p, LAW_THREADS, d.name[i], "differs in its bits");
        }
    }
}

/* -- f32 ----------------------------------------------------------------------------------- */
/* The f64 sample at the numbers that f32 can hold. */
static void round_inputs(derived *d)
{
    for (size_t i = 0; i < d->ins; i++) {
        epl_array a = d->in[i];
        for (int64_t k = 0, n = epl_count(a.type); a.type.dtype == EPL_F64 && k < n; k++)
            tensor_set(&a, k, (double)(float)tensor_number(&a, k));
    }
}

/* The same numbers for the function in f32. */
static void f32_inputs(derived *d, const derived *from)
{
    for (size_t i = 0; i < d->ins; i++)
        for (int64_t k = 0, n = epl_count(d->in[i].type); is_float(d->in[i].type) && k < n; k++)
            tensor_set(&d->in[i], k, tensor_number(&from->in[i], k));
}

void law_of_narrow(const sample *wide, const sample *narrow)
{
    static const mapping once = {.first_order = true, .only = -1};
    derived w, n;
    char text[ARRAY_TEXT];
    law_checked(LAW_F32);
    if (!derived_make(&w, wide, &once) || !derived_make(&n, narrow, &once)) {
        sample_broken(narrow, LAW_F32, "the function", epl_scope_message(narrow->s));
        return;
    }
    if (w.outs != n.outs || w.ins != n.ins) {
        sample_broken(narrow, LAW_F32, "the function", "has other results");
        return;
    }
    round_inputs(&w);
    f32_inputs(&n, &w);
    epl_array *want = derived_run(&w, LAW_F32, w.in), *got = derived_run(&n, LAW_F32, n.in);
    for (size_t i = 0; got && want && i < n.outs; i++)
        if (!array_near(&got[i], &want[i], 2e-5, 2e-5, text))
            sample_broken(narrow, LAW_F32, n.name[i], text);
}

void law_of_f32(const char *line, size_t number)
{
    sample wide, narrow;
    if (!sample_open(&wide, line, number, false))
        return;
    if (sample_open(&narrow, line, number, true)) {
        law_of_narrow(&wide, &narrow);
        sample_close(&narrow);
    }
    sample_close(&wide);
}
