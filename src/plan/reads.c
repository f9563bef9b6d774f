/* reads.c -- what a step reads, for all that asks when and how memory is read.
 *
 * Invariant: members of one tile step read each other in registers; such reads are not among
 * these.
 */
#include "plan.h"

bool epl__next_read(const epl__making *m, const epl__plan_step *s, epl__read *r)
{
    if (s->kind == EPL__STEP_PACK || s->kind == EPL__STEP_PANEL || s->kind == EPL__STEP_FILL ||
        s->kind == EPL__STEP_GIVE) {
        r->view = &s->view;
        r->type = m->type[s->id];
        return r->node++ == 0;
    }
    for (; r->node < epl__step_nodes(s); r->node++, r->operand = 0) {
        const epl__node *n = epl__node_at(m->f, epl__step_node(s, r->node));
        while (r->operand < n->count) {
            uint32_t k = r->operand++;
            r->view = s->operand ? &s->operand[k] : &m->view[n->in[k]];
            r->type = m->type[n->in[k]];
            epl__id root = r->view->root;
            if (root == EPL__ID_NONE || m->memory[root].step != (int)(s - m->step))
                return true;
        }
    }
    return false;
}

bool epl__reads_crosswise(const epl__making *m, const epl__plan_step *s, epl__id input,
                          epl__id made)
{
    if (s->kind != EPL__STEP_TILE)
        return true;
    const epl_type *to = m->type[made];
    for (epl__read r = {0}; epl__next_read(m, s, &r);)
        if (r.view->root == input &&
            (r.view->offset || !epl__contiguous(r.type, r.view) ||
             epl_count(*r.type) != epl_count(*to) || epl_bytes(*r.type) != epl_bytes(*to)))
            return true;
    return false;
}
