#include "conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *conformance_folder(void)
{
    const char *folder = getenv("PIXMILL_CONFORMANCE");
    struct stat status;
    if (folder == NULL)
        folder = "../shared/conformance";
    if (stat(folder, &status) == 0)
        return folder;
    fprintf(stderr, "SKIPPED: no conformance images in %s (set PIXMILL_CONFORMANCE)\n", folder);
    return NULL;
}
