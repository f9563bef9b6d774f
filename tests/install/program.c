/* A stranger's program: nothing but the installed headers and library. */
#include <espalier/base.h>
#include <stdio.h>

int main(void)
{
    epl_scope *s = epl_scope_new(NULL);
    char text[EPL_TYPE_TEXT];
    printf("%s %s\n", epl_version(), epl_type_text(epl_f32(2, 3), text));
    int status = epl_scope_status(s) == EPL_OK ? 0 : 1;
    epl_scope_free(s);
    return status;
}
