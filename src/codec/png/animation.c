#include "codec/png/animation.h"

#include <inttypes.h>

void png_animation_init(struct png_animation *animation, const struct png_header *header)
{
    *animation = (struct png_animation){.width = header->width, .height = header->height};
}

bool png_animation_uses(uint32_t type)
{
    return type == TYPE_ACTL || type == TYPE_FCTL || type == TYPE_FDAT || type == TYPE_IDAT;
}

struct png_frame png_frame_parse(const uint8_t *data)
{
    return (struct png_frame){
        .width = png_get_be32(data + 4),
        .height = png_get_be32(data + 8),
        .x = png_get_be32(data + 12),
        .y = png_get_be32(data + 16),
        .ticks = (uint16_t)(data[20] << 8 | data[21]),
        .per_second = (uint16_t)(data[22] << 8 | data[23]),
        .disposal = data[24],
        .blend = data[25],
    };
}

void png_frame_store(const struct png_frame *frame, uint32_t sequence, uint8_t *data)
{
    png_put_be32(data, sequence);
    png_put_be32(data + 4, frame->width);
    png_put_be32(data + 8, frame->height);
    png_put_be32(data + 12, frame->x);
    png_put_be32(data + 16, frame->y);
    data[20] = (uint8_t)(frame->ticks >> 8);
    data[21] = (uint8_t)frame->ticks;
    data[22] = (uint8_t)(frame->per_second >> 8);
    data[23] = (uint8_t)frame->per_second;
    data[24] = frame->disposal;
    data[25] = frame->blend;
}

static void take_control(struct png_animation *animation, const struct png_chunk *chunk, const uint8_t *head,
                         size_t size)
{
    if (animation->announced > 0 || animation->pixels || chunk->size != PNG_ACTL_BYTES ||
        size < PNG_ACTL_BYTES)
        return;
    const uint32_t frames = png_get_be32(head), loops = png_get_be32(head + 4);
    if (frames > PNG_CHUNK_MAX || loops > PNG_CHUNK_MAX)
        return;
    animation->announced = frames;
    animation->loops = loops;
}

/* A fault ends the animation: the frames before it stay. */
static void end(struct png_animation *animation)
{
    animation->ended = true;
    animation->open = false;
}

static bool is_next(struct png_animation *animation, uint32_t number)
{
    if (number == animation->sequence++)
        return true;
    error_set(&animation->fault, PM_ERROR_CORRUPT,
              "has the chunks of its animation out of order (number %" PRIu32 " where %" PRIu32 " is due)",
              number, animation->sequence - 1);
    end(animation);
    return false;
}

static int check_frame(struct png_animation *animation, const struct png_frame *frame)
{
    const uint32_t number = animation->frames + 1;
    struct pm_error *fault = &animation->fault;
    if (frame->width == 0 || frame->height == 0)
        return error_set(fault, PM_ERROR_CORRUPT,
                         "has a frame without pixels (frame %" PRIu32 ": %" PRIu32 "x%" PRIu32 ")", number,
                         frame->width, frame->height);
    if ((uint64_t)frame->x + frame->width > animation->width ||
        (uint64_t)frame->y + frame->height > animation->height)
        return error_set(fault, PM_ERROR_CORRUPT,
                         "has a frame that reaches beyond its canvas (frame %" PRIu32 ": %" PRIu32 "x%" PRIu32
                         " at %" PRIu32 ",%" PRIu32 ")",
                         number, frame->width, frame->height, frame->x, frame->y);
    if (!animation->pixels && (frame->width != animation->width || frame->height != animation->height))
        return error_set(fault, PM_ERROR_CORRUPT, "has a first frame that does not cover its canvas");
    if (frame->disposal > PNG_RESTORE || frame->blend > PNG_OVER)
        return error_set(fault, PM_ERROR_CORRUPT,
                         "has a frame with an unknown way to draw it (frame %" PRIu32 ")", number);
    return 0;
}

static void take_frame(struct png_animation *animation, const struct png_chunk *chunk, const uint8_t *head,
                       size_t size)
{
    animation->any = true;
    if (animation->announced > 0 && animation->pixels && animation->frames == animation->announced) {
        animation->surplus = true;
        end(animation);
        return;
    }
    if (chunk->size != PNG_FCTL_BYTES) {
        error_set(&animation->fault, PM_ERROR_CORRUPT,
                  "has an animation chunk (fcTL) of %" PRIu32 " bytes (26)", chunk->size);
        end(animation);
    } else if (animation->open) {
        error_set(&animation->fault, PM_ERROR_CORRUPT, "has a frame without pixels (frame %" PRIu32 ")",
                  animation->frames + 1);
        end(animation);
    }
    if (animation->ended || size < PNG_FCTL_BYTES || !is_next(animation, png_get_be32(head)))
        return;
    const struct png_frame frame = png_frame_parse(head);
    if (check_frame(animation, &frame) != 0) {
        end(animation);
        return;
    }
    const bool first = animation->frames == 0;
    const bool covers = frame.width == animation->width && frame.height == animation->height;
    animation->alpha = animation->alpha || animation->clears || (first && !covers);
    /* Before the first frame there is nothing to restore but an empty canvas. */
    animation->clears = frame.disposal == PNG_CLEAR || (first && frame.disposal == PNG_RESTORE);
    animation->restores = animation->restores || frame.disposal == PNG_RESTORE;
    animation->open = true;
}

static void take_pixels(struct png_animation *animation)
{
    animation->frames += animation->open;
    animation->open = false;
}

static void take_data(struct png_animation *animation, const struct png_chunk *chunk, const uint8_t *head,
                      size_t size)
{
    animation->any = true;
    if (size < PNG_SEQUENCE_BYTES) {
        if (chunk->size >= PNG_SEQUENCE_BYTES) /* cut */
            return;
        error_set(&animation->fault, PM_ERROR_CORRUPT, "has an animation chunk (fdAT) without its number");
        end(animation);
        return;
    }
    if (!is_next(animation, png_get_be32(head)))
        return;
    if (!animation->pixels || (!animation->open && animation->frames <= !animation->apart)) {
        error_set(&animation->fault, PM_ERROR_CORRUPT,
                  "has pixels of a frame before the frame itself (fdAT before fcTL)");
        end(animation);
        return;
    }
    take_pixels(animation);
}

void png_animation_take(struct png_animation *animation, const struct png_chunk *chunk, const uint8_t *head,
                        size_t size)
{
    if (animation->ended)
        return;
    if (chunk->number > PNG_ANIMATION_CHUNKS) {
        error_limit(&animation->fault, PNG_ANIMATION_CHUNKS, chunk->number,
                    "has an animation of more than %u chunks", PNG_ANIMATION_CHUNKS);
        end(animation);
        return;
    }
    switch (chunk->type) {
    case TYPE_ACTL:
        take_control(animation, chunk, head, size);
        break;
    case TYPE_FCTL:
        take_frame(animation, chunk, head, size);
        break;
    case TYPE_FDAT:
        take_data(animation, chunk, head, size);
        break;
    case TYPE_IDAT:
        if (animation->pixels)
            break;
        animation->pixels = true;
        animation->apart = !animation->open;
        take_pixels(animation);
        break;
    default:
        break;
    }
}

void png_animation_damage(struct png_animation *animation, uint32_t type)
{
    char name[5];
    png_chunk_name(type, name);
    error_set(&animation->fault, PM_ERROR_CORRUPT,
              "is damaged: the checksum of chunk %s is wrong (fetch or copy it again)", name);
}

void png_animation_end(struct png_animation *animation)
{
    if (animation->announced == 0 || animation->frames >= animation->announced)
        return;
    if (animation->fault.kind == PM_OK)
        error_set_hint(&animation->fault, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                       "ends before its animation is whole (%" PRIu32 " of %" PRIu32 " frames are there)",
                       animation->frames, animation->announced);
}
