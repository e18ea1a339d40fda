/*
 * Huffman tables fitted to an image. A separate pass counts its symbols, which costs as much as writing them.
 * So only for a small image are all counted, and for a tall one every few rows of blocks: the resulting file
 * is larger by about a thousandth. Symbols missing from the sample may still occur, so every symbol of the
 * standard gets a code.
 *
 * Most coefficients are zero. So a mask with a bit for each non-zero coefficient, in the file's order, is
 * made first, four coefficients at a time and without branches; only the bits set in the mask are then
 * visited. This takes a third of the time of visiting all coefficients.
 */
#include <endian.h>
#include <string.h>

#include "codec/jpeg/huffman.h"

enum {
    FOUR = JPEG_FOUR,
    SYMBOLS = 256,
    RESERVED = SYMBOLS,  /* a symbol that never comes takes the code of all ones, which is forbidden */
    LENGTH_MAX = 16,     /* bits of a code */
    LENGTH_UNBOUND = 48, /* a deeper tree takes Fibonacci's counts, up to more than 32 bits hold */
    DC_SIZES = 12,       /* 0 .. 11 bits of a difference */
    AC_SIZES = 11,       /* 1 .. 10 bits of a coefficient, and 0 */
    RUNS = 16,
    ZERO_RUN = 0xf0, /* 16 zeros */
};

/* Figure A.6: the position in a block of each coefficient, in the order of the file. */
const uint8_t jpeg_zigzag[DCTSIZE2] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

static unsigned bits_of(int value)
{
    unsigned magnitude = (unsigned)(value < 0 ? -value : value);
    return magnitude == 0 ? 0 : 32 - (unsigned)__builtin_clz(magnitude);
}

/* Where in the file's order the coefficients of each four come that are not zero, for any choice of them. */
static void make_places(uint64_t places[DCTSIZE2 / FOUR][1 << FOUR])
{
    for (unsigned k = 0; k < DCTSIZE2; k++) {
        for (unsigned choice = 0; choice < 1 << FOUR; choice++) {
            if (choice >> jpeg_zigzag[k] % FOUR & 1)
                places[jpeg_zigzag[k] / FOUR][choice] |= UINT64_C(1) << k;
        }
    }
}

void jpeg_counts_init(struct jpeg_counts *counts)
{
    *counts = (struct jpeg_counts){0};
    make_places(counts->places);
}

void jpeg_counts_init_sample(struct jpeg_counts *counts)
{
    jpeg_counts_init(counts);
    for (unsigned t = 0; t < JPEG_TABLES; t++) {
        for (unsigned size = 0; size < DC_SIZES; size++)
            counts->dc[t][size] = 1;
        for (unsigned symbol = 0; symbol < RUNS * 16; symbol++)
            counts->ac[t][symbol] =
                symbol == 0 || symbol == ZERO_RUN || (symbol % 16 > 0 && symbol % 16 < AC_SIZES);
    }
}

uint64_t jpeg_nonzero_mask(const JCOEF *block, const struct jpeg_counts *counts)
{
    const uint64_t low_bits = 0x7fff7fff7fff7fff, ones = 0x0001000100010001;
    const uint64_t gather = UINT64_C(1) << 48 | UINT64_C(1) << 33 | 1 << 18 | 1 << 3;
    uint64_t mask = 0;
    for (unsigned i = 0; i < DCTSIZE2 / FOUR; i++) {
        uint64_t four;
        memcpy(&four, block + (size_t)FOUR * i, sizeof four);
        four =
            le64toh(four); /* the first one lowest; whether one is zero does not hang on its bytes' order */
        /* A carry into the highest bit of each, or that bit itself; then these four bits side by side. */
        uint64_t nonzero = (((four & low_bits) + low_bits) | four) >> 15 & ones;
        mask |= counts->places[i][nonzero * gather >> 48];
    }
    return mask;
}

/* Section F.1.2: the symbols of one block. */
static void count_block(const JCOEF *block, int difference, uint64_t nonzero, uint32_t *dc, uint32_t *ac)
{
    dc[bits_of(difference)]++;
    unsigned last = 0;
    for (uint64_t left = nonzero & ~UINT64_C(1); left != 0; left &= left - 1) {
        const unsigned k = (unsigned)__builtin_ctzll(left);
        unsigned run = k - last - 1;
        for (; run >= RUNS; run -= RUNS)
            ac[ZERO_RUN]++;
        ac[run * 16 + bits_of(block[jpeg_zigzag[k]])]++;
        last = k;
    }
    if (last < DCTSIZE2 - 1)
        ac[0]++; /* the end of the block */
}

void jpeg_counts_add(struct jpeg_counts *counts, const struct jpeg_compress_struct *cinfo, JBLOCKROW *blocks)
{
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        const int member = cinfo->MCU_membership[i];
        const jpeg_component_info *component = cinfo->cur_comp_info[member];
        const JCOEF *block = blocks[i][0];
        count_block(block, block[0] - counts->last_dc[member], jpeg_nonzero_mask(block, counts),
                    counts->dc[component->dc_tbl_no], counts->ac[component->ac_tbl_no]);
        counts->last_dc[member] = block[0];
    }
}

/* A symbol that was counted, or a subtree of them. */
struct tree {
    uint32_t count;
    int root;
};

/* In the order of their first symbols. */
struct forest {
    struct tree tree[SYMBOLS + 1];
    unsigned trees;
};

static void plant(struct forest *forest, const uint32_t counts[SYMBOLS + 1])
{
    forest->trees = 0;
    for (int i = 0; i <= RESERVED; i++) {
        if (counts[i] == 0)
            continue;
        forest->tree[forest->trees++] = (struct tree){counts[i], i};
    }
}

/* The two trees of the least counts, the least first; of equal ones the last. There are two at least. */
static void find_least(const struct forest *forest, unsigned *least, unsigned *second)
{
    const struct tree *tree = forest->tree;
    *least = tree[1].count <= tree[0].count;
    *second = !*least;
    for (unsigned i = 2; i < forest->trees; i++) {
        if (tree[i].count <= tree[*least].count) {
            *second = *least;
            *least = i;
        } else if (tree[i].count <= tree[*second].count) {
            *second = i;
        }
    }
}

/* Figure K.1: how many bits each symbol's code has, without a bound. */
static void find_lengths(const uint32_t counts[SYMBOLS + 1], unsigned lengths[SYMBOLS + 1])
{
    int next[SYMBOLS + 1]; /* the symbols of one subtree, chained */
    struct forest forest;
    plant(&forest, counts);
    memset(lengths, 0, (SYMBOLS + 1) * sizeof *lengths);
    for (int i = 0; i <= SYMBOLS; i++)
        next[i] = -1;
    while (forest.trees > 1) {
        unsigned a, b;
        find_least(&forest, &a, &b);
        int last = forest.tree[a].root;
        for (int i = last; i >= 0; last = i, i = next[i])
            lengths[i]++;
        next[last] = forest.tree[b].root;
        for (int i = forest.tree[b].root; i >= 0; i = next[i])
            lengths[i]++;
        forest.tree[a].count += forest.tree[b].count;
        forest.trees--;
        for (unsigned i = b; i < forest.trees; i++)
            forest.tree[i] = forest.tree[i + 1];
    }
}

/* Figure K.3: codes of more than 16 bits give way, two at a time: their prefix, one bit shorter, goes to one
 * of them, and the other joins a code that is lengthened for it. Figure K.4 takes the reserved code out. */
static void bound_lengths(unsigned of_length[LENGTH_UNBOUND + 1])
{
    for (unsigned i = LENGTH_UNBOUND; i > LENGTH_MAX; i--) {
        while (of_length[i] > 0) {
            unsigned j = i - 2;
            while (of_length[j] == 0)
                j--;
            of_length[i] -= 2;
            of_length[i - 1]++;
            of_length[j + 1] += 2;
            of_length[j]--;
        }
    }
    unsigned longest = LENGTH_MAX;
    while (of_length[longest] == 0)
        longest--;
    of_length[longest]--;
}

/* Symbols go by the lengths of their codes before those are bounded, and by their values. The reserved one,
 * counted least, comes last. */
static void make_table(const uint32_t counted[SYMBOLS], JHUFF_TBL *table)
{
    uint32_t counts[SYMBOLS + 1];
    unsigned lengths[SYMBOLS + 1], of_length[LENGTH_UNBOUND + 1] = {0}, place[LENGTH_UNBOUND + 1];
    memcpy(counts, counted, SYMBOLS * sizeof *counts);
    counts[RESERVED] = 1;
    find_lengths(counts, lengths);
    for (unsigned i = 0; i <= RESERVED; i++)
        of_length[lengths[i]]++;
    place[1] = 0;
    for (unsigned length = 2; length <= LENGTH_UNBOUND; length++)
        place[length] = place[length - 1] + of_length[length - 1];
    memset(table, 0, sizeof *table);
    for (unsigned i = 0; i < SYMBOLS; i++) {
        if (lengths[i] > 0)
            table->huffval[place[lengths[i]]++] = (UINT8)i;
    }
    bound_lengths(of_length);
    for (unsigned length = 1; length <= LENGTH_MAX; length++)
        table->bits[length] = (UINT8)of_length[length];
}

void jpeg_counts_to_tables(const struct jpeg_counts *counts, struct jpeg_compress_struct *cinfo)
{
    for (unsigned t = 0; t < JPEG_TABLES; t++) {
        make_table(counts->dc[t], cinfo->dc_huff_tbl_ptrs[t]);
        make_table(counts->ac[t], cinfo->ac_huff_tbl_ptrs[t]);
    }
}
