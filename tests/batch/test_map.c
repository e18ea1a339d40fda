#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "codec/codec.h"
#include "pixmill/pixmill.h"

enum { IMAGES = 24 };

/* Images of growing width, the last one broken; results by tag. */
struct set {
    struct buffer files[IMAGES];
    size_t next, done;
    size_t sizes[IMAGES];
    uint32_t sums[IMAGES];
    enum pm_error_kind kinds[IMAGES];
    bool warned[IMAGES];
};

static void set_make(struct set *set)
{
    memset(set, 0, sizeof *set);
    for (uint32_t i = 0; i < IMAGES; i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct pm_error error = {0};
        struct context context = {
            .arena = &arena, .spare = &arena, .job_arena = &arena, .lanes = 1, .error = &error};
        struct shape shape = {
            .width = 40 + i, .height = 30, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
        struct pm_image image;
        cr_assert_eq(image_alloc(&image, &shape, &context), 0);
        for (uint32_t y = 0; y < shape.height; y++)
            memset(plane_row(&image.plane[0], y), (int)(y * i), 3 * (size_t)shape.width);
        cr_assert_eq(codec_of_suffix("png")->encode(&image, NULL, &set->files[i], &context), 0);
        arena_free(&arena);
    }
    set->files[IMAGES - 1].size -= 30; /* within its pixels */
}

static void set_free(struct set *set)
{
    for (size_t i = 0; i < IMAGES; i++)
        buffer_free(&set->files[i]);
}

static int set_next(void *user, struct pm_map_item *item)
{
    struct set *set = user;
    if (set->next == IMAGES)
        return 0;
    item->data = set->files[set->next].data;
    item->size = set->files[set->next].size;
    item->tag = &set->files[set->next];
    set->next++;
    return 1;
}

static void set_done(void *user, struct pm_map_item *item)
{
    struct set *set = user;
    size_t i = (size_t)((struct buffer *)item->tag - set->files);
    set->done++;
    set->sizes[i] = item->result_size;
    set->kinds[i] = item->error.kind;
    set->warned[i] = strstr(item->warnings, "\n") != NULL;
    for (size_t k = 0; k < item->result_size; k++)
        set->sums[i] = set->sums[i] * 31 + item->result[k];
    free(item->result);
}

/* pm_map in a process of its own, which has one thread, as `procs` requires: Criterion's have two. */
static int map_alone(const struct pm_recipe *recipe, const struct pm_map_options *options, struct set *set,
                     struct pm_error *error)
{
    struct shared {
        struct set set;
        struct pm_error error;
        int status;
    } *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(shared, MAP_FAILED);
    *shared = (struct shared){.set = *set, .status = -1};
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        shared->status = pm_map(recipe, options, set_next, set_done, &shared->set, &shared->error);
        _exit(0);
    }
    int ended;
    cr_assert_eq(waitpid(child, &ended, 0), child);
    cr_expect_eq(ended, 0);
    memcpy(set->sizes, shared->set.sizes, sizeof set->sizes);
    memcpy(set->sums, shared->set.sums, sizeof set->sums);
    memcpy(set->kinds, shared->set.kinds, sizeof set->kinds);
    memcpy(set->warned, shared->set.warned, sizeof set->warned);
    set->next = shared->set.next;
    set->done = shared->set.done;
    *error = shared->error;
    const int status = shared->status;
    munmap(shared, sizeof *shared);
    return status;
}

Test(map, every_backend_gives_the_same_bytes_and_fails_the_same_image)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("resize=20x/blur=1", &error);
    cr_assert_not_null(recipe);
    struct set first = {0};
    for (size_t b = 0; pm_backend_name(b) != NULL; b++) {
        if (pm_backend_why_not(pm_backend_name(b)) != NULL)
            continue;
        struct set set;
        set_make(&set);
        struct pm_map_options options = {.backend = pm_backend_name(b), .workers = 3};
        cr_assert_eq(map_alone(recipe, &options, &set, &error), 0, "%s", error.message);
        cr_assert_eq(set.done, IMAGES);
        cr_assert_eq(set.kinds[0], PM_OK);
        cr_assert_eq(set.kinds[IMAGES - 1], PM_ERROR_TRUNCATED);
        cr_assert_eq(set.sizes[IMAGES - 1], 0);
        if (b == 0)
            first = set;
        cr_assert_eq(memcmp(first.sums, set.sums, sizeof set.sums), 0, "%s", pm_backend_name(b));
        set_free(&set);
    }
    pm_recipe_free(recipe);
}

Test(map, warnings_are_handed_on_by_every_backend)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("allow-truncated/flip", &error);
    cr_assert_not_null(recipe);
    for (size_t b = 0; pm_backend_name(b) != NULL; b++) {
        if (pm_backend_why_not(pm_backend_name(b)) != NULL)
            continue;
        struct set set;
        set_make(&set);
        struct pm_map_options options = {.backend = pm_backend_name(b), .workers = 2};
        cr_assert_eq(map_alone(recipe, &options, &set, &error), 0, "%s", error.message);
        for (size_t i = 0; i < IMAGES; i++)
            cr_assert_eq(set.warned[i], i == IMAGES - 1, "%s: image %zu", pm_backend_name(b), i);
        set_free(&set);
    }
    pm_recipe_free(recipe);
}

Test(map, a_backend_that_does_not_exist_is_refused)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("flip", &error);
    struct pm_map_options options = {.backend = "fibres"};
    struct set set = {0};
    cr_assert_eq(pm_map(recipe, &options, set_next, set_done, &set, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    cr_assert_eq(set.next, 0);
    pm_recipe_free(recipe);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer may have a thread of its own, with which procs is always refused */
static void *wait_for(void *semaphore)
{
    sem_wait(semaphore);
    return NULL;
}

Test(map, procs_is_refused_while_the_process_has_other_threads)
{
    if (pm_backend_why_not("procs") != NULL)
        cr_skip_test("procs: %s", pm_backend_why_not("procs"));
    struct pm_error error = {0}, refused = {0};
    struct pm_recipe *recipe = pm_recipe_parse("flip", &error);
    const struct pm_map_options options = {.backend = "procs", .workers = 1};
    static struct set set;
    set_make(&set);
    sem_t end;
    pthread_t thread;
    cr_assert_eq(sem_init(&end, 0, 0), 0);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for, &end), 0);
    cr_expect_eq(pm_map(recipe, &options, set_next, set_done, &set, &refused), -1);
    cr_expect_eq(refused.kind, PM_ERROR_USAGE);
    cr_expect_eq(set.next, 0);
    sem_post(&end);
    pthread_join(thread, NULL);
    cr_expect_eq(map_alone(recipe, &options, &set, &error), 0, "%s", error.message);
    cr_expect_eq(set.done, IMAGES);
    set_free(&set);
    pm_recipe_free(recipe);
}
#endif

/* The last images of a set; each comes only when the one before has its result. */
struct waiting_set {
    struct set set; /* first */
    sem_t results;
};
enum { WAITED_FOR = 3 };

static int next_after_a_result(void *user, struct pm_map_item *item)
{
    struct waiting_set *waiting = user;
    if (waiting->set.next > IMAGES - WAITED_FOR && waiting->set.next < IMAGES)
        sem_wait(&waiting->results);
    return set_next(user, item);
}

static void done_with_word(void *user, struct pm_map_item *item)
{
    set_done(user, item);
    sem_post(&((struct waiting_set *)user)->results);
}

/* An image takes long enough for the other worker to wait in `next` before it has its result. */
Test(map, with_separate_the_next_image_may_wait_for_a_result, .timeout = 60)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("resize=3000x/blur=9", &error);
    const struct pm_map_options options = {.backend = "threads", .workers = 2, .separate = true};
    static struct waiting_set waiting;
    set_make(&waiting.set);
    waiting.set.next = IMAGES - WAITED_FOR;
    cr_assert_eq(sem_init(&waiting.results, 0, 0), 0);
    cr_assert_eq(pm_map(recipe, &options, next_after_a_result, done_with_word, &waiting, &error), 0);
    cr_assert_eq(waiting.set.done, WAITED_FOR);
    set_free(&waiting.set);
    pm_recipe_free(recipe);
}
