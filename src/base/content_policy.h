/* Content-Security-Policy (W3C, level 3) of pages that lie in the program. */
#ifndef BASE_CONTENT_POLICY_H
#define BASE_CONTENT_POLICY_H

enum { CONTENT_HASH_MAX = 64 };

/* Writes the hash of what stands between the first <tag> and the </tag> behind it in `page`, as a policy
 * names it: 'sha256-...'. 0, or -1 when there is no memory. `page` has both. */
int content_hash(const char *page, const char *tag, char hash[CONTENT_HASH_MAX]);

#endif
