/*
 * YCbCr with subsampled chroma (TIFF 6.0, section 21) and old-style JPEG (section 22) are stored in ways that
 * no other pages are. libtiff converts them to RGBA, with the page's own coefficients and ranges; chroma
 * samples are repeated.
 */
#include "codec/tiff/part/rgba.h"

#include <string.h>

/* A strip or tile, or the part of it that is within the page. */
struct piece {
    uint32_t x, y, width, height;
};

/* Fills the piece of the picture from pixels[] in rows, or leaves it grey if it may be missing. */
static int convert(struct tiff_reader *self, TIFFRGBAImage *page, const struct piece *piece, uint32_t *pixels,
                   const struct pm_plane *plane, struct context *context)
{
    page->col_offset = (int)piece->x;
    page->row_offset = (int)piece->y;
    self->trouble[0] = '\0';
    memset(pixels, 0, (size_t)piece->width * piece->height * sizeof *pixels);
    if (TIFFRGBAImageGet(page, pixels, piece->width, piece->height) != 1 || self->trouble[0] != '\0')
        return tiff_miss(self, context);
    for (uint32_t row = 0; row < piece->height; row++) {
        const uint32_t *in = pixels + (size_t)row * piece->width;
        uint8_t *out = plane_row(plane, piece->y + row) + (size_t)3 * piece->x;
        for (uint32_t x = 0; x < piece->width; x++, out += 3) {
            out[0] = (uint8_t)TIFFGetR(in[x]);
            out[1] = (uint8_t)TIFFGetG(in[x]);
            out[2] = (uint8_t)TIFFGetB(in[x]);
        }
    }
    return 0;
}

static uint32_t min(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

static int convert_all(struct tiff_reader *self, TIFFRGBAImage *page, const struct pm_plane *plane,
                       struct context *context)
{
    const struct tiff_piece step = tiff_piece_of(self);
    const uint32_t width = self->level.width, height = self->level.height;
    const uint64_t size = (uint64_t)min(step.width, width) * min(step.height, height) * sizeof(uint32_t);
    uint32_t *pixels = size <= SIZE_MAX ? arena_alloc(context->job_arena, (size_t)size) : NULL;
    if (pixels == NULL)
        return error_memory(context->error, size);
    for (uint64_t y = 0; y < height; y += step.height) {
        for (uint64_t x = 0; x < width; x += step.width) {
            const struct piece piece = {(uint32_t)x, (uint32_t)y, min(step.width, width - x),
                                        min(step.height, height - y)};
            if (context_checkpoint(context) != 0 || convert(self, page, &piece, pixels, plane, context) != 0)
                return -1;
        }
    }
    return 0;
}

int tiff_read_rgba(struct tiff_reader *self, const struct pm_plane *plane, struct context *context)
{
    char reason[1024] = "";
    TIFFRGBAImage page;
    if (TIFFRGBAImageOK(self->tiff, reason) != 1 || TIFFRGBAImageBegin(&page, self->tiff, 1, reason) != 1)
        return error_set(context->error, PM_ERROR_UNSUPPORTED,
                         "has YCbCr or JPEG of a kind that libtiff does not read (%.60s)",
                         self->trouble[0] != '\0' ? self->trouble : reason);
    page.req_orientation = page.orientation; /* rows as they are stored: pixmill rotates */
    const int status = convert_all(self, &page, plane, context);
    TIFFRGBAImageEnd(&page);
    return status;
}
