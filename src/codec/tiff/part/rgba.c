/*
 * YCbCr with subsampled chroma (TIFF 6.0, section 21) and JPEG of 1992 (section 22) are stored in ways that
 * no other pages are. libtiff converts them to RGBA, with the page's own coefficients and ranges; chroma
 * samples are repeated.
 */
#include "codec/tiff/part/rgba.h"

#include <string.h>

/* Rows that are converted at a time: of a strip or tile, so that none is read twice. */
static uint32_t rows_at_once(const struct tiff_reader *self)
{
    uint32_t rows = 0;
    if (self->level.tiled)
        return self->level.tile_height;
    TIFFGetFieldDefaulted(self->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    return rows > 0 && rows < self->level.height ? rows : self->level.height;
}

static int tell_damage(const struct tiff_reader *self, struct pm_error *error)
{
    return error_set(error, PM_ERROR_CORRUPT, "is damaged: %.95s",
                     self->trouble[0] != '\0' ? self->trouble : "libtiff can't read it");
}

static int convert(struct tiff_reader *self, TIFFRGBAImage *page, const struct pm_plane *plane,
                   struct context *context)
{
    const uint32_t width = self->level.width, height = self->level.height, step = rows_at_once(self);
    const uint64_t size = (uint64_t)width * step * sizeof(uint32_t);
    uint32_t *pixels = size <= SIZE_MAX ? arena_alloc(context->job_arena, (size_t)size) : NULL;
    if (pixels == NULL)
        return error_memory(context->error, size);
    for (uint64_t y = 0; y < height; y += step) {
        const uint32_t rows = height - y < step ? (uint32_t)(height - y) : step;
        if (context_checkpoint(context) != 0)
            return -1;
        page->row_offset = (int)y;
        memset(pixels, 0, (size_t)width * rows * sizeof *pixels);
        if (TIFFRGBAImageGet(page, pixels, width, rows) != 1 || self->trouble[0] != '\0')
            return tell_damage(self, context->error);
        for (uint32_t row = 0; row < rows; row++) {
            const uint32_t *in = pixels + (size_t)row * width;
            uint8_t *out = plane_row(plane, (uint32_t)y + row);
            for (uint32_t x = 0; x < width; x++, out += 3) {
                out[0] = (uint8_t)TIFFGetR(in[x]);
                out[1] = (uint8_t)TIFFGetG(in[x]);
                out[2] = (uint8_t)TIFFGetB(in[x]);
            }
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
    self->trouble[0] = '\0';                 /* of tags that are not used */
    page.req_orientation = page.orientation; /* rows as they are stored: pixmill rotates */
    const int status = convert(self, &page, plane, context);
    TIFFRGBAImageEnd(&page);
    return status;
}
