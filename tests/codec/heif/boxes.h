/* Boxes of ISO base media files, built in code. */
#ifndef TESTS_CODEC_BOXES_H
#define TESTS_CODEC_BOXES_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

struct boxes {
    uint8_t data[1 << 20];
    size_t size;
};

static inline void box_put(struct boxes *boxes, uint64_t value, unsigned bytes)
{
    cr_assert_leq(boxes->size + bytes, sizeof boxes->data);
    for (unsigned i = 0; i < bytes; i++)
        boxes->data[boxes->size++] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static inline void box_text(struct boxes *boxes, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        box_put(boxes, (uint8_t)text[i], 1);
}

static inline size_t box_open(struct boxes *boxes, const char *type)
{
    const size_t at = boxes->size;
    box_put(boxes, 0, 4);
    box_text(boxes, type, 4);
    return at;
}

static inline size_t full_box_open(struct boxes *boxes, const char *type, unsigned version, uint32_t flags)
{
    const size_t at = box_open(boxes, type);
    box_put(boxes, version << 24 | flags, 4);
    return at;
}

static inline void box_set(struct boxes *boxes, size_t at, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++)
        boxes->data[at + i] = (uint8_t)(value >> 8 * (3 - i));
}

static inline void box_close(struct boxes *boxes, size_t at)
{
    box_set(boxes, at, boxes->size - at);
}

#endif
