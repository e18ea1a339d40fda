#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/walk.h"
#include "temp.h"

/* Tests run in their own folder and use relative names, so that they can compare complete results. */
static void begin(void)
{
    cr_assert_eq(chdir(temp_folder()), 0);
}

struct asked {
    const char *output; /* NULL: "out" */
    const char *base;
    bool nul_separated;
    const struct codec *format;
};

static int walk_asked(const char *const *inputs, size_t ninputs, struct asked asked, struct walk_list *list,
                      struct pm_error *error)
{
    const struct settings settings = {.output = asked.output != NULL ? asked.output : "out",
                                      .base = asked.base,
                                      .nul_separated = asked.nul_separated};
    const struct walk_options options = {.settings = &settings, .format = asked.format};
    return walk_inputs(inputs, ninputs, &options, list, error);
}

static struct walk_list walked(const char *const *inputs, size_t ninputs, struct asked asked)
{
    struct pm_error error = {0};
    struct walk_list list;
    cr_assert_eq(walk_asked(inputs, ninputs, asked, &list, &error), 0, "%s", error.message);
    return list;
}

static void refused(const char *const *inputs, size_t ninputs, struct asked asked, const char *words)
{
    struct pm_error error = {0};
    struct walk_list list;
    cr_assert_eq(walk_asked(inputs, ninputs, asked, &list, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
    cr_assert_eq(list.count, 0);
    cr_assert_null(list.entries);
}

#define WALKED(options, ...)                                                                                 \
    walked((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),  \
           (struct asked)options)
#define REFUSED(words, options, ...)                                                                         \
    refused((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), \
            (struct asked)options, words)
#define OPTIONS(...)                                                                                         \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static void holds(const struct walk_list *list, size_t index, const char *input, const char *output)
{
    cr_assert_lt(index, list->count);
    cr_assert_str_eq(list->entries[index].input, input);
    cr_assert_str_eq(list->entries[index].output, output);
    cr_assert_eq(list->entries[index].problem, 0);
}

/* Makes `text` the standard input. */
static void standard_input(const char *text, size_t size)
{
    int fd = open(temp_write("stdin", text, size), O_RDONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
}

Test(walk, a_folder_is_walked_in_byte_order_and_keeps_its_tree)
{
    begin();
    temp_text("in/b.jpg", "");
    temp_text("in/a/z.jpg", "");
    temp_text("in/a/deep/er/x.png", "");
    temp_text("in/B.jpg", "");
    temp_text("in/a.jpg", "");
    temp_text("in/\xc3\xa4.jpg", "");
    struct walk_list list = WALKED({0}, "in/");
    cr_assert_eq(list.count, 6);
    holds(&list, 0, "in/B.jpg", "out/B.jpg");
    holds(&list, 1, "in/a/deep/er/x.png", "out/a/deep/er/x.png");
    holds(&list, 2, "in/a/z.jpg", "out/a/z.jpg");
    holds(&list, 3, "in/a.jpg", "out/a.jpg");
    holds(&list, 4, "in/b.jpg", "out/b.jpg");
    holds(&list, 5, "in/\xc3\xa4.jpg", "out/\xc3\xa4.jpg");
    cr_assert(list.entries[0].from_folder);
    walk_free(&list);
}

Test(walk, a_file_lands_by_its_last_part)
{
    begin();
    temp_text("in/deep/a.jpg", "");
    struct walk_list list = WALKED({0}, "./in//deep/a.jpg", "missing/b.jpg");
    cr_assert_eq(list.count, 2);
    holds(&list, 0, "./in//deep/a.jpg", "out/a.jpg");
    holds(&list, 1, "missing/b.jpg", "out/b.jpg");
    cr_assert_not(list.entries[0].from_folder);
    walk_free(&list);
}

Test(walk, a_name_that_no_file_has_is_a_problem_and_lands_nowhere)
{
    begin();
    temp_text("a.jpg", "");
    struct walk_list list = WALKED({0}, "", "missing/..", "a.jpg/", "a.jpg/.");
    cr_assert_eq(list.count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_neq(list.entries[i].problem, 0);
        cr_assert_str_eq(list.entries[i].output, "");
    }
    walk_free(&list);
}

Test(walk, base_keeps_the_tree_below_it)
{
    begin();
    temp_text("photos/2020/a.jpg", "");
    temp_text("photos/2021/a.jpg", "");
    struct walk_list list =
        WALKED(OPTIONS(.base = "photos/"), "photos/2020/a.jpg", "./photos/../photos//2021");
    cr_assert_eq(list.count, 2);
    holds(&list, 0, "photos/2020/a.jpg", "out/2020/a.jpg");
    holds(&list, 1, "./photos/../photos//2021/a.jpg", "out/2021/a.jpg");
    walk_free(&list);

    list = WALKED(OPTIONS(.base = "."), temp_path("photos/2020/a.jpg"));
    cr_assert_str_eq(list.entries[0].output, "out/photos/2020/a.jpg");
    walk_free(&list);
    list = WALKED(OPTIONS(.base = "/"), "/missing/../x/a.jpg");
    holds(&list, 0, "/missing/../x/a.jpg", "out/x/a.jpg");
    walk_free(&list);
}

Test(walk, an_input_outside_base_is_refused)
{
    begin();
    temp_text("photos/a.jpg", "");
    temp_text("photos2/a.jpg", "");
    REFUSED("photos2/a.jpg: is not below the base folder photos", OPTIONS(.base = "photos"), "photos2/a.jpg");
    REFUSED("is not below", OPTIONS(.base = "photos"), "photos/../photos2/a.jpg");
    REFUSED("is not below", OPTIONS(.base = "photos"), "photos2");
}

Test(walk, the_suffix_follows_a_changed_format)
{
    begin();
    struct walk_list list = WALKED(OPTIONS(.format = codec_of_suffix("png")), "one.JPG", "two.jpeg",
                                   "three.PNG", "four", "five.tar", ".png", "a.b/six", "seven.jpg.v2");
    holds(&list, 0, "one.JPG", "out/one.png");
    holds(&list, 1, "two.jpeg", "out/two.png");
    holds(&list, 2, "three.PNG", "out/three.PNG");
    holds(&list, 3, "four", "out/four.png");
    holds(&list, 4, "five.tar", "out/five.tar.png");
    holds(&list, 5, ".png", "out/.png.png");
    holds(&list, 6, "a.b/six", "out/six.png");
    holds(&list, 7, "seven.jpg.v2", "out/seven.jpg.v2.png");
    walk_free(&list);
}

Test(walk, two_inputs_with_one_result_are_refused_with_both_names)
{
    begin();
    REFUSED("a/x.jpg and b/x.jpg would both be written to out/x.jpg (give --base, a folder above both)", {0},
            "a/x.jpg", "b/x.jpg");
    REFUSED("one.jpg and one.png would both", OPTIONS(.format = codec_of_suffix("png")), "one.jpg",
            "one.png");
}

Test(walk, an_input_named_twice_stays_once)
{
    begin();
    struct walk_list list = WALKED({0}, "x.jpg", "y.jpg", "x.jpg");
    cr_assert_eq(list.count, 2);
    cr_assert_eq(list.twice, 1);
    cr_assert_str_eq(list.first_twice, "x.jpg");
    holds(&list, 0, "x.jpg", "out/x.jpg");
    holds(&list, 1, "y.jpg", "out/y.jpg");
    walk_free(&list);
}

Test(walk, names_in_messages_are_one_line_of_utf8)
{
    begin();
    REFUSED("a/x\\x0a\\xff.jpg and b/x\\x0a\\xff.jpg would both", {0}, "a/x\n\xff.jpg", "b/x\n\xff.jpg");
}

Test(walk, any_bytes_may_be_a_name)
{
    begin();
    temp_text("in/new\nline\xff\xfe.jpg", "");
    struct walk_list list = WALKED({0}, "in");
    holds(&list, 0, "in/new\nline\xff\xfe.jpg", "out/new\nline\xff\xfe.jpg");
    walk_free(&list);
}

Test(walk, loops_of_links_end_and_each_folder_is_walked_once)
{
    begin();
    temp_text("in/a/x.jpg", "");
    cr_assert_eq(symlink("..", "in/a/up"), 0);
    cr_assert_eq(symlink("a", "in/b"), 0);
    cr_assert_eq(symlink("self", "in/self"), 0);
    struct walk_list list = WALKED({0}, "in", "in/a");
    cr_assert_eq(list.count, 2);
    holds(&list, 0, "in/a/x.jpg", "out/a/x.jpg");
    holds(&list, 1, "in/self", "out/self"); /* a link to itself: its job reports the error */
    walk_free(&list);
}

Test(walk, links_to_files_and_folders_are_followed)
{
    begin();
    temp_text("elsewhere/x.jpg", "");
    temp_text("file.jpg", "");
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(symlink("../elsewhere", "in/folder"), 0);
    cr_assert_eq(symlink("../file.jpg", "in/link.jpg"), 0);
    struct walk_list list = WALKED({0}, "in");
    cr_assert_eq(list.count, 2);
    holds(&list, 0, "in/folder/x.jpg", "out/folder/x.jpg");
    holds(&list, 1, "in/link.jpg", "out/link.jpg");
    walk_free(&list);
}

Test(walk, the_output_folder_is_left_out_by_whatever_name)
{
    begin();
    temp_text("in/a.jpg", "");
    temp_text("in/out/old.jpg", "");
    cr_assert_eq(symlink("out", "in/zlink"), 0);
    struct walk_list list = WALKED(OPTIONS(.output = "./in/out/"), "in");
    cr_assert_eq(list.count, 1);
    holds(&list, 0, "in/a.jpg", "./in/out/a.jpg");
    walk_free(&list);
    REFUSED("the output folder is the input folder", OPTIONS(.output = "in"), "./in");
}

Test(walk, stale_temporaries_are_no_inputs)
{
    begin();
    temp_text("in/a.jpg", "");
    temp_text("in/.pixmill-0123456789abcdef.tmp", "");
    struct walk_list list = WALKED({0}, "in");
    cr_assert_eq(list.count, 1);
    walk_free(&list);
}

Test(walk, an_input_is_never_overwritten_under_whatever_name)
{
    begin();
    temp_text("in/a.jpg", "");
    REFUSED("would overwrite the input in/a.jpg", OPTIONS(.output = "in"), "in/a.jpg");
    cr_assert_eq(mkdir("out", 0755), 0);
    cr_assert_eq(link("in/a.jpg", "out/a.jpg"), 0);
    REFUSED("out/a.jpg: would overwrite the input in/a.jpg", {0}, "in");
    cr_assert_eq(unlink("out/a.jpg"), 0);
    cr_assert_eq(symlink("../in/a.jpg", "out/a.jpg"), 0);
    REFUSED("out/a.jpg: would overwrite the input in/a.jpg", {0}, "in");
    cr_assert_eq(symlink("in", "alias"), 0);
    REFUSED("would overwrite the input", OPTIONS(.output = "alias"), "in/a.jpg");
}

Test(walk, the_result_of_one_input_may_not_be_another_input)
{
    begin();
    temp_text("in/a.jpg", "");
    temp_text("out/in/a.jpg", "");
    REFUSED("out/in/a.jpg: would overwrite the input out/in/a.jpg", OPTIONS(.base = "."), "in/a.jpg",
            "out/in/a.jpg");
}

Test(walk, an_existing_result_that_is_no_input_is_fine)
{
    begin();
    temp_text("in/a.jpg", "");
    temp_text("out/a.jpg", "");
    struct walk_list list = WALKED({0}, "in");
    cr_assert_eq(list.count, 1);
    walk_free(&list);
}

Test(walk, a_list_on_standard_input)
{
    begin();
    standard_input("a b.jpg\n\nsub/c.jpg\nlast", 23);
    struct walk_list list = WALKED({0}, "first.jpg", "-");
    cr_assert_eq(list.count, 4);
    holds(&list, 0, "first.jpg", "out/first.jpg");
    holds(&list, 1, "a b.jpg", "out/a b.jpg");
    holds(&list, 2, "sub/c.jpg", "out/c.jpg");
    holds(&list, 3, "last", "out/last");
    walk_free(&list);
}

Test(walk, a_folder_in_a_list_is_a_failed_job_and_not_walked)
{
    begin();
    temp_text("in/x.jpg", "");
    cr_assert_eq(symlink("/", "root"), 0);
    static const char *const folders[] = {"in", "in/", "/..", ".", "root"};
    standard_input("in\nin/\n/..\n.\nroot\nin/x.jpg\n", 27);
    struct walk_list list = WALKED({0}, "-");
    cr_assert_eq(list.count, 6);
    for (size_t i = 0; i < 5; i++) {
        struct pm_error error = {0};
        cr_assert_str_eq(list.entries[i].input, folders[i]);
        cr_assert_str_eq(list.entries[i].output, "");
        walk_tell_problem(&list.entries[i], &error);
        cr_assert_str_eq(error.message, "is a folder (name it on the command line to process it)");
    }
    holds(&list, 5, "in/x.jpg", "out/x.jpg");
    walk_free(&list);
}

Test(walk, a_nul_separated_list_may_hold_newlines)
{
    begin();
    standard_input("a\nb.jpg\0c.jpg\0", 14);
    struct walk_list list = WALKED(OPTIONS(.nul_separated = true), "-");
    cr_assert_eq(list.count, 2);
    holds(&list, 0, "a\nb.jpg", "out/a\nb.jpg");
    holds(&list, 1, "c.jpg", "out/c.jpg");
    walk_free(&list);
    standard_input("a\nb.jpg\0c.jpg\0", 14);
    REFUSED("holds a NUL byte (give -0", {0}, "-");
}

/* As with other programs, where "-" is an image. */
Test(walk, an_image_in_place_of_a_list_is_refused)
{
    static const char jpeg[] = "\xff\xd8\xff\xe0\0\x10JFIF", png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    begin();
    standard_input(jpeg, sizeof jpeg);
    REFUSED("standard input is an image, not a list of names (give --image to process it)", {0}, "-");
    standard_input(png, sizeof png);
    REFUSED("standard input is an image, not a list", {0}, "-");
    standard_input(png, sizeof png);
    REFUSED("standard input is an image, not a list", OPTIONS(.nul_separated = true), "-");
    temp_text("GIF89a", "a file's name");
    standard_input("GIF89a\n", 7);
    struct walk_list list = WALKED({0}, "-");
    cr_assert_eq(list.count, 1);
    holds(&list, 0, "GIF89a", "out/GIF89a");
    walk_free(&list);
}

Test(walk, a_dash_in_a_list_is_a_name)
{
    begin();
    standard_input("-\n", 2);
    struct walk_list list = WALKED({0}, "-");
    cr_assert_eq(list.count, 1);
    holds(&list, 0, "-", "out/-");
    walk_free(&list);
}

Test(walk, nothing_at_all_is_refused)
{
    begin();
    cr_assert_eq(mkdir("empty", 0755), 0);
    REFUSED("nothing to do", {0}, "empty");
    standard_input("", 0);
    REFUSED("nothing to do", {0}, "-");
    REFUSED("empty name", OPTIONS(.output = ""), "a.jpg");
    close(STDIN_FILENO);
    struct pm_error error = {0};
    struct walk_list list;
    cr_assert_eq(walk_inputs((const char *const[]){"-"}, 1,
                             &(struct walk_options){.settings = &(struct settings){.output = "out"}}, &list,
                             &error),
                 -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
}

Test(walk, a_folder_that_can_not_be_read_is_a_problem_not_lost)
{
    begin();
    temp_text("in/a.jpg", "");
    cr_assert_eq(mkdir("in/locked", 0), 0);
    cr_assert_eq(mkdir("locked", 0), 0);
    temp_drop_root();
    struct walk_list list = WALKED({0}, "in", "locked");
    cr_assert_eq(list.count, 3);
    holds(&list, 0, "in/a.jpg", "out/a.jpg");
    cr_assert_str_eq(list.entries[1].input, "in/locked");
    cr_assert_eq(list.entries[1].problem, EACCES);
    cr_assert_str_eq(list.entries[2].input, "locked");
    cr_assert_eq(list.entries[2].problem, EACCES);
    walk_free(&list);
}

Test(walk, a_tree_deeper_than_names_may_be_long_is_reported_where_it_ends)
{
    begin();
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(chdir("in"), 0);
    for (int i = 0; i < 2100; i++) {
        cr_assert_eq(mkdir("d", 0755), 0);
        cr_assert_eq(chdir("d"), 0);
    }
    begin();
    struct walk_list list = WALKED({0}, "in");
    cr_assert_eq(list.count, 1);
    cr_assert_eq(list.entries[0].problem, ENAMETOOLONG);
    walk_free(&list);
    cr_assert_eq(system("rm -r in"), 0);
}

Test(walk, few_descriptors_are_enough_for_a_deep_tree)
{
    begin();
    char path[1024] = "in";
    for (int i = 0; i < 200; i++)
        strcat(path, "/d");
    strcat(path, "/x.jpg");
    temp_text(path, "");
    struct rlimit before;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(0);
    close(next);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next + 1, before.rlim_max}), 0);
    struct walk_list list = WALKED({0}, "in");
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0); /* for the folder's removal */
    cr_assert_eq(list.count, 1);
    cr_assert_eq(list.entries[0].problem, 0);
    walk_free(&list);
}

Test(walk, a_hundred_thousand_names, .timeout = 120)
{
    begin();
    cr_assert_eq(mkdir("folder", 0755), 0);
    FILE *file = fopen("stdin", "w");
    for (int i = 0; i < 100000; i++)
        fprintf(file, "folder/%05d/photograph.jpg\n", i);
    fclose(file);
    cr_assert_eq(dup2(open("stdin", O_RDONLY), STDIN_FILENO), STDIN_FILENO);
    struct walk_list list = WALKED(OPTIONS(.base = "folder"), "-");
    cr_assert_eq(list.count, 100000);
    holds(&list, 99999, "folder/99999/photograph.jpg", "out/99999/photograph.jpg");
    walk_free(&list);
}
