#include "net/s3_upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "net/s3_answer.h"

enum stage { UPLOAD_WHOLE, UPLOAD_BEGIN, UPLOAD_PART, UPLOAD_COMPLETE, UPLOAD_REMOVE };

struct s3_upload {
    const char *name, *type;
    const uint8_t *data;
    size_t size, part_size;
    unsigned nparts, part; /* the number of the current one, from 1 */
    enum stage stage;
    struct buffer id;       /* percent-encoded, NUL-terminated; empty: the upload has not begun */
    struct buffer document; /* the list of parts that completes it */
    struct pm_error why;    /* of the failed request */
};

struct s3_upload *s3_upload_new(const char *name, const uint8_t *data, size_t size, const char *type)
{
    struct s3_upload *upload = calloc(1, sizeof *upload);
    if (upload == NULL)
        return NULL;
    *upload =
        (struct s3_upload){.name = name, .type = type, .data = data, .size = size, .part_size = S3_PART_SIZE};
    if (size / S3_PARTS_MAX >= upload->part_size)
        upload->part_size = size / S3_PARTS_MAX + 1;
    upload->nparts = (unsigned)((size + upload->part_size - 1) / upload->part_size);
    return upload;
}

void s3_upload_free(struct s3_upload *upload)
{
    if (upload == NULL)
        return;
    buffer_free(&upload->id);
    buffer_free(&upload->document);
    free(upload);
}

int s3_upload_begin(struct s3_upload *upload, struct s3_call *call)
{
    if (upload->size <= S3_PART_SIZE) {
        upload->stage = UPLOAD_WHOLE;
        return s3_call_set(call, S3_PUT, upload->name, "", upload->data, upload->size, upload->type);
    }
    upload->stage = UPLOAD_BEGIN;
    return s3_call_set(call, S3_POST, upload->name, "uploads=", NULL, 0, upload->type);
}

static int add_text(struct buffer *out, const char *text)
{
    return buffer_append(out, text, strlen(text));
}

/* "uploadId=ID", after "partNumber=N&" in the sorted query. */
static int call_with_id(struct s3_upload *upload, struct s3_call *call, enum s3_method method,
                        const char *before, const uint8_t *body, size_t size, const char *type)
{
    char *query = NULL;
    if (asprintf(&query, "%suploadId=%s", before, (const char *)upload->id.data) < 0)
        return -1;
    const int status = s3_call_set(call, method, upload->name, query, body, size, type);
    free(query);
    return status;
}

static int begin_part(struct s3_upload *upload, struct s3_call *call)
{
    char number[32];
    const size_t from = (upload->part - 1) * upload->part_size, left = upload->size - from;
    snprintf(number, sizeof number, "partNumber=%u&", upload->part);
    upload->stage = UPLOAD_PART;
    return call_with_id(upload, call, S3_PUT, number, upload->data + from,
                        left < upload->part_size ? left : upload->part_size, NULL);
}

static int begin_complete(struct s3_upload *upload, struct s3_call *call)
{
    upload->stage = UPLOAD_COMPLETE;
    if (add_text(&upload->document, "</CompleteMultipartUpload>") != 0)
        return -1;
    return call_with_id(upload, call, S3_POST, "", upload->document.data, upload->document.size,
                        "application/xml");
}

/* Takes the upload's id. */
static int begun(struct s3_upload *upload, struct s3_call *call, const void *body, size_t size,
                 struct pm_error *error)
{
    struct buffer id = {0};
    int status = s3_element_read(body, size, "InitiateMultipartUploadResult", "UploadId", &id);
    if (status == 0 && id.size == 0)
        status = 1;
    if (status == 0)
        status = object_encode(&upload->id, (const char *)id.data, id.size, false) == 0 &&
                         buffer_append(&upload->id, "", 1) == 0 &&
                         add_text(&upload->document, "<CompleteMultipartUpload>") == 0
                     ? 0
                     : -1;
    buffer_free(&id);
    if (status > 0)
        return error_set(error, PM_ERROR_IO,
                         "the server's answer has no id of the upload (check AWS_ENDPOINT_URL)");
    upload->part = 1;
    return status == 0 && begin_part(upload, call) == 0 ? 1 : error_memory(error, 0);
}

/* Keeps the part's tag, which may hold quotes but no markup. */
static int part_stored(struct s3_upload *upload, struct s3_call *call, const char *tag,
                       struct pm_error *error)
{
    char *line = NULL;
    if (tag[0] == '\0' || strpbrk(tag, "<>&") != NULL)
        return error_set(error, PM_ERROR_IO,
                         "the server's answer has no entity tag of a part (check AWS_ENDPOINT_URL)");
    if (asprintf(&line, "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>", upload->part, tag) < 0)
        return error_memory(error, 0);
    int status = add_text(&upload->document, line);
    free(line);
    if (status == 0)
        status = upload->part++ < upload->nparts ? begin_part(upload, call) : begin_complete(upload, call);
    return status == 0 ? 1 : error_memory(error, 0);
}

/* The status is 200 as soon as the server has begun to join the parts; an error follows in the body. */
static int completed(const void *body, size_t size, struct pm_error *error)
{
    char code[S3_CODE_MAX];
    struct buffer tag = {0};
    const int status = s3_element_read(body, size, "CompleteMultipartUploadResult", "ETag", &tag);
    buffer_free(&tag);
    if (status < 0)
        return error_memory(error, 0);
    if (status == 0)
        return 0;
    s3_error_code(body, size, code);
    return error_set(error, PM_ERROR_IO, "the server could not join the parts of the object: %s (try again)",
                     code[0] != '\0' ? code : "no reason");
}

int s3_upload_next(struct s3_upload *upload, struct s3_call *call, const void *body, size_t size,
                   const char *tag, struct pm_error *error)
{
    switch (upload->stage) {
    case UPLOAD_BEGIN:
        return begun(upload, call, body, size, error);
    case UPLOAD_PART:
        return part_stored(upload, call, tag, error);
    case UPLOAD_COMPLETE:
        return completed(body, size, error);
    case UPLOAD_REMOVE:
        *error = upload->why;
        return -1;
    case UPLOAD_WHOLE:
        break;
    }
    return 0;
}

bool s3_upload_gives_up(struct s3_upload *upload, struct s3_call *call, struct pm_error *error)
{
    if (upload->stage == UPLOAD_REMOVE) {
        *error = upload->why;
        return false;
    }
    if (upload->id.size == 0)
        return false;
    upload->stage = UPLOAD_REMOVE;
    upload->why = *error;
    return call_with_id(upload, call, S3_DELETE, "", NULL, 0, NULL) == 0;
}
