/*
 * GET /: a page to try recipes on: pictures to choose from, controls, the result beside the original, and its
 * URL. It is one file, page.html, which lies in the program; it loads nothing but what this server answers,
 * and its Content-Security-Policy allows no more than that, by the hashes of its own script and style.
 *
 * GET /?list=json gives it the pictures:
 *
 *   {"signed": false, "recipes": null, "pictures": [{"path": "cats/one.jpg", "bytes": 1, "width": 1,
 *    "height": 1}], "more": false}
 *
 * recipes: those that are done here, as --allow's file has them; null: any.
 */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include <stdbool.h>
#include <stdio.h>

enum { PAGE_POLICY_MAX = 512, PAGE_PICTURES_MAX = 48 };

/* The page. It lives as long as the program. */
const char *page_html(size_t *size);

/* Writes the value of its Content-Security-Policy field. 0, or -1 when there is no memory. */
int page_policy(char policy[PAGE_POLICY_MAX]);

/* Writes the list: up to PAGE_PICTURES_MAX pictures below the folder `root`, those of outer folders first, by
 * name. It looks at no more than a few thousand names, follows no links and leaves hidden files out. It may
 * block. `recipes`: those that are done, one behind the other, an empty one behind the last; NULL: any. */
void page_list(int root, const char *recipes, FILE *out);

/* What stands in its place where URLs must be signed: strangers are not told what there is. */
void page_list_signed(FILE *out);

#endif
