#include "serve/client.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Loaded at first use: libcurl loads thirty libraries, and each test runs in its own process. */
static struct {
    __typeof__(&curl_easy_init) init;
    __typeof__(&curl_easy_setopt) setopt;
    __typeof__(&curl_easy_perform) perform;
    __typeof__(&curl_easy_getinfo) getinfo;
    __typeof__(&curl_easy_strerror) strerror;
    __typeof__(&curl_easy_cleanup) cleanup;
    __typeof__(&curl_slist_append) append;
    __typeof__(&curl_slist_free_all) free_all;
} curl;

static void load_curl(void)
{
    const struct {
        const char *name;
        void *slot;
    } symbols[] = {
        {"curl_easy_init", &curl.init},         {"curl_easy_setopt", &curl.setopt},
        {"curl_easy_perform", &curl.perform},   {"curl_easy_getinfo", &curl.getinfo},
        {"curl_easy_strerror", &curl.strerror}, {"curl_easy_cleanup", &curl.cleanup},
        {"curl_slist_append", &curl.append},    {"curl_slist_free_all", &curl.free_all},
    };
    if (curl.init != NULL)
        return;
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(library, "%s", dlerror());
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        cr_assert_not_null(symbol, "%s", symbols[i].name);
        memcpy(symbols[i].slot, &symbol, sizeof symbol);
    }
}

static size_t take(char *bytes, size_t size, size_t count, void *buffer)
{
    return buffer_append(buffer, bytes, size * count) == 0 ? size * count : 0;
}

long client_ask(const char *address, const char *method, const char *path, const char *const *fields,
                long timeout, struct buffer *head, struct buffer *body)
{
    char url[8192];
    long status = 0;
    struct curl_slist *list = NULL;
    load_curl();
    CURL *handle = curl.init();
    cr_assert_not_null(handle);
    snprintf(url, sizeof url, "http://%s%s", address, path);
    for (size_t i = 0; fields != NULL && fields[i] != NULL; i++)
        list = curl.append(list, fields[i]);
    curl.setopt(handle, CURLOPT_URL, url);
    curl.setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl.setopt(handle, CURLOPT_PROXY, "");
    curl.setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl.setopt(handle, CURLOPT_TIMEOUT, timeout);
    curl.setopt(handle, CURLOPT_HTTPHEADER, list);
    curl.setopt(handle, CURLOPT_HEADERFUNCTION, take);
    curl.setopt(handle, CURLOPT_HEADERDATA, head);
    curl.setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl.setopt(handle, CURLOPT_WRITEDATA, body);
    if (strcmp(method, "HEAD") == 0)
        curl.setopt(handle, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "POST") == 0)
        curl.setopt(handle, CURLOPT_COPYPOSTFIELDS, "a body");
    else if (strcmp(method, "GET") != 0)
        curl.setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = curl.perform(handle);
    cr_assert_eq(code, CURLE_OK, "%s %s: %s", method, path, curl.strerror(code));
    curl.getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl.free_all(list);
    curl.cleanup(handle);
    return status;
}
