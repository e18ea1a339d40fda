#include "color/curve_tables.h"

#include <string.h>

static float float_of(int32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sample k is used for light up to that of k + 1/2. */
void curve_table_bytes(const struct tone_curve *curve, uint8_t sample[BYTES])
{
    enum { STEP = 1 << (MANTISSA_BITS - BYTE_BITS) };
    int k = 0;
    double next = tone_curve_light(curve, 0.5 / 255);
    for (int i = 0; i < BYTES; i++) {
        const double light = i > 0 ? float_of(BYTE_FIRST + i * STEP + STEP / 2) : 0;
        while (k < 255 && next <= light)
            next = tone_curve_light(curve, (++k + 0.5) / 255);
        sample[i] = (uint8_t)k;
    }
}

double curve_table_light(int i)
{
    enum { STEP = 1 << (MANTISSA_BITS - POINT_BITS) };
    return i == 0 ? 0 : float_of(POINT_FIRST + (i < POINTS ? i : POINTS - 1) * STEP);
}

void curve_table_points(const struct tone_curve *curve, double (*value)(const struct tone_curve *, double),
                        double scale, float points[POINTS + 1])
{
    for (int i = 0; i < POINTS; i++)
        points[i] = (float)(scale * value(curve, curve_table_light(i)));
    points[POINTS] = points[POINTS - 1];
}

static bool same_curve(const struct tone_curve *a, const struct tone_curve *b)
{
    const struct color_curve *p = &a->power, *q = &b->power;
    if (a->points != NULL || b->points != NULL)
        return a->points != NULL && b->points != NULL && a->count == b->count &&
               memcmp(a->points, b->points, (size_t)2 * a->count) == 0;
    return p->g == q->g && p->a == q->a && p->b == q->b && p->c == q->c && p->d == q->d && a->e == b->e &&
           a->f == b->f && a->transfer == b->transfer;
}

unsigned curve_tables_assign(const struct color_space *space, unsigned first, unsigned table[3])
{
    unsigned count = 0;
    for (int i = 0; i < 3; i++) {
        table[i] = first + count;
        for (int k = 0; k < i; k++) {
            if (same_curve(&space->curve[i], &space->curve[k])) {
                table[i] = table[k];
                break;
            }
        }
        count += table[i] == first + count;
    }
    return count;
}
