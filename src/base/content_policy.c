#include "base/content_policy.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

int content_hash(const char *page, const char *tag, char hash[CONTENT_HASH_MAX])
{
    char open[16], close[16];
    unsigned char digest[EVP_MAX_MD_SIZE], text[CONTENT_HASH_MAX - 16];
    unsigned size;
    snprintf(open, sizeof open, "<%s>", tag);
    snprintf(close, sizeof close, "</%s>", tag);
    const char *begin = strstr(page, open) + strlen(open);
    if (EVP_Digest(begin, (size_t)(strstr(begin, close) - begin), digest, &size, EVP_sha256(), NULL) != 1)
        return -1;
    EVP_EncodeBlock(text, digest, (int)size);
    snprintf(hash, CONTENT_HASH_MAX, "'sha256-%s'", (const char *)text);
    return 0;
}
