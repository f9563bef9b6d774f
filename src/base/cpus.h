/* cpus.h -- how many CPUs this process may use: affinity and cgroup limits. */
#ifndef EPL_CPUS_H
#define EPL_CPUS_H

/* At least 1: CPUs of the affinity mask, but not more than the cgroup's quota of time. */
int epl__cpus(void);

/* The cgroup's quota in CPUs, rounded up; 0: none. Files are read below `root` ("" for the
 * machine itself; another for tests). */
int epl__cgroup_cpus(const char *root);
#endif
