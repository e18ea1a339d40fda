/* Tests the counting of MCUs: encode_mcu must be in its slot, be called for each MCU and return. */
#include <string.h>

#include "codec/jpeg/trap.h"
#include "codec/jpeg/trial.h"

/* A grey image of two by two blocks, each of one level, at quality 100: the coefficients are known. */
enum {
    SIDE_BLOCKS = 2,
    SIDE = SIDE_BLOCKS * DCTSIZE,
    MCUS = SIDE_BLOCKS * SIDE_BLOCKS,
    CONTROLLER_MAX = 4096, /* bytes of the coefficient controller, which contains the MCUs passed on */
};

struct count_trial {
    struct jpeg_compress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_destination_mgr destination;
    JOCTET written[1024];
    unsigned slot;
    jpeg_method encode_mcu;
    unsigned mcus;
    bool as_expected; /* until now */
    bool holds;
};

/* This thread's test. Another slot's method could get any arguments, so note_mcu trusts none. */
static _Thread_local struct count_trial *trial;

static int level_of(unsigned mcu)
{
    return 30 + 50 * (int)mcu;
}

static boolean note_mcu(j_compress_ptr cinfo, JBLOCKROW *blocks)
{
    if (trial == NULL || cinfo != &trial->cinfo ||
        (uintptr_t)blocks - (uintptr_t)cinfo->coef >= CONTROLLER_MAX ||
        (uintptr_t)blocks % sizeof *blocks != 0 || trial->mcus >= MCUS) {
        if (trial != NULL)
            trial->as_expected = false;
        return TRUE;
    }
    const JCOEF *block = blocks[0][0];
    trial->as_expected &= block[0] == DCTSIZE * (level_of(trial->mcus) - CENTERJSAMPLE);
    for (unsigned k = 1; k < DCTSIZE2; k++)
        trial->as_expected &= block[k] == 0;
    trial->as_expected &= cinfo->blocks_in_MCU == 1 && cinfo->MCU_membership[0] == 0 &&
                          cinfo->cur_comp_info[0] == cinfo->comp_info;
    trial->mcus++;
    return TRUE;
}

static void drop_output(j_compress_ptr cinfo)
{
    cinfo->dest->next_output_byte = trial->written;
    cinfo->dest->free_in_buffer = sizeof trial->written;
}

static boolean drop_full(j_compress_ptr cinfo)
{
    drop_output(cinfo);
    return TRUE;
}

static void set_up(struct count_trial *self)
{
    j_compress_ptr cinfo = &self->cinfo;
    jpeg_create_compress(cinfo);
    self->destination = (struct jpeg_destination_mgr){
        .init_destination = drop_output, .empty_output_buffer = drop_full, .term_destination = drop_output};
    cinfo->dest = &self->destination;
    cinfo->image_width = cinfo->image_height = SIDE;
    cinfo->input_components = 1;
    cinfo->in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(cinfo);
    jpeg_set_quality(cinfo, 100, TRUE);
    cinfo->dct_method = JDCT_ISLOW;
}

/* Starts compression and gets the entropy encoder's methods; returns false if there are none. */
static bool start(j_compress_ptr cinfo, boolean optimize, jpeg_method methods[JPEG_ENTROPY_METHODS])
{
    cinfo->optimize_coding = optimize;
    jpeg_start_compress(cinfo, TRUE);
    if (cinfo->entropy == NULL)
        return false;
    memcpy(methods, cinfo->entropy->method, sizeof cinfo->entropy->method);
    return true;
}

static void write_image(j_compress_ptr cinfo)
{
    JSAMPLE row[SIDE];
    JSAMPROW rows = row;
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++)
            row[x] = (JSAMPLE)level_of(y / DCTSIZE * SIDE_BLOCKS + x / DCTSIZE);
        jpeg_write_scanlines(cinfo, &rows, 1);
    }
}

/* With optimisation, libjpeg uses a different encode_mcu but the same start_pass. The method is replaced only
 * if both are true. */
static int run_count_trial(void *argument)
{
    struct count_trial *self = argument;
    j_compress_ptr cinfo = &self->cinfo;
    jpeg_method counting[JPEG_ENTROPY_METHODS], writing[JPEG_ENTROPY_METHODS], again[JPEG_ENTROPY_METHODS];
    set_up(self);
    if (!start(cinfo, TRUE, counting))
        return 0;
    jpeg_abort_compress(cinfo);
    if (!start(cinfo, FALSE, writing) || writing[self->slot] == counting[self->slot] ||
        writing[JPEG_START_PASS] != counting[JPEG_START_PASS] || !jpeg_is_method(writing[JPEG_START_PASS]) ||
        !jpeg_is_method(writing[self->slot]))
        return 0;
    cinfo->entropy->method[self->slot] = (jpeg_method)note_mcu;
    write_image(cinfo);
    jpeg_abort_compress(cinfo);
    if (!start(cinfo, FALSE, again))
        return 0;
    jpeg_abort_compress(cinfo);
    self->encode_mcu = writing[self->slot];
    self->holds = self->as_expected && self->mcus == MCUS && again[self->slot] == self->encode_mcu;
    return 0;
}

int jpeg_trial_counting(unsigned slot, jpeg_method *found, struct pm_error *error)
{
    struct count_trial self = {.slot = slot, .as_expected = true};
    struct pm_error failure = {0};
    struct context context = {.lanes = 1, .error = &failure};
    jpeg_trap_init(&self.trap, &context);
    self.cinfo.err = &self.trap.manager;
    trial = &self;
    int status = jpeg_try(&self.trap, run_count_trial, &self);
    jpeg_destroy_compress(&self.cinfo);
    trial = NULL;
    if (status != 0 && failure.kind == PM_ERROR_MEMORY)
        return error_memory(error, 0);
    *found = status == 0 && self.holds ? self.encode_mcu : NULL;
    return *found != NULL;
}
