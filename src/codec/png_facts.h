/*
 * Chunks of a few bytes that say one thing of a picture's colours or density, to and from struct pm_metadata:
 * gAMA, cHRM, sRGB, pHYs, cICP, mDCV and cLLI. The metadata of an encrypted file holds the same data.
 */
#ifndef CODEC_PNG_FACTS_H
#define CODEC_PNG_FACTS_H

#include "codec/png_chunks.h"

enum { PNG_FACT_MAX = 32 /* bytes of data */ };

/* gAMA and cHRM count in hundred-thousandths; so does every number of 32 bits come back as it was. */
#define PNG_COLOR_UNIT 100000.0

struct png_fact {
    uint32_t type;
    const char *fault;          /* of one that is left out, for the warning */
    size_t has, at;             /* offsets in struct pm_metadata, of its flag and its first number */
    unsigned char words, bytes; /* numbers of 4 bytes, and behind them of 1 byte */
    bool fractions;             /* the metadata has them as doubles, the file in 1 / PNG_COLOR_UNIT */
};

/* The row of that type, or NULL: it is no such chunk. */
const struct png_fact *png_fact_find(uint32_t type);

/* Does the metadata say it? */
bool png_fact_known(const struct png_fact *fact, const struct pm_metadata *meta);

/* Writes the data. Returns its size; 0: the metadata does not say it. */
size_t png_fact_write(const struct png_fact *fact, const struct pm_metadata *meta,
                      uint8_t data[PNG_FACT_MAX]);

/* Returns false, and changes nothing, when the size is another or a number is impossible. */
bool png_fact_read(const struct png_fact *fact, const uint8_t *data, size_t size, struct pm_metadata *meta);

#endif
