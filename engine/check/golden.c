/* Goldens: their files. golden_json.c has golden.json. */
#include "check/golden.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/platform/platform.h"
#include "image/exr.h"

static const char lfs_pointer[] = "version https://git-lfs.github.com/spec/";

/* --- where it lies -------------------------------------------------------------------------------- */

static orr_status read_file(void *context, const char *name, uint8_t **data, size_t *size, orr_error *err) {
    char path[2048];
    orr_path_join(path, sizeof path, context, name);
    return orr_file_read(path, ORR_GOLDEN_MAX_BYTES, data, size, err);
}

/* Below the golden's folder: new files wait here until all of them are there. */
#define ASIDE ".new"

static orr_status refuse_pointer(const char *file, const uint8_t *data, size_t size, orr_error *err) {
    if (size < sizeof lfs_pointer - 1 || memcmp(data, lfs_pointer, sizeof lfs_pointer - 1) != 0)
        return ORR_OK;
    return orr_fail(err, ORR_E_BAD_DATA, file,
                    "the golden's %s is a pointer of Git LFS, not the file itself: run `git lfs pull`", file);
}

orr_golden_source orr_golden_folder(const char *folder) {
    return (orr_golden_source){read_file, (void *)(uintptr_t)folder};
}

bool orr_golden_same_numbers(const orr_golden_device *a, const orr_golden_device *b) {
    return a->fingerprint[0] && !strcmp(a->fingerprint, b->fingerprint) && !strcmp(a->driver, b->driver);
}

void orr_golden_free(orr_golden *golden) {
    orr_arena_free(&golden->arena);
    *golden = (orr_golden){0};
}

orr_status orr_golden_open(const orr_golden_source *source, orr_golden *out, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    *out = (orr_golden){0};
    orr_status status = source->read(source->context, "golden.json", &data, &size, err);
    if (status == ORR_OK) status = refuse_pointer("golden.json", data, size, err);
    if (status == ORR_OK) status = orr_golden_parse((const char *)data, size, "golden.json", out, err);
    free(data);
    return status;
}

const orr_golden_frame *orr_golden_find(const orr_golden *golden, int64_t frame) {
    for (uint32_t i = 0; i < golden->frame_count; i++)
        if (golden->frames[i].frame == frame) return &golden->frames[i];
    return NULL;
}

static void file_name(int64_t frame, const char *extension, char out[32]) {
    orr_format(out, 32, "%04lld.%s", (long long)frame, extension);
}

/* --- planes of the EXR ------------------------------------------------------------------------------ */

/* Names as `orrery render` writes them. */
typedef struct layer {
    orr_pixel_type type;
    uint32_t channels;
    const char *names[4];
} layer;
static const layer layers[ORR_CHECK_DISPLAY] = {
    [ORR_CHECK_Z] = {ORR_PIXEL_F32, 1, {"Z"}},
    [ORR_CHECK_N] = {ORR_PIXEL_F16, 3, {"N.X", "N.Y", "N.Z"}},
    [ORR_CHECK_ALBEDO] = {ORR_PIXEL_F16, 3, {"albedo.R", "albedo.G", "albedo.B"}},
    [ORR_CHECK_ID] = {ORR_PIXEL_U32, 2, {"id.object", "id.material"}},
    [ORR_CHECK_BEAUTY] = {ORR_PIXEL_F16, 4, {"R", "G", "B", "A"}},
};

static const orr_exr_plane *find_plane(const orr_exr_image *exr, const char *name) {
    for (uint32_t i = 0; i < exr->plane_count; i++)
        if (!strcmp(exr->planes[i].name, name)) return &exr->planes[i];
    return NULL;
}

/* Joins the planes of an AOV; an image without them stays empty. */
static orr_status take_layer(const orr_exr_image *exr, const layer *l, const char *file, orr_image *out,
                             orr_error *err) {
    const orr_exr_plane *planes[4] = {0};
    for (uint32_t c = 0; c < l->channels; c++) {
        planes[c] = find_plane(exr, l->names[c]);
        if (!planes[0]) return ORR_OK;
        if (!planes[c] || planes[c]->type != l->type || !planes[c]->pixels)
            return orr_fail(err, ORR_E_BAD_DATA, file, "%s: the channel %s is missing or of another type",
                            file, l->names[c]);
    }
    orr_status status = orr_image_create(exr->data.width, exr->data.height, l->channels, l->type, out, err);
    if (status != ORR_OK) return status;
    size_t count = (size_t)out->width * out->height, bytes = orr_pixel_bytes(l->type);
    for (uint32_t c = 0; c < l->channels; c++)
        for (size_t i = 0; i < count; i++)
            memcpy((uint8_t *)out->pixels + (i * l->channels + c) * bytes,
                   (const uint8_t *)planes[c]->pixels + i * bytes, bytes);
    return ORR_OK;
}

static orr_status decode_layers(const uint8_t *data, size_t size, const char *file, orr_image *images,
                                orr_error *err) {
    orr_exr_image exr = {0};
    orr_status status = orr_exr_decode(data, size, file, NULL, &exr, err);
    for (int aov = 0; status == ORR_OK && aov < ORR_CHECK_DISPLAY; aov++)
        status = take_layer(&exr, &layers[aov], file, &images[aov], err);
    orr_exr_free(&exr);
    return status;
}

static orr_status encode_layers(const orr_image *images, double exposure, uint8_t **data, size_t *size,
                                orr_error *err) {
    orr_exr_channel channels[16];
    const orr_exr_attribute exposed = {
        .name = "orrery.exposure", .type = ORR_EXR_DOUBLE, .values = {exposure}};
    orr_exr_params params = {
        .channels = channels, .attributes = &exposed, .attribute_count = 1, .zip_level = 9};
    for (int aov = 0; aov < ORR_CHECK_DISPLAY; aov++) {
        const orr_image *image = &images[aov];
        if (!image->pixels) continue;
        params.width = image->width;
        params.height = image->height;
        for (uint32_t c = 0; c < layers[aov].channels; c++)
            channels[params.channel_count++] =
                (orr_exr_channel){.name = layers[aov].names[c],
                                  .type = image->type,
                                  .pixels = (const uint8_t *)image->pixels + c * orr_pixel_bytes(image->type),
                                  .pixel_stride_bytes = image->channels * orr_pixel_bytes(image->type)};
    }
    return orr_exr_encode(&params, data, size, err);
}

/* --- reading --------------------------------------------------------------------------------------- */

static orr_status read_checked(const orr_golden_source *source, const char *file, const char *sha256,
                               uint8_t **data, size_t *size, orr_error *err) {
    char hex[65];
    orr_status status = source->read(source->context, file, data, size, err);
    if (status == ORR_E_NOT_FOUND)
        return orr_fail(err, ORR_E_BAD_DATA, file, "the golden's %s is not there; golden.json tells of it",
                        file);
    if (status == ORR_OK) status = refuse_pointer(file, *data, *size, err);
    if (status != ORR_OK) return status;
    orr_digest digest = orr_digest_of(*data, *size);
    orr_digest_hex(&digest, hex);
    if (!strcmp(hex, sha256)) return ORR_OK;
    return orr_fail(
        err, ORR_E_BAD_DATA, file,
        "the golden's %s is not the file that golden.json tells of: check both out again, or write "
        "both with --update",
        file);
}

static orr_status read_png(const orr_golden *golden, const orr_golden_source *source,
                           const orr_golden_frame *f, orr_image *out, orr_error *err) {
    char file[32];
    uint8_t *data = NULL;
    size_t size = 0;
    file_name(f->frame, "png", file);
    orr_status status = read_checked(source, file, f->png, &data, &size, err);
    if (status == ORR_OK) status = orr_image_decode(data, size, file, 3, NULL, out, err);
    free(data);
    if (status == ORR_OK && (out->width != golden->width || out->height != golden->height))
        status = orr_fail(err, ORR_E_BAD_DATA, file, "the golden's %s has another size than golden.json says",
                          file);
    if (status == ORR_OK) out->srgb = true; /* whether or not a tool dropped the mark */
    return status;
}

orr_status orr_golden_images(const orr_golden *golden, const orr_golden_source *source, int64_t frame,
                             orr_image images[ORR_CHECK_AOV_COUNT], orr_error *err) {
    char file[32];
    uint8_t *data = NULL;
    size_t size = 0;
    memset(images, 0, sizeof *images * ORR_CHECK_AOV_COUNT);
    const orr_golden_frame *f = orr_golden_find(golden, frame);
    if (!f) return orr_fail(err, ORR_E_NOT_FOUND, NULL, "the golden has no frame %lld", (long long)frame);
    orr_status status = ORR_OK;
    if (f->png) status = read_png(golden, source, f, &images[ORR_CHECK_DISPLAY], err);
    if (status == ORR_OK && f->exr) {
        file_name(frame, "exr", file);
        status = read_checked(source, file, f->exr, &data, &size, err);
        if (status == ORR_OK) status = decode_layers(data, size, file, images, err);
        free(data);
    }
    if (status != ORR_OK) orr_check_images_free(images);
    return status;
}

void orr_check_images_free(orr_image images[ORR_CHECK_AOV_COUNT]) {
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) orr_image_free(&images[aov]);
}

/* --- writing --------------------------------------------------------------------------------------- */

/* Takes `data`. */
static orr_status write_file(const char *folder, const char *file, uint8_t *data, size_t size,
                             orr_arena *arena, const char **sha256, orr_error *err) {
    char path[2048], hex[65];
    orr_path_join(path, sizeof path, folder, file);
    orr_digest digest = orr_digest_of(data, size);
    orr_digest_hex(&digest, hex);
    orr_status status = orr_file_write(path, data, size, err);
    free(data);
    if (status == ORR_OK && !(*sha256 = orr_arena_strdup(arena, hex)))
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a golden");
    return status;
}

orr_status orr_golden_write_frame(const char *folder, int64_t frame, double exposure,
                                  const orr_image images[ORR_CHECK_AOV_COUNT], orr_arena *arena,
                                  orr_golden_frame *out, orr_error *err) {
    char file[32];
    uint8_t *data = NULL;
    size_t size = 0;
    bool deep = false;
    char aside[2048];
    *out = (orr_golden_frame){.frame = frame};
    orr_path_join(aside, sizeof aside, folder, ASIDE);
    orr_status status = orr_folder_create(aside, err);
    for (int aov = 0; aov < ORR_CHECK_DISPLAY; aov++) deep |= images[aov].pixels != NULL;
    if (status == ORR_OK && images[ORR_CHECK_DISPLAY].pixels) {
        file_name(frame, "png", file);
        status = orr_png_encode(&images[ORR_CHECK_DISPLAY], &(orr_png_params){.level = 9}, &data, &size, err);
        if (status == ORR_OK) status = write_file(aside, file, data, size, arena, &out->png, err);
    }
    if (status == ORR_OK && deep) {
        file_name(frame, "exr", file);
        status = encode_layers(images, exposure, &data, &size, err);
        if (status == ORR_OK) status = write_file(aside, file, data, size, arena, &out->exr, err);
    }
    return status;
}

static void remove_file(const char *folder, int64_t frame, const char *extension) {
    char file[32], path[2048];
    file_name(frame, extension, file);
    orr_path_join(path, sizeof path, folder, file);
    orr_file_remove(path);
}

void orr_golden_abandon(const char *folder) {
    char aside[2048];
    orr_path_join(aside, sizeof aside, folder, ASIDE);
    orr_folder_remove(aside);
}

static orr_status move_file(const char *folder, int64_t frame, const char *extension, orr_error *err) {
    char file[32], aside[2048], from[2100], to[2100];
    file_name(frame, extension, file);
    orr_path_join(aside, sizeof aside, folder, ASIDE);
    orr_path_join(from, sizeof from, aside, file);
    orr_path_join(to, sizeof to, folder, file);
    return orr_file_exists(from) ? orr_file_rename(from, to, err) : ORR_OK;
}

orr_status orr_golden_write(const char *folder, const orr_golden *golden, const orr_golden *old,
                            orr_error *err) {
    char path[2048];
    orr_text text = {0};
    orr_golden_print(golden, &text);
    orr_path_join(path, sizeof path, folder, "golden.json");
    orr_status status = text.failed ? orr_fail(err, ORR_E_MEMORY, path, "no memory for a golden") : ORR_OK;
    for (uint32_t i = 0; status == ORR_OK && i < golden->frame_count; i++) {
        status = move_file(folder, golden->frames[i].frame, "png", err);
        if (status == ORR_OK) status = move_file(folder, golden->frames[i].frame, "exr", err);
    }
    if (status == ORR_OK) status = orr_file_write(path, text.data, text.length, err);
    orr_text_free(&text);
    orr_golden_abandon(folder);
    for (uint32_t i = 0; status == ORR_OK && old && i < old->frame_count; i++) {
        const orr_golden_frame *was = &old->frames[i], *is = orr_golden_find(golden, was->frame);
        if (was->png && !(is && is->png)) remove_file(folder, was->frame, "png");
        if (was->exr && !(is && is->exr)) remove_file(folder, was->frame, "exr");
    }
    return status;
}
