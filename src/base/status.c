/* status.c -- texts of the statuses, and the version. */
#include <espalier/base.h>

const char *epl_status_text(epl_status status)
{
    switch (status) {
#define EPL_X(name, value, text) \
    case EPL_##name:             \
        return text;
        EPL_STATUS_MAP(EPL_X)
#undef EPL_X
    }
    return "unknown status";
}

const char *epl_version(void)
{
    return "0.1.0"; /* equal to the version in meson.build: tests/base/test_scope.c */
}
