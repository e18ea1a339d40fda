/*
 * Decodes tiles with libde265, without threads. Each tile has its own decoder, because a decoder can't be
 * reset reliably; the frames of an animation have one together. Its pictures are in the decoder's arena, so
 * that they are counted and limited like others.
 *
 * libde265 gets only parameter sets and the slices of one picture at a time, of an intra picture but in an
 * animation. Parameter sets within the data are
 * first checked against the size and format in the header.
 */
#include "codec/heic/part/decode.h"

#include <libde265/de265.h>
#include <pthread.h>
#include <string.h>

#include "codec/heic/heic.h"

/* SLICES_MAX: the highest level's limit; bounds libde265's memory for slice headers. */
enum {
    STILL_SLOTS = 2,
    SLOTS = HEVC_PICTURES_MAX + 1,
    ALIGNMENT = 64,
    PADDING = 64,
    SLICES_MAX = 600,
    SETS_MAX = 64
};

struct slot {
    uint8_t *data;
    bool used;
};

/* Where planes are in a slot, in bytes. */
struct layout {
    size_t stride[3], at[3], size;
};

struct state {
    const struct heif_decoder *decoder;
    struct hevc_sps sps;
    struct layout layout;
    struct slot slots[SLOTS];
    unsigned nslots;
    de265_decoder_context *de265;
    unsigned length_size; /* bytes of a NAL unit's length */
    unsigned slices, sets;
    bool mismatch;      /* the data has another size or format than the header */
    bool out_of_memory; /* no slot, or no memory, is left */
};

static bool is_expected(const struct hevc_sps *sps, const struct de265_image_spec *spec,
                        const struct de265_image *image)
{
    const int bits = (int)sps->coding.bits;
    return (uint32_t)spec->width == sps->coded_width && (uint32_t)spec->height == sps->coded_height &&
           (unsigned)de265_get_chroma_format(image) == sps->chroma_format &&
           de265_get_bits_per_pixel(image, 0) == bits &&
           (sps->coding.monochrome || de265_get_bits_per_pixel(image, 1) == bits);
}

/* The decoder in use by this thread. */
static _Thread_local struct state *current;

/* libde265's own allocation functions. It calls those set in a decoder only for pictures without SAO, and
 * these for all others, whose samples would be uninitialised heap memory where no slice covers them. So these
 * are replaced, but only for pixmill's decoders: other users of libde265 in this process keep them. */
static struct de265_image_allocation own;

static int get_buffer(de265_decoder_context *de265, struct de265_image_spec *spec, struct de265_image *image,
                      void *user)
{
    struct state *state = current;
    if (state == NULL || user != state)
        return own.get_buffer(de265, spec, image, user);
    const struct layout *layout = &state->layout;
    if (!is_expected(&state->sps, spec, image)) {
        state->mismatch = true;
        return 0;
    }
    struct slot *slot = state->slots;
    const struct slot *end = state->slots + state->nslots;
    while (slot < end && slot->used)
        slot++;
    if (slot < end && slot->data == NULL)
        slot->data = arena_alloc(state->decoder->arena, layout->size);
    if (slot == end || slot->data == NULL) {
        state->out_of_memory = true;
        return 0;
    }
    slot->used = true;
    memset(slot->data, 0, layout->size);
    for (int i = 0; i < 3; i++)
        de265_set_image_plane(image, i, layout->stride[i] > 0 ? slot->data + layout->at[i] : NULL,
                              (int)layout->stride[i], slot);
    return 1;
}

static void release_buffer(de265_decoder_context *de265, struct de265_image *image, void *user)
{
    struct state *state = current;
    if (state == NULL || user != state) {
        own.release_buffer(de265, image, user);
        return;
    }
    struct slot *slot = de265_get_image_plane_user_data(image, 0);
    if (slot != NULL)
        slot->used = false;
}

/* Once per process. The first line keeps libde265's tables, which it would otherwise free with the last
 * decoder and make again. */
static void set_up(void)
{
    (void)de265_init();
    struct de265_image_allocation *functions =
        (struct de265_image_allocation *)(uintptr_t)de265_get_default_image_allocation_functions();
    own = *functions;
    functions->get_buffer = get_buffer;
    functions->release_buffer = release_buffer;
}

static void lay_out(struct state *state)
{
    const struct hevc_sps *sps = &state->sps;
    struct layout *layout = &state->layout;
    const size_t bytes = sps->coding.bits > 8 ? 2 : 1;
    for (unsigned i = 0; i < (sps->coding.monochrome ? 1u : 3u); i++) {
        const unsigned x = i == 0 ? 1 : sps->coding.sampling_x, y = i == 0 ? 1 : sps->coding.sampling_y;
        const size_t width = (sps->coded_width + (size_t)x - 1) / x,
                     height = (sps->coded_height + (size_t)y - 1) / y;
        size_t stride = (width * bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        /* A stride that is a multiple of 1024 makes rows compete for the same cache lines. */
        stride += stride % 1024 == 0 ? ALIGNMENT : 0;
        layout->stride[i] = stride;
        layout->at[i] = layout->size;
        layout->size += stride * height + PADDING;
        layout->size = (layout->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

/* A sequence's slots are allocated at once: memory that is allocated after its first frame is released. */
static int prepare_slots(struct state *state)
{
    const struct heif_decoder *decoder = state->decoder;
    state->nslots = decoder->sequence ? state->sps.pictures + 1 : STILL_SLOTS; /* one that is shown */
    for (unsigned i = 0; decoder->sequence && i < state->nslots; i++) {
        state->slots[i].data = arena_alloc(decoder->arena, state->layout.size);
        if (state->slots[i].data == NULL)
            return error_memory(decoder->error, state->layout.size);
    }
    return 0;
}

static int begin(struct heif_decoder *decoder)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct state *state = decoder->state;
    pthread_once(&once, set_up);
    state->decoder = decoder;
    if (hevc_read_layer(decoder->layer, &state->sps, decoder->error) != 0)
        return -1;
    lay_out(state);
    return prepare_slots(state);
}

static void close_library(struct state *state)
{
    current = state;
    if (state->de265 != NULL)
        de265_free_decoder(state->de265);
    state->de265 = NULL;
    current = NULL;
}

static int open_library(struct state *state, bool filtered)
{
    struct de265_image_allocation allocation = {.get_buffer = get_buffer, .release_buffer = release_buffer};
    close_library(state);
    state->sets = 0;
    state->de265 = de265_new_decoder();
    if (state->de265 == NULL)
        return -1;
    de265_set_parameter_bool(state->de265, DE265_DECODER_PARAM_SUPPRESS_FAULTY_PICTURES, 1);
    de265_set_parameter_bool(state->de265, DE265_DECODER_PARAM_DISABLE_DEBLOCKING, !filtered);
    de265_set_parameter_bool(state->de265, DE265_DECODER_PARAM_DISABLE_SAO, !filtered);
    de265_set_image_allocation_functions(state->de265, &allocation, state);
    return 0;
}

static int damaged(const struct heif_decoder *decoder)
{
    return error_set(decoder->error, PM_ERROR_CORRUPT, "its picture is damaged");
}

static int refuse(const struct heif_decoder *decoder, de265_error status)
{
    const struct state *state = decoder->state;
    if (state->mismatch)
        return error_set(decoder->error, PM_ERROR_CORRUPT,
                         "has HEVC data of another size or kind than its header says");
    if (state->out_of_memory || status == DE265_ERROR_OUT_OF_MEMORY)
        return error_memory(decoder->error, 0);
    return damaged(decoder);
}

/* The time of de265_push_NAL grows with the square of the number of bytes that it removes. */
static int push(const struct heif_decoder *decoder, struct pm_blob nal)
{
    static const uint8_t start[] = {0, 0, 1};
    const struct state *state = decoder->state;
    de265_error status = de265_push_data(state->de265, start, sizeof start, 0, NULL);
    if (status == DE265_OK)
        status = de265_push_data(state->de265, nal.data, (int)nal.size, 0, NULL);
    if (status != DE265_OK)
        return refuse(decoder, status);
    de265_push_end_of_NAL(state->de265);
    return 0;
}

static int push_set(const struct heif_decoder *decoder, struct pm_blob nal)
{
    struct state *state = decoder->state;
    struct hevc_sps sps;
    if (hevc_nal_type(nal.data) == HEVC_SPS &&
        (!hevc_read_sps(nal, &sps) || !hevc_same_format(&state->sps, &sps) ||
         (decoder->sequence && sps.pictures > state->sps.pictures))) {
        state->mismatch = true;
        return refuse(decoder, DE265_OK);
    }
    return state->sets++ < SETS_MAX ? push(decoder, nal) : damaged(decoder);
}

/* May a picture have such slices? A still one has no others to depend on. */
static bool is_slice(const struct heif_decoder *decoder, unsigned type)
{
    return (type >= HEVC_IRAP_FIRST && type <= HEVC_IRAP_LAST) ||
           (decoder->sequence && type <= HEVC_INTER_LAST);
}

/* Passes a NAL unit on if it is a parameter set or part of the picture, which needs no others. */
static int push_any(const struct heif_decoder *decoder, struct pm_blob nal)
{
    struct state *state = decoder->state;
    enum { FIRST_SLICE = 0x80 };
    if (nal.size <= HEVC_NAL_HEADER || nal.size > INT32_MAX)
        return damaged(decoder);
    const unsigned type = hevc_nal_type(nal.data);
    if (hevc_nal_layer(nal.data) > 0)
        return 0;
    if (type == HEVC_VPS || type == HEVC_SPS || type == HEVC_PPS)
        return push_set(decoder, nal);
    if (type > HEVC_SLICE_LAST)
        return 0;
    const bool first = (nal.data[HEVC_NAL_HEADER] & FIRST_SLICE) != 0;
    if (!is_slice(decoder, type) || first != (state->slices == 0) || state->slices == SLICES_MAX)
        return damaged(decoder);
    state->slices++;
    return push(decoder, nal);
}

static int push_config(const struct heif_decoder *decoder)
{
    struct state *state = decoder->state;
    struct hevc_config config;
    struct pm_blob nal;
    if (!hevc_config_begin(decoder->layer->properties.config, &config))
        return damaged(decoder);
    state->length_size = config.length_size;
    while (hevc_config_next(&config, &nal)) {
        if (nal.size > HEVC_NAL_HEADER && hevc_nal_type(nal.data) > HEVC_SLICE_LAST &&
            push_any(decoder, nal) != 0)
            return -1;
    }
    return 0;
}

static int push_picture(const struct heif_decoder *decoder, struct pm_blob bits)
{
    struct state *state = decoder->state;
    struct bmff_cursor cursor = bmff_cursor_of(bits.data, bits.size);
    state->slices = state->sets = 0;
    while (cursor.at < cursor.size) {
        const struct bmff_cursor nal = bmff_take(&cursor, bmff_get(&cursor, state->length_size));
        if (cursor.cut)
            return damaged(decoder);
        if (push_any(decoder, (struct pm_blob){nal.data, nal.size}) != 0)
            return -1;
    }
    return state->slices > 0 ? 0 : damaged(decoder);
}

static void set_tile(struct heif_decoder *decoder, const struct slot *slot)
{
    const struct state *state = decoder->state;
    const struct hevc_sps *sps = &state->sps;
    const struct layout *layout = &state->layout;
    const struct heif_coding *coding = &sps->coding;
    const size_t bytes = coding->bits > 8 ? 2 : 1;
    decoder->tile = (struct heif_planes){.nplanes = coding->monochrome ? 1 : 3, .bits = coding->bits};
    for (unsigned i = 0; i < decoder->tile.nplanes; i++) {
        const unsigned x = i == 0 ? 1 : coding->sampling_x, y = i == 0 ? 1 : coding->sampling_y;
        const uint32_t width = (coding->width + x - 1) / x, height = (coding->height + y - 1) / y;
        decoder->tile.plane[i] = (struct pm_plane){
            .data = slot->data + layout->at[i] + sps->top / y * layout->stride[i] + sps->left / x * bytes,
            .stride = layout->stride[i],
            .width = width,
            .height = height,
            .channels = 1,
            .frame = {0, 0, width, height}};
    }
}

/* Returns the decoder's picture; NULL with *status set if there is none. The end of a frame, or of all, makes
 * libde265 return it at once, and not after others that may have to be shown before it. */
static const struct de265_image *run(const struct state *state, de265_error *status)
{
    const struct de265_image *image = NULL;
    *status = DE265_OK;
    if (state->decoder->sequence)
        de265_push_end_of_frame(state->de265);
    else
        *status = de265_flush_data(state->de265);
    for (int more = 1; *status == DE265_OK && image == NULL && more != 0;) {
        *status =
            de265_decode(state->de265, &more); /* libde265 reports more work until the picture is fetched */
        image = de265_get_next_picture(state->de265);
    }
    return image;
}

static int decode(struct heif_decoder *decoder, struct pm_blob bits)
{
    struct state *state = decoder->state;
    de265_error status;
    const bool opens = !decoder->sequence || state->de265 == NULL;
    if (opens && open_library(state, decoder->filtered) != 0)
        return error_memory(decoder->error, 0);
    if ((opens && push_config(decoder) != 0) || push_picture(decoder, bits) != 0)
        return -1;
    current = state;
    const struct de265_image *image = run(state, &status);
    current = NULL;
    if (image == NULL)
        return refuse(decoder, status);
    set_tile(decoder, de265_get_image_plane_user_data(image, 0));
    return 0;
}

static void end(struct heif_decoder *decoder)
{
    close_library(decoder->state);
}

const struct heif_library heic_libde265 = {
    .state_size = sizeof(struct state), .begin = begin, .decode = decode, .end = end};
