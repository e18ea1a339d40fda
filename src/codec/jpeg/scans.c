/*
 * The scans of an image: the first one as read by libjpeg, the others from their own segments (T.81, B.2.3
 * and B.2.4). Whenever libjpeg would not continue silently, the result is FAST_NO: a segment out of place,
 * quantisation tables between scans, a script that repeats or omits something.
 */
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/fast.h"

enum { TABLES = NUM_HUFF_TBLS, CLASSES = 2, DC_CLASS = 0, AC_CLASS = 1, COUNTS = 16, EOI_BYTES = 2 };

/* The parameters of a scan, as an SOS segment has them. */
struct parameters {
    unsigned components, component[MAX_COMPS_IN_SCAN];
    unsigned dc[MAX_COMPS_IN_SCAN], ac[MAX_COMPS_IN_SCAN]; /* tables */
    unsigned first, last, high, low;
};

/* What is true at some place of the file. */
struct reading {
    struct fast_picture *picture;
    struct fast_lists lists[CLASSES][TABLES];
    unsigned interval;
    /* Of each coefficient, how many bits are still to come; -1: all. */
    int8_t missing[FAST_COMPONENTS_MAX][DCTSIZE2];
};

static struct fast_lists lists_of(const JHUFF_TBL *table)
{
    return table != NULL ? (struct fast_lists){table->bits + 1, table->huffval}
                         : (struct fast_lists){NULL, NULL};
}

/* *made is the table of these codes. */
static enum fast_status find_table(struct reading *reading, const struct fast_lists *lists, enum fast_use use,
                                   unsigned shift, const struct fast_table **made)
{
    struct fast_picture *picture = reading->picture;
    if (lists->counts == NULL)
        return FAST_NO;
    for (unsigned i = 0; i < picture->tables; i++) {
        const struct fast_known_table *known = &picture->known[i];
        *made = known->table;
        if (known->counts == lists->counts && known->use == use && known->shift == shift)
            return FAST_OK;
    }
    if (picture->tables == FAST_TABLES_MAX)
        return FAST_NO;
    if (fast_table_get(*lists, use, shift, picture->arena, picture->decoder->trap.context, made) != 0)
        return FAST_FAILED;
    if (*made == NULL)
        return FAST_NO;
    picture->known[picture->tables++] = (struct fast_known_table){lists->counts, use, shift, *made};
    return FAST_OK;
}

/* Are many coefficients of more bits than an ordinary entry of a table has? Entries for them are slower than
 * ordinary ones, but faster than finding these values otherwise: an eighth of the time of TIFF with JPEG
 * strips of quality 95. JPEG files were no faster with them. */
static bool has_long_values(const struct fast_picture *picture, const struct parameters *asked)
{
    return picture->decoder->low_only && picture->component[asked->component[0]].quant[1] <= 1;
}

static enum fast_status find_tables(struct reading *reading, const struct parameters *asked,
                                    struct fast_scan *scan)
{
    enum fast_status status = FAST_OK;
    scan->long_values = has_long_values(reading->picture, asked);
    for (unsigned i = 0; i < asked->components && status == FAST_OK; i++) {
        if (asked->dc[i] >= TABLES || asked->ac[i] >= TABLES)
            return FAST_NO;
        const struct fast_lists *dc = &reading->lists[DC_CLASS][asked->dc[i]];
        const struct fast_lists *ac = &reading->lists[AC_CLASS][asked->ac[i]];
        const struct fast_component *component = &reading->picture->component[asked->component[i]];
        if (scan->kind == FAST_SEQUENTIAL || scan->kind == FAST_DC_FIRST)
            status = find_table(reading, dc, FAST_USE_DC, 0, &scan->dc[i]);
        if (status == FAST_OK && scan->kind == FAST_SEQUENTIAL && !component->flat)
            status =
                find_table(reading, ac, scan->long_values ? FAST_USE_LONG_AC : FAST_USE_AC, 0, &scan->ac[i]);
        if (status == FAST_OK && scan->kind == FAST_SEQUENTIAL && component->last < DCTSIZE2 - 1)
            status = find_table(reading, ac, FAST_USE_SKIP, 0, &scan->skip[i]);
        else if (scan->kind == FAST_AC_FIRST)
            status = find_table(reading, ac, FAST_USE_AC, asked->low, &scan->ac[i]);
        else if (scan->kind == FAST_AC_REFINE)
            status = find_table(reading, ac, FAST_USE_CODES, 0, &scan->ac[i]);
    }
    return status;
}

/* Is it a scan that may come now: of coefficients that have not come, or their next bit? */
static bool follows(struct reading *reading, const struct parameters *asked)
{
    const bool progressive = reading->picture->progressive;
    if (!progressive &&
        (asked->first != 0 || asked->last != DCTSIZE2 - 1 || asked->high != 0 || asked->low != 0))
        return false;
    if (asked->last >= DCTSIZE2 || asked->first > asked->last || asked->low > 13 ||
        (asked->high != 0 && asked->low + 1 != asked->high))
        return false;
    if (progressive && (asked->first == 0 ? asked->last != 0 : asked->components != 1))
        return false;
    for (unsigned i = 0; i < asked->components; i++) {
        int8_t *missing = reading->missing[asked->component[i]];
        if (asked->first > 0 && missing[0] < 0)
            return false;
        for (unsigned k = asked->first; k <= asked->last; k++) {
            if (asked->high > 0 ? missing[k] != (int)asked->high : missing[k] >= 0)
                return false;
            missing[k] = (int8_t)asked->low;
        }
    }
    return true;
}

/* Has all come of those components that are not to be flat? */
static bool is_complete(const struct reading *reading)
{
    const struct fast_picture *picture = reading->picture;
    for (unsigned c = 0; c < picture->components; c++) {
        for (unsigned k = 0; k < DCTSIZE2; k++) {
            if (reading->missing[c][k] != 0 && !(picture->leaves_out && picture->component[c].flat && k > 0))
                return false;
        }
    }
    return true;
}

static enum fast_kind kind_of(const struct fast_picture *picture, const struct parameters *asked)
{
    if (!picture->progressive)
        return FAST_SEQUENTIAL;
    if (asked->first == 0)
        return asked->high == 0 ? FAST_DC_FIRST : FAST_DC_REFINE;
    return asked->high == 0 ? FAST_AC_FIRST : FAST_AC_REFINE;
}

/* Blocks in an MCU of the scan's components. */
static unsigned count_blocks(const struct fast_picture *picture, const struct parameters *asked)
{
    unsigned blocks = 0;
    for (unsigned i = 0; i < asked->components; i++)
        blocks += picture->component[asked->component[i]].h * picture->component[asked->component[i]].v;
    return blocks;
}

static enum fast_status add_scan(struct reading *reading, const struct parameters *asked, const uint8_t *data,
                                 const uint8_t *end, const uint8_t *marker)
{
    struct fast_picture *picture = reading->picture;
    const struct fast_component *only = &picture->component[asked->component[0]];
    if (picture->leaves_out && only->flat && asked->components == 1 && asked->first > 0)
        return FAST_OK;
    if (picture->scans == FAST_SCANS_MAX || !follows(reading, asked) ||
        (asked->components > 1 && count_blocks(picture, asked) > FAST_BLOCKS_MAX))
        return FAST_NO;
    struct fast_scan *scan = &picture->scan[picture->scans++];
    *scan = (struct fast_scan){
        .bits = {.next = data, .end = end},
        .kind = kind_of(picture, asked),
        .components = asked->components,
        .first = asked->first,
        .last = asked->last,
        .low = asked->low,
        .interval = reading->interval,
        .until = reading->interval,
        .marker = marker,
    };
    memcpy(scan->component, asked->component, sizeof scan->component);
    return find_tables(reading, asked, scan);
}

/* DHT (T.81, B.2.4.2) */
static bool read_tables(struct reading *reading, const uint8_t *p, size_t size)
{
    while (size > COUNTS) {
        const unsigned class = p[0] >> 4, table = p[0] & 15;
        unsigned symbols = 0;
        for (unsigned i = 1; i <= COUNTS; i++)
            symbols += p[i];
        if (class >= CLASSES || table >= TABLES || symbols > 256 || 1 + COUNTS + symbols > size)
            return false;
        reading->lists[class][table] = (struct fast_lists){p + 1, p + 1 + COUNTS};
        p += 1 + COUNTS + symbols;
        size -= 1 + COUNTS + symbols;
    }
    return size == 0;
}

/* SOS (T.81, B.2.3) */
static bool read_parameters(const struct fast_picture *picture, const uint8_t *p, size_t size,
                            struct parameters *asked)
{
    const struct jpeg_decompress_struct *cinfo = &picture->decoder->cinfo;
    *asked = (struct parameters){0};
    if (size < 1 || p[0] < 1 || p[0] > picture->components || size != 4 + 2u * p[0])
        return false;
    asked->components = p[0];
    for (unsigned i = 0; i < asked->components; i++) {
        unsigned c = 0;
        while (c < picture->components && cinfo->comp_info[c].component_id != p[1 + 2 * i])
            c++;
        for (unsigned other = 0; other < i; other++) {
            if (asked->component[other] == c)
                return false;
        }
        if (c == picture->components)
            return false;
        asked->component[i] = c;
        asked->dc[i] = p[2 + 2 * i] >> 4;
        asked->ac[i] = p[2 + 2 * i] & 15;
    }
    p += 1 + 2 * asked->components;
    asked->first = p[0];
    asked->last = p[1];
    asked->high = p[2] >> 4;
    asked->low = p[2] & 15;
    return true;
}

/* Reads the segments from `at` on, up to and with the SOS at `sos`; NULL when there is another. *asked is
 * what it says; returns where its data begin. */
static const uint8_t *read_segments(struct reading *reading, const uint8_t *at, const uint8_t *sos,
                                    const uint8_t *end, struct parameters *asked)
{
    while (end - at >= 4 && at <= sos) {
        const unsigned marker = at[1], length = get_be16(at + 2);
        const uint8_t *payload = at + 4;
        if (at[0] != 0xFF || length < 2 || length > end - at - 2)
            return NULL;
        const size_t size = length - 2;
        at = payload + size;
        bool known =
            marker == JPEG_COM || (marker > JPEG_APP0 && marker <= JPEG_APP15 && marker != JPEG_APP14);
        if (marker == JPEG_SOS)
            return at == sos + 4 + size && read_parameters(reading->picture, payload, size, asked) ? at
                                                                                                   : NULL;
        if (marker == JPEG_DHT)
            known = read_tables(reading, payload, size);
        if (marker == JPEG_DRI && size == 2) {
            known = true;
            reading->interval = get_be16(payload);
        }
        if (!known)
            return NULL;
    }
    return NULL;
}

/* Where the data of the first scan end. */
static const uint8_t *find_marker(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 2 && (p = memchr(p, 0xFF, (size_t)(end - p) - 1)) != NULL) {
        if (p[1] != 0 && (p[1] < JPEG_RST0 || p[1] > JPEG_RST7))
            return p;
        p += 2;
    }
    return NULL;
}

/* `asked` is the first scan's, whose data libjpeg would read next. */
static enum fast_status add_scans(struct reading *reading, const struct parameters *asked)
{
    const struct jpeg_input *input = &reading->picture->decoder->input;
    const uint8_t *data = input->manager.next_input_byte, *end = input->data + input->scans.end;
    const uint8_t *marker = find_marker(data, end);
    if (!input->scans.ended || marker == NULL)
        return FAST_NO;
    enum fast_status status = add_scan(reading, asked, data, end, marker);
    for (unsigned i = 0; i < input->scans.count && status == FAST_OK; i++) {
        const struct jpeg_scan *found = &input->scans.scan[i];
        struct parameters next;
        data = read_segments(reading, marker, input->data + found->at, end, &next);
        if (data == NULL || found->end == 0)
            return FAST_NO;
        marker = input->data + found->end;
        status = add_scan(reading, &next, data, end, marker);
    }
    if (status != FAST_OK)
        return status;
    return marker == end - EOI_BYTES && is_complete(reading) ? FAST_OK : FAST_NO;
}

enum fast_status fast_find_scans(struct fast_picture *picture)
{
    struct jpeg_decoder *decoder = picture->decoder;
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const struct jpeg_source_mgr *manager = &decoder->input.manager;
    struct reading reading = {.picture = picture, .interval = cinfo->restart_interval};
    struct parameters asked = {.components = (unsigned)cinfo->comps_in_scan,
                               .first = (unsigned)cinfo->Ss,
                               .last = (unsigned)cinfo->Se,
                               .high = (unsigned)cinfo->Ah,
                               .low = (unsigned)cinfo->Al};
    memset(reading.missing, -1, sizeof reading.missing);
    for (int i = 0; i < TABLES; i++) {
        reading.lists[DC_CLASS][i] = lists_of(cinfo->dc_huff_tbl_ptrs[i]);
        reading.lists[AC_CLASS][i] = lists_of(cinfo->ac_huff_tbl_ptrs[i]);
    }
    for (unsigned i = 0; i < asked.components; i++) {
        asked.component[i] = (unsigned)cinfo->cur_comp_info[i]->component_index;
        asked.dc[i] = (unsigned)cinfo->cur_comp_info[i]->dc_tbl_no;
        asked.ac[i] = (unsigned)cinfo->cur_comp_info[i]->ac_tbl_no;
    }
    if (decoder->several_scans)
        return add_scans(&reading, &asked);
    const uint8_t *data = manager->next_input_byte;
    return add_scan(&reading, &asked, data, data + manager->bytes_in_buffer, NULL);
}
