#include "cli/urls.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/run.h"
#include "forbid.h"

static const struct url_variant variants[] = {
    {"--io=threads", "--backend=threads", false}, {"--io=sync", "--backend=threads", false},
    {"--io=async", "--backend=threads", false},   {"--io=async", "--backend=async", false},
    {"--io=async", "--backend=threads", true},    {"--io=threads", "--backend=procs", false},
};
const struct url_variant *url_variant = &variants[0];

struct criterion_test_params url_each_variant(void)
{
    static size_t indices[] = {0, 1, 2, 3, 4, 5};
    static_assert(sizeof indices / sizeof *indices == sizeof variants / sizeof *variants, "an index each");
    return cr_make_param_array(size_t, indices, sizeof indices / sizeof *indices);
}

void url_choose(size_t index)
{
    url_variant = &variants[index];
    if (url_variant->forbid_uring)
        cr_assert_eq(forbid_uring(), 0); /* to the command as well, which inherits it */
}

const char *url_io_jobs(const char *option)
{
    return strcmp(url_variant->io, "--io=sync") == 0 ? "--progress=never" : option;
}

void expect_result(const char *result, const char *picture)
{
    if (access("whole", F_OK) != 0) {
        struct run reference = RUN("run", "small.png", "large.png", "-o", "whole", "--rotate=90");
        cr_assert_eq(reference.status, 0, "%s", reference.err);
    }
    char whole[64];
    snprintf(whole, sizeof whole, "whole/%s", picture);
    cr_assert(same_bytes(result, whole), "%s is not what %s gives", result, picture);
}

void expect_log(const char *words)
{
    cr_assert_not_null(strstr(content_of("log", NULL), words), "no '%s' in:\n%s", words,
                       content_of("log", NULL));
}
