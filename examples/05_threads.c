/* 05_threads.c -- one plan and one parameter vector for eight threads, each with a workspace of
 * its own; then one call shared by a pool of four. */
#include <pthread.h>
#include <stdio.h>
#include <espalier/espalier.h>

enum { THREADS = 8, BATCH = 4 };
typedef struct {
    epl_plan plan;   /* shared, const */
    epl_array theta; /* shared, only read */
    epl_work *work;  /* its own */
    float x[BATCH][784], out[BATCH][10];
    epl_status status;
} job;

static void *serve(void *arg)
{
    job *j = arg;
    j->status = epl_run(j->plan, epl_arrays(j->theta, epl_at(j->x, epl_f32(BATCH, 784))),
                        epl_arrays(epl_at(j->out, epl_f32(BATCH, 10))), j->work);
    return NULL;
}

int main(void)
{
    static job jobs[THREADS];
    pthread_t thread[THREADS];
    epl_scope *s = epl_scope_new(NULL);
    epl_module net = epl_infer(s, epl_nn_linear(s, 10), epl_f32(BATCH, 784));
    epl_array theta = epl_tree_array(epl_init(s, epl_params_of(net), epl_seed(1)));

    epl_fn *f = epl_fn_new(s, "predict");
    epl_val p = epl_input_tree(f, "params", epl_params_of(net));
    epl_val x = epl_input(f, "x", epl_f32(BATCH, 784));
    epl_output(f, "logits", epl_apply(net, p, x));
    epl_plan plan = epl_compile(s, f);

    for (int i = 0; i < THREADS; i++)
        jobs[i] = (job){.plan = plan, .theta = theta, .work = epl_work_new(s, NULL)};
    epl_work *four = epl_work_new(s, epl_pool_new(s, 4));

    int started = 0;
    while (started < THREADS && !pthread_create(&thread[started], NULL, serve, &jobs[started]))
        started++;
    int failed = started < THREADS;
    for (int i = 0; i < started; i++) {
        failed |= pthread_join(thread[i], NULL) != 0 || jobs[i].status;
        if (jobs[i].status)
            fprintf(stderr, "thread %d: %s\n", i, epl_work_message(jobs[i].work));
    }
    jobs[0].work = four; /* the same plan, the same bits, one call on four threads */
    serve(&jobs[0]);
    if (jobs[0].status)
        fprintf(stderr, "pool: %s\n", epl_work_message(four));
    failed |= jobs[0].status != EPL_OK;
    epl_scope_free(s);
    return failed;
}
