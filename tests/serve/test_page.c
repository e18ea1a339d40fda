#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "serve/live.h"
#include "serve/page.h"
#include "serve/root.h"
#include "temp.h"

TestSuite(page, .init = run_begin);

static char *list_of(const char *folder)
{
    char *text;
    size_t size;
    struct pm_error error = {0};
    int root = root_open(folder, &error);
    cr_assert_geq(root, 0, "%s", error.message);
    FILE *out = open_memstream(&text, &size);
    page_list(root, NULL, out);
    fclose(out);
    close(root);
    return text;
}

static unsigned count(const char *text, const char *word)
{
    unsigned found = 0;
    while ((text = strstr(text, word)) != NULL) {
        found++;
        text += strlen(word);
    }
    return found;
}

Test(page, pictures_are_listed_by_content_outer_folders_first)
{
    put_picture("root/b.png", 60, 40);
    put_picture("root/a/deep/c.jpg", 64, 48);
    put_picture("root/z.jpg", 8, 9);
    put_picture("root/.hidden/d.jpg", 8, 8);
    put_picture("root/.e.jpg", 8, 8);
    put_picture("elsewhere/f.jpg", 8, 8);
    temp_text("root/notes.jpg", "no picture");
    put_picture("root/caf\xff.jpg", 8, 8);
    cr_assert_eq(symlink("../elsewhere", temp_path("root/link")), 0);
    cr_assert_eq(symlink("b.png", temp_path("root/g.png")), 0);
    cr_assert_eq(mkfifo(temp_path("root/pipe"), 0600), 0);
    char *list = list_of(temp_path("root"));
    cr_expect_eq(count(list, "\"path\""), 3, "%s", list);
    const char *b = strstr(list, "{\"path\": \"b.png\", \"bytes\": "),
               *z = strstr(list, "{\"path\": \"z.jpg\""), *c = strstr(list, "{\"path\": \"a/deep/c.jpg\"");
    cr_assert(b != NULL && z != NULL && c != NULL && b < z && z < c, "%s", list);
    cr_expect_not_null(strstr(b, "\"width\": 60, \"height\": 40}"));
    cr_expect_eq(strncmp(list, "{\"signed\": false, \"recipes\": null, \"pictures\": [", 48), 0);
    cr_expect_not_null(strstr(list, "\"more\": false}\n"));
    free(list);
}

Test(page, a_large_folder_is_listed_in_part)
{
    put_picture("root/000.png", 4, 4);
    for (int i = 1; i <= PAGE_PICTURES_MAX; i++)
        cr_assert_eq(link(temp_path("root/000.png"), temp_path("root/%03d.png", i)), 0);
    char *list = list_of(temp_path("root"));
    cr_expect_eq(count(list, "\"path\""), PAGE_PICTURES_MAX);
    cr_expect_not_null(strstr(list, "\"more\": true}\n"));
    free(list);
    for (int i = 0; i < 2100; i++)
        temp_text(temp_path("many/%04d", i) + strlen(temp_folder()) + 1, "x");
    list = list_of(temp_path("many"));
    cr_expect_eq(count(list, "\"path\""), 0);
    cr_expect_not_null(strstr(list, "\"more\": true}\n"), "%s", list);
    free(list);
}

Test(page, a_deep_tree_and_a_loop_of_links_end)
{
    char path[4096] = "root";
    for (int i = 0; i < 100; i++) {
        char file[4200];
        snprintf(file, sizeof file, "%s/x.txt", path);
        temp_text(file, "x");
        strcat(path, "/d");
    }
    cr_assert_eq(symlink(".", temp_path("root/loop")), 0);
    char *list = list_of(temp_path("root"));
    cr_expect_not_null(strstr(list, "\"more\": true"), "%s", list);
    free(list);
}

Test(page, signed_it_shows_nothing)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    page_list_signed(out);
    fclose(out);
    cr_assert_str_eq(text, "{\"signed\": true, \"recipes\": null, \"pictures\": [], \"more\": false}\n");
    free(text);
}

/* That the hashes are correct is shown by the browser test: with wrong ones no script runs. */
Test(page, the_policy_allows_the_page_its_own_parts_and_no_more)
{
    char policy[PAGE_POLICY_MAX];
    size_t size;
    const char *html = page_html(&size);
    cr_assert_eq(strlen(html), size);
    cr_assert_eq(count(html, "<script"), 1, "one script has one hash");
    cr_assert_eq(count(html, "<style"), 1);
    cr_assert_eq(count(html, " style="), 0, "which the policy forbids");
    cr_assert_eq(count(html, " onclick="), 0);
    cr_assert_eq(count(html, "http://") - count(html, "http://www.w3.org/2000/svg"), 0,
                 "nothing comes from elsewhere");
    cr_assert_eq(count(html, "https://"), 0);
    cr_assert_eq(page_policy(policy), 0);
    cr_assert_eq(count(policy, "'sha256-"), 2, "%s", policy);
    cr_assert_eq(count(policy, "unsafe"), 0);
    cr_assert_eq(strncmp(policy, "default-src 'none'; ", 20), 0);
}

Test(page, the_server_answers_with_page_and_list)
{
    put_picture("root/b.png", 60, 40);
    temp_text("key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    struct live live = LIVE();
    struct reply page = GET(&live, "/"), list = GET(&live, "/?list=json"), other = GET(&live, "/?list=xml");
    cr_assert_eq(page.status, 200);
    cr_assert_eq(strncmp(page.body, "<!doctype html>", 15), 0);
    cr_assert_str_eq(reply_field(&page, "Content-Type"), "text/html; charset=utf-8");
    cr_assert_not_null(strstr(reply_field(&page, "Content-Security-Policy"), "default-src 'none'"));
    cr_assert_not_null(strstr(list.body, "\"b.png\""), "%s", list.body);
    cr_assert_str_eq(reply_field(&list, "Content-Type"), "application/json");
    cr_assert_null(reply_field(&list, "Content-Security-Policy"));
    cr_assert_str_eq(other.body, page.body);
    live_stop(&live);
    live = LIVE("--sign-key-file=key");
    list = GET(&live, "/?list=json");
    cr_assert_null(strstr(list.body, "b.png"), "%s", list.body);
    live_stop(&live);
    temp_text("allow", "# thumbnails\nformat=auto/resize=9x9>\n/blur=2\n-\n");
    live = LIVE("--allow=allow");
    list = GET(&live, "/?list=json");
    cr_assert_not_null(strstr(list.body, "\"recipes\": [\"format=auto/resize=9x9>\", \"blur=2\", \"-\"]"),
                       "%s", list.body);
    live_stop(&live);
}
