/* Pictures that are encoded without libjpeg; codec/jpeg/encode_fast.h says which and how. */
#include "codec/jpeg/encode_fast.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/round.h"
#include "codec/jpeg/encode_rgb.h"
#include "codec/jpeg/segments.h"

SIMD_TABLE(struct fdct_kernels, fdct_kernels)
SIMD_TABLE(struct symbol_kernels, symbol_kernels)

enum { SIDE = DCTSIZE, STAGING_BYTES = 48 * 1024, STAGING_SPARE = 64, CODE_MAX = 16 };

struct fast_encoder {
    struct context *context;
    const struct pm_plane *planes; /* of the image, or of a strip of it if it is RGB */
    bool is_rgb;
    struct rgb_strips rgb;
    const struct fdct_kernels *fdct;
    const struct symbol_kernels *symbols;
    struct strip strip;
    uint32_t strips;
    uint32_t height[PM_MAX_PLANES]; /* in blocks that have samples */
    int16_t *blocks[PM_MAX_PLANES]; /* those of a strip */
    struct fdct_quant quant[JPEG_TABLES];
    struct symbol_codes dc[JPEG_TABLES], ac[JPEG_TABLES];
    struct jpeg_counts counts;
    uint8_t staging[STAGING_BYTES + STAGING_SPARE];
};

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

/* As libjpeg-turbo's compute_reciprocal: exact for all that 16 bits hold. */
static void set_quant(struct fdct_quant *quant, const JQUANT_TBL *table)
{
    for (unsigned k = 0; k < DCTSIZE2; k++) {
        const uint32_t divisor = (uint32_t)table->quantval[k] << 3;
        unsigned shift = 16 + 31 - (unsigned)__builtin_clz(divisor);
        uint32_t reciprocal = (uint32_t)((UINT64_C(1) << shift) / divisor), half = divisor / 2;
        const uint32_t rest = (uint32_t)((UINT64_C(1) << shift) % divisor);
        if (rest == 0) {
            reciprocal /= 2;
            shift--;
        } else if (rest <= divisor / 2) {
            half++;
        } else {
            reciprocal++;
        }
        quant->half[k] = (uint16_t)half;
        quant->reciprocal[k] = (uint16_t)reciprocal;
        quant->scale[k] = (uint16_t)(1u << (32 - shift));
    }
}

uint64_t fast_encoder_bytes(uint32_t width, enum pm_color color)
{
    enum { BLOCKS = 6, COLUMNS = 2 * SIDE, EDGE = BLOCKS * FDCT_GROUP_MAX }; /* of 4:2:0; of 4:4:4 no more */
    const uint64_t blocks = (uint64_t)divide_up(width, COLUMNS) * BLOCKS + EDGE;
    return sizeof(struct fast_encoder) + blocks * DCTSIZE2 * sizeof(int16_t) +
           (color == PM_COLOR_RGB ? rgb_strips_bytes(width) : 0);
}

/* Component i, of samples by so many. Returns 0, or -1 with the error filled. */
static int set_component(struct fast_encoder *encoder, unsigned i, const struct jpeg_compress_struct *cinfo,
                         uint32_t width, uint32_t height)
{
    const jpeg_component_info *info = &cinfo->comp_info[i];
    struct strip_component *component = &encoder->strip.component[i];
    component->h = (unsigned)info->h_samp_factor;
    component->v = (unsigned)info->v_samp_factor;
    component->table = (unsigned)info->dc_tbl_no;
    component->width = divide_up(width, SIDE);
    component->across = round_up(component->width, FDCT_GROUP_MAX);
    encoder->height[i] = divide_up(height, SIDE);
    encoder->blocks[i] =
        context_alloc_array(encoder->context, component->across * component->v, DCTSIZE2 * sizeof(int16_t));
    if (encoder->blocks[i] == NULL)
        return -1;
    component->blocks = encoder->blocks[i];
    set_quant(&encoder->quant[component->table], cinfo->quant_tbl_ptrs[info->quant_tbl_no]);
    return 0;
}

struct fast_encoder *fast_encoder_open(const struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                                       struct context *context)
{
    struct fast_encoder *encoder = context_alloc(context, sizeof *encoder);
    if (encoder == NULL)
        return NULL;
    const uint32_t h_max = (uint32_t)cinfo->comp_info[0].h_samp_factor;
    const uint32_t v_max = (uint32_t)cinfo->comp_info[0].v_samp_factor;
    encoder->context = context;
    encoder->is_rgb = image->format.color == PM_COLOR_RGB;
    encoder->planes = encoder->is_rgb ? encoder->rgb.plane : image->plane;
    encoder->fdct = fdct_kernels(context->simd);
    encoder->symbols = symbol_kernels(context->simd);
    encoder->strips = divide_up(image->height, v_max * SIDE);
    encoder->strip = (struct strip){.components = (unsigned)cinfo->num_components,
                                    .mcus = divide_up(image->width, h_max * SIDE)};
    for (unsigned i = 0; i < encoder->strip.components; i++) {
        const uint32_t h = i == 0 ? 1 : h_max, v = i == 0 ? 1 : v_max;
        if (set_component(encoder, i, cinfo, divide_up(image->width, h), divide_up(image->height, v)) != 0)
            return NULL;
    }
    if (encoder->is_rgb && rgb_strips_init(&encoder->rgb, &image->plane[0], h_max, v_max, context) != 0)
        return NULL;
    return encoder;
}

/* --- a strip --------------------------------------------------------------------------------------- */

/* A row of blocks. Beyond the plane the last row and column are repeated. */
static void transform_row(const struct fast_encoder *encoder, unsigned i, uint32_t row, int16_t *blocks)
{
    enum { TAIL = FDCT_GROUP_MAX * SIDE };
    const struct pm_plane *plane = &encoder->planes[i];
    const struct fdct_quant *quant = &encoder->quant[encoder->strip.component[i].table];
    const size_t group = encoder->fdct->group, whole = plane->width / (group * SIDE);
    const size_t at = whole * group * SIDE, left = plane->width - at;
    const uint8_t *rows[SIDE], *tails[SIDE];
    uint8_t tail[SIDE][TAIL];
    for (uint32_t y = 0; y < SIDE; y++) {
        const uint32_t from = row * SIDE + y;
        rows[y] = plane_row(plane, from < plane->height ? from : plane->height - 1);
        tails[y] = tail[y];
    }
    encoder->fdct->transform(rows, 0, whole, quant, blocks);
    if (left == 0)
        return;
    for (unsigned y = 0; y < SIDE; y++) {
        memcpy(tail[y], rows[y] + at, left);
        memset(tail[y] + left, tail[y][left - 1], TAIL - left);
    }
    encoder->fdct->transform(tails, 0, 1, quant, blocks + whole * group * DCTSIZE2);
}

static int transform_strip(struct fast_encoder *encoder, uint32_t strip)
{
    if (context_checkpoint(encoder->context) != 0)
        return -1;
    if (encoder->is_rgb)
        rgb_strips_convert(&encoder->rgb, strip);
    for (unsigned i = 0; i < encoder->strip.components; i++) {
        struct strip_component *component = &encoder->strip.component[i];
        const uint32_t first = strip * component->v, left = encoder->height[i] - first;
        const uint32_t plane_first = encoder->is_rgb ? 0 : first;
        component->rows = left < component->v ? left : component->v;
        for (unsigned y = 0; y < component->rows; y++)
            transform_row(encoder, i, plane_first + y, encoder->blocks[i] + y * component->across * DCTSIZE2);
    }
    return 0;
}

static void begin(struct fast_encoder *encoder)
{
    for (unsigned i = 0; i < encoder->strip.components; i++)
        encoder->strip.component[i].last_dc = 0;
}

int fast_encoder_fit(struct fast_encoder *encoder, struct jpeg_compress_struct *cinfo, uint32_t step,
                     uint32_t strips)
{
    begin(encoder);
    if (step == 1)
        jpeg_counts_init(&encoder->counts);
    else
        jpeg_counts_init_sample(&encoder->counts);
    for (uint32_t i = 0; i < strips; i++) {
        if (transform_strip(encoder, i * step) != 0)
            return -1;
        encoder->symbols->count(&encoder->strip, &encoder->counts);
    }
    jpeg_counts_to_tables(&encoder->counts, cinfo);
    return 0;
}

static void copy_strip(const struct fast_encoder *encoder, unsigned i, uint32_t strip,
                       struct jpeg_compress_struct *cinfo, jvirt_barray_ptr array)
{
    const struct strip_component *component = &encoder->strip.component[i];
    for (unsigned y = 0; y < component->rows; y++) {
        JBLOCKARRAY row =
            cinfo->mem->access_virt_barray((j_common_ptr)cinfo, array, strip * component->v + y, 1, TRUE);
        memcpy(row[0], encoder->blocks[i] + y * component->across * DCTSIZE2,
               component->width * sizeof(JBLOCK));
    }
}

int fast_encoder_copy(struct fast_encoder *encoder, struct jpeg_compress_struct *cinfo,
                      jvirt_barray_ptr *arrays)
{
    for (uint32_t strip = 0; strip < encoder->strips; strip++) {
        if (transform_strip(encoder, strip) != 0)
            return -1;
        for (unsigned i = 0; i < encoder->strip.components; i++)
            copy_strip(encoder, i, strip, cinfo, arrays[i]);
    }
    return 0;
}

/* --- the file -------------------------------------------------------------------------------------- */

/* A marker segment's beginning at p; returns where its payload begins. */
static uint8_t *begin_segment(uint8_t *p, unsigned marker, size_t payload)
{
    p[0] = 0xFF;
    p[1] = (uint8_t)marker;
    put_be16(p + 2, (uint16_t)(payload + 2));
    return p + 4;
}

/* DQT (T.81, B.2.4.1): the tables in one segment, each in the order of the file. */
static uint8_t *put_quants(uint8_t *p, unsigned tables, const struct jpeg_compress_struct *cinfo)
{
    p = begin_segment(p, JPEG_DQT, (size_t)tables * (1 + DCTSIZE2));
    for (unsigned t = 0; t < tables; t++) {
        *p++ = (uint8_t)t;
        for (unsigned k = 0; k < DCTSIZE2; k++)
            *p++ = (uint8_t)cinfo->quant_tbl_ptrs[t]->quantval[jpeg_zigzag[k]];
    }
    return p;
}

/* SOF0 (T.81, B.2.2) */
static uint8_t *put_frame(uint8_t *p, const struct jpeg_compress_struct *cinfo)
{
    p = begin_segment(p, JPEG_SOF0, 6 + 3 * (size_t)cinfo->num_components);
    *p++ = 8;
    put_be16(p, (uint16_t)cinfo->image_height);
    put_be16(p + 2, (uint16_t)cinfo->image_width);
    p += 4;
    *p++ = (uint8_t)cinfo->num_components;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *info = &cinfo->comp_info[i];
        *p++ = (uint8_t)info->component_id;
        *p++ = (uint8_t)(info->h_samp_factor << 4 | info->v_samp_factor);
        *p++ = (uint8_t)info->quant_tbl_no;
    }
    return p;
}

static uint8_t *put_huffman(uint8_t *p, unsigned number, const JHUFF_TBL *table)
{
    unsigned symbols = 0;
    for (unsigned length = 1; length <= CODE_MAX; length++)
        symbols += table->bits[length];
    *p++ = (uint8_t)number;
    memcpy(p, table->bits + 1, CODE_MAX);
    memcpy(p + CODE_MAX, table->huffval, symbols);
    return p + CODE_MAX + symbols;
}

/* DHT (T.81, B.2.4.2): the tables in one segment. */
static uint8_t *put_huffmans(uint8_t *p, unsigned tables, const struct jpeg_compress_struct *cinfo)
{
    uint8_t *const segment = p;
    p = begin_segment(p, JPEG_DHT, 0);
    for (unsigned t = 0; t < tables; t++) {
        p = put_huffman(p, t, cinfo->dc_huff_tbl_ptrs[t]);
        p = put_huffman(p, 0x10 | t, cinfo->ac_huff_tbl_ptrs[t]);
    }
    begin_segment(segment, JPEG_DHT, (size_t)(p - segment) - 4);
    return p;
}

/* SOS (T.81, B.2.3) */
static uint8_t *put_scan(uint8_t *p, const struct jpeg_compress_struct *cinfo)
{
    p = begin_segment(p, JPEG_SOS, 4 + 2 * (size_t)cinfo->num_components);
    *p++ = (uint8_t)cinfo->num_components;
    for (int i = 0; i < cinfo->num_components; i++) {
        *p++ = (uint8_t)cinfo->comp_info[i].component_id;
        *p++ = (uint8_t)(cinfo->comp_info[i].dc_tbl_no << 4 | cinfo->comp_info[i].ac_tbl_no);
    }
    *p++ = 0;
    *p++ = DCTSIZE2 - 1;
    *p++ = 0;
    return p;
}

static int append(struct fast_encoder *encoder, struct buffer *out, const uint8_t *end)
{
    const size_t size = (size_t)(end - encoder->staging);
    return buffer_append(out, encoder->staging, size) == 0 ? 0 : error_memory(encoder->context->error, size);
}

static int put_headers(struct fast_encoder *encoder, const struct jpeg_compress_struct *cinfo,
                       struct buffer *out)
{
    const unsigned tables = cinfo->num_components == 1 ? 1 : JPEG_TABLES;
    uint8_t *const frame = put_quants(encoder->staging, tables, cinfo), *const scan = put_huffmans(
                                                                            put_frame(frame, cinfo), tables,
                                                                            cinfo);
    return append(encoder, out, put_scan(scan, cinfo));
}

/* T.81, annex C */
static void set_codes(struct symbol_codes *codes, const JHUFF_TBL *table)
{
    const UINT8 *symbol = table->huffval;
    uint32_t code = 0;
    for (unsigned length = 1; length <= CODE_MAX; length++, code *= 2) {
        for (unsigned i = 0; i < table->bits[length]; i++, symbol++) {
            codes->code[*symbol] = code++;
            codes->length[*symbol] = (uint8_t)length;
        }
    }
}

/* The last bits, filled up to a byte with ones (T.81, F.1.2.3), and the EOI. */
static uint8_t *put_end(const struct bit_writer *writer)
{
    uint8_t *p = writer->next;
    const unsigned fill = (8 - writer->count % 8) % 8;
    const uint64_t bits = writer->bits << fill | ((1u << fill) - 1);
    for (unsigned left = writer->count + fill; left > 0; left -= 8) {
        *p++ = (uint8_t)(bits >> (left - 8));
        if (p[-1] == 0xFF)
            *p++ = 0;
    }
    *p++ = 0xFF;
    *p++ = JPEG_EOI;
    return p;
}

static int put_strip(struct fast_encoder *encoder, struct bit_writer *writer, struct buffer *out)
{
    struct strip *strip = &encoder->strip;
    unsigned blocks = 0;
    for (unsigned i = 0; i < strip->components; i++)
        blocks += strip->component[i].h * strip->component[i].v;
    assert(blocks > 0);
    const uint32_t piece = STAGING_BYTES / (blocks * SYMBOLS_BLOCK_MAX);
    for (uint32_t mcu = 0; mcu < strip->mcus; mcu += piece) {
        const uint32_t left = strip->mcus - mcu, end = mcu + (left < piece ? left : piece);
        writer->next = encoder->staging;
        encoder->symbols->put(strip, mcu, end, &encoder->counts, encoder->dc, encoder->ac, writer);
        if (append(encoder, out, writer->next) != 0)
            return -1;
    }
    return 0;
}

int fast_encoder_write(struct fast_encoder *encoder, const struct jpeg_compress_struct *cinfo,
                       struct buffer *out)
{
    struct bit_writer writer = {.bits = 0};
    for (unsigned t = 0; t < JPEG_TABLES; t++) {
        set_codes(&encoder->dc[t], cinfo->dc_huff_tbl_ptrs[t]);
        set_codes(&encoder->ac[t], cinfo->ac_huff_tbl_ptrs[t]);
    }
    if (put_headers(encoder, cinfo, out) != 0)
        return -1;
    begin(encoder);
    for (uint32_t strip = 0; strip < encoder->strips; strip++) {
        if (transform_strip(encoder, strip) != 0 || put_strip(encoder, &writer, out) != 0)
            return -1;
    }
    writer.next = encoder->staging;
    return append(encoder, out, put_end(&writer));
}
