/* What `pixmill help TOPIC` explains. */
#include <string.h>

#include "backend/backend.h"
#include "cli/help.h"
#include "cli/run_options.h"
#include "io/engine.h"
#include "transform/recipe.h"

static void write_inputs(struct page *page)
{
    page_paragraph(
        page,
        "INPUT is a file, a folder (walked recursively, in sorted order), a URL (http or https), or - "
        "for a list of files and URLs on standard input, one name a line, or separated by NUL with -0. With "
        "--image, - is an image on standard input, whose result in a folder is called stdin.jpg after its "
        "format. -o - writes the result of one image to standard output.");
    page_paragraph(
        page,
        "The result of an input in a folder is written to DIR under the input's path relative to that "
        "folder. The result of a named or listed file is written to DIR itself, or with --base=FOLDER under "
        "the file's path relative to FOLDER. A result keeps its input's name; when the format changes, its "
        "suffix changes too.");
    page_paragraph(
        page,
        "Links are followed, but each folder is walked once. DIR and its contents are left out of the walk: "
        "results never become inputs. When DIR is inside an input folder and already contains images, a "
        "warning says so (not with --skip-existing or --resume). An input is never overwritten. Two inputs "
        "with the same result are refused before any work. An input that is named twice is processed once.");
    page_paragraph(
        page,
        "Files in folders that are not images by their content are left out and counted, and so are pipes, "
        "devices, and empty files without an image suffix. Images in unsupported formats (JPEG 2000, "
        "QOI and about twenty more, recognised by content) are counted by format and have a line in --log; with "
        "--strict they are failures. A file with an image suffix that is not an image causes a warning. A "
        "named input that is missing or not an image is a failed job, and so is a file in a folder that "
        "can't be read: a damaged image, a broken link.");
    page_paragraph(
        page,
        "In folders, names that begin with a dot, @eaDir, #recycle and lost+found are left out and counted; "
        "--hidden includes them. --exclude=GLOB leaves out matching files and folders; --include=GLOB reads "
        "only matching files. A pattern without a slash is compared with the name, one with a slash with the "
        "path relative to the named folder, in which * and ? do not match a slash. A malformed pattern is "
        "refused. Inputs named on the command line are always read. -v prints each file and folder that was "
        "left out. If there is no input, the exit status is 2, or 0 with --allow-empty.");
    page_paragraph(
        page,
        "DIR is opened once, at the beginning. If it is renamed, removed, unmounted or replaced during the "
        "run, nothing is written to what took its place, the run ends with 1 and prints where the results are. "
        "Links below DIR are followed if they were there at the beginning. A second run into DIR at the same time "
        "is refused; --shared-output allows it. DIR is locked (flock) where its file system can do that.");
    page_paragraph(
        page,
        "A result is written to a temporary file in its folder, with the permissions of the input, and "
        "renamed when it is complete. With --keep-dates it also has the input's modification time. Temporary files that a killed run left behind are removed by the next "
        "run.");
    page_paragraph(
        page,
        "--skip-existing skips inputs whose result exists. --journal=FILE records each result once it is on "
        "the disk; with --resume an image is processed again only if its result is missing, or if the recipe "
        "or the input has changed: its size, its modification or change time, or its inode. -v prints which "
        "of them.");
}

static void write_urls(struct page *page)
{
    page_paragraph(
        page,
        "The result of a URL is written to DIR under the last part of the URL's path, or with --base=URL "
        "under its path relative to that URL. The name is made safe: percent encoding is decoded, and unsafe "
        "characters become '_'. Its suffix follows from the format of the content. If several URLs differ "
        "only in their query (after '?'), the query is added to the name, a long one as a hash. In a list, a "
        "tab and a name after a URL give its result that name below DIR.");
    page_paragraph(
        page,
        "--io-jobs is the number of URLs fetched at once; --io=async fetches them on one thread. The "
        "received bytes of a file count towards --memory; until the file fits, its connection is paused. At "
        "most five redirects are followed. Responses 429, 502, 503 and 504 and broken connections are "
        "retried after --retry-delay, which doubles each time, or after the server's Retry-After, at most a "
        "minute. An interrupted file is resumed where it stopped if the server confirms that it has not "
        "changed.");
    page_paragraph(
        page,
        "No connection is made to addresses of this machine or its network, whatever a host name or a "
        "redirect resolves to, unless --allow-private is given. Proxy variables in the environment, cookies "
        "and .netrc are ignored. A user and password in a URL are used and never shown. Certificates are "
        "checked with the system's CA certificates, or those in the file named by SSL_CERT_FILE.");
    page_paragraph(
        page,
        "A URL that the journal records as done is not requested again with --resume, even if its content "
        "has changed. --dry-run contacts no server.");
    page_example(page, "pixmill run https://example.org/a.jpg -o out/ --resize=800x800\n"
                       "pixmill run - -o out/ --base=https://example.org/photos/ --io=async < urls\n");
}

/* Every filter, or the one named `name`. */
static void write_filters_called(struct page *page, const char *name)
{
    struct option option;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind != OPTION_FILTER || (name != NULL && strcmp(option.name, name) != 0))
            continue;
        char title[160], text[512];
        option_title(&option, title, sizeof title);
        if (option.example != NULL)
            snprintf(text, sizeof text, "%s: --%s=%s", option.help, option.name, option.example);
        else
            snprintf(text, sizeof text, "%s", option.help);
        page_item(page, title, text);
    }
}

void help_write_filter(struct page *page, const char *name)
{
    write_filters_called(page, name);
    page_paragraph(page,
                   "A filter is an option of run and bench, and a step of a recipe; filters are applied in "
                   "the order written. 'pixmill help filters' lists all.");
}

static void write_filters(struct page *page)
{
    page_paragraph(page, "Filters are applied in the order written; each may be given more than once.");
    write_filters_called(page, NULL);
    page_paragraph(
        page,
        "After trim, sizes depend on the pixels: memory is reserved for the largest that are possible, and, "
        "where resize is given one side alone, for results of up to 4 to 1; a picture whose result would need "
        "more fails. trim can't be applied to an animation, except to one frame of it (--frames).");
    page_paragraph(
        page,
        "A watermark's file is read once, before any work, and its memory is part of --memory. Its colours are "
        "taken as sRGB, without its ICC profile, and are laid on after a conversion of the image's colours "
        "(--profile). A result never replaces it.");
}

static void write_recipe(struct page *page)
{
    page_paragraph(
        page,
        "A recipe describes as text what is done to one image: steps joined by '/'. It is used in reports, "
        "in the URLs of 'pixmill serve' and by the library. Filters are its steps, in order; the words below "
        "are its settings. Each is also an option of run.");
    page_example(page, "resize=800x600/blur=2/format=jpeg/quality=75\n");
    page_paragraph(
        page,
        "--recipe=FILE reads options of run from a file, one a line as NAME=VALUE or NAME, in place of the "
        "option that names it; lines that begin with # are comments. Options after it override its settings. "
        "--preset=NAME does so with a file that comes with pixmill (share/pixmill/recipes, samples/recipes): "
        "web for several widths and formats in sRGB, thumbnail for squares of 300 pixels, archive for "
        "lossless copies with metadata and dates.");
    struct recipe_setting setting;
    for (size_t i = 0; recipe_setting_at(i, &setting); i++) {
        char title[160], text[OPTION_HELP_MAX];
        if (setting.step)
            continue;
        snprintf(title, sizeof title, "%s%s%s", setting.name, setting.argument != NULL ? "=" : "",
                 setting.argument != NULL ? setting.argument : "");
        page_item(page, title, recipe_setting_help(&setting, text, sizeof text));
    }
    page_paragraph(
        page, "In URLs of 'pixmill serve' format=auto leaves the choice to the client; see 'pixmill help "
              "serving'.");
}

static void write_formats(struct page *page)
{
    page_paragraph(
        page,
        "A file's format is determined by its content, never by its name. A result has its input's format "
        "(--format=same) or the format given with --format; that of a BMP, which is only read, is a PNG:");
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++)
        page_item(page, (*codec)->name, (*codec)->help);
    page_paragraph(
        page,
        "Colours keep their meaning: an ICC profile is kept; PNG's cICP, mDCV, cLLI, sRGB, gAMA and cHRM are "
        "kept in a PNG, and replaced by an equivalent ICC profile in a JPEG if there is one. Anything else "
        "that a result can't contain (frames of an animation, PQ and HLG in a JPEG, a PNG chunk that is not "
        "known to be harmless) causes a warning.");
    page_paragraph(
        page,
        "The recipe is applied to every frame of an animated WebP or GIF, and a WebP or GIF result is animated "
        "too; any other result has the first frame. A GIF has at most 256 colours a frame: its own if they are "
        "that few, else chosen and dithered (--dither). --frames chooses one frame. The options of the encoders (quality, "
        "lossless, ...) and their formats are listed in 'pixmill run --help'; an option that no result's "
        "format has causes a warning. A lossy WebP with alpha is written with --effort=7 at most: 8 and 9 "
        "take hundreds of times as long for noisy alpha.");
    page_paragraph(
        page,
        "A file counts as truncated only if pixels are missing. Errors after the last pixel are warnings. "
        "IPTC in a PNG is a text chunk that ImageMagick and exiftool read.");
}

static void write_color(struct page *page)
{
    page_paragraph(
        page,
        "With --profile=keep, the default, samples are not converted and the file's description of its colours is kept. "
        "--profile=srgb and --profile=p3 convert every image to sRGB or Display P3, where it has the fewest pixels: after a "
        "shrinking resize. Results then carry a profile of less than 500 bytes, or where the format has them the "
        "numbers that say the same (PNG: sRGB or cICP, AVIF: nclx). --profile=none leaves out all that describes colours, and "
        "after srgb or p3 (--profile=srgb,none) the profile only.");
    page_paragraph(
        page,
        "The colours of a file are taken from the first of these that it has: cICP, an ICC profile, sRGB, gAMA and cHRM, "
        "EXIF (sRGB, or Adobe RGB by ColorSpace or the interoperability index R03). Without them RGB is taken as sRGB, "
        "and grey has sRGB's curve. 'pixmill info' shows which it is. Profiles of version 2 and 4 for RGB and "
        "grey made of curves and a matrix are converted, with the result of lcms2 to less than a level. A broken profile, "
        "or one for other channels, is ignored with a warning. With PQ or HLG, samples and description stay as they are, with a "
        "warning.");
    page_paragraph(
        page,
        "Profiles of tables, for RGB, grey or CMYK, are converted too, within a level of lcms2: --intent=perceptual (the "
        "default), relative, saturation or absolute chooses the table, and --bpc adds black point compensation (to sRGB and "
        "Display P3 the perceptual and the saturation intent always have it). A profile that is broken or has more than "
        "524288 points in a table is not used, with a warning. CMYK with a profile whose result can't be CMYK becomes sRGB by "
        "that profile, also with --profile=keep; CMYK without one becomes RGB as printed on coated paper (SWOP).");
    page_paragraph(
        page,
        "--profile=print.icc converts to the profile of a file, for grey, RGB or CMYK, after the last step, and writes it "
        "into the results; CMYK needs --format=jpeg or tiff. The file is read once, before any work; a name without a dot "
        "or a slash is written ./print. A server takes the profiles in its folder of --watermarks.");
    page_paragraph(
        page,
        "--resize=800x800,linear and --blur=2,linear sum in linear light, by the image's own transfer curve (sRGB's, "
        "with a warning, if that is unknown, as of PQ, HLG and tables): a fine pattern of black and white becomes the "
        "grey of its light, 188 of 255, not 128. A JPEG is decoded at full size for it, which takes longer. Amounts of "
        "ink (CMYK) are summed as they are: they are nearly linear in light.");
    page_example(page, "pixmill run photos -o web --resize=800x800 --profile=srgb\n");
}

static void write_metadata(struct page *page)
{
    page_paragraph(
        page,
        "Always kept: the colour description (ICC profile, PNG's colour chunks), if the result's format "
        "supports it, and the density (in a WebP as EXIF), rotated with the image. Everything else is kept "
        "only with --keep, a list of");
    page_item(page, "exif", "exposure, camera, position, ...");
    page_item(page, "xmp", "titles, ratings, edits, ... as XML");
    page_item(page, "iptc", "caption, by-line, copyright notice");
    page_item(page, "text", "PNG's texts, JPEG's comments");
    page_item(page, "all", "all of these");
    page_paragraph(
        page,
        "Kept metadata describes the result: orientation, width and height are updated. Metadata that shows "
        "the original image is removed: thumbnails, MakerNotes with a preview, depth maps, positions of "
        "faces if the image was cropped or rotated, and long values of unknown EXIF tags. Malformed EXIF or "
        "XMP is removed, because it can't be updated. Warnings say what was removed.");
    page_paragraph(
        page,
        "No option keeps a JPEG's additional images, gain maps, the video and sound of motion photos, "
        "content credentials, or unknown segments: a warning says that they are removed. Proprietary data of "
        "cameras and programs outside the standard metadata is always removed; only --keep=all warns about "
        "it.");
    page_paragraph(page, "'pixmill info' shows which of them a file has, and its additional images.");
}

static void write_encryption(struct page *page)
{
    page_paragraph(
        page,
        "--encrypt, the last step, turns the pixels into noise, stored as a valid PNG of the same size. "
        "--decrypt, the first step, restores the exact pixels, or fails if any bit was changed or the key is "
        "wrong.");
    page_paragraph(
        page,
        "The key is read from a file, never from the command line: --key-file contains 32 raw bytes or 64 "
        "hexadecimal digits; --passphrase-file contains a passphrase, from which scrypt derives the key.");
    page_example(page, "[ -e key ] || (umask 077 && head -c 32 /dev/urandom > key)\n"
                       "pixmill run photos/ -o safe/ --encrypt --key-file=key\n"
                       "pixmill run safe/ -o back/ --decrypt --key-file=key\n");
    page_paragraph(
        page,
        "Each file is protected on its own: it is not detected when whole files are exchanged, renamed, "
        "removed or replaced by older versions. With --encrypt --bind-names each is bound to its "
        "path below DIR, and --decrypt refuses one that is under another path below its folder, or "
        "below --base. Missing files and older versions of a file are still not detected.");
    page_paragraph(
        page,
        "Files that others add to an archive do not prevent the rest from being decrypted. With a "
        "passphrase, each may cost one key derivation: about 0.5 s of one processor and 128 MiB. --max-wrong-salts=N "
        "limits the number of derivations that match no file; after that only files "
        "whose keys are already known are decrypted.");
}

/* Names, what they are, and on a terminal whether they work on this machine. */
static void write_choice(struct page *page, const char *name, const char *help, bool is_default,
                         const char *why_not, const char *note)
{
    char term[64], text[512];
    snprintf(term, sizeof term, "%s%s", name, is_default ? " (default)" : "");
    if (page->style == PAGE_MANUAL)
        snprintf(text, sizeof text, "%s", help);
    else if (why_not == NULL)
        snprintf(text, sizeof text, "%s. Works here%s%s.", help, note != NULL ? ": " : "",
                 note != NULL ? note : "");
    else
        snprintf(text, sizeof text, "%s. Does not work here: %s.", help, why_not);
    page_item(page, term, text);
}

static void write_backends(struct page *page)
{
    page_paragraph(
        page,
        "A backend transforms the images (--backend=NAME); an I/O engine reads and writes the files "
        "(--io=NAME). Every backend works with every engine, and all produce the same bytes. This program "
        "contains the backends");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++)
        write_choice(page, (*backend)->name, (*backend)->help, backend == backends, (*backend)->why_not(),
                     NULL);
    page_paragraph(page, "and the I/O engines");
    for (const struct engine *const *engine = engines; *engine != NULL; engine++)
        write_choice(page, (*engine)->name, (*engine)->help, engine == engines, (*engine)->why_not(),
                     (*engine)->note != NULL ? (*engine)->note() : NULL);
    page_paragraph(
        page,
        "Without --jobs there is one worker per available processor: the minimum of the affinity mask, the "
        "cgroup's quota (rounded up), SLURM_CPUS_ON_NODE and SLURM_CPUS_PER_TASK; -v prints which of them "
        "applied. omp obeys OMP_THREAD_LIMIT and reports it, binds its threads according to OMP_PROC_BIND "
        "and OMP_PLACES, and gives each thread a stack of at least 1 MiB, whatever OMP_STACKSIZE is; an "
        "invalid OpenMP variable is reported and ignored. The other backends ignore these variables.");
}

static void write_limits(struct page *page)
{
    page_paragraph(page, "What a run may use, and what happens when a limit is exceeded:");
    page_item(
        page, "--memory=SIZE",
        "budget for all images in progress. A job is charged its file, its decoded pixels and its largest "
        "possible result, and is read only when that fits, so memory use depends on the largest image, not "
        "on the number of inputs. The default is a quarter of the available memory; container limits are "
        "respected. A job larger than the budget runs alone; one larger than the machine's memory fails");
    page_item(page, "--max-pixels=N", "an image whose header announces more pixels fails");
    page_item(page, "--timeout=SECONDS",
              "an image that is processed for longer fails. procs kills a worker that does not answer within "
              "another second; threads check the time between bands of rows");
    page_item(page, "always",
              "more than 1 000 000 pixels on a side, a JPEG of more than 500 scans or 16384 segments, a WebP "
              "of more than 100 000 chunks, or a PNG whose profile inflates to more than 8 MB fails");
    page_paragraph(page, "An image that exceeds a limit is one failed job; the others continue.");
}

static void write_sandbox(struct page *page)
{
    page_paragraph(
        page,
        "With --backend=procs each worker is a process that can only compute: it can't open files, use the "
        "network or start processes, and its memory and CPU time are limited. An image that takes control of "
        "its decoder controls only such a process. --sandbox is one of");
    page_item(page, "on", "as much of this as the kernel supports; a note says what is missing (default)");
    page_item(page, "require", "all of it, or the run is refused");
    page_item(page, "strict", "all of it, and a fresh process for each image: about 1 ms of CPU time each");
    page_item(page, "off", "none of it, for debuggers");
    page_paragraph(
        page,
        "Unless it is off, a worker clears its memory after each image, which takes about 0.1 ms, and is "
        "replaced after 100 images and after each image that failed.");
    page_paragraph(page, "See .github/SECURITY.md in the sources for what is guaranteed and what is not.");
}

static void write_log(struct page *page)
{
    page_paragraph(
        page,
        "--log=FILE of 'pixmill run' writes one line with a JSON object for each job, in the order in which "
        "jobs end; --log=- writes to standard output (for the log of serve see 'pixmill help serving'):");
    page_item(page, "input, output", "the paths");
    page_item(
        page, "status",
        "ok, failed, skipped, unsupported (in a folder: an image in an unsupported format, or a file with an "
        "image suffix that is not an image), or planned with --dry-run");
    page_item(page, "http_status", "for a URL: the status of the server's last response, such as 200 or 404");
    page_item(page, "error",
              "null, or an object with kind, stage, message, limit, value and hint (what to do, or null)");
    page_item(page, "bytes_in, bytes_out", "sizes of the two files; 0 where none was read or written");
    page_item(page, "width, height", "of the result, in pixels");
    page_item(page, "seconds", "an object with read, wait, decode, filter, encode and write");
    page_item(page, "warnings", "an array of texts");
    page_paragraph(
        page,
        "Width, height and seconds are null for skipped and planned jobs. Bytes of a name that are not UTF-8 "
        "are written as the lone surrogates \\udc80 to \\udcff (Python's surrogateescape). An older log is "
        "replaced; a file that is not a log, or that another run is writing, is refused.");
    page_paragraph(page,
                   "On standard error, control characters in names and bytes that are not UTF-8 are shown "
                   "as \\xHH, and a backslash as \\\\.");
}

static void write_serving(struct page *page)
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
        "Accept field prefers, or the file's format. encrypt, decrypt and effort=9 (which may take a minute) "
        "are refused. Names that begin with a dot are not served. watermark=NAME uses a picture of the folder "
        "--watermarks=DIR (at most 256 files of 64 MiB, which together may take half of the memory for images), "
        "as it was when the server started: after a change restart it, for SIGHUP does not read them again. "
        "Other names are refused with 400, and without the option all with 403.");
    page_example(page, "/resize=800x600%3E/format=auto/cats/my%20cat.jpg\n");
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

static void write_exit(struct page *page)
{
    page_item(page, "0", "success");
    page_item(page, "1", "at least one image failed, or the log could not be written");
    page_item(
        page, "2",
        "the command line is wrong, or there is nothing to do (no image in the inputs); nothing was written");
    page_item(
        page, "130, 143, 129",
        "stopped by Ctrl-C (SIGINT), SIGTERM or SIGHUP: images in progress were finished and no new one was "
        "started. A second Ctrl-C stops at once; the next run removes the temporary files. serve exits with 0");
    page_paragraph(
        page,
        "Errors go to standard error as 'pixmill: FILE: what is wrong (what to do)'. The last line is the "
        "summary; with --quiet only errors are printed. Warnings of the same kind are printed once and "
        "counted at the end; -v prints all of them, and --log contains all of them.");
}

const struct topic topics[] = {
    {"inputs", "inputs and results", "what is read, and where results are written", write_inputs},
    {"names", "several results and their names", "several results of an image, and how results are named",
     write_names},
    {"urls", "images by URL", "what is fetched, and how", write_urls},
    {"filters", "filters", "each filter, its argument and an example", write_filters},
    {"recipe", "recipes", "the text form of what is done to an image", write_recipe},
    {"formats", "formats", "the image formats that are read and written", write_formats},
    {"color", "colours", "how colours are read, converted and described", write_color},
    {"metadata", "metadata", "which metadata a result keeps", write_metadata},
    {"encryption", "encryption", "encrypting and decrypting images", write_encryption},
    {"backends", "backends", "backends and I/O engines, and which of them work here", write_backends},
    {"limits", "limits", "memory, pixels and time that a run may use", write_limits},
    {"sandbox", "sandbox", "the restrictions on the workers of --backend=procs", write_sandbox},
    {"log", "log", "the JSON log, and how special characters in names are shown", write_log},
    {"serving", "serving", "the server's URLs, statuses, signals and log", write_serving},
    {"exit", "exit status", "exit statuses and messages", write_exit},
    {NULL, NULL, NULL, NULL},
};
