/* Content-Security-Policy (W3C, level 3) of pages that are built into the program. */
#ifndef BASE_CONTENT_POLICY_H
#define BASE_CONTENT_POLICY_H

enum { CONTENT_HASH_MAX = 64 };

/* Writes the hash of the text between the first <tag> and the next </tag> in `page`, in policy syntax:
 * 'sha256-...'. `page` must contain both. Returns 0, or -1 when out of memory. */
int content_hash(const char *page, const char *tag, char hash[CONTENT_HASH_MAX]);

#endif
