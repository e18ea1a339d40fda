/*
 * A truncated or forged journal. Checks: a job recorded in a journal that could be opened is done when the
 * journal is opened again, and one of another size is not.
 */
#include <libdeflate.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "batch/journal.h"
#include "fuzz/fuzz.h"

static const char header[] = "pixmill journal 1\n";

/* Writes the bytes with, if `mended`, the right checksum at the end of each line. */
static void put(int fd, const uint8_t *data, size_t size, int mended)
{
    FUZZ_ASSERT(!mended || write(fd, header, sizeof header - 1) == (ssize_t)sizeof header - 1);
    while (mended && size > 0) {
        const uint8_t *newline = memchr(data, '\n', size);
        size_t length = newline != NULL ? (size_t)(newline - data) : size;
        dprintf(fd, "%.*s\t%08x\n", (int)length, (const char *)data,
                libdeflate_crc32(0, data, strnlen((const char *)data, length)));
        size -= length + (newline != NULL);
        data += length + (newline != NULL);
    }
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        FUZZ_ASSERT(written > 0);
        data += written;
        size -= (size_t)written;
    }
}

static struct journal *open_journal(const char *path, enum journal_use use, struct pm_error *error)
{
    return journal_open(&(struct journal_options){.path = path, .use = use, .settings = "s"}, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stat status = {.st_size = 1234, .st_mtim = {.tv_sec = 5, .tv_nsec = 6}};
    const struct journal_results results = {.output = "/proc/self/exe"};
    struct journal_answer answer;
    struct pm_error error = {0};
    char path[64];
    if (size == 0)
        return 0;
    int fd = memfd_create("journal", 0);
    FUZZ_ASSERT(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    put(fd, data + 1, size - 1, data[0] & 1);
    struct journal *journal = open_journal(path, data[0] & 2 ? JOURNAL_RESUME : JOURNAL_RECORD, &error);
    FUZZ_ASSERT((journal != NULL) == (error.kind == PM_OK));
    if (journal != NULL) {
        FUZZ_ASSERT(journal_add(journal, "/in put", &status, &results,
                                data[0] & 4 ? &(struct pm_error){.kind = PM_ERROR_CORRUPT} : NULL,
                                &error) == 0);
        FUZZ_ASSERT(journal_close(journal, &error) == 0);
        journal = open_journal(path, JOURNAL_LOOK, &error);
        FUZZ_ASSERT(journal != NULL);
        FUZZ_ASSERT(journal_find(journal, "/in put", &status, &results, &answer) ==
                    (data[0] & 4 ? JOURNAL_FAILED : JOURNAL_DONE));
        status.st_size++;
        FUZZ_ASSERT(journal_find(journal, "/in put", &status, &results, &answer) == JOURNAL_UNKNOWN);
        FUZZ_ASSERT(journal_close(journal, &error) == 0);
    }
    close(fd);
    return 0;
}
