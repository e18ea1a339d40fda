/* Walks a GIF's blocks, and reads everything except pixels. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "codec/gif/gif.h"

enum {
    SCREEN = 13, /* signature and logical screen descriptor */
    IMAGE = 10,  /* introducer and image descriptor */
    IMAGE_INTRODUCER = 0x2C,
    EXTENSION_INTRODUCER = 0x21,
    TRAILER = 0x3B,
    CONTROL = 0xF9,
    COMMENT = 0xFE,
    PLAIN_TEXT = 0x01,
    APPLICATION = 0xFF,
    BLOCKS_MAX = 200000,
    CODE_BITS_MAX = 8,
};

static unsigned get_le16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint64_t palette_bytes(uint8_t flags)
{
    return (flags & 0x80) != 0 ? UINT64_C(3) << ((flags & 7) + 1) : 0;
}

void gif_walk_from(struct gif_walk *walk, struct byte_source *source, uint64_t start)
{
    *walk = (struct gif_walk){.source = source, .next = start};
    walk->control =
        (struct gif_frame){.delay = GIF_DELAY_USUAL, .disposal = GIF_KEEP, .transparent = GIF_OPAQUE};
}

/* The `size` bytes at `at`; NULL if the file ends before, or with `error` filled. */
static const uint8_t *peek(struct gif_walk *walk, uint64_t at, size_t size, struct pm_error *error)
{
    if (at < walk->piece_at || at + size > walk->piece_at + walk->piece_size) {
        const long got = walk->source->read_at(walk->source, at, walk->piece, sizeof walk->piece);
        if (got < 0) {
            error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
            return NULL;
        }
        walk->piece_at = at;
        walk->piece_size = (size_t)got;
    }
    return at + size <= walk->piece_at + walk->piece_size ? walk->piece + (at - walk->piece_at) : NULL;
}

/* Handles a failed read: the file has ended, or `error` is filled. */
static int stop(struct gif_walk *walk, const struct pm_error *error)
{
    walk->cut = true;
    return error->kind == PM_OK ? 0 : -1;
}

/* Advances walk->next past sub-blocks, and adds up their sizes. False at the file's end. */
static bool skip_data(struct gif_walk *walk, uint64_t *size, struct pm_error *error)
{
    *size = 0;
    for (;;) {
        const uint8_t *length = peek(walk, walk->next, 1, error);
        if (length == NULL)
            return false;
        const unsigned bytes = *length;
        walk->next += 1 + (uint64_t)bytes;
        *size += bytes;
        if (bytes == 0)
            return true;
    }
}

/* Delays up to 10 ms are treated as 100 ms, as in browsers. */
static void read_control(struct gif_walk *walk, const uint8_t *data)
{
    enum { DELAY_MIN = 2 };
    const unsigned disposal = data[0] >> 2 & 7, delay = get_le16(data + 1);
    walk->control = (struct gif_frame){
        .delay = delay < DELAY_MIN ? GIF_DELAY_USUAL : delay,
        .disposal = disposal == GIF_CLEAR || disposal == GIF_RESTORE ? (enum gif_disposal)disposal : GIF_KEEP,
        .transparent = (data[0] & 1) != 0 ? data[3] : GIF_OPAQUE,
    };
}

static int next_extension(struct gif_walk *walk, struct gif_block *block, struct pm_error *error)
{
    const uint8_t *head = peek(walk, walk->next, 3, error);
    if (head == NULL)
        return stop(walk, error);
    const unsigned first = head[2];
    block->label = head[1];
    block->data = walk->next + 2;
    if (block->label == CONTROL && first >= 4) {
        const uint8_t *data = peek(walk, walk->next + 3, 4, error);
        if (data == NULL)
            return stop(walk, error);
        read_control(walk, data);
    }
    if (block->label == APPLICATION && first == GIF_APPLICATION) {
        const uint8_t *name = peek(walk, walk->next + 3, GIF_APPLICATION, error);
        if (name == NULL)
            return stop(walk, error);
        memcpy(block->name, name, GIF_APPLICATION);
    }
    walk->next += 2;
    return skip_data(walk, &block->size, error) ? 1 : stop(walk, error);
}

static int next_image(struct gif_walk *walk, struct gif_block *block, struct pm_error *error)
{
    const uint8_t *p = peek(walk, walk->next, IMAGE, error);
    if (p == NULL)
        return stop(walk, error);
    struct gif_frame frame = walk->control;
    frame.at = walk->next;
    frame.x = get_le16(p + 1);
    frame.y = get_le16(p + 3);
    frame.width = get_le16(p + 5);
    frame.height = get_le16(p + 7);
    frame.own_palette = (p[9] & 0x80) != 0;
    frame.interlaced = (p[9] & 0x40) != 0;
    *block = (struct gif_block){.image = true, .frame = frame};
    walk->control =
        (struct gif_frame){.delay = GIF_DELAY_USUAL, .disposal = GIF_KEEP, .transparent = GIF_OPAQUE};
    if (frame.width == 0 || frame.height == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has a frame without pixels (%" PRIu32 "x%" PRIu32 ")",
                         frame.width, frame.height);
    walk->next += IMAGE + palette_bytes(p[9]);
    const uint8_t *code_bits = peek(walk, walk->next, 1, error);
    if (code_bits != NULL && (*code_bits == 0 || *code_bits > CODE_BITS_MAX))
        return error_set(error, PM_ERROR_CORRUPT, "has a frame with codes of %u bits (1 to %d are possible)",
                         (unsigned)*code_bits, CODE_BITS_MAX);
    block->data = ++walk->next;
    if (!skip_data(walk, &block->size, error)) {
        walk->cut = true;
        return error->kind == PM_OK ? 1 : -1;
    }
    return 1;
}

/* Some writers leave zeros between blocks. */
static const uint8_t *find_introducer(struct gif_walk *walk, struct pm_error *error)
{
    const uint8_t *at;
    while ((at = peek(walk, walk->next, 1, error)) != NULL && *at == 0)
        walk->next++;
    return at;
}

int gif_walk_next(struct gif_walk *walk, struct gif_block *block, struct pm_error *error)
{
    *block = (struct gif_block){0};
    if (walk->cut || walk->whole)
        return 0;
    const uint64_t start = walk->next;
    const uint8_t *introducer = find_introducer(walk, error);
    if (introducer == NULL) {
        walk->cut = walk->next > start || error->kind != PM_OK;
        return error->kind == PM_OK ? 0 : -1;
    }
    if (walk->count++ == BLOCKS_MAX)
        return error_limit(error, BLOCKS_MAX, walk->count, "has more than %d blocks", BLOCKS_MAX);
    switch (*introducer) {
    case IMAGE_INTRODUCER:
        return next_image(walk, block, error);
    case EXTENSION_INTRODUCER:
        return next_extension(walk, block, error);
    case TRAILER:
        walk->whole = true;
        return 0;
    default: /* overwritten from here on */
        return stop(walk, error);
    }
}

/* --- the header ------------------------------------------------------------------------------------- */

static bool is_named(const struct gif_block *block, const char *name)
{
    return memcmp(block->name, name, GIF_APPLICATION) == 0;
}

/* The file stores the repetitions after the first showing; 0: endless. */
static void read_loops(struct gif_header *header, const struct gif_block *block, struct gif_walk *walk,
                       struct pm_error *error)
{
    const uint8_t *data = peek(walk, block->data + 1 + GIF_APPLICATION, 4, error);
    if (data == NULL || data[0] < 3 || data[1] != 1)
        return;
    const unsigned again = get_le16(data + 2);
    header->loops_given = true;
    header->loops = again == 0 ? 0 : again + 1;
}

static void add_extension(struct gif_header *header, const struct gif_block *block, struct gif_walk *walk,
                          struct pm_error *error)
{
    enum { MAGIC = 257 }; /* bytes after an XMP packet that make readers of sub-blocks find its end */
    const uint64_t after = block->data + 1 + GIF_APPLICATION;
    if (block->label == COMMENT)
        header->ncomments++;
    if (block->label == PLAIN_TEXT)
        header->plain_text = true;
    if (block->label != APPLICATION)
        return;
    if (is_named(block, "NETSCAPE2.0") || is_named(block, "ANIMEXTS1.0"))
        read_loops(header, block, walk, error);
    else if (is_named(block, "ICCRGBG1012") && header->icc.at == 0)
        header->icc = (struct gif_extent){after, block->size - GIF_APPLICATION};
    else if (is_named(block, "XMP DataXMP") && header->xmp.at == 0 && walk->next > after + MAGIC + 1)
        header->xmp = (struct gif_extent){after, walk->next - after - MAGIC - 1};
    else
        header->other++;
}

static void add_image(struct gif_header *header, const struct gif_frame *frame)
{
    if (header->width == 0 || header->height == 0) { /* some old writers set no screen size */
        header->width = frame->x + frame->width;
        header->height = frame->y + frame->height;
    }
    const bool outside = frame->x + frame->width > header->width || frame->y + frame->height > header->height;
    const bool covers =
        frame->x == 0 && frame->y == 0 && frame->width >= header->width && frame->height >= header->height;
    const bool first = header->frames == 0;
    header->outside = header->outside || outside;
    /* Once all of the canvas is opaque, pixels that are not drawn leave it so. */
    if (first)
        header->alpha = !covers || frame->transparent != GIF_OPAQUE;
    else
        header->alpha = header->alpha || header->clears;
    header->clears = frame->disposal == GIF_CLEAR || (first && frame->disposal == GIF_RESTORE);
    header->frames++;
}

int gif_read_header(struct byte_source *source, struct gif_header *header, struct pm_error *error)
{
    struct gif_walk walk;
    struct gif_block block;
    int status;
    *header = (struct gif_header){.loops = 1};
    gif_walk_from(&walk, source, 0);
    const uint8_t *screen = peek(&walk, 0, SCREEN, error);
    if (screen == NULL)
        return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
    header->width = get_le16(screen + 6);
    header->height = get_le16(screen + 8);
    header->palette = (screen[10] & 0x80) != 0;
    header->aspect = screen[12];
    header->first = walk.next = SCREEN + palette_bytes(screen[10]);
    while ((status = gif_walk_next(&walk, &block, error)) > 0) {
        if (block.image)
            add_image(header, &block.frame);
        else
            add_extension(header, &block, &walk, error);
    }
    if (status < 0 || error->kind != PM_OK)
        return -1;
    if (header->frames == 0)
        return walk.whole
                   ? error_set(error, PM_ERROR_CORRUPT, "holds no picture")
                   : error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
    /* In an animation without a trailer, frames may be missing. */
    header->cut = walk.cut || (!walk.whole && (header->frames > 1 || header->loops_given));
    header->unended = !walk.whole && !header->cut;
    return 0;
}

void gif_tell(const struct gif_header *header, struct pm_info *info)
{
    const bool animated = header->frames > 1;
    info->width = header->width;
    info->height = header->height;
    info->depth = 8;
    info->pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
    if (header->alpha)
        info->pixels.alpha = PM_ALPHA_STRAIGHT;
    info->palette = true;
    info->frames = header->frames;
    info->animated = animated;
    info->loops = animated ? header->loops : 0;
    info->icc_size = header->icc.size;
    info->xmp_size = header->xmp.size;
}

size_t gif_join(const uint8_t *data, size_t size, uint64_t at, uint8_t *out, size_t room)
{
    size_t made = 0;
    while (at < size && data[at] > 0 && made < room) {
        size_t bytes = data[at];
        if (bytes > size - at - 1)
            bytes = size - (size_t)at - 1;
        if (bytes > room - made)
            bytes = room - made;
        memcpy(out + made, data + at + 1, bytes);
        made += bytes;
        at += 1 + (uint64_t)data[at];
    }
    return made;
}
