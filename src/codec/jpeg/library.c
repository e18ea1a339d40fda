/* Tests the loaded libjpeg, once per process. */
#include "codec/jpeg/library.h"

#include <stdatomic.h>

#include "codec/jpeg/trial.h"

enum { SOUND = 16, TRIED = 32 }; /* in addition to the bits of enum jpeg_use */

/* Threads that come at the same time each test it, and store the same result. */
static _Atomic(jpeg_method) encode_mcu;
static atomic_uint verdict;
static atomic_uint restriction = JPEG_ALL_USES;

/* The first combination that decodes correctly is used. */
static const unsigned decoding_uses[] = {JPEG_SCALE_PLANES | JPEG_LEND_ARRAYS, JPEG_LEND_ARRAYS,
                                         JPEG_SCALE_PLANES, 0};
enum { DECODING_USES = sizeof decoding_uses / sizeof *decoding_uses };

static int try_library(unsigned *result, struct pm_error *error)
{
    struct jpeg_error_mgr manager;
    jpeg_std_error(&manager);
    const bool known = jpeg_known_version(&manager);
    *result = TRIED;
    if (known) {
        jpeg_method found;
        int status = jpeg_trial_counting(JPEG_ENCODE_MCU, &found, error);
        if (status < 0)
            return -1;
        atomic_store(&encode_mcu, found);
        *result |= status == 1 ? JPEG_COUNT_MCUS : 0;
    }
    for (unsigned i = known ? 0 : DECODING_USES - 1; i < DECODING_USES; i++) {
        int status = jpeg_trial_decoding(decoding_uses[i], error);
        if (status < 0)
            return -1;
        if (status == 1) {
            *result |= SOUND | decoding_uses[i];
            break;
        }
    }
    return 0;
}

int jpeg_library_get(struct jpeg_library *library, struct pm_error *error)
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
    *library = (struct jpeg_library){.uses = result & JPEG_ALL_USES & atomic_load(&restriction),
                                     .encode_mcu = atomic_load(&encode_mcu)};
    return 0;
}

unsigned jpeg_library_uses(void)
{
    struct jpeg_library library;
    struct pm_error ignored = {0};
    return jpeg_library_get(&library, &ignored) == 0 ? library.uses : 0;
}

void jpeg_library_restrict(unsigned uses)
{
    atomic_store(&restriction, uses);
}
