#include "batch/load_pictures.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/file.h"
#include "transform/pictures.h"

static int read_picture(const char *path, struct buffer *bytes, struct pm_error *error)
{
    uint64_t size;
    mode_t mode;
    const int fd = file_open(path, &size, &mode, error);
    if (fd < 0)
        return -1;
    int status = 0;
    if (size > LOAD_PICTURE_BYTES)
        status = error_limit(error, LOAD_PICTURE_BYTES, size, "is too large (at most %d MiB)",
                             LOAD_PICTURE_BYTES >> 20);
    if (status == 0)
        status = file_read(fd, size, bytes, error);
    close(fd);
    return status;
}

/* Adds the file under `name`. `skip`: unless it is no picture. */
static int load(struct pictures *pictures, const char *name, const char *path, bool skip, uint64_t max_pixels,
                struct pm_error *error)
{
    char shown[96];
    struct buffer bytes = {0};
    struct pm_error why = {0};
    int status = read_picture(path, &bytes, &why);
    if (status == 0 && !(skip && codec_sniff(bytes.data, bytes.size) == NULL))
        status = pictures_add(pictures, name, bytes.data, bytes.size,
                              max_pixels > 0 ? max_pixels : LOAD_PICTURE_PIXELS, &why);
    buffer_free(&bytes);
    text_shown(path, shown, sizeof shown);
    return status == 0 ? 0 : error_set(error, why.kind, "%s: %s", shown, why.message);
}

int load_recipe_pictures(struct pm_recipe *recipe, uint64_t max_pixels, struct pictures **pictures,
                         struct pm_error *error)
{
    const char *name;
    *pictures = NULL;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        if ((name = recipe_picture_name(recipe, i)) == NULL || pictures_find(*pictures, name) != NULL)
            continue;
        if (*pictures == NULL && (*pictures = pictures_new()) == NULL)
            return error_memory(error, 0);
        if (load(*pictures, name, name, false, max_pixels, error) != 0)
            return -1;
    }
    recipe->pictures = *pictures;
    return 0;
}

static int load_entries(struct pictures *pictures, DIR *folder, const char *path, uint64_t max_pixels,
                        struct pm_error *error)
{
    struct stat status;
    unsigned count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char file[PATH_MAX];
        const int length = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || length >= (int)sizeof file ||
            fstatat(dirfd(folder), entry->d_name, &status, 0) != 0 || !S_ISREG(status.st_mode))
            continue;
        if (++count > LOAD_PICTURES_MAX)
            return error_limit(error, LOAD_PICTURES_MAX, count, "%s: too many files (at most %d)", path,
                               LOAD_PICTURES_MAX);
        if (load(pictures, entry->d_name, file, true, max_pixels, error) != 0)
            return -1;
    }
    return 0;
}

struct pictures *load_picture_folder(const char *path, uint64_t max_pixels, struct pm_error *error)
{
    struct pictures *pictures = pictures_new();
    DIR *folder = opendir(path);
    int status = 0;
    if (folder == NULL)
        status = error_set(error, PM_ERROR_IO, "%s: the folder can't be opened: %s", path, strerror(errno));
    else if (pictures == NULL)
        status = error_memory(error, 0);
    else
        status = load_entries(pictures, folder, path, max_pixels, error);
    if (folder != NULL)
        closedir(folder);
    if (status == 0)
        return pictures;
    pictures_free(pictures);
    return NULL;
}
