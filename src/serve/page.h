/*
 * GET /: a page for trying recipes: pictures to choose from, controls, the original and the result side by
 * side, and the result's URL. It is one file, page.html, embedded in the program. It loads resources only
 * from this server, which its Content-Security-Policy enforces; that contains the hashes of its script and
 * style.
 *
 * GET /?list=json gives it the pictures:
 *
 *   {"signed": false, "recipes": null, "pictures": [{"path": "cats/one.jpg", "bytes": 1, "width": 1,
 *    "height": 1}], "more": false}
 *
 * recipes: those that are allowed, as in --allow's file; null: any.
 */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include <stdbool.h>
#include <stdio.h>

enum { PAGE_POLICY_MAX = 512, PAGE_PICTURES_MAX = 48 };

/* The page, a constant. */
const char *page_html(size_t *size);

/* Writes the value of its Content-Security-Policy field. 0, or -1 when there is no memory. */
int page_policy(char policy[PAGE_POLICY_MAX]);

/* Writes the list: up to PAGE_PICTURES_MAX pictures below the folder `root`, those of outer folders first, by
 * name. It reads at most a few thousand names, follows no links and skips hidden files. May block. `recipes`:
 * those that are allowed, NUL-terminated one after the other, an empty one at the end; NULL: any. */
void page_list(int root, const char *recipes, FILE *out);

/* The list if URLs must be signed: empty, as clients without a key must not learn what exists. */
void page_list_signed(FILE *out);

#endif
