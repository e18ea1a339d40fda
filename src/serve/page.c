#include "serve/page.h"

#include <openssl/evp.h>
#include <string.h>

/* The bytes of page.html between two labels; the Makefile knows that this file is made of that one, too. */
__asm__(".section .rodata\n"
        "page_begin: .incbin \"src/serve/page.html\"\n"
        "page_end: .byte 0\n"
        ".previous\n");
extern const char page_begin[], page_end[];

const char *page_html(size_t *size)
{
    *size = (size_t)(page_end - page_begin);
    return page_begin;
}

enum { HASH_MAX = 64 };

/* Writes the hash of what stands between <tag> and </tag>, as a policy names it. 0 or -1. */
static int hash_of(const char *tag, char hash[HASH_MAX])
{
    char open[16], close[16];
    unsigned char digest[EVP_MAX_MD_SIZE], text[HASH_MAX - 16];
    unsigned size;
    snprintf(open, sizeof open, "<%s>", tag);
    snprintf(close, sizeof close, "</%s>", tag);
    const char *begin = strstr(page_begin, open) + strlen(open);
    if (EVP_Digest(begin, (size_t)(strstr(begin, close) - begin), digest, &size, EVP_sha256(), NULL) != 1)
        return -1;
    EVP_EncodeBlock(text, digest, (int)size);
    snprintf(hash, HASH_MAX, "'sha256-%s'", (const char *)text);
    return 0;
}

int page_policy(char policy[PAGE_POLICY_MAX])
{
    char script[HASH_MAX], style[HASH_MAX];
    if (hash_of("script", script) != 0 || hash_of("style", style) != 0)
        return -1;
    snprintf(
        policy, PAGE_POLICY_MAX,
        "default-src 'none'; script-src %s; style-src %s; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        script, style);
    return 0;
}
