/*
 * pixmill's own decoder of Huffman-coded JPEG: sequential and progressive, 8 bits, 1, 3 or 4 components, any
 * sampling, with restart markers (ITU-T T.81, annexes A, F and G). This covers photographs; decoding Huffman
 * codes is nearly all of the time of a thumbnail.
 *
 *     jpeg/fast.c         decides which files are decoded here; decodes one row of MCUs after the other
 *     jpeg/scans.c        the scans of a file: their parameters, tables and data
 *     jpeg/tables.c       tables that decode several codes in one look-up
 *     jpeg/bits.h         bits of a scan's data
 *     jpeg/entropy.simd.c codes to coefficients
 *     jpeg/idct.simd.c    coefficients to samples
 *
 * A row of MCUs is decoded from all scans, each of which continues where it stopped in the previous row. So
 * memory holds the coefficients of one row only, even for a progressive file. Where one scan has restart
 * markers before rows of MCUs, several threads decode the intervals between them side by side.
 *
 * Nothing is repaired here. If the file deviates from the standard in any way (an invalid code, data that end
 * too early or too late, a scan that adds nothing), the result for the whole image is FAST_NO, and libjpeg
 * decodes it from the start: only libjpeg decides what is damage and how it is handled and reported. Samples
 * are equal, bit for bit, to those of libjpeg-turbo's slow integer transforms (JDCT_ISLOW), unless the caller
 * can do with less (low_only).
 *
 * Input is untrusted. Every read is checked (jpeg/bits.h), and the position of every coefficient; tables are
 * complete, so any bits select an entry; an inconsistency is detected at the end of a row at the latest.
 */
#ifndef CODEC_JPEG_FAST_H
#define CODEC_JPEG_FAST_H

#include "base/simd.h"
#include "codec/jpeg/decode.h"

enum {
    FAST_SCANS_MAX = 64,  /* libjpeg and mozjpeg write 10 to 20 */
    FAST_TABLES_MAX = 40, /* Huffman tables */
    FAST_BLOCKS_MAX = 10, /* of an MCU (T.81, B.2.3) */
    FAST_COMPONENTS_MAX = 4,
    FAST_BATCH_SAMPLES = 64, /* rows of samples that are decoded at once, at full size */
};

/* --- tables (jpeg/tables.c) ------------------------------------------------------------------------ */

/* A table's codes by their length (T.81, annexes C and F.2.2.3). */
struct fast_codes {
    uint32_t limit[17]; /* the first 16 bits that begin no code of up to this length */
    int32_t offset[17]; /* index of a code's symbol, less the code */
    uint8_t symbol[256];
};

enum { DC_BITS = 9, AC_BITS = 11, SKIP_BITS = 13, CODE_BITS = 10 };

/* Bits of the codes and values of an entry of FAST_USE_LONG_AC or FAST_USE_SKIP: the last value may extend
 * beyond the bits that select the entry. */
enum { ENTRY_BITS_MAX = 15 };

enum { ZEROS_16 = 0xF0 }; /* the symbol of sixteen zeros (ZRL) */

/* Indexed by the next CODE_BITS bits: a code. */
struct fast_code {
    uint8_t length; /* 0: a longer one, or none */
    uint8_t symbol;
};

/* Indexed by the next DC_BITS bits: a difference, and the number of bits of its code and value. 0 bits:
 * longer than DC_BITS. */
struct fast_dc_entry {
    int16_t difference;
    uint8_t bits;
};

/* Indexed by the next AC_BITS bits: one or two coefficients other than 0. `advance`: coefficients to advance,
 * including these. With one coefficient, `second` is ignored. */
struct fast_ac_entry {
    uint8_t bits;       /* of all */
    uint8_t advance;    /* ENTRY_END: the block ends after the first, if any; ENTRY_OTHER: see below */
    uint8_t run : 4;    /* zeros before the first */
    uint8_t rest : 4;   /* the last of the bits, to be added to the first, the only one then */
    uint8_t first_bits; /* of the first alone; 0: no coefficient */
    int16_t first, second;
};

/* After the code of an ENTRY_OTHER (`first`, of `bits` bits) comes a value with more bits than an entry may
 * have, or the code has another meaning. 0 bits: the code is longer, or invalid. */
enum { ENTRY_END = 64, ENTRY_OTHER = 128 };

/* Indexed by the next SKIP_BITS bits: the number of coefficients that whole codes skip, plus ENTRY_END if the
 * last one ends the block. */
struct fast_skip_entry {
    uint8_t bits, advance;
};

enum fast_use { FAST_USE_DC, FAST_USE_AC, FAST_USE_LONG_AC, FAST_USE_SKIP, FAST_USE_CODES };

struct fast_table {
    struct fast_codes codes;
    union {
        struct fast_dc_entry dc[1 << DC_BITS];
        struct fast_ac_entry ac[1 << AC_BITS];
        struct fast_skip_entry skip[1 << SKIP_BITS];
        struct fast_code code[1 << CODE_BITS];
    };
};

/* The codes of a DHT segment: how many of each length there are, from 1 bit on, and their symbols. */
struct fast_lists {
    const uint8_t *counts, *symbols;
};

/* Sets *table to the table of these codes, from the context's memo or built in `arena`; NULL if libjpeg
 * rejects such codes. `shift`: coefficients are shifted left by this number of bits. Returns 0, or -1 with
 * `error` filled. */
int fast_table_get(struct fast_lists lists, enum fast_use use, unsigned shift, struct arena *arena,
                   struct context *context, const struct fast_table **table);

/* --- entropy decoding (jpeg/entropy.simd.c) -------------------------------------------------------- */

struct fast_bits {
    uint64_t bits;    /* the next ones, from the top */
    unsigned count;   /* number of them */
    unsigned made_up; /* of all that were ever added: zeros, because a marker came or the file ended */
    const uint8_t *next, *end;
};

/* Where a block's coefficients go, in the order of rows (natural order): block i of this kind in a run of
 * MCUs at coefficients + i * step. */
struct fast_target {
    int16_t *coefficients;
    uint64_t *nonzero;  /* of a progressive file: which are not 0, by their place in zigzag order */
    size_t step;        /* in blocks */
    unsigned component; /* index in the scan */
    bool flat;          /* nothing but DC coefficients is kept, one after the other */
    unsigned last;      /* of the coefficients that are needed, in zigzag order */
};

enum fast_kind { FAST_SEQUENTIAL, FAST_DC_FIRST, FAST_DC_REFINE, FAST_AC_FIRST, FAST_AC_REFINE, FAST_KINDS };

struct fast_scan {
    struct fast_bits bits;
    enum fast_kind kind;
    unsigned components;
    unsigned component[MAX_COMPS_IN_SCAN]; /* indices in the file */
    const struct fast_table *dc[MAX_COMPS_IN_SCAN], *ac[MAX_COMPS_IN_SCAN];
    const struct fast_table *skip[MAX_COMPS_IN_SCAN]; /* to skip coefficients that aren't needed, if any */
    unsigned first, last;                             /* the spectral band */
    unsigned low;                                     /* bits that are left to later scans (Al) */
    bool long_values;                                 /* its AC tables are of FAST_USE_LONG_AC */
    int32_t last_dc[MAX_COMPS_IN_SCAN];
    uint32_t ended_blocks;    /* the end-of-band run */
    uint32_t interval, until; /* MCUs from restart to restart (0: none), and to the next one */
    unsigned next_restart;
    bool broken;
    const uint8_t *marker; /* where its data must end; NULL: at the EOI */
};

struct fast_kernels {
    /* `count` MCUs of `targets` blocks each. What is wrong sets scan->broken. */
    void (*run[FAST_KINDS])(struct fast_scan *scan, const struct fast_target *target, unsigned targets,
                            uint32_t count);
};

/* --- inverse transforms (jpeg/idct.simd.c) --------------------------------------------------------- */

struct idct_kernels {
    /* Transforms `count` consecutive blocks to n * count samples in each of n rows of `out`. quant[64] is in
     * natural order. Returns false if a coefficient is so large that libjpeg-turbo's own transforms differ
     * from one another. */
    bool (*to_8)(const int16_t *blocks, const int16_t *quant, size_t count, uint8_t *out, size_t stride);
    bool (*to_4)(const int16_t *blocks, const int16_t *quant, size_t count, uint8_t *out, size_t stride);
    bool (*to_2)(const int16_t *blocks, const int16_t *quant, size_t count, uint8_t *out, size_t stride);
    /* From DC coefficients alone, one after the other. */
    bool (*to_1)(const int16_t *dc, const int16_t *quant, size_t count, uint8_t *out, size_t stride);
};

/* --- a picture ------------------------------------------------------------------------------------- */

enum fast_status {
    FAST_OK,
    FAST_NO,     /* libjpeg must decode it */
    FAST_FAILED, /* the error is filled */
};

struct fast_component {
    unsigned h, v;          /* sampling factors */
    uint32_t width, height; /* in blocks that have samples */
    unsigned side;          /* samples of a block that are made, 8, 4, 2 or 1 on a side */
    bool flat;              /* of them, but one: nothing but DC coefficients is kept */
    unsigned last;          /* of the coefficients that are needed, in zigzag order */
    int16_t quant[DCTSIZE2];
    /* Rows of samples: row y of the plane is row y % window of them, and so are a row of MCUs' side by side.
     */
    uint8_t *rows;
    size_t stride;
    uint32_t window;
    /* The blocks of one part of a row of MCUs: v rows of `across` blocks. */
    size_t across;
    int16_t *coefficients;
    uint64_t *nonzero;
};

/* A table, and what it was made of: the place of a DHT segment's counts. */
struct fast_known_table {
    const uint8_t *counts;
    enum fast_use use;
    unsigned shift;
    const struct fast_table *table;
};

struct fast_picture {
    struct jpeg_decoder *decoder;
    struct arena *arena;
    uint32_t row;                 /* of MCUs, that comes next */
    uint32_t batch;               /* rows of MCUs that may be decoded at once, at least 1 */
    bool progressive, leaves_out; /* AC scans of flat components are left out */
    unsigned components;
    struct fast_component component[FAST_COMPONENTS_MAX];
    unsigned scans;
    struct fast_scan scan[FAST_SCANS_MAX];
    uint32_t mcus, rows; /* MCUs in a row, and rows of them */
    uint32_t piece;      /* MCUs that are decoded before their samples are made */
    unsigned tables;
    struct fast_known_table known[FAST_TABLES_MAX];
};

/* Finds the picture's scans, and sets up everything in them. */
enum fast_status fast_find_scans(struct fast_picture *picture);

/* Sets *opened up; `side` is each component's (struct fast_component), and with `leaves_out` AC scans of
 * flat ones are left out. Memory, in which it lives, from `arena`. */
enum fast_status fast_open(struct jpeg_decoder *decoder, const unsigned *side, bool leaves_out,
                           struct arena *arena, struct fast_picture **opened);

/* Where component i's samples go. */
void fast_place(struct fast_picture *picture, unsigned i, uint8_t *rows, size_t stride, uint32_t window);

/* Decodes the next row of MCUs, or up to picture->batch of them, where restart markers allow that and the
 * context has several lanes: then each interval is a band of its for_bands. All windows must hold these rows.
 * Call it after context_native_begin. After the last row, checks that the image ends correctly and sets
 * decoder->picture_end. */
enum fast_status fast_decode_rows(struct fast_picture *picture);

#endif
