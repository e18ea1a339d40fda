/*
 * The input of libjpeg: the whole file from memory at once, so that its fast Huffman decoder runs; or, for a
 * progressive file decoded at 1/8, a list of ranges without the AC scans. These are nineteen of twenty bytes
 * and change no pixel at 1/8, where a decoded block is its DC coefficient. Damage within an omitted scan is
 * not detected. If a file ends without EOI, nothing is omitted, so that truncation is detected.
 */
#include <string.h>

#include "codec/jpeg/input.h"

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
    jpeg_trap_of((j_common_ptr)cinfo)->end_made_up = true;
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
    input->data = data;
    input->end = data + size;
    input->next = input->count = 0;
    input->scans.count = 0;
    read_range(input, (struct jpeg_range){.data = data, .size = size});
}

static void add_range(struct jpeg_input *input, const uint8_t *begin, const uint8_t *end)
{
    input->range[input->count++] = (struct jpeg_range){.data = begin, .size = (size_t)(end - begin)};
}

/* A coefficient is coded once, then refined by one of at most 13 bits at a time (T.81, G.1.1.1.1). Further
 * scans add nothing to the image, and libjpeg would visit all blocks for each. The scans of a sequential file
 * code every coefficient, whatever their parameters. */
static int check_work(const struct jpeg_scans *scans, bool progressive, struct pm_error *error)
{
    enum { CODINGS_MAX = 14, MOST = CODINGS_MAX * DCTSIZE2 };
    unsigned coded[256] = {0};
    for (unsigned i = 0; i < scans->count; i++) {
        const struct jpeg_scan *scan = &scans->scan[i];
        const bool band = progressive && scan->first <= scan->last && scan->last < DCTSIZE2;
        const unsigned coefficients = band ? scan->last - scan->first + 1u : DCTSIZE2;
        for (unsigned c = 0; c < scan->components; c++) {
            unsigned *sum = &coded[scan->id[c]];
            *sum += coefficients;
            if (*sum > MOST)
                return error_limit(error, MOST, *sum,
                                   "has scans that repeat what others say (save it again)");
        }
    }
    return 0;
}

int jpeg_input_find_scans(struct jpeg_input *input, struct jpeg_walk *walk, const struct jpeg_header *header,
                          struct pm_error *error)
{
    if (jpeg_walk_scans(walk, &input->scans, error) != 0 ||
        check_work(&input->scans, header->progressive, error) != 0)
        return -1;
    read_range(input, (struct jpeg_range){.data = input->data, .size = input->scans.end});
    return 0;
}

/* Is this a scan of AC coefficients of a flat component? It then has one component, and its spectral
 * selection starts after 0. */
static bool is_needless(const struct jpeg_scan *scan, const bool flat[256])
{
    return scan->components == 1 && flat[scan->id[0]] && scan->first > 0;
}

void jpeg_input_leave_out(struct jpeg_input *input, const bool flat[256])
{
    const uint8_t *begin = input->manager.next_input_byte;
    for (unsigned i = 0; i < input->scans.count; i++) {
        const struct jpeg_scan *scan = &input->scans.scan[i];
        if (is_needless(scan, flat)) {
            add_range(input, begin, input->data + scan->at);
            begin = input->data + scan->end;
        }
    }
    add_range(input, begin, input->data + input->scans.end);
    read_range(input, input->range[0]);
    input->next = 1;
}

size_t jpeg_input_offset(const struct jpeg_input *input, const struct jpeg_trap *trap)
{
    return (size_t)((trap->end_made_up ? input->end : input->manager.next_input_byte) - input->data);
}
