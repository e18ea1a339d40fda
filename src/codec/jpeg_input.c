/*
 * What libjpeg reads: the whole file from memory at once, so that its fast Huffman decoder runs; or, for a
 * progressive file decoded at 1/8, a list of ranges without the AC scans. Those are nineteen bytes of twenty
 * and at 1/8, where a block comes out as its DC coefficient, change no pixel. Damage inside a scan that is
 * left out goes unseen; an early end of the file does not.
 */
#include <string.h>

#include "codec/jpeg.h"

static void read_range(struct jpeg_input *input, struct jpeg_range range)
{
    input->manager.next_input_byte = range.data;
    input->manager.bytes_in_buffer = range.size;
}

static void input_nothing(j_decompress_ptr cinfo)
{
    (void)cinfo;
}

static boolean input_fill(j_decompress_ptr cinfo)
{
    static const uint8_t end_of_image[] = {0xFF, JPEG_EOI};
    struct jpeg_input *input = (struct jpeg_input *)cinfo->src;
    while (input->next < input->count) {
        struct jpeg_range range = input->range[input->next++];
        if (range.size > 0) {
            read_range(input, range);
            return TRUE;
        }
    }
    jpeg_trap_cut_short((struct jpeg_trap *)cinfo->err);
    read_range(input, (struct jpeg_range){.data = end_of_image, .size = sizeof end_of_image});
    return TRUE;
}

static void input_skip(j_decompress_ptr cinfo, long count)
{
    struct jpeg_source_mgr *manager = cinfo->src;
    size_t left = count > 0 ? (size_t)count : 0;
    while (left > manager->bytes_in_buffer) {
        left -= manager->bytes_in_buffer;
        input_fill(cinfo);
    }
    manager->next_input_byte += left;
    manager->bytes_in_buffer -= left;
}

void jpeg_input_init(struct jpeg_input *input, const uint8_t *data, size_t size)
{
    input->manager = (struct jpeg_source_mgr){
        .init_source = input_nothing,
        .fill_input_buffer = input_fill,
        .skip_input_data = input_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = input_nothing,
    };
    input->end = data + size;
    input->next = input->count = 0;
    read_range(input, (struct jpeg_range){.data = data, .size = size});
}

/* The first marker at or behind p that is neither stuffing, fill nor a restart; `end` when there is none. */
static const uint8_t *find_marker(const uint8_t *p, const uint8_t *end)
{
    while ((p = memchr(p, 0xFF, (size_t)(end - p))) != NULL && end - p >= 2) {
        if (p[1] != 0 && p[1] != 0xFF && (p[1] < JPEG_RST0 || p[1] > JPEG_RST7))
            return p;
        p += p[1] == 0xFF ? 1 : 2;
    }
    return end;
}

/* Does the SOS segment at `sos` (T.81, B.2.3) open a scan of AC coefficients of a flat component? It then has
 * one component, and its spectral selection begins behind 0. */
static bool is_needless(const uint8_t *sos, const uint8_t *end, const bool flat[256])
{
    enum { SCAN_OF_ONE = 8 };
    return end - sos >= 2 + SCAN_OF_ONE && sos[2] == 0 && sos[3] == SCAN_OF_ONE && sos[4] == 1 &&
           flat[sos[5]] && sos[7] > 0;
}

static void add_range(struct jpeg_input *input, const uint8_t *begin, const uint8_t *end)
{
    input->range[input->count++] = (struct jpeg_range){.data = begin, .size = (size_t)(end - begin)};
}

/* The next segment from the marker at `marker` on: its first marker byte, or `end`. Markers below SOF0 have
 * no length that a decoder would follow. */
static const uint8_t *next_segment(const uint8_t *marker, const uint8_t *end)
{
    if (marker[1] < JPEG_SOF0 || marker[1] == JPEG_SOI)
        return find_marker(marker + 2, end);
    unsigned length = (unsigned)marker[2] << 8 | marker[3];
    if (length < 2 || length + 2 > (size_t)(end - marker))
        return end; /* libjpeg will say what is wrong */
    return find_marker(marker + 2 + length, end);
}

int jpeg_input_check_scans(const uint8_t *data, size_t size, struct pm_error *error)
{
    const uint8_t *end = data + size;
    unsigned scans = 0;
    for (const uint8_t *p = find_marker(data, end); end - p >= 4 && p[1] != JPEG_EOI;
         p = next_segment(p, end))
        scans += p[1] == JPEG_SOS;
    if (scans > JPEG_MAX_SCANS)
        return error_limit(error, JPEG_MAX_SCANS, scans,
                           "has %u scans, more than %d (save it anew with fewer)", scans, JPEG_MAX_SCANS);
    return 0;
}

void jpeg_input_leave_out(struct jpeg_input *input, const bool flat[256])
{
    const uint8_t *begin = input->manager.next_input_byte, *end = input->end;
    const uint8_t *p = find_marker(begin, end);
    while (end - p >= 4 && p[1] != JPEG_EOI && input->count < JPEG_MAX_SCANS) {
        const uint8_t *next = next_segment(p, end);
        if (p[1] == JPEG_SOS && is_needless(p, end, flat)) {
            add_range(input, begin, p);
            begin = next;
        }
        p = next;
    }
    add_range(input, begin, end);
    read_range(input, input->range[0]);
    input->next = 1;
}
