/*
 * A file system that takes names of temporaries in upper case for those in lower case, as FAT does for all
 * names. $PIXMILL_FOLD_FAILS: "look" for them fails, or "open" to create them.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "preload/real.h"

#define EXPORT __attribute__((visibility("default")))

static int fails(const char *call, int why)
{
    const char *failing = getenv("PIXMILL_FOLD_FAILS");
    if (failing == NULL || strcmp(failing, call) != 0)
        return 0;
    errno = why;
    return 1;
}

EXPORT int fstatat(int folder, const char *path, struct stat *status, int flags)
{
    char lower[4096];
    if (strstr(path, ".PIXMILL-") == NULL || strlen(path) >= sizeof lower)
        return REAL(fstatat)(folder, path, status, flags);
    if (fails("look", EIO))
        return -1;
    size_t i = 0;
    for (; path[i] != '\0'; i++)
        lower[i] = (char)tolower((unsigned char)path[i]);
    lower[i] = '\0';
    return REAL(fstatat)(folder, lower, status, flags);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if ((flags & O_CREAT) != 0 && strstr(path, ".pixmill-") != NULL && fails("open", ENOSPC))
        return -1;
    return REAL(openat)(folder, path, flags, mode);
}

#if __SIZEOF_LONG__ == 8
__asm__(".globl fstatat64\n.set fstatat64, fstatat");
__asm__(".globl openat64\n.set openat64, openat");
#endif
