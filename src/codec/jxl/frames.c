#include "codec/jxl/frames.h"

#include <inttypes.h>

#include "codec/jxl/entropy.h"

/* --- an ICC profile --------------------------------------------------------------------------------- */

static unsigned class_of(unsigned byte)
{
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
        return 0;
    if ((byte >= '0' && byte <= '9') || byte == '.' || byte == ',')
        return 1;
    return 2;
}

/* The context of byte i, from the two before it (18181-1, annex E). */
static unsigned profile_context(uint64_t i, unsigned last, unsigned before)
{
    enum { HEADER = 128 };
    if (i <= HEADER)
        return 0;
    unsigned one = class_of(last), other = class_of(before);
    if (one == 2)
        one = last <= 1 ? 2 + last : last < 16 ? 4 : last == 255 ? 6 : last > 240 ? 5 : 7;
    if (other == 2)
        other = before < 16 ? 2 : before > 240 ? 3 : 4;
    return 1 + one + 8 * other;
}

/* What is coded begins with the profile's size, 7 bits a byte. */
int jxl_skip_profile(struct jxl_bits *bits, uint64_t *size, struct pm_error *error)
{
    enum { CONTEXTS = 41, CODED_MAX = 16 << 20, GROUP = 7, SIZE_BYTES = 5 };
    struct jxl_entropy entropy;
    unsigned last = 0, before = 0;
    bool open = true;
    const uint64_t coded = jxl_get_u64(bits);
    if (coded > CODED_MAX)
        return error_limit(error, CODED_MAX, coded, "has a profile of more than %d MiB", CODED_MAX >> 20);
    jxl_entropy_begin(&entropy, bits, CONTEXTS);
    *size = 0;
    for (uint64_t i = 0; i < coded && !entropy.failed && !entropy.no_memory && !bits->cut; i++) {
        const unsigned byte = jxl_entropy_get(&entropy, profile_context(i, last, before)) & UINT8_MAX;
        if (open && i < SIZE_BYTES)
            *size |= (uint64_t)(byte & 0x7F) << GROUP * i;
        open = open && byte > 0x7F;
        before = last;
        last = byte;
    }
    if (jxl_entropy_end(&entropy))
        return 0;
    return entropy.no_memory ? error_memory(error, 0) : jxl_header_error(bits, error);
}

/* --- a frame's header ------------------------------------------------------------------------------- */

enum frame_type { FRAME_REGULAR, FRAME_LOW_FREQUENCIES, FRAME_REFERENCE, FRAME_SKIPPED_IN_PROGRESSIVE };
enum blend_mode { BLEND_REPLACE, BLEND_ADD, BLEND_OVER, BLEND_ADD_WEIGHTED, BLEND_MULTIPLY };
enum { FLAG_USES_LOW_FREQUENCIES = 32 };

struct frame_header {
    enum frame_type type;
    bool modular, last;
    uint64_t flags;
    unsigned upsampling, group_shift, passes, level;
    uint32_t width, height;
    unsigned saved_as;
    uint32_t duration;
};

struct walk {
    struct jxl_bits *bits;
    const struct jxl_header *image;
    bool timecodes;
};

static void read_passes(struct jxl_bits *bits, struct frame_header *frame)
{
    frame->passes = JXL_U32(bits, {0, 1}, {0, 2}, {0, 3}, {3, 4});
    if (frame->passes == 1)
        return;
    const unsigned reduced = JXL_U32(bits, {0, 0}, {0, 1}, {0, 2}, {1, 3});
    jxl_skip(bits, (uint64_t)2 * (frame->passes - 1));
    for (unsigned i = 0; i < reduced; i++)
        JXL_U32(bits, {0, 1}, {0, 2}, {0, 4}, {0, 8});
    for (unsigned i = 0; i < reduced; i++)
        JXL_U32(bits, {0, 0}, {0, 1}, {0, 2}, {3, 0});
}

/* The upsampling of colours and of each further channel. */
static void read_upsampling(const struct walk *walk, struct frame_header *frame)
{
    if ((frame->flags & FLAG_USES_LOW_FREQUENCIES) != 0)
        return;
    frame->upsampling = JXL_U32(walk->bits, {0, 1}, {0, 2}, {0, 4}, {0, 8});
    for (unsigned i = 0; i < walk->image->extra; i++)
        JXL_U32(walk->bits, {0, 1}, {0, 2}, {0, 4}, {0, 8});
}

/* Returns whether the frame covers only a part of the image. */
static bool read_place(const struct walk *walk, struct frame_header *frame)
{
    const struct jxl_choice choices[4] = {{8, 0}, {11, 256}, {14, 2304}, {30, 18688}};
    const bool placed = frame->type == FRAME_REGULAR || frame->type == FRAME_SKIPPED_IN_PROGRESSIVE;
    int64_t at[2] = {0};
    if (!jxl_flag(walk->bits))
        return false;
    for (unsigned i = 0; placed && i < 2; i++) {
        const uint32_t packed = jxl_get_u32(walk->bits, choices);
        at[i] = (packed & 1) != 0 ? -(int64_t)(packed >> 1) - 1 : (int64_t)(packed >> 1);
    }
    frame->width = jxl_get_u32(walk->bits, choices);
    frame->height = jxl_get_u32(walk->bits, choices);
    return placed && (at[0] > 0 || at[1] > 0 || at[0] + frame->width < walk->image->width ||
                      at[1] + frame->height < walk->image->height);
}

static enum blend_mode read_blending(const struct walk *walk, bool partial)
{
    struct jxl_bits *bits = walk->bits;
    const enum blend_mode mode = (enum blend_mode)JXL_U32(bits, {0, 0}, {0, 1}, {0, 2}, {2, 3});
    const bool weighted = walk->image->extra > 0 && (mode == BLEND_OVER || mode == BLEND_ADD_WEIGHTED);
    if (weighted)
        JXL_U32(bits, {0, 0}, {0, 1}, {0, 2}, {3, 3}); /* which channel is alpha */
    if (weighted || mode == BLEND_MULTIPLY)
        jxl_flag(bits);
    if (mode != BLEND_REPLACE || partial)
        jxl_skip(bits, 2); /* on which saved frame */
    return mode;
}

static void skip_loop_filter(struct jxl_bits *bits, bool modular)
{
    if (jxl_flag(bits))
        return;
    const bool gaborish = jxl_flag(bits), weighted = gaborish && jxl_flag(bits);
    if (weighted)
        jxl_skip_f16(bits, 6);
    if (jxl_get(bits, 2) > 0) {
        if (!modular && jxl_flag(bits))
            jxl_skip_f16(bits, 8);
        if (jxl_flag(bits))
            jxl_skip_f16(bits, 5);
        if (jxl_flag(bits))
            jxl_skip_f16(bits, modular ? 3 : 4);
        if (modular)
            jxl_skip_f16(bits, 1);
    }
    jxl_skip_extensions(bits);
}

/* Everything up to what says how the frame is coded. */
static void read_coding(const struct walk *walk, struct frame_header *frame)
{
    struct jxl_bits *bits = walk->bits;
    frame->type = (enum frame_type)jxl_get(bits, 2);
    frame->modular = jxl_flag(bits);
    frame->flags = jxl_get_u64(bits);
    const bool ycc = !walk->image->xyb && jxl_flag(bits);
    if (ycc && (frame->flags & FLAG_USES_LOW_FREQUENCIES) == 0)
        jxl_skip(bits, 6); /* chroma subsampling */
    read_upsampling(walk, frame);
    if (frame->modular)
        frame->group_shift = jxl_get(bits, 2);
    else if (walk->image->xyb)
        jxl_skip(bits, 6);
    if (frame->type != FRAME_REFERENCE)
        read_passes(bits, frame);
}

static void read_frame_header(const struct walk *walk, struct frame_header *frame)
{
    struct jxl_bits *bits = walk->bits;
    *frame = (struct frame_header){.last = true,
                                   .upsampling = 1,
                                   .group_shift = 1,
                                   .passes = 1,
                                   .width = walk->image->width,
                                   .height = walk->image->height};
    if (jxl_flag(bits))
        return;
    read_coding(walk, frame);
    const bool shown = frame->type == FRAME_REGULAR || frame->type == FRAME_SKIPPED_IN_PROGRESSIVE;
    bool partial = false;
    enum blend_mode mode = BLEND_REPLACE;
    if (frame->type == FRAME_LOW_FREQUENCIES)
        frame->level = jxl_get(bits, 2) + 1;
    else
        partial = read_place(walk, frame);
    frame->last = false;
    if (shown) {
        mode = read_blending(walk, partial);
        for (unsigned i = 0; i < walk->image->extra; i++)
            read_blending(walk, partial);
        if (walk->image->animated) {
            frame->duration = JXL_U32(bits, {0, 0}, {0, 1}, {8, 0}, {32, 0});
            jxl_skip(bits, walk->timecodes ? 32 : 0);
        }
        frame->last = jxl_flag(bits);
    }
    if (frame->type != FRAME_LOW_FREQUENCIES && !frame->last)
        frame->saved_as = jxl_get(bits, 2);
    const bool kept = !frame->last && (frame->duration == 0 || frame->saved_as != 0);
    if (frame->type == FRAME_REFERENCE || (shown && kept && mode == BLEND_REPLACE && !partial))
        jxl_flag(bits); /* saved before or after the colour transform */
    jxl_skip_name(bits);
    skip_loop_filter(bits, frame->modular);
    jxl_skip_extensions(bits);
}

/* --- a frame's sections ----------------------------------------------------------------------------- */

static uint64_t divide_up(uint64_t size, uint64_t by)
{
    return (size + by - 1) / by;
}

/* How many sections the frame is stored in. */
static uint64_t count_sections(const struct frame_header *frame)
{
    enum { MIN_GROUP = 128, LOW_FREQUENCIES = 8, LEVEL_BITS = 3 };
    const uint64_t scale = (uint64_t)frame->upsampling << LEVEL_BITS * frame->level;
    const uint64_t width = divide_up(frame->width, scale), height = divide_up(frame->height, scale);
    const uint64_t side = (uint64_t)MIN_GROUP << frame->group_shift, low = side * LOW_FREQUENCIES;
    const uint64_t groups = divide_up(width, side) * divide_up(height, side),
                   low_groups = divide_up(width, low) * divide_up(height, low);
    return groups == 1 && frame->passes == 1 ? 1 : 2 + low_groups + groups * frame->passes;
}

/* Skips a permutation of the sections, as a Lehmer code. */
static int skip_permutation(struct jxl_bits *bits, uint32_t sections, struct pm_error *error)
{
    enum { CONTEXTS = 8 };
    struct jxl_entropy entropy;
    jxl_entropy_begin(&entropy, bits, CONTEXTS);
    const unsigned width = jxl_bits_of(sections);
    const uint32_t end = jxl_entropy_get(&entropy, width < CONTEXTS ? width : CONTEXTS - 1);
    uint32_t last = 0;
    entropy.failed |= end > sections;
    for (uint32_t i = 0; i < end && !entropy.failed && !entropy.no_memory && !bits->cut; i++) {
        const unsigned bits_of_last = jxl_bits_of(last);
        last = jxl_entropy_get(&entropy, bits_of_last < CONTEXTS ? bits_of_last : CONTEXTS - 1);
    }
    if (jxl_entropy_end(&entropy) || bits->cut)
        return 0;
    return entropy.no_memory ? error_memory(error, 0) : jxl_header_error(bits, error);
}

/* Skips the frame's sections; `cut` if some are missing. */
static int skip_sections(struct jxl_bits *bits, const struct frame_header *frame, struct pm_error *error)
{
    enum { SECTIONS_MAX = 65536 }; /* libjxl reads no more */
    const uint64_t sections = count_sections(frame);
    uint64_t bytes = 0;
    if (sections > SECTIONS_MAX)
        return error_limit(error, SECTIONS_MAX, sections,
                           "has a frame of %" PRIu64 " sections (at most %d are read)", sections,
                           SECTIONS_MAX);
    if (jxl_flag(bits) && skip_permutation(bits, (uint32_t)sections, error) != 0)
        return -1;
    jxl_skip_to_byte(bits);
    for (uint64_t i = 0; i < sections && !bits->cut; i++)
        bytes += JXL_U32(bits, {10, 0}, {14, 1024}, {22, 17408}, {30, 4211712});
    jxl_skip_to_byte(bits);
    jxl_skip(bits, bytes * 8);
    return 0;
}

/* --- all frames ------------------------------------------------------------------------------------- */

static void note_frame(const struct frame_header *frame, struct jxl_header *header, unsigned *slots)
{
    const uint64_t pixels = (uint64_t)frame->width * frame->height;
    if (pixels > header->frame_pixels)
        header->frame_pixels = pixels;
    if (frame->type == FRAME_LOW_FREQUENCIES)
        *slots |= 1u << (4 + frame->level - 1);
    else if (!frame->last && (frame->duration == 0 || frame->saved_as != 0))
        *slots |= 1u << frame->saved_as;
    if ((frame->type == FRAME_REGULAR || frame->type == FRAME_SKIPPED_IN_PROGRESSIVE) &&
        (frame->last || frame->duration > 0))
        header->frames++;
}

int jxl_read_frames(struct jxl_bits *bits, const struct jxl_preview *preview, bool timecodes,
                    struct jxl_header *header, struct pm_error *error)
{
    struct jxl_header preview_image = *header;
    struct walk walk = {.bits = bits, .image = header, .timecodes = timecodes};
    struct frame_header frame = {0};
    unsigned slots = 0;
    if (preview->present) {
        preview_image.width = preview->width;
        preview_image.height = preview->height;
        walk.image = &preview_image;
        read_frame_header(&walk, &frame);
        if (skip_sections(bits, &frame, error) != 0)
            return -1;
        walk.image = header;
    }
    frame.last = false;
    for (unsigned i = 0; !frame.last && !bits->cut; i++) {
        if (i == JXL_FRAMES_MAX)
            return error_set(error, PM_ERROR_LIMIT, "has more than %d frames", JXL_FRAMES_MAX);
        read_frame_header(&walk, &frame);
        if (bits->cut)
            break;
        if (frame.width == 0 || frame.height == 0)
            return error_set(error, PM_ERROR_CORRUPT, "has a frame without pixels");
        note_frame(&frame, header, &slots);
        if (skip_sections(bits, &frame, error) != 0)
            return -1;
    }
    if (header->frame_pixels == 0)
        return jxl_header_error(bits, error);
    header->saved = (unsigned)__builtin_popcount(slots);
    header->cut = bits->cut;
    if (header->frames == 0)
        header->frames = 1;
    return 0;
}
