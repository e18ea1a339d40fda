#include "codec/jpeg/fixture.h"
#include "codec/reader.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int count_checkpoint(struct context *context)
{
    struct fixture *fixture = context->lender;
    fixture->checkpoints++;
    if (fixture->lanes_come_and_go)
        context->lanes = 1 + fixture->checkpoints % 3;
    if (fixture->checkpoints == fixture->stop_after)
        return error_set(context->error, PM_ERROR_CANCELLED, "stopped");
    return 0;
}

static void begin_native(struct context *context)
{
    ((struct fixture *)context->lender)->native++;
}

static void end_native(struct context *context)
{
    ((struct fixture *)context->lender)->native--;
}

static void hear_warning(struct context *context, const char *message)
{
    struct fixture *fixture = context->lender;
    fixture->warnings++;
    snprintf(fixture->last_warning, sizeof fixture->last_warning, "%s", message);
    size_t used = strlen(fixture->all_warnings);
    snprintf(fixture->all_warnings + used, sizeof fixture->all_warnings - used, "%s\n", message);
}

void fixture_open(struct fixture *fixture)
{
    static const struct context_ops ops = {
        .checkpoint = count_checkpoint,
        .native_begin = begin_native,
        .native_end = end_native,
        .warn = hear_warning,
    };
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena, 1 << 24);
    arena_init(&fixture->spare, 0);
    arena_init(&fixture->job_arena, 1 << 20);
    fixture->context = (struct context){
        .ops = &ops,
        .arena = &fixture->arena,
        .spare = &fixture->spare,
        .job_arena = &fixture->job_arena,
        .lanes = 1,
        .error = &fixture->error,
        .lender = fixture,
    };
}

void fixture_close(struct fixture *fixture)
{
    cr_assert_eq(fixture->native, 0, "native_begin and native_end must stand in pairs");
    arena_free(&fixture->arena);
    arena_free(&fixture->spare);
    arena_free(&fixture->job_arena);
}

int fixture_decode(struct fixture *fixture, const struct buffer *file, const struct decode_request *request)
{
    arena_reset(&fixture->arena);
    arena_reset(&fixture->job_arena);
    fixture->error = (struct pm_error){0};
    fixture->warnings = fixture->checkpoints = 0;
    fixture->all_warnings[0] = '\0';
    int status =
        reader_decode(&codec_jpeg, file->data, file->size, request, &fixture->image, &fixture->context);
    cr_assert_eq(status == 0, fixture->error.kind == PM_OK, "status %d but error kind %d", status,
                 fixture->error.kind);
    return status;
}

int fixture_decode_exact(struct fixture *fixture, const uint8_t *data, size_t size,
                         const struct decode_request *request)
{
    struct buffer copy = {.data = malloc(size > 0 ? size : 1), .size = size};
    memcpy(copy.data, data, size);
    int status = fixture_decode(fixture, &copy, request);
    buffer_free(&copy);
    return status;
}

int fixture_probe(struct fixture *fixture, const struct buffer *file, struct pm_info *info)
{
    struct memory_source memory;
    memory_source_init(&memory, file->data, file->size);
    fixture->error = (struct pm_error){0};
    *info = (struct pm_info){.format = codec_jpeg.name, .orientation = 1, .frames = 1};
    return codec_jpeg.probe(&memory.source, info, &fixture->error);
}

struct pm_image wrap_samples(uint8_t *samples, uint32_t width, uint32_t height, enum pm_color color)
{
    struct pm_image image = {.width = width,
                             .height = height,
                             .format = PIXELS(color, PM_ALPHA_NONE, 8),
                             .orientation = 1,
                             .nplanes = 1};
    unsigned channels = pm_channels(&image.format);
    image.plane[0] = (struct pm_plane){
        .data = samples,
        .stride = (size_t)width * channels,
        .width = width,
        .height = height,
        .channels = channels,
        .frame = {.extent_x = width, .extent_y = height},
    };
    return image;
}

void fixture_assert_rows(const struct pm_plane *plane, const uint8_t *expected, uint32_t width,
                         const char *what)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        size_t row = (size_t)plane->width * plane->channels;
        cr_assert_eq(memcmp(plane_row(plane, y), expected + (size_t)y * width * plane->channels, row), 0,
                     "%s: row %u differs", what, y);
    }
}
