#include "serve/page.h"

#include "base/content_policy.h"

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

int page_policy(char policy[PAGE_POLICY_MAX])
{
    char script[CONTENT_HASH_MAX], style[CONTENT_HASH_MAX];
    if (content_hash(page_begin, "script", script) != 0 || content_hash(page_begin, "style", style) != 0)
        return -1;
    snprintf(
        policy, PAGE_POLICY_MAX,
        "default-src 'none'; script-src %s; style-src %s; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        script, style);
    return 0;
}
