#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "codec/inflate.h"

/* Every library that this build has. */
static const struct {
    const char *name;
    const struct inflate_engine *engine;
} engines[] = {
    {"zlib", &inflate_zlib},
#ifdef PIXMILL_ISAL
    {"ISA-L", &inflate_isal},
#endif
};
enum { ENGINES = sizeof engines / sizeof *engines, PLAIN_BYTES = 150000 };

/* Data for every kind of deflate block: noise, runs, and repetitions up to 32 KiB back. */
static void fill(uint8_t *bytes, size_t size)
{
    uint32_t seed = 1;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        const size_t part = i / 5000 % 4;
        bytes[i] = (uint8_t)(part == 0   ? seed >> 24
                             : part == 1 ? i / 700
                             : part == 2 ? (i >= 32768 ? bytes[i - 32768] : seed >> 28)
                                         : (seed >> 30) * 17);
    }
}

static struct buffer pack(const uint8_t *plain, size_t size, int level, int strategy,
                          enum inflate_format format)
{
    struct buffer packed = {0};
    z_stream stream = {0};
    cr_assert_eq(
        deflateInit2(&stream, level, Z_DEFLATED, format == INFLATE_RAW ? -MAX_WBITS : MAX_WBITS, 8, strategy),
        Z_OK);
    const size_t room = deflateBound(&stream, (uLong)size);
    cr_assert_eq(buffer_reserve(&packed, room), 0);
    stream.next_in = (Bytef *)(uintptr_t)plain;
    stream.avail_in = (uInt)size;
    stream.next_out = packed.data;
    stream.avail_out = (uInt)room;
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.size = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

/* Inflates `packed` with limited input and output per step. Returns whether it ended without error; *made is
 * the output, at most `room` bytes. */
static bool unpack(const struct inflate_engine *engine, enum inflate_format format, struct buffer packed,
                   size_t in_step, size_t out_step, uint8_t *out, size_t room, size_t *made, size_t *used)
{
    struct inflater *inflater = malloc(sizeof *inflater);
    size_t in = 0;
    *made = 0;
    cr_assert(engine->begin(inflater, format));
    for (bool moved = true; moved && !inflater->ended;) {
        const size_t most_in = packed.size - in < in_step ? packed.size - in : in_step;
        const size_t most_out = room - *made < out_step ? room - *made : out_step;
        inflater->next_in = packed.data + in;
        inflater->avail_in = (uint32_t)most_in;
        inflater->next_out = out + *made;
        inflater->avail_out = (uint32_t)most_out;
        moved = inflater_step(inflater);
        in += most_in - inflater->avail_in;
        *made += most_out - inflater->avail_out;
    }
    const bool ended = inflater->ended && !inflater_took_surplus(inflater);
    *used = in;
    free(inflater);
    return ended;
}

static void assert_unpacked(struct buffer packed, enum inflate_format format, const uint8_t *plain,
                            size_t size, uint8_t *out)
{
    static const size_t steps[] = {1, 13, 4096, 1 << 20};
    for (size_t e = 0; e < ENGINES; e++) {
        for (size_t s = 0; s < 16; s++) {
            size_t made, used;
            if (s % 5 != 0 && size > 20000 && (s % 4 == 0 || s / 4 == 0))
                continue; /* byte by byte takes long */
            memset(out, 0xa5, size + 1);
            cr_assert(unpack(engines[e].engine, format, packed, steps[s % 4], steps[s / 4], out, size + 1,
                             &made, &used),
                      "%s, %zu bytes in and %zu out at a time", engines[e].name, steps[s % 4], steps[s / 4]);
            cr_assert_eq(made, size, "%s made %zu of %zu bytes", engines[e].name, made, size);
            cr_assert_eq(used, packed.size, "%s", engines[e].name);
            cr_assert_eq(memcmp(out, plain, size), 0, "%s", engines[e].name);
        }
    }
}

Test(inflate, each_library_undoes_every_kind_of_block_in_pieces_of_any_size)
{
    static const struct {
        int level, strategy;
    } ways[] = {{0, Z_DEFAULT_STRATEGY},
                {1, Z_DEFAULT_STRATEGY},
                {9, Z_DEFAULT_STRATEGY},
                {6, Z_HUFFMAN_ONLY},
                {6, Z_RLE},
                {6, Z_FIXED}};
    static const size_t sizes[] = {0, 1, 300, 40000, PLAIN_BYTES};
    uint8_t *plain = malloc(PLAIN_BYTES), *out = malloc(PLAIN_BYTES + 1);
    fill(plain, PLAIN_BYTES);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (enum inflate_format format = INFLATE_RAW; format <= INFLATE_ZLIB; format++) {
                struct buffer packed = pack(plain, sizes[s], ways[w].level, ways[w].strategy, format);
                assert_unpacked(packed, format, plain, sizes[s], out);
                buffer_free(&packed);
            }
        }
    }
    free(plain);
    free(out);
}

Test(inflate, each_library_refuses_a_stream_that_is_cut_or_damaged)
{
    enum { SIZE = 21000 };
    uint8_t plain[SIZE], out[SIZE + 1];
    size_t made, used;
    fill(plain, SIZE);
    struct buffer packed = pack(plain, SIZE, 6, Z_DEFAULT_STRATEGY, INFLATE_ZLIB);
    for (size_t e = 0; e < ENGINES; e++) {
        for (size_t cut = 0; cut < packed.size; cut += 101) {
            struct buffer part = {.data = packed.data, .size = cut};
            cr_expect_not(
                unpack(engines[e].engine, INFLATE_ZLIB, part, SIZE, SIZE, out, SIZE + 1, &made, &used),
                "%s takes the first %zu bytes for the whole", engines[e].name, cut);
        }
        for (size_t at = 0; at < packed.size; at += 37) {
            packed.data[at] ^= 0x10;
            cr_expect_not(
                unpack(engines[e].engine, INFLATE_ZLIB, packed, SIZE, SIZE, out, SIZE + 1, &made, &used),
                "%s accepts a changed byte %zu", engines[e].name, at);
            packed.data[at] ^= 0x10;
        }
    }
    buffer_free(&packed);
}

Test(inflate, what_stands_behind_a_stream_is_left_or_owned_up_to)
{
    enum { SIZE = 21000, BEHIND = 40 };
    uint8_t plain[SIZE], out[SIZE + 1];
    size_t made, used;
    fill(plain, SIZE);
    struct buffer packed = pack(plain, SIZE, 6, Z_DEFAULT_STRATEGY, INFLATE_RAW);
    const size_t size = packed.size;
    cr_assert_eq(buffer_reserve(&packed, BEHIND), 0);
    memset(packed.data + size, 0x5a, BEHIND);
    packed.size += BEHIND;
    for (size_t e = 0; e < ENGINES; e++) {
        bool alone = unpack(engines[e].engine, INFLATE_RAW, packed, packed.size, SIZE + 1, out, SIZE + 1,
                            &made, &used);
        cr_expect_eq(made, SIZE, "%s", engines[e].name);
        cr_expect(!alone || used == size, "%s used %zu bytes of a stream of %zu and says nothing",
                  engines[e].name, used, size);
    }
    buffer_free(&packed);
}
