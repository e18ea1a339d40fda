/* The trial of the loaded libjpeg: is it a known version, are its methods where they are expected, and do
 * they do what is expected of them? */
#include "codec/jpeg/private.h"

#include <jerror.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

#include "codec/jpeg/trap.h"

bool jpeg_private_known_version(const struct jpeg_error_mgr *manager)
{
    static const char *const versions[] = {"6b ", "7 ", "8"};
    const char *const *table = manager->jpeg_message_table;
    if (table == NULL || manager->last_jpeg_message < (int)JMSG_VERSION ||
        manager->last_jpeg_message < (int)JMSG_COPYRIGHT)
        return false;
    const char *version = table[JMSG_VERSION], *copyright = table[JMSG_COPYRIGHT];
    if (version == NULL || copyright == NULL || strstr(copyright, "libjpeg-turbo") == NULL)
        return false;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        if (strncmp(version, versions[i], strlen(versions[i])) == 0)
            return true;
    }
    return false;
}

/* --- where code is --------------------------------------------------------------------------------- */

struct code_search {
    uintptr_t one, other;
    bool together;
};

/* dl_iterate_phdr's: are both in an executable segment of this object? */
static int search_object(struct dl_phdr_info *object, size_t size, void *argument)
{
    (void)size;
    struct code_search *search = argument;
    bool has_one = false, has_other = false;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
            continue;
        const uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
        has_one |= search->one - begin < segment->p_memsz;
        has_other |= search->other - begin < segment->p_memsz;
    }
    search->together = has_one && has_other;
    return has_one; /* ends the search */
}

bool jpeg_private_is_method(jpeg_method method)
{
    struct jpeg_error_mgr manager;
    jpeg_std_error(&manager);
    struct code_search search = {.one = (uintptr_t)manager.error_exit, .other = (uintptr_t)method};
    dl_iterate_phdr(search_object, &search);
    return search.together;
}

/* --- counting -------------------------------------------------------------------------------------- */

/* A grey image of two by two blocks, each of one level, at quality 100: the coefficients are known. */
enum {
    SIDE_BLOCKS = 2,
    SIDE = SIDE_BLOCKS * DCTSIZE,
    MCUS = SIDE_BLOCKS * SIDE_BLOCKS,
    CONTROLLER_MAX = 4096, /* bytes of the coefficient controller, in which MCUs are passed on */
};

struct count_trial {
    struct jpeg_compress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_destination_mgr destination;
    JOCTET written[1024];
    unsigned slot;
    jpeg_method encode_mcu;
    unsigned mcus;
    bool as_expected; /* so far */
    bool holds;
};

/* Of this thread. A method in another slot could be called with anything, so note_mcu trusts no argument. */
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

/* The methods of the entropy encoder chosen by this start; returns false if it chose none. */
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

/* encode_mcu is another function when libjpeg optimises; start_pass is the same. Only then it is replaced. */
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
        writing[JPEG_START_PASS] != counting[JPEG_START_PASS] ||
        !jpeg_private_is_method(writing[JPEG_START_PASS]) || !jpeg_private_is_method(writing[self->slot]))
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

int jpeg_private_try_counting(unsigned slot, jpeg_method *found, struct pm_error *error)
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

/* --- the result ------------------------------------------------------------------------------------ */

enum { SOUND = 16, TRIED = 32 }; /* in addition to the bits of enum jpeg_use */

/* Threads that come at the same time try it out each by itself, and store the same. */
static _Atomic(jpeg_method) encode_mcu;
static atomic_uint verdict;
static atomic_uint restriction = JPEG_ALL_USES;

/* The first of these that decodes rightly is kept. */
static const unsigned decoding_uses[] = {JPEG_SCALE_PLANES | JPEG_LEND_ARRAYS, JPEG_LEND_ARRAYS,
                                         JPEG_SCALE_PLANES, 0};
enum { DECODING_USES = sizeof decoding_uses / sizeof *decoding_uses };

static int try_library(unsigned *result, struct pm_error *error)
{
    struct jpeg_error_mgr manager;
    jpeg_std_error(&manager);
    const bool known = jpeg_private_known_version(&manager);
    *result = TRIED;
    if (known) {
        jpeg_method found;
        int status = jpeg_private_try_counting(JPEG_ENCODE_MCU, &found, error);
        if (status < 0)
            return -1;
        atomic_store(&encode_mcu, found);
        *result |= status == 1 ? JPEG_COUNT_MCUS : 0;
    }
    for (unsigned i = known ? 0 : DECODING_USES - 1; i < DECODING_USES; i++) {
        int status = jpeg_private_try_decoding(decoding_uses[i], error);
        if (status < 0)
            return -1;
        if (status == 1) {
            *result |= SOUND | decoding_uses[i];
            break;
        }
    }
    return 0;
}

int jpeg_private_get(struct jpeg_private *private, struct pm_error *error)
{
    unsigned result = atomic_load(&verdict);
    if (result == 0) {
        if (try_library(&result, error) != 0)
            return -1;
        atomic_store(&verdict, result);
    }
    if ((result & SOUND) == 0)
        return error_set(error, PM_ERROR_INTERNAL,
                         "JPEG is unavailable: the libjpeg in use decodes test images wrongly (reinstall the "
                         "one that 'ldd pixmill' shows)");
    *private = (struct jpeg_private){.uses = result & JPEG_ALL_USES & atomic_load(&restriction),
                                     .encode_mcu = atomic_load(&encode_mcu)};
    return 0;
}

unsigned jpeg_private_uses(void)
{
    struct jpeg_private private;
    struct pm_error ignored = {0};
    return jpeg_private_get(&private, &ignored) == 0 ? private.uses : 0;
}

void jpeg_private_restrict(unsigned uses)
{
    atomic_store(&restriction, uses);
}
