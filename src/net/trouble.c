#include "net/trouble.h"

bool trouble_is_broken(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return true;
    default:
        return false;
    }
}

/* CURLE_TOO_LARGE (since 8.6), by its number, because the library may be newer than the header of this build.
 */
enum { TOO_LARGE = 100 };

void trouble_set(CURLcode code, struct pm_error *error)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(error, PM_ERROR_IO, "host not found (check the name and the network)");
        break;
    case CURLE_COULDNT_CONNECT:
        error_set(error, PM_ERROR_IO, "can't connect to the host (check its name and port)");
        break;
    case CURLE_OPERATION_TIMEDOUT:
        error_set_hint(error, PM_ERROR_TIMEOUT, PM_HINT_CONNECT_TIME, "the host does not answer");
        break;
    case CURLE_TOO_MANY_REDIRECTS:
        error_set(error, PM_ERROR_IO, "more than %d redirects (name the file's own URL)",
                  FETCH_REDIRECTS_MAX);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        error_set(
            error, PM_ERROR_UNSUPPORTED,
            "the server uses, or redirects to, a protocol other than http and https (name the file's own URL)");
        break;
    case CURLE_URL_MALFORMAT:
        error_set(error, PM_ERROR_USAGE, "not a valid URL (check it)");
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        error_set(error, PM_ERROR_IO,
                  "the server's certificate is not trusted (check the name, or set SSL_CERT_FILE)");
        break;
    case TOO_LARGE: /* a header line, or a URL, that is too long */
        error_set(
            error, PM_ERROR_LIMIT,
            "the server's response has an endless header line, or the URL is too long (name another URL)");
        break;
    case CURLE_OUT_OF_MEMORY: /* before 8.6 also a header line that is too long */
        error_set_hint(error, PM_ERROR_MEMORY, PM_HINT_FEWER_TRANSFERS,
                       "out of memory, or the server's response has an endless header line");
        break;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        error_set(error, PM_ERROR_IO, "the connection was lost (try again later)");
        break;
    default:
        error_set(error, PM_ERROR_IO, "can't be fetched: %s (check the URL)", curl_easy_strerror(code));
    }
}
