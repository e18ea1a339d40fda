#include "codec/part.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/find_part.h"

/* State of the part of codecs[i]. */
struct load {
    _Atomic(const struct codec *) coder; /* NULL: not loaded */
    bool failed;                         /* under the lock; `error` is then the reason */
    struct pm_error error;
};

static struct load loads[CODECS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int find(const struct codec_part *part, char path[PATH_MAX], struct pm_error *error)
{
    struct pm_error why = {0};
    if (find_part(part->file, path, &why) == 0)
        return 0;
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "%s needs %s, which is missing (install it, or build pixmill with %s)",
                     part->title, part->file, part->library);
}

/* RTLD_NODELETE: threads may refer to a library's code until they end, so it must stay loaded. */
static const struct codec *load(const struct codec_part *part, struct pm_error *error)
{
    char path[PATH_MAX];
    if (find(part, path, error) != 0)
        return NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) {
        error_set(error, PM_ERROR_UNSUPPORTED, "%s can't be loaded: %.160s (install %s)", part->file,
                  dlerror(), part->library);
        return NULL;
    }
    const struct codec_part_export *export = dlsym(library, CODEC_PART_SYMBOL);
    if (export != NULL && strcmp(export->version, PIXMILL_VERSION) == 0 &&
        export->layout == CODEC_PART_LAYOUT)
        return export->coder;
    error_set(error, PM_ERROR_UNSUPPORTED, "%s is of another version (reinstall both)", part->file);
    return NULL;
}

const struct codec *codec_coder(const struct codec *codec, struct pm_error *error)
{
    if (codec->part == NULL)
        return codec;
    struct load *known = &loads[codec_index(codec)];
    const struct codec *coder = atomic_load(&known->coder);
    if (coder != NULL)
        return coder;
    pthread_mutex_lock(&lock);
    coder = atomic_load(&known->coder);
    if (coder == NULL && !known->failed) {
        coder = load(codec->part, &known->error);
        known->failed = coder == NULL;
        atomic_store(&known->coder, coder);
    }
    if (coder == NULL)
        error_copy(error, &known->error);
    pthread_mutex_unlock(&lock);
    return coder;
}

bool codec_is_loaded(const struct codec *codec)
{
    return codec->part == NULL || atomic_load(&loads[codec_index(codec)].coder) != NULL;
}

int codec_part_find(const struct codec *codec, struct pm_error *error)
{
    char path[PATH_MAX];
    return codec->part == NULL ? 0 : find(codec->part, path, error);
}

uint32_t codec_part_bit(const struct codec *codec)
{
    return codec->part != NULL ? (uint32_t)1 << codec_index(codec) : 0;
}

uint32_t codec_parts(void)
{
    uint32_t mask = 0;
    for (int i = 0; codecs[i] != NULL; i++)
        mask |= codec_part_bit(codecs[i]);
    return mask;
}

void codec_parts_load(uint32_t mask)
{
    for (int i = 0; codecs[i] != NULL; i++) {
        struct pm_error later = {0}; /* codec_coder reports the error again */
        if ((mask >> i & 1) != 0)
            codec_coder(codecs[i], &later);
    }
}
