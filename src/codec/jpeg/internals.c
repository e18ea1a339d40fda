/* Detects which libjpeg is loaded and which code belongs to it; codec/jpeg/internals.h states the purpose. */
#include "codec/jpeg/internals.h"

#include <jerror.h>
#include <link.h>
#include <string.h>

bool jpeg_known_version(const struct jpeg_error_mgr *manager)
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

/* Callback of dl_iterate_phdr: are both addresses in executable segments of this object? */
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

bool jpeg_is_method(jpeg_method method)
{
    struct jpeg_error_mgr manager;
    jpeg_std_error(&manager);
    struct code_search search = {.one = (uintptr_t)manager.error_exit, .other = (uintptr_t)method};
    dl_iterate_phdr(search_object, &search);
    return search.together;
}
