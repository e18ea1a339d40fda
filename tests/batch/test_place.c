#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "batch/place.h"

Test(place, each_is_named_once)
{
    struct folders folders;
    folders_init(&folders);
    for (int i = 0; i < 1000; i++) {
        char path[64];
        snprintf(path, sizeof path, "out/%d/x.jpg", i % 200);
        cr_assert_eq(folders_add(&folders, path), 0);
    }
    char seen[200] = {0};
    size_t at = 0, count = 0;
    for (const char *name = folders_next(&folders, &at); name != NULL; name = folders_next(&folders, &at)) {
        int number;
        cr_assert_eq(sscanf(name, "out/%d", &number), 1);
        cr_assert_null(strchr(name + 4, '/'));
        cr_assert_not(seen[number]);
        seen[number] = 1;
        count++;
    }
    cr_assert_eq(count, 200);
    folders_free(&folders);
}

Test(place, of_a_bare_name_it_is_here_and_of_a_root_entry_the_root)
{
    struct folders folders;
    folders_init(&folders);
    size_t at = 0;
    cr_assert_eq(folders_add(&folders, "x.jpg"), 0);
    cr_assert_str_eq(folders_next(&folders, &at), ".");
    cr_assert_null(folders_next(&folders, &at));
    folders_free(&folders);

    folders_init(&folders);
    at = 0;
    cr_assert_eq(folders_add(&folders, "/x.jpg"), 0);
    cr_assert_str_eq(folders_next(&folders, &at), "/");
    folders_free(&folders);
}
