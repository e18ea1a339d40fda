/* Pages of a TIFF, smaller versions of a page, and metadata there and back. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "codec/options.h"
#include "codec/part.h"
#include "codec/reader.h"
#include "codec/tiff/exif.h"
#include "image/tiff.h"
#include "pictures.h"

extern const struct codec codec_tiff;

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff_pages, .init = begin);

enum { FILE_MAX = 8192, REDUCED = 1, CHILDREN_MAX = 2 };

/* A page of grey pixels of one value. */
struct page {
    uint32_t width, height;
    uint8_t value, bits;
    unsigned subfile;
    unsigned
        children[CHILDREN_MAX]; /* SubIFDs: numbers of pages, from 1, that are not in the chain; 0: none */
    bool child;
};

struct file {
    uint8_t bytes[FILE_MAX];
    size_t size;
};

static void put(struct file *file, size_t at, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        file->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_entry(struct file *file, size_t *at, unsigned tag, unsigned type, uint32_t count,
                      uint32_t value)
{
    put(file, *at, tag, 2);
    put(file, *at + 2, type, 2);
    put(file, *at + 4, count, 4);
    put(file, *at + 8, value, 4);
    *at += 12;
}

static void put_page(struct file *file, const struct page *page, const uint32_t *directories, uint32_t next)
{
    const uint32_t strip = (uint32_t)file->size, bytes = page->width * page->height * page->bits / 8;
    memset(file->bytes + strip, page->value, bytes);
    uint32_t children = strip + bytes + bytes % 2, count = 0;
    for (; count < CHILDREN_MAX && page->children[count] > 0; count++)
        put(file, children + 4 * count, directories[page->children[count] - 1], 4);
    if (count == 1)
        children = directories[page->children[0] - 1];
    const unsigned entries = 10 + (count > 0);
    size_t at = strip + bytes + bytes % 2 + 4 * CHILDREN_MAX;
    put(file, at, entries, 2);
    at += 2;
    put_entry(file, &at, 254, 4, 1, page->subfile);
    put_entry(file, &at, 256, 4, 1, page->width);
    put_entry(file, &at, 257, 4, 1, page->height);
    put_entry(file, &at, 258, 3, 1, page->bits);
    put_entry(file, &at, 259, 3, 1, 1);
    put_entry(file, &at, 262, 3, 1, 1);
    put_entry(file, &at, 273, 4, 1, strip);
    put_entry(file, &at, 277, 3, 1, 1);
    put_entry(file, &at, 278, 4, 1, page->height);
    put_entry(file, &at, 279, 4, 1, bytes);
    if (count > 0)
        put_entry(file, &at, 330, 4, count, children);
    put(file, at, next, 4);
    file->size = at + 4;
}

/* Where the directory of a page is that begins at `start`, and where the page ends. */
static uint32_t place(const struct page *page, uint32_t start, uint32_t *end)
{
    const uint32_t bytes = page->width * page->height * page->bits / 8,
                   directory = start + bytes + bytes % 2 + 4 * CHILDREN_MAX;
    *end = directory + 2 + 12 * (10 + (page->children[0] > 0)) + 4;
    return directory;
}

static struct file file_of(const struct page *pages, unsigned count)
{
    struct file file = {.size = 8};
    uint32_t directories[8], at = 8, first = 0;
    cr_assert_leq(count, 8);
    for (unsigned i = 0; i < count; i++) {
        directories[i] = place(&pages[i], at, &at);
        first = first == 0 && !pages[i].child ? directories[i] : first;
    }
    cr_assert_lt(at, FILE_MAX);
    memcpy(file.bytes, "II*\0", 4);
    put(&file, 4, first, 4);
    for (unsigned i = 0; i < count; i++) {
        unsigned next = i + 1;
        while (next < count && pages[next].child)
            next++;
        put_page(&file, &pages[i], directories, next < count && !pages[i].child ? directories[next] : 0);
    }
    return file;
}

static unsigned warned;

static void count_warning(struct context *context, const char *message)
{
    (void)context;
    warned += strstr(message, "the other pages are left out") != NULL;
}

static int decode(const struct file *file, unsigned page, uint32_t min, struct lent *lent,
                  struct pm_info *info, struct pm_image *image)
{
    static const struct context_ops ops = {.warn = count_warning};
    const struct decode_request request = {.page = page, .min_width = min, .min_height = min};
    struct memory_source memory;
    lent_init(lent);
    lent->context.ops = &ops;
    warned = 0;
    memory_source_init(&memory, file->bytes, file->size);
    if (codec_probe_page(&memory.source, page, info, &lent->error) != &codec_tiff)
        return -1;
    struct reader *reader = reader_open(&codec_tiff, info, file->bytes, file->size, &request, &lent->context);
    struct frame frame;
    const int status = reader != NULL ? reader_frame(reader, &frame, &lent->context) : -1;
    reader_close(reader);
    if (status == 0)
        *image = frame.image;
    return status;
}

static void expect_page(const struct file *file, unsigned page, uint32_t min, uint32_t width, uint8_t value)
{
    struct lent lent;
    struct pm_info info;
    struct pm_image image;
    cr_assert_eq(decode(file, page, min, &lent, &info, &image), 0, "%s", lent.error.message);
    cr_expect_eq(image.width, width, "page %u, at least %u: %u", page, min, image.width);
    cr_expect_eq(image.plane[0].data[0], value, "page %u, at least %u: %u", page, min,
                 image.plane[0].data[0]);
    lent_free(&lent);
}

Test(tiff_pages, each_page_is_found_by_its_number)
{
    static const struct page pages[] = {{.width = 4, .height = 3, .value = 10, .bits = 8},
                                        {.width = 6, .height = 5, .value = 20, .bits = 8},
                                        {.width = 3, .height = 3, .value = 20, .bits = 8, .subfile = REDUCED},
                                        {.width = 2, .height = 7, .value = 30, .bits = 8}};
    const struct file file = file_of(pages, 4);
    struct lent lent;
    struct pm_info info;
    struct pm_image image;
    expect_page(&file, 0, 0, 4, 10);
    expect_page(&file, 1, 0, 4, 10);
    expect_page(&file, 2, 0, 6, 20);
    cr_expect_eq(warned, 1);
    expect_page(&file, 3, 0, 2, 30);
    cr_assert_eq(decode(&file, 2, 0, &lent, &info, &image), 0);
    cr_expect_eq(info.pages, 3);
    cr_expect_eq(info.page, 2);
    lent_free(&lent);
    cr_assert_eq(decode(&file, 4, 0, &lent, &info, &image), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_UNSUPPORTED);
    cr_expect_str_eq(lent.error.message, "has no page 4 (its last page is 3)");
    lent_free(&lent);
}

Test(tiff_pages, a_smaller_version_is_used_that_is_large_enough)
{
    static const struct page pages[] = {
        {.width = 33, .height = 32, .value = 1, .bits = 8, .children = {4}},
        {.width = 16, .height = 16, .value = 2, .bits = 8, .subfile = REDUCED},
        {.width = 8, .height = 8, .value = 3, .bits = 8, .subfile = REDUCED},
        {.width = 4, .height = 4, .value = 4, .bits = 8, .subfile = REDUCED, .child = true},
    };
    const struct file file = file_of(pages, 4);
    expect_page(&file, 1, 0, 33, 1);
    expect_page(&file, 1, 17, 33, 1);
    expect_page(&file, 1, 16, 16, 2);
    expect_page(&file, 1, 8, 8, 3);
    expect_page(&file, 1, 5, 8, 3);
    expect_page(&file, 1, 4, 4, 4);
    cr_expect_eq(warned, 0);
}

Test(tiff_pages, what_is_no_smaller_version_is_not_used)
{
    static const struct page pages[] = {
        {.width = 32, .height = 32, .value = 1, .bits = 8, .children = {5, 6}},
        {.width = 16, .height = 14, .value = 2, .bits = 8, .subfile = REDUCED},  /* of another shape */
        {.width = 16, .height = 16, .value = 3, .bits = 16, .subfile = REDUCED}, /* of other samples */
        {.width = 20, .height = 20, .value = 9, .bits = 8},                      /* a page */
        {.width = 16, .height = 16, .value = 4, .bits = 8, .child = true},       /* not said to be smaller */
        {.width = 32, .height = 32, .value = 5, .bits = 8, .subfile = REDUCED, .child = true},
    };
    const struct file file = file_of(pages, 6);
    expect_page(&file, 1, 4, 32, 1);
}

Test(tiff_pages, a_smaller_version_that_is_cut_is_refused)
{
    static const struct page pages[] = {
        {.width = 32, .height = 32, .value = 1, .bits = 8},
        {.width = 16, .height = 16, .value = 2, .bits = 8, .subfile = REDUCED}};
    struct file file = file_of(pages, 2);
    struct lent lent;
    struct pm_info info;
    struct pm_image image;
    uint8_t *entry =
        memmem(file.bytes, file.size, "\x17\1\4\0\1\0\0\0\0\1\0\0", 12); /* StripByteCounts of 256 */
    cr_assert_not_null(entry);
    memcpy(entry + 8, "\xff\xff\0\0", 4);
    cr_assert_eq(decode(&file, 1, 0, &lent, &info, &image), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%s", lent.error.message);
    lent_free(&lent);
}

/* --- metadata --- */

/* Make, and Exif and GPS directories in big-endian order: ExposureTime 1/125, MakerNote, GPSLatitude of three
 * rationals, and InteroperabilityIndex. */
static const uint8_t
    exif[] =
        {
            'M',  'M',  0,    42,   0,   0,   0,   8,   0,   3,             /* at 8 */
            0x01, 0x0F, 0,    2,    0,   0,   0,   6,   0,   0,   0,   50,  /* Make */
            0x87, 0x69, 0,    4,    0,   0,   0,   1,   0,   0,   0,   56,  /* Exif */
            0x88, 0x25, 0,    4,    0,   0,   0,   1,   0,   0,   0,   118, /* GPS */
            0,    0,    0,    0,    'C', 'a', 'n', 'o', 'n', 0,             /* at 50 */
            0,    3,    0x82, 0x9A, 0,   5,   0,   0,   0,   1,   0,   0,   0,   98,  0x92, 0x7C,
            0,    7,    0,    0,    0,   11,  0,   0,   0,   106,                              /* at 56 */
            0xA0, 0x05, 0,    4,    0,   0,   0,   1,   0,   0,   0,   160, 0,   0,   0,    0, /* at 82 */
            0,    0,    0,    1,    0,   0,   0,   125, 'm', 'a', 'k', 'e', 'r', ' ', 'n',  'o',
            't',  'e',  '!',  0, /* at 98 */
            0,    1,    0,    2,    0,   5,   0,   0,   0,   3,   0,   0,   0,   136, 0,    0,
            0,    0, /* at 118 */
            0,    0,    0,    12,   0,   0,   0,   1,   0,   0,   0,   30,  0,   0,   0,    1,
            0,    0,    0,    5,    0,   0,   0,   2, /* at 136 */
            0,    1,    0,    1,    0,   2,   0,   0,   0,   4,   'R', '9', '8', 0,   0,    0,
            0,    0, /* at 160 */
};

static struct tiff_entry entry_of(const struct tiff *tiff, size_t ifd, unsigned tag)
{
    for (size_t i = 0; i < tiff_entries(tiff, ifd); i++) {
        const struct tiff_entry entry = tiff_entry(tiff, ifd, i);
        if (entry.tag == tag)
            return entry;
    }
    cr_assert_fail("tag %u is not there", tag);
    return (struct tiff_entry){0};
}

static void expect_exif(struct pm_blob blob)
{
    struct tiff tiff;
    cr_assert(tiff_open(&tiff, blob.data, blob.size));
    const size_t first = tiff_get_32(&tiff, 4);
    const struct tiff_entry make = entry_of(&tiff, first, 0x010F);
    cr_expect_str_eq((const char *)blob.data + make.value_at, "Canon");
    struct tiff_entry entry = entry_of(&tiff, first, 0x8769);
    const size_t ifd = tiff_number(&tiff, &entry);
    entry = entry_of(&tiff, ifd, 0x829A);
    cr_expect_eq(tiff_get_32(&tiff, entry.value_at), 1);
    cr_expect_eq(tiff_get_32(&tiff, entry.value_at + 4), 125);
    entry = entry_of(&tiff, ifd, 0x927C);
    cr_expect_arr_eq(blob.data + entry.value_at, "maker note!", 11);
    entry = entry_of(&tiff, ifd, 0xA005);
    entry = entry_of(&tiff, tiff_number(&tiff, &entry), 1);
    cr_expect_arr_eq(blob.data + entry.value_at, "R98", 4);
    entry = entry_of(&tiff, first, 0x8825);
    entry = entry_of(&tiff, tiff_number(&tiff, &entry), 2);
    cr_expect_eq(tiff_get_32(&tiff, entry.value_at), 12);
    cr_expect_eq(tiff_get_32(&tiff, entry.value_at + 20), 2);
}

Test(tiff_pages, exif_and_iptc_there_and_back)
{
    static const uint8_t iptc[] = {0x1C, 2, 80, 0, 5, 'b', 'o', 'b', 'b', 'y'};
    struct lent lent;
    struct pm_info info;
    struct buffer file = {0};
    struct memory_source memory;
    struct frame frame;
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    lent_init(&lent);
    codec_options_init(&codec_tiff, options);
    struct pm_image image = picture(&lent, 9, 7, PM_COLOR_RGB, false, 8);
    image.orientation = 1;
    image.meta.exif = (struct pm_blob){exif, sizeof exif};
    image.meta.iptc = (struct pm_blob){iptc, sizeof iptc};
    cr_assert_eq(codec_encode(&codec_tiff, &image, options, &file, &lent.context), 0, "%s",
                 lent.error.message);
    memory_source_init(&memory, file.data, file.size);
    cr_assert_eq(codec_probe(&memory.source, &info, &lent.error), &codec_tiff, "%s", lent.error.message);
    const struct decode_request request = {.keep = KEEP_ALL};
    struct reader *reader = reader_open(&codec_tiff, &info, file.data, file.size, &request, &lent.context);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    expect_exif(frame.image.meta.exif);
    cr_expect_leq(frame.image.meta.exif.size, info.exif_size);
    cr_assert_geq(frame.image.meta.iptc.size, sizeof iptc);
    cr_expect_arr_eq(frame.image.meta.iptc.data, iptc, sizeof iptc);
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

/* Pages may have one table of strips together, so that it is not looked at as often as there are pages. */
Test(tiff_pages, all_strips_together_are_limited)
{
    enum { PAGES = 3, STRIPS = 3 << 20, DIRECTORY = 2 + 8 * 12 + 4, TABLE = 8 + PAGES * DIRECTORY };
    struct memory_source memory;
    struct pm_error error = {0};
    struct pm_info info;
    uint8_t *bytes = malloc(TABLE + STRIPS);
    struct file head = {.size = 8};
    cr_assert_not_null(bytes);
    memcpy(head.bytes, "II*\0", 4);
    put(&head, 4, 8, 4);
    for (unsigned page = 0; page < PAGES; page++) {
        size_t at = 8 + page * DIRECTORY;
        put(&head, at, 8, 2);
        at += 2;
        put_entry(&head, &at, 256, 4, 1, 1);
        put_entry(&head, &at, 257, 4, 1, STRIPS);
        put_entry(&head, &at, 258, 3, 1, 8);
        put_entry(&head, &at, 262, 3, 1, 1);
        put_entry(&head, &at, 273, 1, STRIPS, TABLE);
        put_entry(&head, &at, 277, 3, 1, 1);
        put_entry(&head, &at, 278, 4, 1, 1);
        put_entry(&head, &at, 279, 1, STRIPS, TABLE);
        put(&head, at, page + 1 < PAGES ? (uint32_t)at + 4 : 0, 4);
    }
    memcpy(bytes, head.bytes, TABLE);
    memset(bytes + TABLE, 1, STRIPS);
    memory_source_init(&memory, bytes, TABLE + STRIPS);
    cr_expect_null(codec_probe(&memory.source, &info, &error));
    cr_expect(error.kind == PM_ERROR_LIMIT && error.limit == 8 << 20 && error.value == 9 << 20, "%s",
              error.message);
    bytes[8 + 2 * DIRECTORY - 4] = bytes[8 + 2 * DIRECTORY - 3] = 0; /* the second page is the last */
    error = (struct pm_error){0};
    cr_expect_eq(codec_probe(&memory.source, &info, &error), &codec_tiff, "%s", error.message);
    cr_expect_eq(info.pages, PAGES - 1);
    free(bytes);
}

struct counter {
    struct memory_source memory;
    struct byte_source source;
    unsigned reads;
};

static long count_read(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    struct counter *counter = source->lender;
    counter->reads++;
    return counter->memory.source.read_at(&counter->memory.source, offset, bytes, size);
}

/* A page with many fields that point to EXIF, which has many that point to one more directory. */
Test(tiff_pages, exif_is_read_once)
{
    enum { FIELDS = 100, DIRECTORY = 2 + FIELDS * 12 + 4 };
    static const unsigned tags[] = {34665, 40965, 1};
    struct file bytes = {.size = 8 + 3 * DIRECTORY};
    struct counter counter = {.source = {.read_at = count_read, .lender = &counter}};
    struct tiff_file file;
    struct pm_error error = {0};
    memcpy(bytes.bytes, "II*\0", 4);
    put(&bytes, 4, 8, 4);
    for (unsigned i = 0; i < 3; i++) {
        size_t at = 8 + i * DIRECTORY;
        put(&bytes, at, FIELDS, 2);
        at += 2;
        for (unsigned k = 0; k < FIELDS; k++)
            put_entry(&bytes, &at, tags[i], 4, 1, 8 + (i + 1) * DIRECTORY);
    }
    memory_source_init(&counter.memory, bytes.bytes, bytes.size);
    cr_assert_eq(tiff_file_open(&file, &counter.source, &error), 0);
    cr_expect_gt(tiff_exif_size(&file, file.first), 0);
    cr_expect_lt(counter.reads, 10 * FIELDS, "%u reads", counter.reads);
}

/* A directory that points to itself, and values beyond the end, stay within the size that was forecast. */
Test(tiff_pages, hostile_exif_is_bounded)
{
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[sizeof exif], out[2048];
        struct memory_source memory;
        struct tiff_file file;
        struct pm_error error = {0};
        struct tiff_exif_parts parts;
        memcpy(bytes, exif, sizeof exif);
        for (int i = 0; i < 3; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[seed >> 33 & 127] = (uint8_t)(seed >> 56);
        }
        memory_source_init(&memory, bytes, sizeof bytes);
        if (tiff_file_open(&file, &memory.source, &error) != 0)
            continue;
        const size_t size = tiff_exif_size(&file, file.first);
        cr_assert_leq(size, sizeof out);
        cr_assert_leq(tiff_exif_gather(&file, file.first, out, size), size);
        cr_assert_eq(tiff_exif_split((struct pm_blob){bytes, sizeof bytes}, 1000, &parts, &error), 0);
        buffer_free(&parts.bytes);
    }
}
