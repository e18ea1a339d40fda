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
        "for a list of files and URLs on standard input, one name a line, or separated by NUL with -0.");
    page_paragraph(page,
                   "From a folder, a result lands in DIR under the path that its input has in that folder; "
                   "a file or a listed name lands in DIR itself, and with --base=FOLDER keeps its path "
                   "below FOLDER. The result keeps its input's name; when the format changes, the suffix "
                   "becomes the new format's.");
    page_paragraph(
        page,
        "Links are followed, but each folder is walked once. DIR is left out of the walk, with all that "
        "it holds: results never become inputs. When DIR is inside an input folder and holds images "
        "already, a warning says so (not with --skip-existing or --resume). An input "
        "is never overwritten, and two inputs with one result are refused before any work; one "
        "input that is named twice is done once.");
    page_paragraph(
        page,
        "What is found in a folder but is no image by its content is left out and counted, as are "
        "pipes and devices, and an empty file unless its name is an image's. Images of kinds that are "
        "not read (HEIC, TIFF, GIF and some twenty more, known by their content) are counted by kind, "
        "and have a line in --log; with --strict they are failures. A file that is named as an image "
        "and is none draws a warning. What was named and is missing or no image is a failed job, and so "
        "is what was found and can't be read: a damaged image, a link to nothing.");
    page_paragraph(
        page,
        "Names that begin with a dot, @eaDir, #recycle and lost+found are left out of folders and "
        "counted; --hidden takes them. --exclude=GLOB leaves out files and folders, --include=GLOB takes "
        "only files so called: a pattern without a slash is held against the name, one with a slash "
        "against the path below the folder that was named, in which * and ? match no slash. A malformed "
        "pattern is refused. What is named itself is always taken. -v names "
        "each file and folder that was left out. An empty folder or list ends with 2, with --allow-empty with 0.");
    page_paragraph(
        page,
        "Results are written to a temporary file in their folder and renamed when whole, with "
        "the permissions of the input. Temporaries that a killed run left behind are removed by the next one.");
    page_paragraph(
        page,
        "DIR is opened once, at the beginning. If it is renamed, removed, unmounted or replaced during the run, "
        "nothing is written to what took its place, the run ends with 1 and prints where the results are. Links "
        "below DIR are followed if they were there at the beginning. A second run into DIR at the same time is "
        "refused; --shared-output allows it. DIR is locked (flock) where its file system can do that.");
    page_paragraph(
        page,
        "--skip-existing leaves out what has a result. --journal=FILE records each result that is on the "
        "disk; with --resume an image is done again only if its result is gone, or the recipe, or the "
        "input is another: its size, its times of modification and of change, or its inode. -v says which.");
}

static void write_urls(struct page *page)
{
    page_paragraph(
        page, "A URL's result lands in DIR under the last part of the URL's path, or with --base=URL under "
              "its path below that, made safe: percent signs are decoded, and what no file should be called "
              "becomes '_'. Its suffix is that of the format that it turns out to have. Of several URLs that "
              "differ only behind '?', each gets that into its name, long ones as a hash. In a list, a tab "
              "behind a URL and a name give its result that name below DIR.");
    page_paragraph(
        page,
        "--io-jobs says how many are fetched at once; --io=async does it on one thread. What has "
        "come of a file counts towards --memory; until it fits, its connection is held. Redirects are "
        "followed, five at most. Answers 429, 502, 503 and 504 and broken connections are tried again "
        "after --retry-delay, twice that, and so on, or when the server's Retry-After says so, a minute "
        "at most; a file that broke off is gone on with where it was if the server can tell that it is "
        "still the same.");
    page_paragraph(
        page, "Addresses of this machine and its network are not asked, wherever a name or a redirect leads, "
              "unless --allow-private says so. Proxies in the environment, cookies and .netrc are not used. "
              "A user and password in a URL are used and never shown. Certificates are the system's, or "
              "those of the file that SSL_CERT_FILE names.");
    page_paragraph(page,
                   "A URL that --journal records as done is not asked again by --resume, whatever has become "
                   "of it. --dry-run asks no server.");
    page_example(page, "pixmill run https://example.org/a.jpg -o out/ --resize=800x800\n"
                       "pixmill run - -o out/ --base=https://example.org/photos/ --io=async < urls\n");
}

/* Every filter, or the one called `name`. */
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
    page_paragraph(page, "Filters are applied in the order written; each may stand more than once.");
    write_filters_called(page, NULL);
}

static void write_recipe(struct page *page)
{
    page_paragraph(page,
                   "A recipe is what is asked of one image, as text: steps joined by '/'. It stands in "
                   "reports and in the URLs of 'pixmill serve', and is what the library takes. Filters are "
                   "its steps, in order; the words below are its settings. Each is an option of run, too.");
    page_example(page, "resize=800x600/blur=2/format=jpeg/quality=75\n");
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
    page_paragraph(page, "A file's format is told by its content, never by its name. A result has its "
                         "input's format (--format=same) or the one asked for:");
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++)
        page_item(page, (*codec)->name, (*codec)->help);
    page_paragraph(page,
                   "Colours keep their meaning: an ICC profile is kept; PNG's cICP, mDCV, cLLI, sRGB, gAMA "
                   "and cHRM are kept in a PNG, and become an equal ICC profile in a JPEG where there is "
                   "one. Whatever else a result can't hold (frames of an animation, PQ and HLG in a JPEG, a "
                   "PNG chunk that is not known to be harmless) is a warning.");
    page_paragraph(
        page,
        "Of an animated WebP every frame goes through the recipe, and a WebP that is made of it is "
        "animated, too; any other result has the first frame. --frames chooses one. What an encoder "
        "can be asked (quality, lossless, ...) is said among the result's options in 'pixmill run "
        "--help', with the formats that have it; where no result has it, a warning says so. A lossy WebP with alpha is written with --effort=7 at most: 8 and 9 take hundreds of times as long for noisy alpha.");
    page_paragraph(page,
                   "A file is cut short when pixels are missing. What is wrong behind the last pixel is a "
                   "warning; IPTC in a PNG is a text that ImageMagick and exiftool read.");
}

static void write_metadata(struct page *page)
{
    page_paragraph(
        page,
        "Always kept: what the samples mean (ICC profile, PNG's colour chunks), as far as the "
        "result's format holds it, and the density (in a WebP by its EXIF alone), turned with the picture. All else is kept by --keep alone, a list of");
    page_item(page, "exif", "exposure, camera, position, ...");
    page_item(page, "xmp", "titles, ratings, edits, ... as XML");
    page_item(page, "iptc", "caption, by-line, copyright notice");
    page_item(page, "text", "PNG's texts, JPEG's comments");
    page_item(page, "all", "all of these");
    page_paragraph(
        page,
        "What is kept is true of the result: its orientation, width and height replace the "
        "file's. Nothing of the file's picture stays in it: thumbnails are taken out, and "
        "so are previews within a MakerNote (with the whole of it), depth maps, positions of "
        "faces when the picture was cut or turned, and long values of unknown EXIF tags. "
        "EXIF or XMP that is broken is left out, for it can't be corrected. Warnings say what was lost.");
    page_paragraph(page,
                   "No option keeps a JPEG's further pictures, gain maps, the videos and sounds of motion "
                   "photos, content credentials, or segments of unknown contents: a warning says that they "
                   "are left out. Notes that cameras and programs write in places of their own are missed "
                   "only by --keep=all, which then says so.");
    page_paragraph(page, "'pixmill info' shows which of them a file has, and further pictures.");
}

static void write_encryption(struct page *page)
{
    page_paragraph(page,
                   "--encrypt, the last step, turns the pixels into noise that is itself a valid PNG of the "
                   "same size. --decrypt, the first step, gives the exact pixels back, or fails if one bit "
                   "was changed or the key is another.");
    page_paragraph(page,
                   "The key comes from a file and never stands on the command line: --key-file holds 32 raw "
                   "bytes or 64 hexadecimal digits; --passphrase-file holds a passphrase, from which scrypt "
                   "makes the key.");
    page_example(page, "[ -e key ] || (umask 077 && head -c 32 /dev/urandom > key)\n"
                       "pixmill run photos/ -o safe/ --encrypt --key-file=key\n"
                       "pixmill run safe/ -o back/ --decrypt --key-file=key\n");
    page_paragraph(
        page, "Each file is protected by itself: nobody notices when whole files are exchanged, renamed, "
              "removed or replaced by older ones. With --encrypt --bind-names each is bound to its path "
              "below DIR, and --decrypt refuses one that is under another path below its folder, or "
              "below --base. That one is missing, or is an older one of that name, is not noticed.");
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
    page_paragraph(page,
                   "A backend is who works on images (--backend=NAME), an I/O engine who reads and writes "
                   "files (--io=NAME). Every backend goes with every engine, and all give the same bytes. "
                   "Compiled into this program are the backends");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++)
        write_choice(page, (*backend)->name, (*backend)->help, backend == backends, (*backend)->why_not(),
                     NULL);
    page_paragraph(page, "and the I/O engines");
    for (const struct engine *const *engine = engines; *engine != NULL; engine++)
        write_choice(page, (*engine)->name, (*engine)->help, engine == engines, (*engine)->why_not(),
                     (*engine)->note != NULL ? (*engine)->note() : NULL);
    page_paragraph(page,
                   "Without --jobs there are as many workers as processors: the fewest of the affinity mask, "
                   "the cgroup's quota (rounded up), SLURM_CPUS_ON_NODE and SLURM_CPUS_PER_TASK; -v says "
                   "which of them it was. omp obeys OMP_THREAD_LIMIT and says so, binds its threads as "
                   "OMP_PROC_BIND and OMP_PLACES ask, and gives each at least 1 MiB of stack, whatever "
                   "OMP_STACKSIZE says; a variable that OpenMP can't read is named and ignored. The other "
                   "backends are not bound by these variables.");
}

static void write_limits(struct page *page)
{
    page_paragraph(page, "What a run may use, and what happens beyond it:");
    page_item(page, "--memory=SIZE",
              "a job is charged its file, its decoded pixels and its largest possible result before it is "
              "read, and is read when that fits; so the number of inputs does not matter, only the largest "
              "image does. Without the option it is a quarter of what is available, limits of a container "
              "counted. A job larger than the budget runs alone; one larger than the machine's memory "
              "fails");
    page_item(page, "--max-pixels=N", "an image with more pixels by its header fails");
    page_item(page, "--timeout=SECONDS",
              "an image that takes a worker longer fails. procs kills a worker that does not answer within "
              "another second; a thread checks the time between bands of rows");
    page_item(page, "always",
              "more than 1 000 000 pixels on a side, a JPEG of more than 500 scans or 16384 segments, a WebP "
              "of more than 100 000 chunks, or a PNG whose profile inflates to more than 8 MB fails");
    page_paragraph(page, "An image beyond a limit is one failed job; the others go on.");
}

static void write_sandbox(struct page *page)
{
    page_paragraph(page,
                   "With --backend=procs each worker is a process that can compute and nothing else: no "
                   "file, no network, no other process, memory and CPU time limited. A file that takes "
                   "over its decoder controls a process that can do nothing. --sandbox is one of");
    page_item(page, "on", "as much of this as the kernel offers, with a line on what is missing (default)");
    page_item(page, "require", "all of it, or the run is refused");
    page_item(page, "strict", "all of it, and a fresh process for each image: about 1 ms of CPU time each");
    page_item(page, "off", "none of it, for debuggers");
    page_paragraph(
        page, "Under all but off a worker clears its memory after each image, which takes about 0.1 ms, and "
              "is replaced after 100 images and after one that failed.");
    page_paragraph(page, "The project's .github/SECURITY.md says what is promised, and what is not.");
}

static void write_log(struct page *page)
{
    page_paragraph(
        page,
        "--log=FILE of 'pixmill run' writes one JSON object a line for each job, in the order in "
        "which jobs end; --log=- writes to standard output (for that of serve see 'pixmill help serving'):");
    page_item(page, "input, output", "the paths");
    page_item(page, "status",
              "ok, failed, skipped, unsupported (found in a folder: an image of a kind that is not read, or "
              "a file that is only named as one), or planned with --dry-run");
    page_item(page, "http_status", "of a URL whose server answered: the last answer's, as 200 or 404");
    page_item(page, "error",
              "null, or an object of kind, stage, message, limit, value and hint (what to do, or null)");
    page_item(page, "bytes_in, bytes_out", "sizes of the two files; 0 where none was read or written");
    page_item(page, "width, height", "of the result, in pixels");
    page_item(page, "seconds", "an object: read, wait, decode, filter, encode, write");
    page_item(page, "warnings", "an array of what is worth knowing and is no error");
    page_paragraph(
        page,
        "Width, height and seconds are null of what was skipped or planned. Bytes of a name that are not "
        "UTF-8 stand as the lone surrogates \\udc80 to \\udcff, as Python's surrogateescape "
        "reads them. An older log is replaced; a file that is no log is not, nor one that another "
        "run is writing.");
    page_paragraph(page,
                   "On standard error, control characters in names and bytes that are not UTF-8 are shown "
                   "as \\xHH, and a backslash as \\\\.");
}

static void write_serving(struct page *page)
{
    page_paragraph(page, "'pixmill serve' answers GET and HEAD for these paths, and OPTIONS:");
    page_item(page, "/RECIPE/PATH",
              "the file PATH below the root, put through the recipe (see 'pixmill help "
              "recipe'), whose steps are the path's leading parts; without steps the "
              "file itself, with all its metadata");
    page_item(page, "/RECIPE/-/PATH", "the same, where PATH begins with a folder called like a step");
    page_item(page, "/s:SIGNATURE/RECIPE/PATH", "the same, signed: --sign-key-file, --sign");
    page_item(page, "/", "a page to try recipes on");
    page_item(page, "/healthz", "'ok', also while pictures are refused");
    page_item(
        page, "/metrics",
        "counters for Prometheus; where URLs must be signed, for this machine alone, "
        "unless --open-metrics. A proxy on this machine counts as this machine, unless it is a --trusted-proxy that says who asked");
    page_paragraph(page,
                   "What a URL can't hold is percent-encoded, as > (%3E), % (%25) and space (%20). A query "
                   "is not read; one that asks for what belongs in the path (?w=300) is refused with 400. "
                   "The step format=auto, which only the server knows, writes the format that "
                   "the client's Accept likes best, or the file's own. encrypt, decrypt and effort=9, which "
                   "may take a minute, are not done; names that begin with a dot are not served.");
    page_example(page, "/resize=800x600%3E/format=auto/cats/my%20cat.jpg\n");
    page_paragraph(page, "Statuses, each refusal with a line of JSON whose message says why:");
    page_item(page, "204", "of OPTIONS: what may be asked for, also by pages of --allow-origin");
    page_item(page, "200, 206, 304", "the picture; a part of it (Range); the client has it already");
    page_item(page, "400, 414, 431, 505", "the path, recipe or request is wrong, or too long");
    page_item(page, "403", "no signature or a wrong one, a recipe that --allow lacks, no readable file");
    page_item(page, "404, 405", "no such file; a method other than GET, HEAD and OPTIONS");
    page_item(page, "408", "the request did not come within --client-timeout");
    page_item(page, "412, 416", "If-Match or If-Unmodified-Since do not hold; Range lies behind the end");
    page_item(page, "413, 504",
              "over --max-bytes, --max-pixels or the memory; over --timeout, or the file system does not "
              "answer within it");
    page_item(page, "415, 422",
              "no image; a broken one, which for one that ends too early the step "
              "allow-truncated takes");
    page_item(page, "421",
              "the request's Host is none of the server's names: localhost, loopback addresses and --host; "
              "see there for other addresses");
    page_item(page, "429, 503", "--per-client or --queue is full, or resources are short: try again");
    page_item(page, "500", "a worker died of it, or a fault of pixmill's own");
    page_paragraph(
        page, "--log=FILE appends one JSON object a line for each request, in the order in which they end:");
    page_item(page, "time", "when its head was there");
    page_item(page, "client",
              "its address; behind a --trusted-proxy the last one that the proxies were told and that is "
              "none of theirs");
    page_item(page, "method, path", "as they came, the path with its query");
    page_item(page, "status", "as above; 499: the client left before its answer");
    page_item(page, "bytes", "of the content, as far as it was sent");
    page_item(page, "seconds", "from the request's head to the end of the answer");
    page_item(page, "wait, service", "of these, in the queue and with a worker; null without a transform");
    page_item(
        page, "cache",
        "hit, miss, joined (it waited for the transform of an equal request), or null when the picture was not asked for there");
    page_item(page, "referer, user_agent", "as they came, or null");
    page_item(page, "error", "why it was refused, in more words than the client was told, or null");
    page_item(page, "warnings",
              "an array of what the result lacks or is worth knowing, of the transform that made it; empty "
              "where it came from the cache. /metrics counts such transforms");
    page_paragraph(page,
                   "On SIGHUP it reads keys and allowed recipes again, unless they came through a pipe, and "
                   "reopens the log. The log may be a named pipe with a reader; lines that do not fit into "
                   "it are dropped. On SIGTERM or Ctrl-C it stops accepting connections, finishes requests "
                   "in progress and exits with 0. A second signal, or the end of --drain-timeout, cuts off "
                   "the rest: it exits with 130 or 143.");
    page_paragraph(page,
                   "Signatures: HMAC-SHA256 of the path as it is in the URL, in base64url without padding. "
                   "--sign=PATH prints one; so does any language's library, or");
    page_example(page, "printf %s \"$path\" | openssl dgst -sha256 -binary \\\n"
                       "    -mac HMAC -macopt hexkey:$(head -1 sign-key) |\n"
                       "    basenc --base64url | tr -d =\n");
    page_paragraph(page,
                   "To change keys, put the new one on the file's first line, keep the old one below until "
                   "its URLs are out of use, and send SIGHUP.");
    page_paragraph(page,
                   "Load: equal requests at the same time share one transform. At most --queue transforms "
                   "wait; further ones are refused with 503 and Retry-After, while /healthz and /metrics "
                   "still answer. When a client disconnects, its transform is cancelled at the next band of "
                   "rows, unless others wait for it. Clients are counted by address, IPv6 ones by its first "
                   "64 bits.");
    page_paragraph(page,
                   "Memory: --memory for images in progress, as much again for results being sent, and 32 "
                   "MiB for small cached ones. With --cache results are sent from their files, so slow "
                   "readers hold no memory. Without it, when results being sent use all of theirs, "
                   "transforms wait, and clients that would need more than 30 s for a result lose it, those "
                   "first whose address holds most. When the disk is full before --cache-size is reached, "
                   "the oldest results are removed.");
    page_paragraph(page, "While the root or the cache is on a file system that hangs, /healthz, /metrics and "
                         "SIGTERM still work; requests for its files get 504 after --timeout.");
}

static void write_exit(struct page *page)
{
    page_item(page, "0", "all went well");
    page_item(page, "1", "some image failed, or the log could not be written");
    page_item(page, "2",
              "the command line is wrong, or there is nothing to do (no image among the inputs); nothing was "
              "written");
    page_item(
        page, "130, 143, 129",
        "stopped by Ctrl-C (SIGINT), SIGTERM or SIGHUP: the images in progress were finished and no new "
        "one was begun. A second Ctrl-C ends the program at once and leaves temporaries "
        "to the next run, which removes them. serve ends so with 0");
    page_paragraph(
        page, "Errors go to standard error as 'pixmill: FILE: what is wrong (what to do)'. The last line "
              "there is the summary; --quiet leaves errors only. A kind of warning is shown once and counted "
              "at the end; -v shows all of them, and --log has them all.");
}

const struct topic topics[] = {
    {"inputs", "inputs and results", "what is read, and where results go", write_inputs},
    {"urls", "images by URL", "what is fetched, and how", write_urls},
    {"filters", "filters", "each filter, its argument and an example", write_filters},
    {"recipe", "recipes", "the text form of what is asked of one image", write_recipe},
    {"formats", "formats", "the image formats that are read and written", write_formats},
    {"metadata", "metadata", "what a result keeps beside its pixels", write_metadata},
    {"encryption", "encryption", "pictures that only a key opens", write_encryption},
    {"backends", "backends", "who works, who reads and writes, and what works here", write_backends},
    {"limits", "limits", "memory, pixels and time that a run may use", write_limits},
    {"sandbox", "sandbox", "what shuts in the workers of --backend=procs", write_sandbox},
    {"log", "log", "the JSON log, and how odd file names are shown", write_log},
    {"serving", "serving", "the server's URLs, statuses, signals and log", write_serving},
    {"exit", "exit status", "exit statuses and messages", write_exit},
    {NULL, NULL, NULL, NULL},
};
