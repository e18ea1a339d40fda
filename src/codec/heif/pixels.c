/*
 * Makes pixels from planes that image/convert.h does not support: more than 8 bits, grey, RGB as planes, rare
 * matrices, premultiplied alpha. Samples are converted in 16 bits and rounded once.
 */
#include <math.h>
#include <string.h>

#include "codec/heif/planes.h"
#include "color/description.h"
#include "image/convert.h"
#include "image/resample.h"
#include "image/rows.h"

enum {
    MATRIX_IDENTITY = 0,
    MATRIX_UNSPECIFIED = 2,
    MATRIX_FCC = 4,
    MATRIX_BT470BG = 5,
    MATRIX_SMPTE240 = 7,
    MATRIX_YCGCO = 8,
    MATRIX_DERIVED = 12, /* from the primaries */
    SAMPLE_MAX = UINT16_MAX,
    CHROMA_ZERO = 32768,
    FACTOR_BITS = 16,
};

/* out[c] = sum of factor[c][k] * (in[k] - zero[k]), in fixed point. */
struct factors {
    int64_t factor[3][3];
    int zero[3];
};

/* Luma weights of red and blue (ITU-T H.273, table 4). */
static bool luma_weights(unsigned matrix, double *red, double *blue)
{
    static const struct {
        unsigned matrix;
        double red, blue;
    } rows[] = {
        {PM_MATRIX_BT709, .2126, .0722},  {MATRIX_UNSPECIFIED, .299, .114}, {MATRIX_FCC, .30, .11},
        {MATRIX_BT470BG, .299, .114},     {PM_MATRIX_BT601, .299, .114},    {MATRIX_SMPTE240, .212, .087},
        {PM_MATRIX_BT2020, .2627, .0593},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].matrix == matrix) {
            *red = rows[i].red;
            *blue = rows[i].blue;
            return true;
        }
    }
    return false;
}

/* Share of luminance of the first primary, when all three together make white (H.273, equations 32 to 37). */
static double luma_share(const struct color_xy *white, const struct color_xy *a, const struct color_xy *b,
                         const struct color_xy *c)
{
    const double za = 1 - a->x - a->y, zb = 1 - b->x - b->y, zc = 1 - c->x - c->y,
                 zw = 1 - white->x - white->y;
    const double all =
        a->x * (b->y * zc - c->y * zb) + b->x * (c->y * za - a->y * zc) + c->x * (a->y * zb - b->y * za);
    return a->y *
           (white->x * (b->y * zc - c->y * zb) + white->y * (c->x * zb - b->x * zc) +
            zw * (b->x * c->y - c->x * b->y)) /
           (white->y * all);
}

static bool derived_weights(unsigned primaries, double *red, double *blue)
{
    const uint8_t cicp[4] = {(uint8_t)primaries, CICP_PQ, 0, 1}; /* any curve: the primaries are used */
    struct color_description is;
    if (primaries > UINT8_MAX || !color_from_hdr_cicp(cicp, &is))
        return false;
    *red = luma_share(&is.white, &is.red, &is.green, &is.blue);
    *blue = luma_share(&is.white, &is.blue, &is.red, &is.green);
    return true;
}

static bool weights_of(const struct heif_coding *coding, double *red, double *blue)
{
    return coding->matrix == MATRIX_DERIVED ? derived_weights(coding->primaries, red, blue)
                                            : luma_weights(coding->matrix, red, blue);
}

bool heif_knows_matrix(const struct heif_coding *coding)
{
    double red, blue;
    return coding->matrix == MATRIX_IDENTITY || coding->matrix == MATRIX_YCGCO ||
           weights_of(coding, &red, &blue);
}

/* For samples shifted left to 16 bits. */
static struct factors factors_of(const struct heif_coding *header)
{
    const bool full = header->full_range, gbr = header->matrix == MATRIX_IDENTITY;
    const double all = ((1 << header->bits) - 1) << (16 - header->bits);
    const double luma = SAMPLE_MAX / (full ? all : 219 << 8), chroma = SAMPLE_MAX / (full ? all : 224 << 8);
    const int black = full ? 0 : 16 << 8;
    double m[3][3] = {{luma, 0, 0}, {luma, 0, 0}, {luma, 0, 0}}, red, blue;
    struct factors factors = {.zero = {black, gbr ? black : CHROMA_ZERO, gbr ? black : CHROMA_ZERO}};
    if (gbr) {
        memcpy(m, (double[3][3]){{0, 0, luma}, {luma, 0, 0}, {0, luma, 0}}, sizeof m);
    } else if (header->matrix == MATRIX_YCGCO) {
        m[0][1] = m[2][1] = m[2][2] = -chroma;
        m[1][1] = m[0][2] = chroma;
    } else if (weights_of(header, &red, &blue)) {
        const double green = 1 - red - blue;
        m[0][2] = 2 * (1 - red) * chroma;
        m[2][1] = 2 * (1 - blue) * chroma;
        m[1][1] = -2 * blue * (1 - blue) / green * chroma;
        m[1][2] = -2 * red * (1 - red) / green * chroma;
    }
    for (int c = 0; c < 3; c++) {
        for (int k = 0; k < 3; k++)
            factors.factor[c][k] = llround(m[c][k] * (1 << FACTOR_BITS));
    }
    return factors;
}

static uint16_t clamp(int64_t value)
{
    return (uint16_t)(value < 0 ? 0 : value > SAMPLE_MAX ? SAMPLE_MAX : value);
}

/* One row of a plane, shifted left to 16 bits. */
static void load(const struct heif_planes *planes, unsigned i, uint32_t y, uint16_t *out)
{
    const uint8_t *row = plane_row(&planes->plane[i], y);
    const uint16_t *deep = (const uint16_t *)(const void *)row;
    const unsigned shift = 16 - planes->bits;
    for (uint32_t x = 0; x < planes->plane[0].width; x++)
        out[x] = (uint16_t)((planes->bits > 8 ? deep[x] : row[x]) << shift);
}

/* Expands a row of alpha or grey in 16 bits from its range to the full range. */
static void stretch(const struct heif_coding *header, uint16_t *row, uint32_t width)
{
    struct heif_coding gray = *header;
    gray.matrix = MATRIX_UNSPECIFIED; /* its chroma is unused */
    const struct factors factors = factors_of(&gray);
    for (uint32_t x = 0; x < width; x++)
        row[x] = clamp((factors.factor[0][0] * (row[x] - factors.zero[0]) + (1 << (FACTOR_BITS - 1))) >>
                       FACTOR_BITS);
}

/* Upsamples chroma planes to luma's size: linear, like image_ycc_resample. */
static int upsample(struct heif_planes *planes, struct context *context)
{
    const unsigned depth = planes->bits > 8 ? 16 : 8;
    for (unsigned i = 1; i < planes->nplanes; i++) {
        const struct pm_plane in = planes->plane[i], *luma = &planes->plane[0];
        if (plane_same_frame(&in, luma))
            continue;
        if (plane_alloc(&planes->plane[i], luma->width, luma->height, 1, depth, context) != 0 ||
            resize_plane(&in, NULL, depth, &planes->plane[i], &kernel_linear, context) != 0)
            return -1;
    }
    return 0;
}

/* Shifts samples of more than 8 bits left in place, so that upsampling rounds more precisely. */
static void shift_up(struct heif_planes *planes)
{
    const unsigned shift = 16 - planes->bits;
    for (unsigned i = 0; planes->bits > 8 && i < planes->nplanes; i++) {
        for (uint32_t y = 0; y < planes->plane[i].height; y++) {
            uint16_t *row = (uint16_t *)(void *)plane_row(&planes->plane[i], y);
            for (uint32_t x = 0; x < planes->plane[i].width; x++)
                row[x] = (uint16_t)(row[x] << shift);
        }
    }
    if (planes->bits > 8)
        planes->bits = 16;
}

struct job {
    const struct heif_header *header;
    const struct heif_planes *color, *alpha;
    struct factors factors;
    const struct pm_plane *out;
    unsigned depth, bands;
};

/* Writes a row of 16-bit pixels in the result's depth. */
static void store(const uint16_t *in, size_t samples, unsigned depth, uint8_t *out)
{
    if (depth == 16)
        memcpy(out, in, 2 * samples);
    for (size_t i = 0; depth == 8 && i < samples; i++)
        out[i] = sample_to_8bit(in[i]);
}

static void make_row(const struct job *job, uint32_t y, uint16_t *const rows[5])
{
    const struct heif_header *header = job->header;
    const struct factors *f = &job->factors;
    const uint32_t width = job->out->width;
    const unsigned colors = job->color->nplanes, channels = job->out->channels;
    uint16_t *pixel = rows[4];
    for (unsigned i = 0; i < colors; i++)
        load(job->color, i, y, rows[i]);
    if (colors == 1)
        stretch(&header->color, rows[0], width);
    if (job->alpha != NULL) {
        load(job->alpha, 0, y, rows[3]);
        stretch(&header->alpha, rows[3], width);
    }
    for (uint32_t x = 0; x < width; x++, pixel += channels) {
        const int in[3] = {rows[0][x] - f->zero[0], rows[1][x] - f->zero[1], rows[2][x] - f->zero[2]};
        for (unsigned c = 0; c < colors; c++)
            pixel[c] = colors == 1 ? rows[0][x]
                                   : clamp((f->factor[c][0] * in[0] + f->factor[c][1] * in[1] +
                                            f->factor[c][2] * in[2] + (1 << (FACTOR_BITS - 1))) >>
                                           FACTOR_BITS);
        if (job->alpha == NULL)
            continue;
        for (unsigned c = 0; header->picture.premultiplied && c < colors; c++)
            pixel[c] =
                rows[3][x] == 0 ? 0 : clamp(((int64_t)pixel[c] * SAMPLE_MAX + rows[3][x] / 2) / rows[3][x]);
        pixel[colors] = rows[3][x];
    }
    store(rows[4], (size_t)width * channels, job->depth, plane_row(job->out, y));
}

static int run_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct job *job = argument;
    const size_t width = job->out->width;
    uint16_t *rows[5];
    uint32_t first, end;
    for (int i = 0; i < 5; i++) {
        const size_t size = 2 * width * (i == 4 ? job->out->channels : 1);
        if ((rows[i] = arena_alloc(scratch, size)) == NULL)
            return -1;
        memset(rows[i], 0, size);
    }
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++)
        make_row(job, y, rows);
    return 0;
}

int heif_make_pixels(const struct heif_header *header, struct heif_planes *color, struct heif_planes *alpha,
                     unsigned depth, struct pm_image *image, struct context *context)
{
    enum { MIN_ROWS = 16 };
    const struct shape shape = {.width = color->plane[0].width,
                                .height = color->plane[0].height,
                                .format = PIXELS(color->nplanes == 1 ? PM_COLOR_GRAY : PM_COLOR_RGB,
                                                 alpha != NULL ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, depth)};
    if (image_alloc(image, &shape, context) != 0)
        return -1;
    shift_up(color);
    if (upsample(color, context) != 0)
        return -1;
    struct job job = {.header = header,
                      .color = color,
                      .alpha = alpha,
                      .factors = factors_of(&header->color),
                      .out = &image->plane[0],
                      .depth = depth,
                      .bands = context_band_count(context, shape.height, MIN_ROWS)};
    return context_for_bands(context, job.bands, run_band, &job);
}

int heif_make_alpha(const struct heif_header *header, struct heif_planes *alpha, struct context *context)
{
    struct pm_plane *plane = &alpha->plane[0];
    if (alpha->bits == 8 && header->alpha.full_range)
        return 0;
    const struct arena_mark mark = arena_mark(context->arena);
    uint16_t *row = context_alloc_array(context, plane->width, sizeof *row);
    if (row == NULL)
        return -1;
    for (uint32_t y = 0; y < plane->height; y++) {
        load(alpha, 0, y, row);
        stretch(&header->alpha, row, plane->width);
        store(row, plane->width, 8, plane_row(plane, y));
    }
    alpha->bits = 8;
    arena_release(context->arena, mark);
    return 0;
}
