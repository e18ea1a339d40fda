/* A grid of tiles as in telephones' HEIC files, built from tiles encoded by heif-enc. */
#include "cli/run.h"
#include <malloc.h>

#include "codec/heif/boxes.h"
#include "codec/heif/heif.h"
#include "codec/heif/peers.h"
#include "codec/part.h"
#include "codec/peak.h"
#include "image/row_source.h"

extern const struct codec codec_heic;

enum { TILE = 512, COLUMNS = 8, ROWS = 6, COUNT = COLUMNS * ROWS, WIDTH = 4032, HEIGHT = 3024 };

static struct lent lent;

static void begin(void)
{
    struct pm_error missing = {0};
    if (codec_part_find(&codec_heic, &missing) != 0)
        cr_skip_test("%s", missing.message);
    if (!runs("command -v heif-enc && heif-enc --list-encoders | grep x265"))
        cr_skip_test("libheif's heif-enc is not installed (Debian: libheif-examples)");
    run_begin();
    lent_init(&lent);
}

static void end(void)
{
    lent_free(&lent);
}

TestSuite(heic_grid, .init = begin, .fini = end, .timeout = 120);

/* A file of one tile. */
struct tile {
    struct pm_blob config, bits; /* its hvcC, and its picture */
    struct pm_image image;
};

static void put_png_of(unsigned seed)
{
    struct buffer file = {0};
    struct pm_image image = picture(&lent, TILE, TILE, PM_COLOR_RGB, false, 8);
    for (uint32_t y = 0; y < TILE; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t x = 0; x < TILE; x++) {
            for (unsigned c = 0; c < 3; c++)
                row[3 * x + c] = (uint8_t)(row[3 * x + c] / 16 + (x * seed + y * (c + 1)) % 500 / 3);
        }
    }
    cr_assert_eq(codec_png.encode(&image, NULL, &file, &lent.context), 0);
    temp_write("in.png", file.data, file.size);
    buffer_free(&file);
}

static struct tile make_tile(unsigned seed)
{
    struct tile tile;
    struct memory_source memory;
    struct heif heif = {0};
    struct heif_picture picture;
    size_t size;
    put_png_of(seed);
    cr_assert(runs("heif-enc -q 10 -o tile.heic in.png"));
    tile.image = read_image(&lent, &codec_heic, "tile.heic", true);
    const uint8_t *data = (const uint8_t *)content_of("tile.heic", &size);
    memory_source_init(&memory, data, size);
    cr_assert_eq(heif_load(&heif, &memory.source, &lent.error), 0);
    cr_assert_eq(heif_read_picture(&heif, &picture, &lent.error), 0);
    cr_assert_eq(
        heif_item_data(&heif, picture.color.item, data, size, &tile.bits, &lent.job_arena, &lent.error), 0);
    const struct bmff_cursor config = picture.color.properties.config;
    uint8_t *copy = arena_alloc(&lent.job_arena, config.size);
    cr_assert_not_null(copy);
    tile.config = (struct pm_blob){memcpy(copy, config.data, config.size), config.size};
    heif_free(&heif);
    return tile;
}

/* --- the file --------------------------------------------------------------------------------------- */

static struct boxes boxes;

/* Two different tiles, in an order that distinguishes rows from columns. */
static const struct tile *tile_at(const struct tile tiles[2], unsigned index)
{
    return &tiles[(index + 2) % 3 == 0];
}

enum { PIECES_MAX = 3 };

/* Of how many extents each tile is. */
static unsigned pieces = 1;

static size_t piece_size(size_t whole, unsigned piece)
{
    return piece + 1 < pieces ? whole / pieces : whole - whole / pieces * (pieces - 1);
}

static void put_items(size_t offsets[COUNT][PIECES_MAX], const struct tile tiles[2])
{
    size_t at = full_box_open(&boxes, "iinf", 0, 0);
    box_put(&boxes, COUNT + 1, 2);
    for (unsigned id = 1; id <= COUNT + 1; id++) {
        const size_t infe = full_box_open(&boxes, "infe", 2, 0);
        box_put(&boxes, id, 2);
        box_put(&boxes, 0, 2);
        box_text(&boxes, id == 1 ? "grid" : "hvc1", 4);
        box_put(&boxes, 0, 1);
        box_close(&boxes, infe);
    }
    box_close(&boxes, at);
    at = full_box_open(&boxes, "iloc", 1, 0);
    box_put(&boxes, 0x4400, 2);
    box_put(&boxes, COUNT + 1, 2);
    for (unsigned id = 1; id <= COUNT + 1; id++) {
        box_put(&boxes, id, 2);
        box_put(&boxes, id == 1, 2); /* the grid is in idat */
        box_put(&boxes, 0, 2);
        box_put(&boxes, id == 1 ? 1 : pieces, 2);
        for (unsigned piece = 0; piece < (id == 1 ? 1 : pieces); piece++) {
            if (id > 1)
                offsets[id - 2][piece] = boxes.size;
            box_put(&boxes, 0, 4);
            box_put(&boxes, id == 1 ? 8 : piece_size(tile_at(tiles, id - 2)->bits.size, piece), 4);
        }
    }
    box_close(&boxes, at);
    const size_t iref = full_box_open(&boxes, "iref", 0, 0);
    at = box_open(&boxes, "dimg");
    box_put(&boxes, 1, 2);
    box_put(&boxes, COUNT, 2);
    for (unsigned id = 2; id <= COUNT + 1; id++)
        box_put(&boxes, id, 2);
    box_close(&boxes, at);
    box_close(&boxes, iref);
}

/* 1: ispe of the picture; 2: of a tile; 3: hvcC; 4: irot, by 90 degrees counterclockwise; 5: imir, left to
 * right. */
static void put_properties(const struct tile *tile, bool turned)
{
    const size_t iprp = box_open(&boxes, "iprp"), ipco = box_open(&boxes, "ipco");
    for (int i = 0; i < 2; i++) {
        const size_t at = full_box_open(&boxes, "ispe", 0, 0);
        box_put(&boxes, i == 0 ? WIDTH : TILE, 4);
        box_put(&boxes, i == 0 ? HEIGHT : TILE, 4);
        box_close(&boxes, at);
    }
    size_t at = box_open(&boxes, "hvcC");
    box_text(&boxes, (const char *)tile->config.data, tile->config.size);
    box_close(&boxes, at);
    at = box_open(&boxes, "irot");
    box_put(&boxes, 1, 1);
    box_close(&boxes, at);
    at = box_open(&boxes, "imir");
    box_put(&boxes, 1, 1);
    box_close(&boxes, at);
    box_close(&boxes, ipco);
    at = full_box_open(&boxes, "ipma", 0, 0);
    box_put(&boxes, COUNT + 1, 4);
    box_put(&boxes, 1, 2);
    box_put(&boxes, turned ? 3 : 1, 1);
    box_put(&boxes, 1, 1);
    if (turned)
        box_put(&boxes, 0x8485, 2);
    for (unsigned id = 2; id <= COUNT + 1; id++) {
        box_put(&boxes, id, 2);
        box_put(&boxes, 2, 1);
        box_put(&boxes, 0x0283, 2);
    }
    box_close(&boxes, at);
    box_close(&boxes, iprp);
}

static void build(const struct tile tiles[2], bool turned)
{
    size_t offsets[COUNT][PIECES_MAX];
    boxes.size = 0;
    size_t at = box_open(&boxes, "ftyp");
    box_text(&boxes, "heic\0\0\0\0mif1heic", 16);
    box_close(&boxes, at);
    const size_t meta = full_box_open(&boxes, "meta", 0, 0);
    at = full_box_open(&boxes, "pitm", 0, 0);
    box_put(&boxes, 1, 2);
    box_close(&boxes, at);
    put_items(offsets, tiles);
    put_properties(tiles, turned);
    at = box_open(&boxes, "idat");
    box_put(&boxes, 0, 2);
    box_put(&boxes, ROWS - 1, 1);
    box_put(&boxes, COLUMNS - 1, 1);
    box_put(&boxes, WIDTH, 2);
    box_put(&boxes, HEIGHT, 2);
    box_close(&boxes, at);
    box_close(&boxes, meta);
    at = box_open(&boxes, "mdat");
    for (unsigned i = 0; i < COUNT; i++) {
        const struct pm_blob bits = tile_at(tiles, i)->bits;
        size_t from = 0;
        for (unsigned piece = 0; piece < pieces; piece++) {
            const size_t part = piece_size(bits.size, piece);
            box_set(&boxes, offsets[i][piece], boxes.size);
            box_text(&boxes, (const char *)bits.data + from, part);
            box_text(&boxes, "gap", 3);
            from += part;
        }
    }
    box_close(&boxes, at);
}

/* --- the tests -------------------------------------------------------------------------------------- */

static void make_tiles(struct tile tiles[2])
{
    tiles[0] = make_tile(2);
    tiles[1] = make_tile(5);
    cr_assert_eq(tiles[0].config.size, tiles[1].config.size);
    cr_assert_arr_eq(tiles[0].config.data, tiles[1].config.data, tiles[0].config.size);
}

/* Row y of plane i is that of the tiles. */
static void expect_row(const struct tile tiles[2], unsigned i, uint32_t y, const uint8_t *row)
{
    const uint32_t side = i == 0 ? TILE : TILE / 2, width = i == 0 ? WIDTH : WIDTH / 2;
    for (uint32_t x = 0; x < width; x += side) {
        const struct tile *tile = tile_at(tiles, y / side * COLUMNS + x / side);
        const uint32_t part = width - x < side ? width - x : side;
        cr_assert_eq(memcmp(row + x, plane_row(&tile->image.plane[i], y % side), part), 0,
                     "plane %u, row %u, from column %u", i, y, x);
    }
}

Test(heic_grid, tiles_are_where_they_belong)
{
    struct tile tiles[2];
    make_tiles(tiles);
    build(tiles, false);
    temp_write("grid.heic", boxes.data, boxes.size);
    const struct pm_image image = read_image(&lent, &codec_heic, "grid.heic", true);
    cr_assert(image.width == WIDTH && image.height == HEIGHT && image.nplanes == 3);
    for (unsigned i = 0; i < 3; i++) {
        for (uint32_t y = 0; y < image.plane[i].height; y++)
            expect_row(tiles, i, y, plane_row(&image.plane[i], y));
    }
}

static unsigned offered;

/* As threads that each take the next band. */
static int take_all(struct context *context, unsigned bands, band_function *band, void *argument)
{
    offered = bands;
    for (unsigned i = bands; i > 0; i--)
        cr_assert_eq(band(argument, i - 1, context->arena), 0);
    return 0;
}

/* Tiles take unequal times: threads share a row of them one by one. */
Test(heic_grid, threads_take_one_tile_at_a_time)
{
    static const struct context_ops ops = {.for_bands = take_all};
    struct tile tiles[2];
    make_tiles(tiles);
    build(tiles, false);
    temp_write("grid.heic", boxes.data, boxes.size);
    lent.context.ops = &ops;
    for (unsigned lanes = 1; lanes <= 2; lanes++) {
        lent.context.lanes = lanes;
        const struct pm_image image = read_image(&lent, &codec_heic, "grid.heic", true);
        cr_expect_eq(offered, lanes == 1 ? 0 : COLUMNS, "%u", offered);
        for (uint32_t y = 0; y < HEIGHT; y++)
            expect_row(tiles, 0, y, plane_row(&image.plane[0], y));
    }
}

static void expect_rows(const struct tile tiles[2])
{
    enum { WINDOW = 64, FORECAST_MAX = 16 << 20, TABLES_MAX = 16 << 10 };
    struct pm_info info;
    struct pm_image image;
    struct row_source *rows;
    struct memory_source memory;
    const struct decode_request request = {.planes = true, .window = WINDOW};
    build(tiles, false);
    memory_source_init(&memory, boxes.data, boxes.size);
    cr_assert_eq(codec_probe(&memory.source, &info, &lent.error), &codec_heic);
    const long long forecast = (long long)codec_heic.decode_bytes(&info, &request);
    cr_expect_leq(forecast, FORECAST_MAX);
    struct lent fresh;
    lent_init(&fresh);
    (void)malloc_trim(0);
    const long long before = reset_peak();
    struct reader *reader = reader_open(&codec_heic, &info, boxes.data, boxes.size, &request, &fresh.context);
    cr_assert_not_null(reader, "%s", fresh.error.message);
    cr_assert_eq(reader_rows(reader, &image, &rows, &fresh.context), 0);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(row_source_begin(&rows[i], WINDOW, &fresh.context), 0);
    uint32_t seen[3] = {0};
    while (seen[0] < HEIGHT) {
        cr_assert_eq(row_source_make(&rows[0], seen[0] + 1, &fresh.context), 0, "%s", fresh.error.message);
        for (unsigned i = 0; i < 3; i++) {
            for (; seen[i] < rows[i].made; seen[i]++)
                expect_row(tiles, i, seen[i], row_source_row(&rows[i], seen[i]));
        }
    }
    const long long taken = resident("VmHWM:") - before;
    cr_expect_leq(taken, forecast);
    cr_expect_leq(fresh.job_arena.peak, TABLES_MAX, "%zu", fresh.job_arena.peak);
    reader_close(reader);
    lent_free(&fresh);
}

/* Row by row, as for a resize, memory holds only the rows of tiles in the window, and tiles that are in
 * pieces are joined for one row of them. The forecast assumes a thread for each tile of a row. */
Test(heic_grid, rows_are_the_same_in_16_mib)
{
    struct tile tiles[2];
    make_tiles(tiles);
    expect_rows(tiles);
    cr_assert_gt(COUNT * tiles[0].bits.size, 64 << 10);
    pieces = PIECES_MAX;
    expect_rows(tiles);
}

/* Kernels that decide between samples at equal distance see the picture upright, as behind two filters that
 * undo each other. */
static void expect_turned_before(const char *kernel, const char *geometry)
{
    char resize[64];
    snprintf(resize, sizeof resize, "--resize=%s,kernel=%s", geometry, kernel);
    struct run run = RUN("run", "in", "-o", kernel, resize, "--format=png");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "-o", kernel, "--flop", "--flop", resize, "--format=png",
              "--name={stem}-behind.png");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    char first[64], behind[64];
    snprintf(first, sizeof first, "%s/grid.png", kernel);
    snprintf(behind, sizeof behind, "%s/grid-behind.png", kernel);
    cr_expect(same_bytes(first, behind), "%s", kernel);
}

Test(heic_grid, a_turned_one_is_upright_on_every_backend)
{
    struct tile tiles[2];
    make_tiles(tiles);
    build(tiles, true);
    temp_write("in/grid.heic", boxes.data, boxes.size);
    struct run run = RUN("run", "in", "-o", "threads", "--resize=300x300", "--format=png", "-j2");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("threads/grid.png", "png", 225, 300);
    run = RUN("run", "in", "-o", "serial", "--resize=300x300", "--format=png", "--backend=serial");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "-o", "procs", "--resize=300x300", "--format=png", "--backend=procs", STRICTEST);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_expect(same_bytes("threads/grid.png", "serial/grid.png"));
    cr_expect(same_bytes("threads/grid.png", "procs/grid.png"));
    /* The resize reads rows of tiles as they are stored, and its result is turned: the same by two runs. */
    run = RUN("run", "in", "-o", "stored", "--resize=300x225", "--format=png", "--no-autorotate");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("run", "stored/grid.png", "-o", "turned", "--format=png");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    const struct pm_image once = read_image(&lent, &codec_png, "threads/grid.png", false),
                          twice = read_image(&lent, &codec_png, "turned/grid.png", false);
    expect_same(&once, &twice, 0, "turned after the resize");
    expect_turned_before("nearest", "1512x2016!");
    expect_turned_before("box", "2016x2688!");
    struct run info = RUN("info", "in/grid.heic");
    cr_expect_not_null(strstr(info.out, "orientation 7"), "%s", info.out);
}
