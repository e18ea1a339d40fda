/* Finds a page in the file's chain of directories, and smaller versions of it, without a library. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "codec/tiff/exif.h"
#include "codec/tiff/page.h"
#include "image/image.h"

/* Is it a smaller version of the page, of samples of the same kind? */
static bool is_level(const struct tiff_header *page, const struct tiff_header *other)
{
    const double x = (double)page->width / other->width, y = (double)page->height / other->height;
    const double ratio = x > y ? x : y;
    return other->width < page->width && other->height <= page->height &&
           fabs(page->width - other->width * ratio) <= ratio &&
           fabs(page->height - other->height * ratio) <= ratio && page->photometric == other->photometric &&
           page->bits == other->bits && page->samples == other->samples && page->format == other->format &&
           page->by_library == other->by_library && page->alpha == other->alpha &&
           page->premultiplied == other->premultiplied;
}

static void add_level(struct tiff_header *page, const struct tiff_header *other,
                      const struct tiff_directory *directory)
{
    struct tiff_header level = *other;
    struct pm_error why = {0};
    if (page->nlevels < TIFF_LEVELS_MAX && directory->reduced &&
        tiff_page_settle(&level, directory, &why) == 0 && is_level(page, &level))
        page->levels[page->nlevels++] =
            (struct tiff_level){.ifd = level.ifd, .width = level.width, .height = level.height};
}

/* The page's own smaller versions: SubIFDs (Adobe PageMaker 6.0 TIFF Technical Notes). */
static int read_own_levels(const struct tiff_file *file, struct tiff_header *page,
                           const struct tiff_directory *of, struct pm_error *error)
{
    uint64_t chunks = 0;
    for (uint64_t i = 0; i < of->smaller.count && i < TIFF_LEVELS_MAX && chunks < TIFF_CHUNKS_MAX; i++) {
        struct tiff_header level;
        struct tiff_directory directory = {0};
        struct pm_error why = {0};
        uint64_t at, next;
        if (tiff_read_value(file, &of->smaller, i, &at, &why) == 0 &&
            tiff_page_read(file, at, &level, &directory, &next, &why) == 0 && !level.cut)
            add_level(page, &level, &directory);
        chunks += directory.chunks;
        if (why.kind == PM_ERROR_IO)
            return error_copy(error, &why);
    }
    return 0;
}

/* A profile of CIELAB or LogLuv, or of one that libtiff makes RGB of but for RGB's own, says nothing of the
 * picture. */
static int settle_profile(const struct tiff_file *file, struct tiff_header *page, struct pm_error *error)
{
    enum { AT_SPACE = 16 };
    struct pm_error why = {0};
    char space[4] = "";
    if (page->icc.size == 0 || (!page->by_library && !tiff_is_lab(page) && !tiff_is_log(page)))
        return 0;
    if (page->by_library && page->icc.size >= AT_SPACE + sizeof space &&
        tiff_read_bytes(file, page->icc.at + AT_SPACE, space, sizeof space, &why) != 0 &&
        why.kind == PM_ERROR_IO)
        return error_copy(error, &why);
    if (memcmp(space, "RGB ", sizeof space) == 0)
        return 0;
    page->icc = (struct tiff_extent){0};
    page->loses_profile = true;
    return 0;
}

static int settle_page(const struct tiff_file *file, struct tiff_header *page,
                       const struct tiff_directory *directory, struct pm_error *error)
{
    if (directory->raw || directory->reduced)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is a camera's raw file, or its first page is only a preview (not supported)");
    if (tiff_page_settle(page, directory, error) != 0)
        return -1;
    if (settle_profile(file, page, error) != 0)
        return -1;
    page->exif_size = tiff_exif_size(file, page->ifd);
    if (page->iptc.size == 0 && tiff_find_iptc(file, page, error) != 0)
        return -1;
    return read_own_levels(file, page, directory, error);
}

/* A walk over the file's chain of directories. */
struct chain {
    struct tiff_file file;
    unsigned wanted; /* number of the page to describe */
    unsigned pages, directories;
    uint64_t chunks; /* of all directories, which may have them in common */
    uint64_t next;
    bool cut; /* some page is */
};

/* Reads the next directory: the wanted page, a smaller version of it, or another page, of which only whether
 * it is complete matters. Pages that are not images count, too. */
static int read_next(struct chain *chain, struct tiff_header *header, struct pm_error *error)
{
    struct tiff_header page;
    struct tiff_directory directory;
    struct pm_error why = {0};
    const int status = tiff_page_read(&chain->file, chain->next, &page, &directory, &chain->next, &why);
    const bool first = chain->directories++ == 0;
    if (chain->directories > TIFF_PAGES_MAX)
        return error_set(error, PM_ERROR_LIMIT, "has more than %d pages, or their list is a loop",
                         TIFF_PAGES_MAX);
    chain->chunks += directory.chunks;
    if (chain->chunks > 2 * TIFF_CHUNKS_MAX)
        return error_limit(error, 2 * TIFF_CHUNKS_MAX, chain->chunks,
                           "has more than %d strips or tiles on all its pages", 2 * TIFF_CHUNKS_MAX);
    if (status == 0 && directory.reduced && !first) {
        if (chain->pages == chain->wanted)
            add_level(header, &page, &directory);
        chain->cut = chain->cut || page.cut;
        return 0;
    }
    chain->pages++;
    if (status != 0 && (chain->pages == chain->wanted || why.kind == PM_ERROR_IO))
        return error_copy(error, &why);
    chain->cut = chain->cut || page.cut || (status != 0 && why.kind == PM_ERROR_TRUNCATED);
    if (chain->pages != chain->wanted)
        return 0;
    *header = page;
    return settle_page(&chain->file, header, &directory, error);
}

int tiff_read_header(struct byte_source *source, unsigned page, struct tiff_header *header,
                     struct pm_error *error)
{
    struct chain chain = {.wanted = page > 0 ? page : 1};
    if (tiff_file_open(&chain.file, source, error) != 0)
        return -1;
    chain.next = chain.file.first;
    do {
        if (read_next(&chain, header, error) != 0)
            return -1;
    } while (chain.next != 0);
    if (chain.pages < chain.wanted)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has no page %u (its last page is %u)", chain.wanted,
                         chain.pages);
    header->page = chain.wanted;
    header->pages = chain.pages;
    header->cut = chain.cut;
    return 0;
}

int tiff_read_level(struct byte_source *source, const struct tiff_header *page,
                    const struct decode_request *request, struct tiff_header *level, struct pm_error *error)
{
    const struct tiff_level *best = NULL;
    struct tiff_file file;
    struct tiff_directory directory;
    uint64_t next;
    *level = *page;
    for (unsigned i = 0; i < page->nlevels && request->min_width > 0 && request->min_height > 0; i++) {
        const struct tiff_level *other = &page->levels[i];
        if (other->width >= request->min_width && other->height >= request->min_height &&
            (best == NULL || other->width < best->width))
            best = other;
    }
    if (best == NULL)
        return 0;
    if (tiff_file_open(&file, source, error) != 0 ||
        tiff_page_read(&file, best->ifd, level, &directory, &next, error) != 0)
        return -1;
    return tiff_page_settle(level, &directory, error);
}

void tiff_header_tell(const struct tiff_header *header, struct pm_info *info)
{
    const bool deep = header->format == TIFF_FLOATING || header->bits > 8;
    info->width = header->width;
    info->height = header->height;
    info->depth = header->bits;
    info->palette = header->photometric == TIFF_PALETTE;
    info->by_rows = tiff_has_rows(header);
    info->pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8);
    if (info->palette || header->colors == 3 || header->by_library)
        info->pixels.color = PM_COLOR_RGB;
    else if (header->colors == 4)
        info->pixels.color = PM_COLOR_CMYK;
    info->stored_x = header->sampling_x;
    info->stored_y = header->sampling_y;
    if (deep && header->colors != 4) /* CMYK has 8 bits in pixmill */
        info->pixels.depth = info->pixels.bits = 16;
    if (header->alpha != 0 && header->colors != 4)
        info->pixels.alpha = PM_ALPHA_STRAIGHT;
    info->orientation = header->orientation;
    info->page = header->page;
    info->pages = header->pages;
    info->icc_size = (size_t)header->icc.size;
    info->icc_at = header->icc.at;
    info->xmp_size = (size_t)header->xmp.size;
    info->iptc_size = (size_t)header->iptc.size;
    info->exif_size = header->exif_size;
    info->has_chromaticities = header->has_chromaticities;
}

int tiff_probe_page(struct byte_source *source, unsigned page, struct pm_info *info, struct pm_error *error)
{
    struct tiff_header header = {0};
    if (tiff_read_header(source, page, &header, error) != 0)
        return -1;
    tiff_header_tell(&header, info);
    return 0;
}

int tiff_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    return tiff_probe_page(source, 1, info, error);
}
