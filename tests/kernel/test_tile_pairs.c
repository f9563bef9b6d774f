/* test_tile_pairs.c -- two arithmetic instructions that become one: the same bits as one after
 * the other, whichever operand is a constant; and the guarded square root. */
#include "../../src/kernel/tile_plan.h"
#include "kernel_test.h"

enum { COUNT = 1500 };

/* The instructions one by one, each into an array of its own, which is an input of the next. */
typedef struct {
    epl__tile_desc d;
    epl__tile_ins ins[5];
} program;

static void add(program *p, int op, epl_dtype t, int a, int b, int c)
{
    int16_t dst = (int16_t)(p->d.inputs + p->d.instructions);
    epl_dtype to = op == EPL__TILE_LT ? EPL_BOOL : t;
    p->ins[p->d.instructions++] = (epl__tile_ins){
        (uint16_t)op, (uint8_t)t, (uint8_t)to, dst, {(int16_t)a, (int16_t)b, (int16_t)c}};
}

static program start(epl_dtype t, int constants, int inputs)
{
    program p = {.d = {.rank = 1, .dim = {COUNT}, .inputs = inputs, .outputs = 1}};
    for (int i = 0; i < inputs; i++) {
        p.d.in_dtype[i] = t;
        p.d.is_const[i] = constants >> i & 1;
        p.d.value[i] = 0.7 - 0.3 * i;
        p.d.in_stride[i][0] = 1;
    }
    p.d.out_stride[0][0] = 1;
    return p;
}

static const epl__call *prepared(program *p, epl__arena *arena)
{
    p->d.ins = p->ins;
    p->d.out_reg[0] = p->ins[p->d.instructions - 1].dst;
    return epl__tile_prepare(arena, &p->d);
}

static int instructions(program *p)
{
    epl__tile_desc fused;
    epl__tile_ins ins[EPL__TILE_MAX_REG];
    p->d.ins = p->ins;
    p->d.out_reg[0] = p->ins[p->d.instructions - 1].dst;
    epl__tile_fuse(&p->d, &fused, ins);
    return fused.instructions;
}

static void run(const epl__call *c, void *out, const program *p, void *const *in)
{
    void *at[8] = {out}, *scratch = aligned_alloc(64, (c->scratch + 127) / 64 * 64);
    for (int i = 0, k = 1; i < p->d.inputs; i++)
        if (!p->d.is_const[i])
            at[k++] = in[i];
    c->run(c, at, 0, c->parts, scratch);
    free(scratch);
}

/* t = x first y (square: x x), then t and z, or z and t. */
static void pair(epl_dtype t, int first, int then, bool other_way, int constants)
{
    static double data[3][COUNT], want[COUNT], got[COUNT], between[COUNT];
    epl__arena arena;
    epl__arena_init(&arena, &epl__malloc);
    for (int i = 0; i < 3 * COUNT; i++) {
        double v = (double)(random_below(4001) - 2000) / 512;
        if (t == EPL_F32)
            ((float *)data[i / COUNT])[i % COUNT] = (float)v;
        else
            data[i / COUNT][i % COUNT] = v;
    }
    program both = start(t, constants, 3), one = start(t, constants, 3),
            two = start(t, constants, 3);
    add(&both, first, t, 0, 1, 0);
    add(&both, then, t, other_way ? 2 : 3, other_way ? 3 : 2, 0);
    add(&one, first, t, 0, 1, 0);
    two.d.is_const[0] = false; /* the result of one */
    add(&two, then, t, other_way ? 2 : 0, other_way ? 0 : 2, 0);
    cr_assert_eq(instructions(&both), 1);
    const epl__call *c = prepared(&both, &arena);
    run(c, got, &both, (void *[]){data[0], data[1], data[2]});
    run(prepared(&one, &arena), between, &one, (void *[]){data[0], data[1], data[2]});
    run(prepared(&two, &arena), want, &two, (void *[]){between, data[1], data[2]});
    cr_assert_arr_eq(got, want, COUNT * epl_dtype_bytes(t), "%d %d %d %d", first, then, other_way,
                     constants);
    epl__arena_free(&arena);
}

EACH_ISA(tile_pairs, same_bits)
{
    static const int first[] = {EPL__TILE_ADD, EPL__TILE_SUB, EPL__TILE_MUL, EPL__TILE_DIV,
                                EPL__TILE_SQUARE};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 4; k++)
            for (int kind = 0; kind < 28; kind++)
                if ((kind >> 2 & 3) != 3 && (i < 4 || !(kind >> 2 & 1))) /* something moves */
                    pair(kind & 1 ? EPL_F64 : EPL_F32, first[i], first[k], kind & 2, kind >> 2);
}

/* select(0 < v, sqrt(select(0 < v, v, 1)), 0) */
EACH_ISA(tile_pairs, guarded_root)
{
    float v[COUNT], got[COUNT];
    epl__arena arena;
    epl__arena_init(&arena, &epl__malloc);
    for (int i = 0; i < COUNT; i++)
        v[i] = (float)(random_below(4001) - 2000) / 512;
    v[0] = NAN;
    v[1] = -0.0f;
    v[2] = INFINITY;
    v[3] = -INFINITY;
    program p = start(EPL_F32, 6, 3);
    p.d.value[1] = 0;
    p.d.value[2] = 1;
    add(&p, EPL__TILE_LT, EPL_F32, 1, 0, 0);
    add(&p, EPL__TILE_SELECT, EPL_F32, 3, 0, 2);
    add(&p, EPL__TILE_SQRT, EPL_F32, 4, 0, 0);
    add(&p, EPL__TILE_SELECT, EPL_F32, 3, 5, 1);
    cr_assert_eq(instructions(&p), 1);
    const epl__call *c = prepared(&p, &arena);
    run(c, got, &p, (void *[]){v, NULL, NULL});
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(got[i], v[i] > 0 ? sqrtf(v[i]) : 0, "%g: %g", (double)v[i], (double)got[i]);
    epl__arena_free(&arena);
}
