// A stranger's C++17 translation unit.
#include <espalier/base.h>
#include <cstdio>

int main()
{
    epl_scope *s = epl_scope_new(nullptr);
    char text[EPL_TYPE_TEXT];
    std::printf("%s %s\n", epl_version(), epl_type_text(epl_f32(2, 3), text));
    int status = epl_scope_status(s) == EPL_OK ? 0 : 1;
    epl_scope_free(s);
    return status;
}
