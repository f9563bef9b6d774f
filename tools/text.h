/* text.h -- text that grows, and the parts of JSON that are written.
 *
 * After a failed allocation a text stays empty and `failed`; adding to it does nothing, so
 * that writers check once, at the end.
 */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *at; /* ended by a zero byte once something was added; NULL before */
    size_t length, room;
    bool failed;
} textbuf;

void text_add(textbuf *t, const char *more);
void text_add_bytes(textbuf *t, const char *more, size_t length);
void text_addf(textbuf *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A string of JSON, quoted; bytes that are not UTF-8 become question marks. */
void text_add_string(textbuf *t, const char *s);
/* The shortest decimal that reads back as the same number; NaN and infinities as strings. */
void text_add_number(textbuf *t, double v);
/* Quoted base64. */
void text_add_base64(textbuf *t, const void *data, size_t bytes);
void text_clear(textbuf *t); /* keeps the memory */
void text_free(textbuf *t);

/* Bytes of the UTF-8 sequence at s, at most `left` long; 0 if it is none. */
size_t utf8_length(const char *s, size_t left);

#endif
