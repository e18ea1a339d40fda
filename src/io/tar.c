#include "io/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Fields of a header (POSIX.1-1988, ustar). */
enum {
    NAME = 0,
    NAME_SIZE = 100,
    FILE_SIZE = 124,
    SIZE_SIZE = 12,
    CHECKSUM = 148,
    CHECKSUM_SIZE = 8,
    TYPE = 156,
    LINK = 157,
    MAGIC = 257,
    OWNER = 265,
    DEVICE = 329,
    PREFIX = 345,
    PREFIX_SIZE = 155,
};

static const char zeros[TAR_BLOCK];

static int damaged(const struct tar_reader *reader, struct pm_error *error)
{
    return error_set(error, PM_ERROR_CORRUPT,
                     "the archive is damaged at byte %" PRIu64 ": no header of tar (copy it again)",
                     reader->at);
}

static int cut_short(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "the archive is cut short (copy it again)");
}

static int read_at(const struct tar_reader *reader, uint64_t offset, void *bytes, size_t size,
                   struct pm_error *error)
{
    size_t done = 0;
    if (offset > reader->size || size > reader->size - offset)
        return cut_short(error);
    while (done < size) {
        const ssize_t got = pread(reader->fd, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, PM_ERROR_IO, "the archive can't be read: %s", strerror(errno));
        if (got == 0)
            return cut_short(error);
        done += (size_t)got;
    }
    return 0;
}

/* A number in octal digits, or in GNU's binary form. False: neither. */
static bool read_number(const uint8_t *field, size_t size, uint64_t *number)
{
    size_t i = 0;
    *number = 0;
    if (field[0] == 0x80) {
        for (i = 1; i < size; i++) {
            if (*number >> 55 != 0)
                return false;
            *number = *number << 8 | field[i];
        }
        return true;
    }
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        *number = *number << 3 | (uint64_t)(field[i] - '0');
    return i == size || field[i] == ' ' || field[i] == '\0';
}

/* The sum of a header's bytes, with blanks for the sum itself. Some programs added signed bytes. */
static bool has_checksum(const uint8_t *header)
{
    uint64_t said;
    int64_t plain = 0, with_signs = 0;
    for (int i = 0; i < TAR_BLOCK; i++) {
        const uint8_t byte = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE ? ' ' : header[i];
        plain += byte;
        with_signs += (int8_t)byte;
    }
    return read_number(header + CHECKSUM, CHECKSUM_SIZE, &said) &&
           ((int64_t)said == plain || (int64_t)said == with_signs);
}

static bool is_ustar(const uint8_t *header)
{
    return memcmp(header + MAGIC, "ustar\0", 6) == 0;
}

static int set_name(struct buffer *name, const void *bytes, size_t size)
{
    name->size = 0;
    if (buffer_append(name, bytes, size) != 0 || buffer_append(name, "", 1) != 0)
        return -1;
    name->size--;
    return 0;
}

/* The name in the header itself: PREFIX/NAME. */
static int short_name(const uint8_t *header, struct buffer *name)
{
    char text[PREFIX_SIZE + 1 + NAME_SIZE + 1];
    const int prefix = is_ustar(header) ? (int)strnlen((const char *)header + PREFIX, PREFIX_SIZE) : 0;
    const int length = snprintf(text, sizeof text, "%.*s%s%.*s", prefix, (const char *)header + PREFIX,
                                prefix > 0 ? "/" : "", NAME_SIZE, (const char *)header + NAME);
    return set_name(name, text, (size_t)length);
}

/* A record of pax: "LENGTH NAME=VALUE\n", of which the length counts all. */
struct record {
    const char *all, *name, *value;
    size_t size, name_size, value_size;
};

/* Takes the record at *at. Returns 1; 0 at the end; -1: malformed. */
static int take_record(const char **at, const char *end, struct record *record)
{
    size_t size = 0;
    const char *digit = *at;
    if (*at == end)
        return 0;
    for (; digit < end && *digit >= '0' && *digit <= '9' && size <= TAR_EXTENDED_MAX; digit++)
        size = 10 * size + (size_t)(*digit - '0');
    if (digit == end || *digit != ' ' || size > (size_t)(end - *at) || size < (size_t)(digit - *at) + 4 ||
        (*at)[size - 1] != '\n')
        return -1;
    const char *name = digit + 1, *equals = memchr(name, '=', size - (size_t)(name - *at));
    if (equals == NULL)
        return -1;
    *record = (struct record){.all = *at,
                              .size = size,
                              .name = name,
                              .name_size = (size_t)(equals - name),
                              .value = equals + 1,
                              .value_size = (size_t)(*at + size - 1 - (equals + 1))};
    *at += size;
    return 1;
}

static bool is_named(const struct record *record, const char *name)
{
    return record->name_size == strlen(name) && memcmp(record->name, name, record->name_size) == 0;
}

/* What extended headers have said about the next member. */
struct extension {
    bool has_name, has_size;
    uint64_t size;
};

static int sparse(struct pm_error *error)
{
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "the archive has a sparse file, which is not supported (pack it without --sparse)");
}

static int take_pax(const struct tar_reader *reader, const struct buffer *text, struct tar_member *member,
                    struct extension *extension, struct pm_error *error)
{
    const char *at = (const char *)text->data, *end = at + text->size;
    struct record record;
    int status;
    while ((status = take_record(&at, end, &record)) > 0) {
        if (record.name_size > 10 && memcmp(record.name, "GNU.sparse", 10) == 0)
            return sparse(error);
        if (is_named(&record, "path")) {
            extension->has_name = true;
            if (set_name(&member->name, record.value, record.value_size) != 0)
                return error_memory(error, 0);
        } else if (is_named(&record, "size")) {
            char number[24] = "";
            if (record.value_size == 0 || record.value_size >= sizeof number - 4)
                return damaged(reader, error);
            memcpy(number, record.value, record.value_size);
            if (strspn(number, "0123456789") != record.value_size)
                return damaged(reader, error);
            extension->has_size = true;
            extension->size = strtoull(number, NULL, 10);
        } else if (buffer_append(&member->records, record.all, record.size) != 0) {
            return error_memory(error, 0);
        }
    }
    return status == 0 ? 0 : damaged(reader, error);
}

/* Reads the content of an extended header. */
static int read_extended(const struct tar_reader *reader, uint64_t offset, uint64_t size, struct buffer *text,
                         struct pm_error *error)
{
    text->size = 0;
    if (size > TAR_EXTENDED_MAX)
        return error_limit(error, TAR_EXTENDED_MAX, size, "the archive has a header of more than 1 MiB");
    if (buffer_reserve(text, (size_t)size + 1) != 0)
        return error_memory(error, size);
    text->size = (size_t)size;
    return read_at(reader, offset, text->data, text->size, error);
}

/* Takes an extended header of `type` that describes the next member. There may be several, whose records are
 * kept. */
static int take_extension(const struct tar_reader *reader, char type, uint64_t offset, uint64_t size,
                          struct tar_member *member, struct extension *extension, struct pm_error *error)
{
    struct buffer text = {0};
    const uint64_t before = offset - member->begin;
    if (before > TAR_EXTENDED_MAX)
        return error_limit(error, TAR_EXTENDED_MAX, before,
                           "the archive has a member with more than 1 MiB of headers");
    int status = read_extended(reader, offset, size, &text, error);
    if (status == 0 && type == 'x') {
        status = take_pax(reader, &text, member, extension, error);
    } else if (status == 0 && type == 'L') {
        extension->has_name = true;
        if (set_name(&member->name, text.data, strnlen((const char *)text.data, text.size)) != 0)
            status = error_memory(error, 0);
    }
    buffer_free(&text);
    return status;
}

/* A header of pax for all members that follow. It is copied unchanged, so it may not set a name or a size:
 * results get their own. */
static int check_global(const struct tar_reader *reader, uint64_t offset, uint64_t size,
                        struct pm_error *error)
{
    struct buffer text = {0};
    struct tar_member ignored = {0};
    struct extension extension = {0};
    int status = read_extended(reader, offset, size, &text, error);
    if (status == 0)
        status = take_pax(reader, &text, &ignored, &extension, error);
    if (status == 0 && (extension.has_name || extension.has_size))
        status = damaged(reader, error);
    buffer_free(&text);
    tar_member_free(&ignored);
    return status;
}

/* The member whose own header is at `offset`. */
static int take_member(struct tar_reader *reader, uint64_t offset, struct tar_member *member,
                       const struct extension *extension, struct pm_error *error)
{
    const uint8_t *header = member->header;
    const char type = (char)header[TYPE];
    char shown[96];
    /* Between a header and the member that it describes, programs apply it to one or the other. */
    if (type == 'g' && offset != member->begin)
        return damaged(reader, error);
    if (!extension->has_name && type != 'g' && short_name(header, &member->name) != 0)
        return error_memory(error, 0);
    if (type == 'S')
        return sparse(error);
    if (type == '1')
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "the archive has a hard link, %s, which is not supported (pack it with "
                         "--hard-dereference)",
                         text_shown((const char *)member->name.data, shown, sizeof shown));
    member->is_file = type == '0' || type == '\0' || type == '7';
    member->is_global = type == 'g';
    if (extension->has_size)
        member->size = extension->size;
    if (type >= '2' && type <= '6')
        member->size = 0;
    /* Before ustar a folder was a file whose name ends with a slash. */
    if (member->name.size > 0 && member->name.data[member->name.size - 1] == '/')
        member->is_file = false;
    member->data = offset + TAR_BLOCK;
    if (member->size > reader->size - member->data)
        return cut_short(error);
    const uint64_t end = member->data + member->size;
    member->end = end + tar_padding(end);
    if (member->end > reader->size)
        return cut_short(error);
    if (type == 'g' && check_global(reader, member->data, member->size, error) != 0)
        return -1;
    reader->at = member->end;
    return 1;
}

int tar_next(struct tar_reader *reader, struct tar_member *member, struct pm_error *error)
{
    struct extension extension = {0};
    uint64_t at = reader->at;
    member->begin = at;
    member->name.size = member->records.size = 0;
    if (member->name.data != NULL)
        member->name.data[0] = '\0';
    for (;;) {
        if (at == reader->size)
            return error_set(error, PM_ERROR_TRUNCATED,
                             "the archive has no end: it may be cut short (copy it again)");
        if (read_at(reader, at, member->header, TAR_BLOCK, error) != 0)
            return -1;
        if (memcmp(member->header, zeros, TAR_BLOCK) == 0)
            return at == member->begin ? 0 : damaged(reader, error);
        if (!has_checksum(member->header) ||
            !read_number(member->header + FILE_SIZE, SIZE_SIZE, &member->size))
            return damaged(reader, error);
        const char type = (char)member->header[TYPE];
        if (type != 'x' && type != 'L' && type != 'K')
            return take_member(reader, at, member, &extension, error);
        if (take_extension(reader, type, at + TAR_BLOCK, member->size, member, &extension, error) != 0)
            return -1;
        at += TAR_BLOCK + member->size + tar_padding(member->size);
    }
}

void tar_member_free(struct tar_member *member)
{
    buffer_free(&member->name);
    buffer_free(&member->records);
}

bool tar_is_safe(const struct tar_member *member)
{
    const char *name = (const char *)member->name.data;
    if (strlen(name) != member->name.size || name[0] == '\0' || name[0] == '/')
        return false;
    for (;;) {
        const size_t length = strcspn(name, "/");
        if (length == 2 && name[0] == '.' && name[1] == '.')
            return false;
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

static void write_octal(uint8_t *field, size_t size, uint64_t number)
{
    field[--size] = '\0';
    while (size > 0) {
        field[--size] = (uint8_t)('0' + number % 8);
        number /= 8;
    }
}

static void write_checksum(uint8_t *header)
{
    uint64_t sum = 0;
    memset(header + CHECKSUM, ' ', CHECKSUM_SIZE);
    for (int i = 0; i < TAR_BLOCK; i++)
        sum += header[i];
    write_octal(header + CHECKSUM, CHECKSUM_SIZE - 1, sum);
}

/* Puts the name into the header's fields. False: it does not fit. */
static bool write_name(uint8_t *header, const char *name)
{
    const size_t length = strlen(name);
    memset(header + NAME, 0, NAME_SIZE);
    memset(header + PREFIX, 0, PREFIX_SIZE);
    if (length <= NAME_SIZE) {
        memcpy(header + NAME, name, length);
        return true;
    }
    for (const char *slash = strchr(name, '/'); slash != NULL && slash - name <= PREFIX_SIZE;
         slash = strchr(slash + 1, '/')) {
        const size_t rest = strlen(slash + 1);
        if (slash > name && rest > 0 && rest <= NAME_SIZE) {
            memcpy(header + PREFIX, name, (size_t)(slash - name));
            memcpy(header + NAME, slash + 1, rest);
            return true;
        }
    }
    return false;
}

/* Appends a record; its length counts its own digits. */
static int append_record(struct buffer *out, const char *name, const char *value)
{
    const size_t rest = strlen(name) + strlen(value) + 3;
    size_t size = rest + 1;
    char *record = NULL;
    while ((size_t)snprintf(NULL, 0, "%zu", size) + rest != size)
        size++;
    if (asprintf(&record, "%zu %s=%s\n", size, name, value) < 0)
        return -1;
    const int status = buffer_append(out, record, size);
    free(record);
    return status;
}

/* Appends the extended header with these records. */
static int append_extended(struct buffer *out, const uint8_t *like, const struct buffer *records)
{
    uint8_t header[TAR_BLOCK];
    memcpy(header, like, TAR_BLOCK);
    write_name(header, "PaxHeaders/file");
    write_octal(header + FILE_SIZE, SIZE_SIZE, records->size);
    header[TYPE] = 'x';
    write_checksum(header);
    return buffer_append(out, header, TAR_BLOCK) == 0 && buffer_append(out, records->data, records->size) == 0
               ? buffer_append(out, zeros, tar_padding(records->size))
               : -1;
}

int tar_append_header(struct buffer *out, const struct tar_member *member, const char *name, uint64_t size)
{
    static const uint64_t octal_max = (uint64_t)1 << 33;
    uint8_t header[TAR_BLOCK];
    struct buffer records = {0};
    char number[24];
    int status = buffer_append(&records, member->records.data, member->records.size);
    memcpy(header, member->header, TAR_BLOCK);
    if (memcmp(header + MAGIC, "ustar", 5) != 0) /* before ustar there was nothing here */
        memset(header + OWNER, 0, DEVICE - OWNER);
    memset(header + LINK, 0, MAGIC - LINK);
    memset(header + DEVICE, 0, TAR_BLOCK - DEVICE);
    memcpy(header + MAGIC, "ustar\00000", 8);
    header[TYPE] = '0';
    if (!write_name(header, name)) {
        memcpy(header + NAME, name, NAME_SIZE - 1); /* for programs that do not know pax */
        status |= append_record(&records, "path", name);
    }
    if (size >= octal_max) {
        snprintf(number, sizeof number, "%" PRIu64, size);
        status |= append_record(&records, "size", number);
    }
    write_octal(header + FILE_SIZE, SIZE_SIZE, size < octal_max ? size : 0);
    write_checksum(header);
    if (status == 0 && records.size > 0)
        status = append_extended(out, header, &records);
    if (status == 0)
        status = buffer_append(out, header, TAR_BLOCK);
    buffer_free(&records);
    return status;
}
