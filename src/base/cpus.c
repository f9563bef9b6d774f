/* cpus.c -- affinity and cgroup limits (v1 and v2).
 *
 * Invariant: what cannot be read limits nothing.
 */
#include "cpus.h"
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 1024, LINE = 512 };

/* The first line of a file below root. */
static bool first_line(const char *root, const char *file, char *line, size_t size)
{
    char path[2 * PATH];
    if (snprintf(path, sizeof path, "%s%s", root, file) >= (int)sizeof path)
        return false;
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool is_read = fgets(line, (int)size, f) != NULL;
    fclose(f);
    return is_read;
}

static int cpus_of(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    long long n = (quota - 1) / period + 1;
    return n < 4096 ? (int)n : 4096;
}

/* v2: "100000 100000" or "max 100000" in cpu.max. */
static int quota_v2(const char *root, const char *folder)
{
    char file[PATH], line[LINE];
    if (snprintf(file, sizeof file, "%s/cpu.max", folder) >= (int)sizeof file ||
        !first_line(root, file, line, sizeof line))
        return 0;
    long long quota, period;
    return sscanf(line, "%lld %lld", &quota, &period) == 2 ? cpus_of(quota, period) : 0;
}

/* v1: a file each; quota -1 is none. */
static int quota_v1(const char *root, const char *folder)
{
    char file[PATH], quota[LINE], period[LINE];
    if (snprintf(file, sizeof file, "%s/cpu.cfs_quota_us", folder) >= (int)sizeof file ||
        !first_line(root, file, quota, sizeof quota))
        return 0;
    if (snprintf(file, sizeof file, "%s/cpu.cfs_period_us", folder) >= (int)sizeof file ||
        !first_line(root, file, period, sizeof period))
        return 0;
    return cpus_of(atoll(quota), atoll(period));
}

/* The least quota of a group and the groups around it. In a container the group's path may
 * not exist below the mount; the mount itself is then the group. */
static int least_quota(const char *root, const char *mount, const char *group,
                       int (*quota)(const char *root, const char *folder))
{
    char folder[PATH];
    if (snprintf(folder, sizeof folder, "%s%s", mount, group) >= (int)sizeof folder)
        return 0;
    int least = 0;
    size_t shortest = strlen(mount);
    for (;;) {
        int n = quota(root, folder);
        if (n > 0 && (least == 0 || n < least))
            least = n;
        char *slash = strrchr(folder, '/');
        if (strlen(folder) <= shortest || !slash || slash < folder + shortest)
            return least;
        *slash = '\0';
    }
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += n)
        if ((p == list || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

/* A line of /proc/self/cgroup is "number:controllers:path". */
static int line_quota(const char *root, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
        return 0;
    *group++ = '\0';
    controllers++;
    if (*controllers == '\0')
        return least_quota(root, "/sys/fs/cgroup", group, quota_v2);
    if (!has_word(controllers, "cpu"))
        return 0;
    int n = least_quota(root, "/sys/fs/cgroup/cpu", group, quota_v1);
    return n ? n : least_quota(root, "/sys/fs/cgroup/cpu,cpuacct", group, quota_v1);
}

int epl__cgroup_cpus(const char *root)
{
    char path[PATH], line[LINE];
    if (snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= (int)sizeof path)
        return 0;
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    int least = 0;
    while (fgets(line, sizeof line, f)) {
        int n = line_quota(root, line);
        if (n > 0 && (least == 0 || n < least))
            least = n;
    }
    fclose(f);
    return least;
}

static int affinity_cpus(void)
{
    for (int size = CPU_SETSIZE; size <= 1 << 16; size *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)size);
        if (!set)
            return 1;
        size_t bytes = CPU_ALLOC_SIZE((size_t)size);
        bool is_read = sched_getaffinity(0, bytes, set) == 0;
        int n = is_read ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (is_read)
            return n > 0 ? n : 1;
    }
    return 1;
}

int epl__cpus(void)
{
    int n = affinity_cpus();
    int quota = epl__cgroup_cpus("");
    return quota > 0 && quota < n ? quota : n;
}
