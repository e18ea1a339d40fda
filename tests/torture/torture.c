#include "torture/torture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "batch/keyring.h"
#include "cli/run.h"
#include "io/file.h"
#include "pixmill/recipe.h"
#include "pixmill/transform.h"
#include "temp.h"

enum { COMPLAINTS_SHOWN = 40, WAIT_SECONDS = 30 };

static unsigned long seed;
static uint64_t random_state;
static unsigned long complaints;

bool torture_is_long(void)
{
    const char *form = getenv("PIXMILL_TORTURE");
    return form != NULL && strcmp(form, "long") == 0;
}

void torture_begin(void)
{
    const char *given = getenv("PIXMILL_SEED");
    seed = given != NULL ? strtoul(given, NULL, 10) : (unsigned long)time(NULL) << 16 ^ getpid();
    random_state = seed * 2 + 1;
    if (torture_is_long())
        temp_on_disk();
    run_begin();
    if (torture_is_long())
        fprintf(stderr, "PIXMILL_SEED=%lu\n", seed);
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

/* splitmix64 */
unsigned long torture_random(unsigned long end)
{
    uint64_t x = random_state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return (unsigned long)((x ^ x >> 31) % end);
}

void torture_complain(const char *format, ...)
{
    if (++complaints > COMPLAINTS_SHOWN)
        return;
    if (complaints == 1)
        fprintf(stderr, "PIXMILL_SEED=%lu\n", seed);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void torture_end(void)
{
    cr_assert_eq(complaints, 0, "%lu complaints", complaints);
}

const char *torture_preload(const char *name)
{
    static char text[512];
    const char *path = getenv("PIXMILL");
    cr_assert_not_null(path, "PIXMILL names no command (make unit sets it)");
    const char *slash = strrchr(path, '/');
    cr_assert_not_null(slash);
    int length = snprintf(text, sizeof text, "LD_PRELOAD=%.*s/%s.so", (int)(slash - path), path, name);
    cr_assert_eq(access(strchr(text, '=') + 1, R_OK), 0, "%s is not built", text);
    cr_assert_lt((size_t)length, sizeof text);
    return text;
}

void torture_expect_no_process(const char *what)
{
    double end = clock_now() + WAIT_SECONDS;
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0)
            return;
        if (pid == 0 && clock_now() > end) {
            torture_complain("%s: a process was left", what);
            return;
        }
        if (pid == 0)
            clock_sleep_until(clock_now() + 1e-3);
    }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

void torture_remove(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const struct variant torture_variants[] = {
    {.name = "encrypted", .filters = {"--resize=10x10", "--encrypt", "--key-file=key"}, .encrypts = true},
    {.name = "plain", .filters = {"--resize=50%", "--blur=1", "--rotate=90"}},
    {.name = "decrypted", .filters = {"--decrypt", "--format=jpeg", "--key-file=key"}, .decrypts = true},
};
const size_t torture_variant_count = sizeof torture_variants / sizeof *torture_variants;

const char *torture_inputs(const struct variant *variant)
{
    return variant->decrypts ? "sealed" : "in";
}

static void expect_well(const char *const *arguments)
{
    struct run run = run_with(&(struct start){0}, arguments);
    cr_assert_eq(run.status, 0, "%s", run.err);
}

/* Creates a grey, a coloured and a JPEG picture in turn, a third of the files each. */
void torture_prepare(int pictures)
{
    put_picture_of("0.png", 23, 17, PM_COLOR_GRAY, true, 16);
    put_picture("1.png", 31, 20);
    put_picture("2.jpg", 33, 18);
    temp_text("key", "0123456789abcdef0123456789abcdef");
    cr_assert_eq(chmod("key", 0600), 0);
    cr_assert_eq(mkdir("in", 0755), 0);
    for (int i = 0; i < pictures; i++) {
        static const char *const from[] = {"0.png", "1.png", "2.jpg"};
        char name[32];
        snprintf(name, sizeof name, "in/%04d%s", i, strchr(from[i % 3], '.'));
        cr_assert_eq(link(from[i % 3], name), 0);
    }
    const char *const seal[] = {"run", "in", "-o", "sealed", "--encrypt", "--key-file=key", NULL};
    expect_well(seal);
    for (size_t i = 0; i < torture_variant_count; i++) {
        const struct variant *variant = &torture_variants[i];
        char folder[64];
        snprintf(folder, sizeof folder, "reference-%s", variant->name);
        const char *arguments[16] = {"run", torture_inputs(variant), "-o", folder, "--backend=serial"};
        size_t n = 5;
        for (size_t f = 0; variant->filters[f] != NULL && !variant->encrypts; f++)
            arguments[n++] = variant->filters[f];
        if (variant->encrypts) { /* the expected result of decrypting */
            arguments[n++] = variant->filters[0];
            arguments[n++] = "--format=png";
        }
        expect_well(arguments);
    }
    run_forget();
}

/* Replaces encrypted bytes by the picture they contain. */
static int decrypt(char **bytes, size_t *size)
{
    static struct keyring *keyring;
    static struct pm_recipe *recipe;
    struct pm_error error = {0};
    struct pm_secrets secrets = {.has_decrypt = true};
    uint8_t *made = NULL;
    if (keyring == NULL) {
        keyring = keyring_open("key", NULL, &error);
        recipe = pm_recipe_parse("decrypt/format=png", &error);
        cr_assert(keyring != NULL && recipe != NULL, "%s", error.message);
    }
    if (keyring_decrypt(keyring, (const uint8_t *)*bytes, *size, &secrets.decrypt, &error) != 0 ||
        pm_transform(recipe, (const uint8_t *)*bytes, *size, NULL, &secrets, &made, size, &error) != 0)
        return -1;
    free(*bytes);
    *bytes = (char *)made;
    return 0;
}

static bool is_right(const struct variant *variant, const char *folder, const char *name)
{
    char path[512], reference[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(reference, sizeof reference, "reference-%s/%s", variant->name, name);
    if (!variant->encrypts)
        return same_bytes(path, reference);
    size_t size = 0, wanted_size = 0;
    char *bytes = temp_read(path, &size), *wanted = temp_read(reference, &wanted_size);
    bool right = bytes != NULL && wanted != NULL && decrypt(&bytes, &size) == 0 && size == wanted_size &&
                 memcmp(bytes, wanted, size) == 0;
    free(bytes);
    free(wanted);
    return right;
}

struct torture_files torture_look(const struct variant *variant, const char *folder)
{
    struct torture_files files = {0};
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return files;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (temporary_has_name(entry->d_name))
            files.temporaries++;
        else if (entry->d_name[0] != '.' && is_right(variant, folder, entry->d_name))
            files.right++;
        else if (entry->d_name[0] != '.' && files.wrong++ == 0)
            snprintf(files.first_wrong, sizeof files.first_wrong, "%s", entry->d_name);
    }
    closedir(dir);
    return files;
}

int torture_right_files(const struct variant *variant, const char *folder, int *temporaries, const char *what)
{
    const struct torture_files files = torture_look(variant, folder);
    if (files.wrong > 0)
        torture_complain("%s: %d of %s are not right, as %s", what, files.wrong, folder, files.first_wrong);
    *temporaries = files.temporaries;
    return files.right;
}

int torture_summary(const char *text, const char *word)
{
    const char *summary = strstr(text, " images: ");
    for (const char *next = summary; next != NULL; next = strstr(next + 1, " images: "))
        summary = next;
    if (summary == NULL)
        return -1;
    char *copy = strndup(summary, strcspn(summary, "\n")), wanted[32];
    cr_assert_not_null(copy);
    snprintf(wanted, sizeof wanted, " %s", word);
    const char *found = strstr(copy, wanted);
    int number = -1;
    while (found != NULL && found > copy && found[-1] >= '0' && found[-1] <= '9')
        found--;
    if (found != NULL)
        number = atoi(found);
    free(copy);
    return number;
}
