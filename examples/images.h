/* images.h -- examples for two programs: small images of ten classes from IDX files, or made up. */
#ifndef EXAMPLES_IMAGES_H
#define EXAMPLES_IMAGES_H
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { IN = 49, CLASSES = 10, MOST = 2500 };
typedef struct {
    double x[MOST][IN]; /* 7x7 pixels, 0 to 1 */
    int64_t y[MOST];
} images;

/* The first 28x28 images of two IDX files, each pixel the mean of 4x4; false if there are fewer. */
static bool images_read(images *all, const char *pixels, const char *labels)
{
    static unsigned char pixel[16 + MOST * 784], label[8 + MOST];
    FILE *a = fopen(pixels, "rb"), *b = fopen(labels, "rb");
    bool whole = a && b && fread(pixel, sizeof pixel, 1, a) == 1 &&
                 fread(label, sizeof label, 1, b) == 1;
    for (int i = 0; i < MOST * 784 && whole; i++)
        all->x[i / 784][i / 112 % 7 * 7 + i / 4 % 7] += pixel[16 + i] / (16 * 255.0);
    for (int i = 0; i < MOST && whole; i++)
        all->y[i] = label[8 + i] % CLASSES;
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return whole;
}

/* Waves: that of the class, and two that say nothing. */
static void images_make(images *all)
{
    for (int i = 0; i < MOST; i++) {
        all->y[i] = i % CLASSES;
        for (int k = 0; k < IN; k++)
            all->x[i][k] = sin(k * (1 + 0.1 * (i % CLASSES))) + sin(i * (k + 1.7)) +
                           sin(i * k * 0.37);
    }
}

/* By a program's arguments: COUNT PIXELS LABELS. */
static bool images_get(images *all, int argc, char **argv)
{
    if (argc <= 3)
        images_make(all);
    else if (!images_read(all, argv[2], argv[3])) {
        fprintf(stderr, "%s, %s: %d images of 28x28 and their labels are needed\n", argv[2],
                argv[3], MOST);
        return false;
    }
    return true;
}
#endif
