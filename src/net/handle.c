/* The handles of libcurl, and what they may do. */
#include <stdlib.h>
#include <sys/socket.h>

#include "net/address.h"
#include "net/pull.h"
#include "net/trouble.h"

/* Called by libcurl when the address to connect to is final: no name is looked up between this call and
 * connecting. */
static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct pull *pull = self;
    (void)purpose;
    /* The user chose the server of S3 storage, which redirects nowhere. */
    const bool any = pull->remote->config.allow_private || pull->s3 != NULL;
    const char *refusal = any ? NULL : address_refusal(&address->addr);
    if (refusal != NULL) {
        pull->refused = refusal;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void handle_set_up(struct pull *pull)
{
    CURL *easy = pull->easy;
    const struct remote_config *config = &pull->remote->config;
    const char *file = getenv("SSL_CERT_FILE"); /* the variable that OpenSSL uses */
    if (file == NULL || file[0] == '\0')
        file = getenv("CURL_CA_BUNDLE");
    curl_easy_setopt(easy, CURLOPT_URL, pull->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, pull);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A try that ends does not wait for the thread that looks up its host, which may take the system's
     * resolver half a minute: timeouts would not hold, and an event loop would stop for all fetches. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pixmill/" PIXMILL_VERSION);
    /* One transfer per connection, so that pausing a transfer makes its server wait; otherwise megabytes of
     * the others' data would be buffered. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)FETCH_REDIRECTS_MAX);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* ignores the environment */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(config->connect_timeout * 1e3) + 1);
    if (file != NULL && file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, pull);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, pull_take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, pull);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, pull_take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, pull);
}

/* Options of libcurl 8.20 and later, by number, because the library may be newer than the header of this
 * build. Older libraries refuse these options and do not need them: they look up each name in a thread of its
 * own, and do not wait for it if CURLOPT_QUICK_EXIT is set. Newer ones have a pool of threads for each multi
 * handle.
 */
enum {
    RESOLVE_THREADS_MAX = 20, /* CURLMOPT_RESOLVE_THREADS_MAX */
    QUICK_EXIT = 21,          /* CURLMOPT_QUICK_EXIT */
};

/* In practice one per lookup. Threads are started when needed. With the default of 20, that many unanswered
 * lookups, even of abandoned transfers, would delay all others. */
enum { THREADS = 1 << 20 };

CURLM *multi_open(long connections)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt(multi, (CURLMoption)RESOLVE_THREADS_MAX, (long)THREADS);
    /* curl_multi_cleanup then does not wait for lookups, which may take half a minute. */
    curl_multi_setopt(multi, (CURLMoption)QUICK_EXIT, 1L);
    return multi;
}
