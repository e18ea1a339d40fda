/* The topics of `pixmill help`: the table, and those about runs. */
#include "cli/topics.h"
#include "backend/backend.h"
#include "cli/help.h"
#include "io/engine.h"

static void write_what_is_read(struct page *page)
{
    page_paragraph(
        page,
        "INPUT is a file, a folder (walked recursively, in sorted order), a URL (http or https), an object or a "
        "prefix in S3 storage (s3://, see 'pixmill help storage'), an archive (FILE.tar, see "
        "'pixmill help archives'), or - "
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
        "warning says so (not with --skip-existing or --resume). An input is never overwritten, except with --in-place. Two inputs "
        "with the same result are refused before any work, and so are two whose results differ in upper and lower case alone "
        "if DIR is on a file system that does not distinguish these. An input that is named twice is processed once.");
    page_paragraph(
        page,
        "Files in folders that are not images by their content are left out and counted, and so are pipes, "
        "devices, and empty files without an image suffix. Images in unsupported formats (JPEG 2000, "
        "QOI and about twenty more, recognised by content) are counted by format and have a line in --log; with "
        "--strict they are failures. A file with an image suffix that is not an image causes a warning. A "
        "named input that is missing or not an image is a failed job, and so is a file in a folder that "
        "can't be read: a damaged image, a broken link. A file that another program writes to while it is read is "
        "read once more, and fails if that happens again.");
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
        "With --watch the run goes on when all inputs are processed: files that are written, moved or linked into "
        "the input folders, or changed there, are processed as soon as they are closed, also those in new folders. "
        "It ends with Ctrl-C or SIGTERM. With --journal and --resume a run that is started again processes what "
        "came in between. A named folder that is removed or renamed is reported, and the run goes on with the "
        "others. A result whose input is removed stays. A file whose result would replace that of another file "
        "fails. A change that another machine makes on a network file system is not noticed. Images "
        "wait while others are processed, so give --timeout if a single one must not hold up the rest.");
}

static void write_inputs(struct page *page)
{
    write_what_is_read(page);
    page_paragraph(
        page,
        "--in-place, instead of -o, replaces each input by its result. The original gets its backup's name "
        "first, as a hard link (where there are none, as on FAT, as a copy), and is then replaced by renaming, so "
        "both are complete whenever the run is killed: --backup=.orig keeps photo.jpg as photo.jpg.orig, --backup=originals/ below that folder, "
        "which must be on the same file system; --no-backup keeps nothing. Backups are no inputs and are never "
        "replaced: an image that has one fails, or is skipped with --skip-existing, so a stopped run can be "
        "repeated. Of the files in folders only those with the suffix of an image are replaced. A link's file is "
        "replaced, the link stays; other hard links keep the original. An image whose result has another format, "
        "or that another program changes meanwhile, is not replaced. Permissions are kept, owner and group as "
        "far as this process may set them.");
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
        "of them. An image that failed because it is damaged or unsupported is left alone, too; "
        "--retry-failed processes it again. --journal=FOLDER/ is for many runs; see 'pixmill help shards'.");
}

static void write_names(struct page *page)
{
    page_paragraph(
        page,
        "An image can have several results, all made from one decoding: --widths=320,640,1280 makes one of "
        "each width, never enlarged, and --format=avif,webp,jpeg makes each of them in each format. "
        "--variant=NAME:RECIPE adds a result with steps of its own, which come after the filters of the "
        "command line; it may be repeated, and has the format of its recipe or else each --format. An image "
        "that fails has none of its results: either all of them appear, or none. Without --name, results are "
        "called photo-320w.jpg and photo-NAME.jpg.");
    page_paragraph(page,
                   "--name=TEMPLATE names results. A template with a slash is the whole path below DIR, "
                   "one without names the file in the folder that it would be in anyway. It may have:");
    page_item(page, "{dir}", "the folder of the input below its named folder or --base");
    page_item(page, "{stem}, {ext}",
              "the input's name without its suffix; the suffix of the result's format");
    page_item(page, "{oldext}",
              "the suffix of the input, which tells photo.jpg and photo.png apart if both become WebP");
    page_item(page, "{width}",
              "the width that --widths asks for, which a smaller image does not reach; "
              "without --widths, the result's width");
    page_item(page, "{height}", "the result's height");
    page_item(page, "{variant}", "the name of --variant, or 320w for a width");
    page_item(page, "{hash}", "the first 16 digits of the SHA-256 of the result, for caches");
    page_item(page, "{n}", "the number of the input, from 1, in the order of the inputs");
    page_paragraph(
        page,
        "Two results with the same name are refused before any work. A name with a hash, a height or a width "
        "without --widths is not known then: should such a name already be taken during the run, the image "
        "fails. Results that are named by their hash may share a file, because it has the same content. "
        "--skip-existing needs names that are known before; --journal and --resume do not.");
    page_paragraph(
        page,
        "--manifest=FILE writes a JSON file when the run ends: each source with its results, their sizes in "
        "pixels and bytes and their SHA-256, the text of a srcset attribute for each format, and a <picture> "
        "element. Sources that are skipped keep what the file had of them.");
    page_paragraph(page,
                   "--summary=FILE writes the numbers of the run's last line and how many images failed "
                   "for which reason, as JSON.");
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
    page_item(
        page, "--timeout=SECONDS",
        "an image that is processed for longer fails. procs kills a worker that does not answer within "
        "another second; threads check the time between bands of rows, not while an AVIF or JPEG XL is encoded");
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
    page_item(page, "notes", "an array of texts: how the result was made, such as losslessly");
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

static void write_exit(struct page *page)
{
    page_item(page, "0", "success");
    page_item(
        page, "1",
        "more images failed than --max-failed allows (none without it), or the log could not be written");
    page_item(
        page, "2",
        "the command line is wrong, or there is nothing to do (no image in the inputs); nothing was written");
    page_item(
        page, "75",
        "another run holds a lock, on the output folder, the journal or the log: nothing was written, try "
        "again when it has ended");
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
    {"archives", "archives", "images in tar archives, and samples of WebDataset", topic_archives},
    {"storage", "S3 storage", "objects as inputs and results: the server, the account", topic_storage},
    {"filters", "filters", "each filter, its argument and an example", topic_filters},
    {"recipe", "recipes", "the text form of what is done to an image", topic_recipe},
    {"formats", "formats", "the image formats that are read and written", topic_formats},
    {"color", "colours", "how colours are read, converted and described", topic_color},
    {"metadata", "metadata", "which metadata a result keeps", topic_metadata},
    {"encryption", "encryption", "encrypting and decrypting images", topic_encryption},
    {"backends", "backends", "backends and I/O engines, and which of them work here", write_backends},
    {"models", "models of bench", "what bench compares, models of Python among them, and what works here",
     topic_models},
    {"shards", "shards", "a batch done by several runs, on one machine or on many", topic_shards},
    {"limits", "limits", "memory, pixels and time that a run may use", write_limits},
    {"sandbox", "sandbox", "the restrictions on the workers of --backend=procs", write_sandbox},
    {"log", "log", "the JSON log, and how special characters in names are shown", write_log},
    {"serving", "serving", "the server's URLs, statuses, signals and log", topic_serving},
    {"exit", "exit status", "exit statuses and messages", write_exit},
    {"environment", "environment", "the environment variables that are used", topic_environment},
    {"files", "files", "files that belong to pixmill", topic_files},
    {"examples", "examples", "command lines for common tasks", topic_examples},
    {NULL, NULL, NULL, NULL},
};
