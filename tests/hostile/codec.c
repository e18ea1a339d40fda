/*
 * The hostile codec: what an image would do that has taken over the decoder. Linked into pixmill-hostile, a
 * program of the tests that is the whole command but for this; never into the command itself. The linker puts
 * the functions below before those of codec.c and reader.c.
 *
 * Such an image is a magic word and the name of an attack (attacks.h).
 */
#include <string.h>

#include "backend/worker.h"
#include "codec/reader.h"
#include "hostile/attacks.h"
#include "hostile/reading.h"

static const char magic[] = "HOSTILE ";
enum { MAGIC = sizeof magic - 1, SIDE = 64 };

const struct codec *__real_codec_probe(struct byte_source *source, struct pm_info *info,
                                       struct pm_error *error);
const struct codec *__real_codec_sniff(const uint8_t *head, size_t size);
const struct codec *__wrap_codec_probe(struct byte_source *source, struct pm_info *info,
                                       struct pm_error *error);
const struct codec *__wrap_codec_sniff(const uint8_t *head, size_t size);
struct reader *__real_reader_open(const struct codec *codec, const struct pm_info *info, const uint8_t *data,
                                  size_t size, const struct decode_request *request, struct context *context);
struct reader *__wrap_reader_open(const struct codec *codec, const struct pm_info *info, const uint8_t *data,
                                  size_t size, const struct decode_request *request, struct context *context);

void __real_worker_pin(const struct backend_config *config, unsigned index);
void __wrap_worker_pin(const struct backend_config *config, unsigned index);

/* Called in each new worker before it enters the sandbox. */
void __wrap_worker_pin(const struct backend_config *config, unsigned index)
{
    __real_worker_pin(config, index);
    reading_note_mappings();
}

static bool is_hostile(const uint8_t *data, size_t size)
{
    return size >= MAGIC && memcmp(data, magic, MAGIC) == 0;
}

struct reader *__wrap_reader_open(const struct codec *codec, const struct pm_info *info, const uint8_t *data,
                                  size_t size, const struct decode_request *request, struct context *context)
{
    if (!is_hostile(data, size))
        return __real_reader_open(codec, info, data, size, request, context);
    char name[64] = "";
    size_t length = size - MAGIC < sizeof name - 1 ? size - MAGIC : sizeof name - 1;
    memcpy(name, data + MAGIC, length);
    attack(name, data, size, context, context->error);
    if (context->error->kind == PM_OK)
        error_set(context->error, PM_ERROR_INTERNAL, "the attack '%s' came through", name);
    return NULL;
}

/* Looks like a PNG, but opening it runs an attack. */
const struct codec *__wrap_codec_sniff(const uint8_t *head, size_t size)
{
    return is_hostile(head, size) ? codec_of_suffix("png") : __real_codec_sniff(head, size);
}

const struct codec *__wrap_codec_probe(struct byte_source *source, struct pm_info *info,
                                       struct pm_error *error)
{
    uint8_t head[MAGIC];
    if (source->read_at(source, 0, head, MAGIC) < MAGIC || memcmp(head, magic, MAGIC) != 0)
        return __real_codec_probe(source, info, error);
    *info = (struct pm_info){
        .format = "png",
        .width = SIDE,
        .height = SIDE,
        .depth = 8,
        .pixels = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
        .orientation = 1,
    };
    return codec_of_suffix("png");
}
