/* test_pool.c -- making pools, and limits on CPUs; the loops are in tests/threads/pool.c. */
#include "../../src/base/cpus.h"
#include "../../src/base/pool.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Test(pool, sizes)
{
    epl_scope *s = epl_scope_new(NULL);
    epl_pool *one = epl_pool_new(s, 1), *three = epl_pool_new(s, 3), *all = epl_pool_new(s, 0);
    cr_assert_eq(epl_pool_threads(one), 1);
    cr_assert_eq(epl_pool_threads(three), 3);
    cr_assert_eq(epl_pool_threads(all), epl__cpus());
    cr_assert_eq(epl_pool_threads(NULL), 1);
    epl_scope_free(s);
}

Test(pool, bad_sizes_fail)
{
    static const int bad[] = {-1, EPL__POOL_MAX + 1, 2147483647};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        epl_scope *s = epl_scope_new(NULL);
        cr_assert_null(epl_pool_new(s, bad[i]));
        cr_assert_eq(epl_scope_status(s), EPL_ERR_ARG);
        cr_assert_not_null(strstr(epl_scope_message(s), "expected 0 (automatic) to 256"));
        cr_assert_null(epl_pool_new(s, 1), "a failed scope makes nothing");
        epl_scope_free(s);
    }
    cr_assert_null(epl_pool_new(NULL, 1));
}

static char root[64];

static void write_file(const char *file, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", root, file);
    for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

static void new_root(void)
{
    strcpy(root, "/tmp/espalier-cgroup-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
}

static void remove_root(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", root);
    cr_assert_eq(system(command), 0);
}

Test(cpus, there_is_one_at_least)
{
    cr_assert_geq(epl__cpus(), 1);
}

Test(cpus, cgroup_v2, .init = new_root, .fini = remove_root)
{
    cr_assert_eq(epl__cgroup_cpus(root), 0, "no files, no limit");
    write_file("/proc/self/cgroup", "0::/a/b\n");
    cr_assert_eq(epl__cgroup_cpus(root), 0);
    write_file("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    cr_assert_eq(epl__cgroup_cpus(root), 0);
    write_file("/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
    cr_assert_eq(epl__cgroup_cpus(root), 3, "the group around it counts, rounded up");
    write_file("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
    cr_assert_eq(epl__cgroup_cpus(root), 1);
}

Test(cpus, cgroup_v2_in_a_container, .init = new_root, .fini = remove_root)
{
    write_file("/proc/self/cgroup", "0::/docker/of/another/namespace\n");
    write_file("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    cr_assert_eq(epl__cgroup_cpus(root), 2);
}

Test(cpus, cgroup_v1, .init = new_root, .fini = remove_root)
{
    write_file("/proc/self/cgroup", "12:cpuset:/x\n4:cpu,cpuacct:/x\n0::/\n");
    write_file("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
    write_file("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(epl__cgroup_cpus(root), 0);
    write_file("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "400000\n");
    cr_assert_eq(epl__cgroup_cpus(root), 4);
}

Test(cpus, broken_files_limit_nothing, .init = new_root, .fini = remove_root)
{
    write_file("/proc/self/cgroup", "garbage\n0::/\n::\n");
    write_file("/sys/fs/cgroup/cpu.max", "what 0\n");
    cr_assert_eq(epl__cgroup_cpus(root), 0);
    write_file("/sys/fs/cgroup/cpu.max", "9223372036854775807 1\n");
    cr_assert_eq(epl__cgroup_cpus(root), 4096);
    write_file("/sys/fs/cgroup/cpu.max", "100 0\n");
    cr_assert_eq(epl__cgroup_cpus(root), 0);
}
