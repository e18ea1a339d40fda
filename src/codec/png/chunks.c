#include "codec/png/chunks.h"

void png_walk_start(struct png_walk *walk, struct byte_source *source)
{
    *walk = (struct png_walk){.source = source, .next = PNG_SIGNATURE_SIZE};
}

static bool is_type(uint32_t type)
{
    for (int shift = 0; shift < 32; shift += 8) {
        unsigned letter = (type >> shift & 0xff) | 0x20;
        if (letter < 'a' || letter > 'z')
            return false;
    }
    return true;
}

enum png_walk_status png_walk_next(struct png_walk *walk, struct png_chunk *chunk, struct pm_error *error)
{
    uint8_t head[PNG_CHUNK_HEAD];
    struct pm_error end = {0};
    if (png_read_exactly(walk->source, walk->next, head, sizeof head, &end) != 0) {
        if (end.kind == PM_ERROR_TRUNCATED)
            return PNG_WALK_CUT;
        *error = end;
        return PNG_WALK_FAILED;
    }
    *chunk = (struct png_chunk){
        .type = png_get_be32(head + 4),
        .size = png_get_be32(head),
        .number = walk->number,
        .offset = walk->next + PNG_CHUNK_HEAD,
    };
    if (chunk->size > PNG_CHUNK_MAX || !is_type(chunk->type))
        return PNG_WALK_BROKEN;
    walk->next += (uint64_t)chunk->size + PNG_CHUNK_FRAME;
    walk->number++;
    return PNG_WALK_CHUNK;
}

bool png_walk_pixels(struct png_walk *walk, uint32_t type, const uint8_t *data, size_t size,
                     struct pm_blob *part)
{
    struct png_chunk chunk;
    struct pm_error none = {0}; /* reading memory can't fail */
    const size_t skip = type == TYPE_FDAT ? PNG_SEQUENCE_BYTES : 0;
    do {
        if (png_walk_next(walk, &chunk, &none) != PNG_WALK_CHUNK)
            return false;
    } while (chunk.type != type);
    if (chunk.size < skip || walk->next > size)
        return false;
    *part = (struct pm_blob){data + chunk.offset + skip, chunk.size - skip};
    return true;
}

int png_walk_error(const struct png_walk *walk, struct pm_error *error)
{
    return error_set(error, PM_ERROR_CORRUPT,
                     "is damaged: no valid chunk at byte %llu (fetch or copy it again)",
                     (unsigned long long)walk->next);
}

int png_end_before_pixels(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends before its first pixel (fetch or copy it again)");
}

int png_walk_to_pixels(struct png_walk *walk, struct png_chunk *chunk, struct pm_error *error)
{
    if (walk->number > PNG_CHUNKS_PROBED)
        return error_limit(error, PNG_CHUNKS_PROBED, walk->number - 1,
                           "has more than %u chunks before its pixels (save it again without metadata)",
                           PNG_CHUNKS_PROBED);
    switch (png_walk_next(walk, chunk, error)) {
    case PNG_WALK_FAILED:
        return -1;
    case PNG_WALK_CUT:
        return png_end_before_pixels(error);
    case PNG_WALK_BROKEN:
        return png_walk_error(walk, error);
    case PNG_WALK_CHUNK:
        break;
    }
    if (chunk->type == TYPE_IEND)
        return error_set(error, PM_ERROR_CORRUPT, "has no pixels (no IDAT chunk)");
    return 0;
}

int png_find_chunk(struct byte_source *source, uint32_t type, struct png_chunk *chunk, struct pm_error *error)
{
    struct png_walk walk;
    png_walk_start(&walk, source);
    do {
        if (png_walk_to_pixels(&walk, chunk, error) != 0)
            return -1;
    } while (chunk->type != type && chunk->type != TYPE_IDAT);
    return 0;
}

void png_chunk_name(uint32_t type, char name[5])
{
    png_put_be32((uint8_t *)name, type);
    name[4] = '\0';
}

bool png_chunk_is_ancillary(uint32_t type)
{
    return (type >> 24 & 0x20) != 0;
}

static const char nine_patch[] = "Android's nine-patch (npTc)";
static const char layers[] = "Fireworks' layers (mkBT)";

/*
 * All types of the third edition, of its register of extensions, and of common programs.
 *
 * Harmless types say nothing about the result: sBIT (significant bits of the source's samples), bKGD (a
 * background for viewers; no browser uses it, and --background sets what an image is flattened on), hIST and
 * sPLT (palette suggestions for displays with few colours), tIME (when the source was changed), iDOT (Apple:
 * where to split IDAT for several threads), oFFs, caNv and vpAg (a position on a page or canvas; viewers
 * ignore it).
 */
static const struct png_chunk_kind kinds[] = {
    {TYPE_IHDR, PNG_USE_PIXELS, NULL},
    {TYPE_PLTE, PNG_USE_PIXELS, NULL},
    {TYPE_IDAT, PNG_USE_PIXELS, NULL},
    {TYPE_IEND, PNG_USE_PIXELS, NULL},
    {TYPE_TRNS, PNG_USE_PIXELS, NULL},
    {TYPE_ACTL, PNG_USE_PIXELS, NULL},
    {TYPE_FCTL, PNG_USE_PIXELS, NULL},
    {TYPE_FDAT, PNG_USE_PIXELS, NULL},
    {TYPE_CICP, PNG_USE_KEPT, NULL},
    {TYPE_MDCV, PNG_USE_KEPT, NULL},
    {TYPE_CLLI, PNG_USE_KEPT, NULL},
    {TYPE_CHRM, PNG_USE_KEPT, NULL},
    {TYPE_GAMA, PNG_USE_KEPT, NULL},
    {TYPE_ICCP, PNG_USE_KEPT, NULL},
    {TYPE_SRGB, PNG_USE_KEPT, NULL},
    {TYPE_PHYS, PNG_USE_KEPT, NULL},
    {TYPE_EXIF, PNG_USE_KEPT, NULL},
    {TYPE_TEXT, PNG_USE_KEPT, NULL},
    {TYPE_ZTXT, PNG_USE_KEPT, NULL},
    {TYPE_ITXT, PNG_USE_KEPT, NULL},
    {TYPE_SEALED, PNG_USE_KEPT, NULL},
    {PNG_TYPE('s', 'B', 'I', 'T'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('b', 'K', 'G', 'D'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('h', 'I', 'S', 'T'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('s', 'P', 'L', 'T'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('t', 'I', 'M', 'E'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('i', 'D', 'O', 'T'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('o', 'F', 'F', 's'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('c', 'a', 'N', 'v'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('v', 'p', 'A', 'g'), PNG_USE_HARMLESS, NULL},
    {PNG_TYPE('s', 'T', 'E', 'R'), PNG_USE_LOST, "that it is a stereo pair (sTER)"},
    {PNG_TYPE('p', 'C', 'A', 'L'), PNG_USE_LOST, "the physical meaning of its samples (pCAL)"},
    {PNG_TYPE('s', 'C', 'A', 'L'), PNG_USE_LOST, "the physical size of its pixels (sCAL)"},
    {PNG_TYPE('d', 'S', 'I', 'G'), PNG_USE_LOST, "a digital signature (dSIG), which a changed file breaks,"},
    {PNG_TYPE('c', 'a', 'B', 'X'), PNG_USE_LOST,
     "its content credentials (C2PA, caBX), which a changed file breaks,"},
    {PNG_TYPE('o', 'r', 'N', 'T'), PNG_USE_LOST, "an orientation that only ImageMagick reads (orNT)"},
    {PNG_TYPE('n', 'p', 'T', 'c'), PNG_USE_LOST, nine_patch},
    {PNG_TYPE('n', 'p', 'O', 'l'), PNG_USE_LOST, nine_patch},
    {PNG_TYPE('n', 'p', 'L', 'b'), PNG_USE_LOST, nine_patch},
    {PNG_TYPE('m', 'k', 'B', 'F'), PNG_USE_LOST, layers},
    {PNG_TYPE('m', 'k', 'B', 'S'), PNG_USE_LOST, layers},
    {PNG_TYPE('m', 'k', 'B', 'T'), PNG_USE_LOST, layers},
    {PNG_TYPE('m', 'k', 'T', 'S'), PNG_USE_LOST, layers},
    {PNG_TYPE('p', 'r', 'V', 'W'), PNG_USE_LOST, layers},
};

const struct png_chunk_kind *png_chunk_kind(uint32_t type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].type == type)
            return &kinds[i];
    }
    return NULL;
}
