/*
 * Small chunks about colour or density, to and from struct pm_metadata: gAMA, cHRM, sRGB, pHYs, cICP, mDCV
 * and cLLI. An encrypted file's metadata has the same data.
 */
#ifndef CODEC_PNG_FACTS_H
#define CODEC_PNG_FACTS_H

#include "codec/png/chunks.h"

enum { PNG_FACT_MAX = 32 /* bytes of data */ };

/* gAMA and cHRM are in units of 1/100000; every 32-bit number survives a round trip. */
#define PNG_COLOR_UNIT 100000.0

struct png_fact {
    uint32_t type;
    const char *fault;          /* the warning's text if the chunk is left out */
    size_t has, at;             /* offsets in struct pm_metadata of its flag and its first number */
    unsigned char words, bytes; /* count of 4-byte numbers, then of 1-byte numbers */
    bool fractions; /* stored as doubles in the metadata, in units of 1 / PNG_COLOR_UNIT in the file */
};

/* The row of that type; NULL if there is none. */
const struct png_fact *png_fact_find(uint32_t type);

/* Is it set in the metadata? */
bool png_fact_known(const struct png_fact *fact, const struct pm_metadata *meta);

/* Writes the chunk's data. Returns its size; 0: not set in the metadata. */
size_t png_fact_write(const struct png_fact *fact, const struct pm_metadata *meta,
                      uint8_t data[PNG_FACT_MAX]);

/* Returns false, changing nothing, if the size is wrong or a number is out of range. */
bool png_fact_read(const struct png_fact *fact, const uint8_t *data, size_t size, struct pm_metadata *meta);

#endif
