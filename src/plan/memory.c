/* memory.c -- one static workspace: an offset for every array that lives between steps.
 *
 * Steps are walked in their order; what was read for the last time gives its bytes back to
 * a list of holes, kept sorted by offset. The best-fitting hole is taken, so that hot bytes
 * are used again soon. An element-wise result may take over the bytes of an operand.
 */
#include <string.h>
#include "../base/scope.h"
#include "plan.h"

enum { ALIGN = 64 };
static const int64_t most_bytes = INT64_C(1) << 62; /* no machine has them; sums stay countable */

typedef struct {
    int64_t at, size;
} hole;
typedef struct {
    hole *hole;
    uint32_t holes, room;
    int64_t end;
} heap;

static int64_t rounded(int64_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static bool give_back(heap *h, epl__arena *arena, int64_t at, int64_t size)
{
    uint32_t i = h->holes;
    while (i > 0 && h->hole[i - 1].at > at)
        i--;
    bool left = i > 0 && h->hole[i - 1].at + h->hole[i - 1].size == at;
    bool right = i < h->holes && at + size == h->hole[i].at;
    if (left && right) {
        h->hole[i - 1].size += size + h->hole[i].size;
        memmove(&h->hole[i], &h->hole[i + 1], (--h->holes - i) * sizeof *h->hole);
    } else if (left)
        h->hole[i - 1].size += size;
    else if (right)
        h->hole[i] = (hole){at, size + h->hole[i].size};
    else {
        hole *list = epl__arena_grown(arena, h->hole, h->holes, &h->room, sizeof *list);
        if (!list)
            return false;
        h->hole = list;
        memmove(&h->hole[i + 1], &h->hole[i], (h->holes++ - i) * sizeof *h->hole);
        h->hole[i] = (hole){at, size};
    }
    return true;
}

static int64_t take(heap *h, int64_t size)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < h->holes; i++)
        if (h->hole[i].size >= size && (best == UINT32_MAX || h->hole[i].size < h->hole[best].size))
            best = i;
    if (best != UINT32_MAX) {
        int64_t at = h->hole[best].at;
        h->hole[best].at += size;
        h->hole[best].size -= size;
        if (!h->hole[best].size)
            memmove(&h->hole[best], &h->hole[best + 1], (--h->holes - best) * sizeof *h->hole);
        return at;
    }
    hole *top = h->holes ? &h->hole[h->holes - 1] : NULL;
    int64_t at = h->end;
    if (top && top->at + top->size == h->end) { /* the last hole grows */
        at = top->at;
        h->holes--;
    }
    h->end = at + size;
    return at;
}

/* An operand of tile step k whose bytes the result can take over: it dies here, and is read
 * element by element by all members. A checked step must find its operands afterwards. */
static epl__id taken_over(const epl__making *m, int k, epl__id made, const int64_t *offset)
{
    const epl__plan_step *s = &m->step[k];
    if (m->f->check || m->memory[made].step != k || s->kind != EPL__STEP_TILE)
        return EPL__ID_NONE;
    for (epl__read r = {0}; epl__next_read(m, s, &r);) {
        epl__id root = r.view->root;
        const epl__memory *mem = root == EPL__ID_NONE ? NULL : &m->memory[root];
        if (mem && !mem->placed && mem->last == k && offset[root] >= 0 &&
            mem->bytes == m->memory[made].bytes && !epl__reads_crosswise(m, s, root, made))
            return root;
    }
    return EPL__ID_NONE;
}

/* Ids by a step of their life: lists of next-links. */
typedef struct {
    epl__id *born, *dead;           /* by step */
    epl__id *next_born, *next_dead; /* by id */
} lives;

static bool sorted_lives(epl__making *m, lives *l, bool *moved)
{
    size_t s = m->steps + 2;
    l->born = epl__arena_take(&m->arena, 2 * (s + m->nodes) * sizeof *l->born);
    if (!l->born)
        return false;
    memset(l->born, 0xff, 2 * (s + m->nodes) * sizeof *l->born);
    l->dead = l->born + s;
    l->next_born = l->dead + s;
    l->next_dead = l->next_born + m->nodes;
    for (epl__id id = m->nodes; id-- > 0;) {
        const epl__memory *mem = &m->memory[id];
        moved[id] = mem->step >= 0 && mem->stored && !mem->placed && mem->bytes > 0;
        if (!moved[id])
            continue;
        l->next_born[id] = l->born[mem->first];
        l->born[mem->first] = id;
        l->next_dead[id] = l->dead[mem->last];
        l->dead[mem->last] = id;
    }
    return true;
}

bool epl__offsets(epl__making *m)
{
    heap h = {0};
    lives l;
    int64_t *offset = epl__arena_take(&m->arena, (m->nodes + 1) * sizeof *offset);
    bool *mine = epl__arena_take(&m->arena, m->nodes + 1);
    if (!offset || !mine || !sorted_lives(m, &l, mine))
        return epl__no_memory(m);
    for (uint32_t i = 0; i < m->nodes; i++)
        offset[i] = -1;
    for (uint32_t k = 0; k < m->steps; k++) {
        for (epl__id id = l.born[k]; id != EPL__ID_NONE; id = l.next_born[id]) {
            epl__id from = taken_over(m, (int)k, id, offset);
            if (from != EPL__ID_NONE) {
                offset[id] = offset[from];
                offset[from] = -1; /* given on, not given back */
            } else if (m->memory[id].bytes > most_bytes - h.end)
                return epl__no_memory(m);
            else
                offset[id] = take(&h, rounded(m->memory[id].bytes));
            m->memory[id].place = (epl__place){0, offset[id]};
        }
        for (epl__id id = l.dead[k]; id != EPL__ID_NONE; id = l.next_dead[id])
            if (offset[id] >= 0 &&
                !give_back(&h, &m->arena, offset[id], rounded(m->memory[id].bytes)))
                return epl__no_memory(m);
    }
    m->program->workspace = (size_t)h.end;
    for (epl__id id = m->nodes; id-- > 0;) /* hosts come after their pieces */
        if (m->memory[id].host != EPL__ID_NONE) {
            m->memory[id].place.slot = m->memory[m->memory[id].host].place.slot;
            m->memory[id].place.byte += m->memory[m->memory[id].host].place.byte;
        }
    return true;
}
