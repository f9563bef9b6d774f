/* text.h -- text that grows, in a scope; and JSON into it. */
#ifndef EPL_TEXT_H
#define EPL_TEXT_H
#include <espalier/base.h>

/* at is NULL or ends with a zero byte; after an error of the scope nothing is added. */
typedef struct {
    epl_scope *scope;
    char *at;
    size_t length, room;
} epl__textbuf;

void epl__text_add(epl__textbuf *t, const char *text);
void epl__text_addf(epl__textbuf *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void epl__text_string(epl__textbuf *t, const char *text); /* with quotes and escapes */
void epl__text_number(epl__textbuf *t, double v);         /* as short as gives v again */
const char *epl__text_of(const epl__textbuf *t);          /* never NULL */
#endif
