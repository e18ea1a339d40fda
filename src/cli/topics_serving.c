/* The topic about the server. */
#include "cli/topics.h"

static void paths(struct page *page)
{
    page_paragraph(page, "'pixmill serve' answers GET and HEAD for these paths, and OPTIONS:");
    page_item(
        page, "/RECIPE/PATH",
        "the file PATH below the root, transformed by the recipe (see 'pixmill help recipe'), whose steps "
        "are the leading parts of the path; without steps the unchanged file, with all its metadata");
    page_item(page, "/RECIPE/-/PATH", "the same, for a PATH that begins with a folder named like a step");
    page_item(page, "/s:SIGNATURE/RECIPE/PATH", "the same, signed: --sign-key-file, --sign");
    page_item(page, "/", "a page for trying recipes");
    page_item(page, "/healthz", "'ok', even while images are refused");
    page_item(
        page, "/metrics",
        "counters for Prometheus; if URLs must be signed, only for this machine, unless --open-metrics. A "
        "proxy on this machine counts as this machine, unless it is a --trusted-proxy that names the client");
    page_paragraph(
        page,
        "Characters that are not allowed in a URL are percent-encoded, such as > (%3E), % (%25) and space "
        "(%20). The query is ignored, but one with an option that belongs in the path (?w=300) is refused "
        "with 400. The step format=auto, which only the server has, chooses the format that the client's "
        "Accept field prefers, or the file's format; --auto-formats=avif,webp,jpeg says what the server prefers where the "
        "client likes several alike, as browsers do. encrypt, decrypt and effort=9 (which may take a minute) "
        "are refused. HEIC, TIFF and JPEG XL files are served with --backend=procs alone, as their decoders have had many "
        "faults. Names that begin with a dot are not served. watermark=NAME uses a picture of the folder "
        "--watermarks=DIR (at most 256 files of 64 MiB, which together may take half of the memory for images), "
        "as it was when the server started: after a change restart it, for SIGHUP does not read them again. "
        "Other names are refused with 400, and without the option all with 403.");
    page_example(page, "/resize=800x600%3E/format=auto/cats/my%20cat.jpg\n");
}

static void statuses(struct page *page)
{
    page_paragraph(page, "Statuses (each refusal has a JSON body with a message):");
    page_item(page, "204", "response to OPTIONS: the allowed methods, also for pages of --allow-origin");
    page_item(page, "200, 206, 304", "the image; a part of it (Range); not modified");
    page_item(page, "400, 414, 431, 505", "the path, recipe or request is invalid or too long");
    page_item(page, "403",
              "the signature is missing or wrong, the recipe is not in --allow, or the file is not readable");
    page_item(page, "404, 405", "no such file; a method other than GET, HEAD and OPTIONS");
    page_item(page, "408", "the request did not arrive within --client-timeout");
    page_item(page, "412, 416", "If-Match or If-Unmodified-Since failed; Range begins after the end");
    page_item(
        page, "413, 504",
        "--max-bytes, --max-pixels or the memory is exceeded; --timeout is exceeded, also by a file system "
        "that does not answer");
    page_item(page, "415, 422",
              "not a supported image; a damaged image (for a truncated one use the step allow-truncated)");
    page_item(
        page, "421",
        "the request's Host is not a name of the server: localhost, a loopback address, or a --host (see "
        "there for other addresses)");
    page_item(page, "429, 503",
              "the limit --per-client or --queue is reached, or resources are exhausted: try again");
    page_item(page, "500", "a worker process died, or an internal error");
}

static void log_fields(struct page *page)
{
    page_paragraph(
        page,
        "--log=FILE appends one line with a JSON object for each request, in the order in which they end:");
    page_item(page, "time", "when the request's head had arrived");
    page_item(
        page, "client",
        "its address; behind a --trusted-proxy the last forwarded address that is not a trusted proxy's");
    page_item(page, "method, path", "as received, the path with its query");
    page_item(page, "status", "as above; 499: the client disconnected before the response");
    page_item(page, "bytes", "of the content that were sent");
    page_item(page, "seconds", "from the request's head to the end of the response");
    page_item(page, "wait, service",
              "the part of them in the queue and with a worker; null without a transform");
    page_item(
        page, "cache",
        "hit, miss, joined (it waited for the transform of an equal request), or null if the cache was not "
        "used");
    page_item(page, "referer, user_agent", "as received, or null");
    page_item(page, "error", "why it was refused, in more detail than the client sees, or null");
    page_item(
        page, "warnings",
        "an array with the warnings of the transform; empty if the result came from the cache. /metrics "
        "counts transforms with warnings");
}

static void operation(struct page *page)
{
    page_paragraph(
        page,
        "On SIGHUP it rereads keys and allowed recipes, unless they came through a pipe, and reopens the "
        "log. The log may be a named pipe with a reader; lines are dropped while the pipe is full. On "
        "SIGTERM or Ctrl-C it stops accepting connections, finishes requests "
        "in progress and exits with 0. A second signal, or the end of --drain-timeout, cuts off "
        "the rest: it exits with 130 or 143.");
    page_paragraph(page,
                   "Signatures: HMAC-SHA256 of the path as it is in the URL, in base64url without padding. "
                   "--sign=PATH prints one. Any HMAC library can compute it, and so can");
    page_example(page, "printf %s \"$path\" | openssl dgst -sha256 -binary \\\n"
                       "    -mac HMAC -macopt hexkey:$(head -1 sign-key) |\n"
                       "    basenc --base64url | tr -d =\n");
    page_paragraph(
        page,
        "To change keys, write the new one on the first line of the file, keep the old one below it until "
        "its URLs are no longer used, and send SIGHUP.");
    page_paragraph(
        page,
        "Load: equal requests at the same time share one transform. At most --queue transforms "
        "wait; further ones are refused with 503 and Retry-After, while /healthz and /metrics "
        "still answer. When a client disconnects, its transform is cancelled at the next band of "
        "rows, unless others wait for it. Clients are counted by address, IPv6 clients by the first 64 bits.");
    page_paragraph(
        page,
        "Memory: --memory for images in progress, as much again for results being sent, and 32 "
        "MiB for small cached ones. With --cache results are sent from their files, so slow clients use no "
        "memory. Without it, when the memory for results being sent is used up, transforms wait, and "
        "connections of clients that would need more than 30 s for a result are closed, beginning with the "
        "address that uses most. When the disk is full before --cache-size is reached, the oldest results "
        "are removed.");
    page_paragraph(
        page, "If the file system of the root or the cache hangs, /healthz, /metrics and SIGTERM still work; "
              "requests for its files get 504 after --timeout.");
}

void topic_serving(struct page *page)
{
    paths(page);
    statuses(page);
    log_fields(page);
    operation(page);
}
