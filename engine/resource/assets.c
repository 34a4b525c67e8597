#include "resource/assets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/platform/platform.h"
#include "base/text.h"

enum { PATH_BYTES = 1024, FOLDER_LIMIT = 16 };

typedef struct asset asset;

/* One image of a model, decoded by a job of its own. */
typedef struct model_image {
    asset *owner;
    uint32_t index;
    orr_image image;
    orr_status status;
    orr_error error;
} model_image;

struct asset {
    orr_assets *assets;
    orr_asset_kind kind;
    char path[PATH_BYTES]; /* host path, or path in the VFS */
    bool in_vfs;
    char *asked;            /* the path as it was given… */
    char under[PATH_BYTES]; /* …and the folder it was found in; "" = none */
    char *key;              /* what makes two loads the same */
    orr_dem_params dem_params;
    char *dem_array;

    orr_job_counter structure; /* read, digest, decode */
    orr_job_counter pixels;    /* the images of a model */
    /* written by the jobs of `structure`, read after waiting for it */
    uint8_t *data;
    size_t size;
    orr_status status;
    orr_error error;
    orr_digest_builder *digesting;
    orr_digest digest;
    orr_model model;
    orr_dem dem;
    orr_image image;
    model_image *images; /* one per image of the model */
};

struct orr_assets {
    orr_jobs *jobs;
    orr_vfs *vfs;
    const orr_log *log;
    uint64_t max_file_bytes;
    orr_reads *reads;
    orr_cancel cancel;
    orr_mutex *mutex; /* guards what follows */
    char *folders[FOLDER_LIMIT];
    uint32_t folder_count;
    bool leave_pixels;
    bool confined; /* the folders are of the VFS, and nothing else is looked at */
    asset **list;  /* by id - 1; an asset stays where it is */
    uint32_t count;
};

/* --- creation ------------------------------------------------------------------------------------------- */

orr_status orr_assets_create(const orr_assets_params *params, orr_assets **out, orr_error *err) {
    *out = NULL;
    orr_assets *assets = orr_calloc(1, sizeof *assets);
    if (!assets) return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the assets");
    assets->jobs = params->jobs;
    assets->vfs = params->vfs;
    assets->log = params->log;
    assets->max_file_bytes = params->max_file_bytes ? params->max_file_bytes : (uint64_t)2 << 30;
    assets->reads = params->reads;
    assets->mutex = orr_mutex_create();
    *out = assets;
    return ORR_OK;
}

static void asset_free(asset *a) {
    for (uint32_t i = 0; a->images && i < a->model.image_count; i++) orr_image_free(&a->images[i].image);
    free(a->images);
    if (a->digesting) (void)orr_digest_end(a->digesting);
    orr_model_free(&a->model);
    orr_dem_free(&a->dem);
    orr_image_free(&a->image);
    free(a->data);
    free(a->dem_array);
    free(a->asked);
    free(a->key);
    free(a);
}

static void drop_folders(orr_assets *assets) {
    while (assets->folder_count) free(assets->folders[--assets->folder_count]);
}

void orr_assets_destroy(orr_assets **assets) {
    if (!*assets) return;
    orr_cancel_ask(&(*assets)->cancel);
    for (uint32_t i = 0; i < (*assets)->count; i++) {
        orr_jobs_wait((*assets)->jobs, &(*assets)->list[i]->structure);
        orr_jobs_wait((*assets)->jobs, &(*assets)->list[i]->pixels);
        asset_free((*assets)->list[i]);
    }
    drop_folders(*assets);
    orr_mutex_destroy(&(*assets)->mutex);
    free((*assets)->list);
    free(*assets);
    *assets = NULL;
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = orr_calloc(size, 1);
    if (copy) memcpy(copy, text, size);
    return copy;
}

orr_status orr_assets_add_folder(orr_assets *assets, const char *folder, orr_error *err) {
    orr_status status = ORR_OK;
    char *copy = copy_text(folder);
    if (!copy) return orr_fail(err, ORR_E_MEMORY, folder, "out of memory for the assets");
    orr_mutex_lock(assets->mutex);
    bool known = false;
    for (uint32_t i = 0; i < assets->folder_count; i++) known = known || !strcmp(assets->folders[i], folder);
    if (known)
        free(copy);
    else if (assets->folder_count == FOLDER_LIMIT)
        status =
            orr_fail(err, ORR_E_LIMIT, folder, "assets are looked for in at most %d folders", FOLDER_LIMIT);
    else
        assets->folders[assets->folder_count++] = copy;
    orr_mutex_unlock(assets->mutex);
    if (status) free(copy);
    return status;
}

orr_status orr_assets_confine(orr_assets *assets, const char *folder, orr_error *err) {
    const char *const folders[] = {folder, "content", ""};
    orr_mutex_lock(assets->mutex);
    drop_folders(assets);
    assets->confined = true;
    orr_mutex_unlock(assets->mutex);
    orr_status status = ORR_OK;
    for (int i = 0; i < 3 && !status; i++) status = orr_assets_add_folder(assets, folders[i], err);
    return status;
}

void orr_assets_leave_pixels(orr_assets *assets) {
    assets->leave_pixels = true;
}

/* --- reading -------------------------------------------------------------------------------------------- */

static orr_status read_whole(const asset *a, const char *path, uint8_t **data, size_t *size, orr_error *err) {
    uint64_t limit = a->assets->max_file_bytes;
    return a->in_vfs ? orr_vfs_read(a->assets->vfs, path, limit, data, size, err)
                     : orr_file_read(path, limit, data, size, err);
}

/* Tells of a file that was read; paths are made canonical where they are the host's. */
static void record(const asset *a, const char *asked, const char *path, const char *under,
                   const uint8_t *data, size_t size) {
    char real_path[4096], real_under[4096];
    if (!a->assets->reads) return;
    if (!a->in_vfs && orr_path_real(path, real_path, sizeof real_path)) path = real_path;
    if (!a->in_vfs && *under && orr_path_real(under, real_under, sizeof real_under)) under = real_under;
    orr_reads_add(a->assets->reads, ORR_READ_ASSET, asked, path, under, data, size);
}

static orr_status fail_escape(const char *uri, orr_error *err) {
    return orr_fail(err, ORR_E_ESCAPE, uri,
                    "'%.200s' lies outside the model's folder: put the file beside the model", uri);
}

/* What a model refers to: only files in its own folder or below, links followed before looking where they
 * end. */
static orr_status fetch_beside(void *context, const char *uri, uint8_t **data, size_t *size, orr_error *err) {
    asset *a = context;
    char folder[PATH_BYTES], path[2 * PATH_BYTES], real_folder[4096], real_path[4096];
    if (orr_path_is_absolute(uri) || strchr(uri, '\\') || orr_path_has_parent(uri))
        return fail_escape(uri, err);
    while (strncmp(uri, "./", 2) == 0) uri += 2;
    orr_path_folder(folder, sizeof folder, a->path);
    bool at_root = a->in_vfs && strcmp(folder, ".") == 0; /* the VFS has no "." */
    if (!orr_format(path, sizeof path, "%s%s%s", at_root ? "" : folder, at_root ? "" : "/", uri))
        return orr_fail(err, ORR_E_LIMIT, uri, "the path of '%.80s…' is too long", uri);
    const char *read = path;
    if (!a->in_vfs) {
        if (!orr_path_real(path, real_path, sizeof real_path))
            return orr_fail(err, ORR_E_NOT_FOUND, path,
                            "there is no such file in the model's folder '%.600s'", folder);
        if (!orr_path_real(folder, real_folder, sizeof real_folder) ||
            !orr_path_is_below(real_folder, real_path))
            return fail_escape(uri, err);
        read = real_path;
    }
    orr_status status = read_whole(a, read, data, size, err);
    if (status) return status;
    orr_digest_add_text(a->digesting, uri);
    orr_digest_add(a->digesting, *data, *size);
    record(a, uri, read, at_root ? "" : folder, *data, *size);
    return ORR_OK;
}

/* --- decoding ------------------------------------------------------------------------------------------- */

/* The renderer takes 8 bits a channel; a 16-bit PNG is rounded to them. glTF allows PNG and JPEG alone. */
static orr_status narrow_to_u8(orr_image *image, const char *name, orr_error *err) {
    if (image->type == ORR_PIXEL_U8) return ORR_OK;
    if (image->type != ORR_PIXEL_U16)
        return orr_fail(err, ORR_E_UNSUPPORTED, name, "a glTF texture is a PNG or JPEG, not floating point");
    const uint16_t *wide = image->pixels;
    size_t count = image->size_bytes / sizeof *wide;
    uint8_t *narrow = orr_calloc(count, 1);
    if (!narrow) return orr_fail(err, ORR_E_MEMORY, name, "out of memory for an image of %zu bytes", count);
    for (size_t i = 0; i < count; i++) narrow[i] = (uint8_t)((wide[i] * 255u + 32767u) / 65535u);
    free(image->pixels);
    image->pixels = narrow;
    image->size_bytes = count;
    image->type = ORR_PIXEL_U8;
    return ORR_OK;
}

static void decode_model_image(void *argument) {
    model_image *image = argument;
    const orr_model_image *source = &image->owner->model.images[image->index];
    image->status =
        orr_image_decode(source->bytes, source->size, source->name, 4, NULL, &image->image, &image->error);
    if (!image->status) image->status = narrow_to_u8(&image->image, source->name, &image->error);
    if (image->status)
        orr_image_free(&image->image);
    else
        image->image.srgb = source->srgb;
}

/* Light stays as it is (HDR, EXR); pictures become RGBA u8, as those of models. */
static void decode_image(asset *a) {
    bool light = a->size >= 4 && (!memcmp(a->data, "#?", 2) || !memcmp(a->data, "\x76\x2f\x31\x01", 4));
    a->status = orr_image_decode(a->data, a->size, a->path, light ? 0 : 4, NULL, &a->image, &a->error);
    if (!a->status && !light) a->status = narrow_to_u8(&a->image, a->path, &a->error);
    if (a->status) orr_image_free(&a->image);
}

static void start_images(asset *a) {
    if (!a->model.image_count) return;
    a->images = orr_calloc(a->model.image_count, sizeof *a->images);
    if (!a->images) {
        a->status = orr_fail(&a->error, ORR_E_MEMORY, a->path, "'%s': out of memory for its images", a->path);
        return;
    }
    for (uint32_t i = 0; i < a->model.image_count; i++) {
        a->images[i].owner = a;
        a->images[i].index = i;
        orr_jobs_run(a->assets->jobs, decode_model_image, &a->images[i], &a->pixels, ORR_JOB_NORMAL);
    }
}

/* A model's decode also reads the files it names: from the page cache as a rule, and not worth a trip through
 * the I/O lane for each. */
static void decode(void *argument) {
    asset *a = argument;
    a->digesting = orr_digest_begin();
    orr_digest_add(a->digesting, a->data, a->size);
    switch (a->kind) {
    case ORR_ASSET_MODEL:
        a->status = orr_model_decode(a->data, a->size, a->path, fetch_beside, a, &a->model, &a->error);
        if (!a->status && a->model.skipped_primitives)
            orr_log_write(a->assets->log, ORR_LOG_WARNING,
                          "%s: %u primitive(s) left out: points and lines are not drawn", a->path,
                          a->model.skipped_primitives);
        if (!a->status && !a->assets->leave_pixels) start_images(a);
        break;
    case ORR_ASSET_DEM:
        a->status = orr_dem_decode(a->data, a->size, a->path, &a->dem_params, &a->dem, &a->error);
        break;
    case ORR_ASSET_IMAGE:
        if (!a->assets->leave_pixels) decode_image(a);
        break;
    }
    a->digest = orr_digest_end(a->digesting);
    a->digesting = NULL;
    free(a->data);
    a->data = NULL;
}

static void read_then_decode(void *argument) {
    asset *a = argument;
    a->status = read_whole(a, a->path, &a->data, &a->size, &a->error);
    if (!a->status) record(a, a->asked, a->path, a->under, a->data, a->size);
    if (!a->status) orr_jobs_run(a->assets->jobs, decode, a, &a->structure, ORR_JOB_HIGH);
}

/* --- loading -------------------------------------------------------------------------------------------- */

static orr_status fail_missing(orr_assets *assets, const char *path, orr_error *err) {
    const char *where = assets->confined ? " in the bundle" : "";
    if (orr_path_is_absolute(path) || (assets->confined && orr_path_has_parent(path)))
        return orr_fail(err, assets->confined ? ORR_E_ESCAPE : ORR_E_NOT_FOUND, path,
                        "there is no file '%.600s'%s%s", path, where,
                        assets->confined ? ": its paths are relative, without '..'" : "");
    orr_text folders = {0};
    for (uint32_t i = 0; i < assets->folder_count; i++)
        orr_text_printf(&folders, "%s'%s'", i ? ", " : "", *assets->folders[i] ? assets->folders[i] : "/");
    if (assets->vfs && !assets->confined)
        orr_text_printf(&folders, "%sthe mounted bundles", folders.length ? ", " : "");
    orr_fail(err, ORR_E_NOT_FOUND, path, "there is no file '%.300s'%s; looked in %.600s", path, where,
             orr_text_cstr(&folders));
    orr_text_free(&folders);
    return ORR_E_NOT_FOUND;
}

/* Is the file there, in the folder of the host or, confined, of the VFS? Fills a->path and a->under. */
static bool find_below(const orr_assets *assets, const char *folder, const char *path, asset *a) {
    orr_path_join(a->path, sizeof a->path, folder, path);
    orr_format(a->under, sizeof a->under, "%s", folder);
    a->in_vfs = assets->confined;
    return a->in_vfs ? assets->vfs && orr_vfs_exists(assets->vfs, a->path) == ORR_VFS_FILE
                     : orr_file_exists(a->path);
}

/* Finds the file a path means; fills a->path, a->under and a->in_vfs. */
static orr_status locate(orr_assets *assets, const char *path, asset *a, orr_error *err) {
    if (!*path) return orr_fail(err, ORR_E_ARGUMENT, NULL, "the path of a file to load is empty");
    if (strlen(path) >= PATH_BYTES / 2)
        return orr_fail(err, ORR_E_LIMIT, NULL, "the path '%.80s…' is too long", path);
    bool absolute = orr_path_is_absolute(path);
    if (absolute && (assets->confined || !find_below(assets, "", path, a)))
        return fail_missing(assets, path, err);
    if (absolute) return ORR_OK;
    for (uint32_t i = 0; i < assets->folder_count; i++)
        if (find_below(assets, assets->folders[i], path, a)) return ORR_OK;
    if (assets->confined || !assets->vfs || orr_vfs_exists(assets->vfs, path) != ORR_VFS_FILE)
        return fail_missing(assets, path, err);
    orr_format(a->path, sizeof a->path, "%s", path);
    a->under[0] = '\0';
    a->in_vfs = true;
    return ORR_OK;
}

/* Two loads are one when kind, file and options are the same. */
static orr_status describe(asset *a, const char *path, const orr_dem_params *dem, orr_error *err) {
    char real[4096];
    orr_text key = {0};
    bool has_real = !a->in_vfs && orr_path_real(a->path, real, sizeof real);
    orr_text_printf(&key, "%d|%d|%s", a->kind, a->in_vfs, has_real ? real : a->path);
    if (a->kind == ORR_ASSET_DEM && dem) {
        a->dem_params = *dem;
        orr_text_printf(&key, "|%a|%a|%a|%d|%u|%s", dem->spacing_m, dem->height_scale,
                        dem->has_nodata ? dem->nodata : 0, dem->has_nodata, dem->max_side,
                        dem->array ? dem->array : "");
    }
    if (dem && dem->array && a->kind == ORR_ASSET_DEM) {
        a->dem_array = copy_text(dem->array);
        a->dem_params.array = a->dem_array;
        key.failed = key.failed || !a->dem_array;
    }
    a->key = key.data;
    a->asked = copy_text(path);
    return key.failed || !a->asked ? orr_fail(err, ORR_E_MEMORY, a->path, "out of memory for '%s'", a->path)
                                   : ORR_OK;
}

/* Under the mutex: the id of an asset of that key, or a new one for `a`; 0 when memory is out. */
static uint32_t adopt(orr_assets *assets, asset *a, bool *fresh) {
    *fresh = false;
    for (uint32_t i = 0; i < assets->count; i++)
        if (strcmp(assets->list[i]->key, a->key) == 0) return i + 1;
    asset **grown = orr_realloc(assets->list, (size_t)assets->count + 1, sizeof *grown);
    if (!grown) return 0;
    assets->list = grown;
    grown[assets->count++] = a;
    *fresh = true;
    /* Inside the lock, so that nobody finds the asset before its job counts. */
    orr_jobs_run_io(assets->jobs, read_then_decode, a, &a->structure);
    return assets->count;
}

orr_status orr_assets_load(orr_assets *assets, orr_asset_kind kind, const char *path,
                           const orr_dem_params *dem, orr_asset *out, orr_error *err) {
    *out = (orr_asset){0};
    asset *a = orr_calloc(1, sizeof *a);
    if (!a) return orr_fail(err, ORR_E_MEMORY, path, "out of memory for '%.200s'", path);
    a->assets = assets;
    a->kind = kind;
    a->structure.cancel = a->pixels.cancel = &assets->cancel;
    bool fresh = false;
    orr_mutex_lock(assets->mutex);
    orr_status status = locate(assets, path, a, err);
    if (!status) status = describe(a, path, dem, err);
    if (!status && !(out->id = adopt(assets, a, &fresh)))
        status = orr_fail(err, ORR_E_MEMORY, path, "out of memory for '%.200s'", path);
    orr_mutex_unlock(assets->mutex);
    if (!fresh) asset_free(a);
    return status;
}

/* --- waiting and reading ----------------------------------------------------------------------------------
 */

static asset *get(orr_assets *assets, orr_asset id) {
    orr_mutex_lock(assets->mutex);
    asset *a = id.id && id.id <= assets->count ? assets->list[id.id - 1] : NULL;
    orr_mutex_unlock(assets->mutex);
    return a;
}

orr_status orr_assets_wait(orr_assets *assets, orr_asset id, orr_error *err) {
    asset *a = get(assets, id);
    if (!a) return orr_fail(err, ORR_E_STALE, NULL, "there is no asset %u", id.id);
    orr_jobs_wait(assets->jobs, &a->structure);
    if (a->status && err) *err = a->error;
    return a->status;
}

static orr_status wait_pixels(asset *a, orr_error *err) {
    orr_jobs_wait(a->assets->jobs, &a->pixels);
    for (uint32_t i = 0; a->images && i < a->model.image_count; i++) {
        if (!a->images[i].status) continue;
        return orr_fail(err, a->images[i].status, a->path, "'%s': %s: %s", a->path, a->model.images[i].name,
                        a->images[i].error.message);
    }
    return ORR_OK;
}

orr_status orr_assets_wait_all(orr_assets *assets, orr_error *err) {
    uint32_t count = orr_assets_count(assets);
    orr_status first = ORR_OK;
    for (uint32_t id = 1; id <= count; id++) {
        orr_status status = orr_assets_wait(assets, (orr_asset){id}, first ? NULL : err);
        if (!status) status = wait_pixels(get(assets, (orr_asset){id}), first ? NULL : err);
        if (!first) first = status;
    }
    return first;
}

const orr_model *orr_assets_model(orr_assets *assets, orr_asset id) {
    asset *a = get(assets, id);
    return a && a->kind == ORR_ASSET_MODEL && !a->status ? &a->model : NULL;
}

const orr_dem *orr_assets_dem(orr_assets *assets, orr_asset id) {
    asset *a = get(assets, id);
    return a && a->kind == ORR_ASSET_DEM && !a->status ? &a->dem : NULL;
}

const orr_image *orr_assets_image(orr_assets *assets, orr_asset id) {
    asset *a = get(assets, id);
    return a && a->kind == ORR_ASSET_IMAGE && !a->status && a->image.pixels ? &a->image : NULL;
}

const orr_image *orr_assets_model_image(orr_assets *assets, orr_asset id, uint32_t index) {
    const orr_model *model = orr_assets_model(assets, id);
    const model_image *images = model ? get(assets, id)->images : NULL;
    if (!images || index >= model->image_count) return NULL;
    const model_image *image = &images[index];
    return !image->status && image->image.pixels ? &image->image : NULL;
}

void orr_assets_drop_pixels(orr_assets *assets, orr_asset id) {
    asset *a = get(assets, id);
    if (!a) return;
    orr_jobs_wait(assets->jobs, &a->pixels);
    orr_image_free(&a->image);
    for (uint32_t i = 0; a->images && i < a->model.image_count; i++) orr_image_free(&a->images[i].image);
}

/* The file is read again; it must be what was digested. */
static orr_status restore_image(asset *a, orr_error *err) {
    a->status = read_whole(a, a->path, &a->data, &a->size, &a->error);
    if (!a->status) {
        orr_digest_builder *digesting = orr_digest_begin();
        orr_digest_add(digesting, a->data, a->size);
        orr_digest digest = orr_digest_end(digesting);
        if (orr_digest_equal(&digest, &a->digest))
            decode_image(a);
        else
            a->status = orr_fail(&a->error, ORR_E_STALE, a->path, "'%s' was changed since it was first read",
                                 a->path);
    }
    free(a->data);
    a->data = NULL;
    if (a->status && err) *err = a->error;
    return a->status;
}

orr_status orr_assets_restore_pixels(orr_assets *assets, orr_asset id, orr_error *err) {
    orr_status status = orr_assets_wait(assets, id, err);
    if (status) return status;
    asset *a = get(assets, id);
    orr_jobs_wait(assets->jobs, &a->pixels);
    if (a->kind == ORR_ASSET_IMAGE) return a->image.pixels ? ORR_OK : restore_image(a, err);
    for (uint32_t i = 0; a->images && i < a->model.image_count; i++)
        if (!a->images[i].status && !a->images[i].image.pixels)
            orr_jobs_run(assets->jobs, decode_model_image, &a->images[i], &a->pixels, ORR_JOB_NORMAL);
    return wait_pixels(a, err);
}

orr_digest orr_assets_digest(orr_assets *assets, orr_asset id) {
    asset *a = get(assets, id);
    return a ? a->digest : (orr_digest){0};
}

const char *orr_assets_path(orr_assets *assets, orr_asset id) {
    asset *a = get(assets, id);
    return a ? a->path : "";
}

uint32_t orr_assets_count(const orr_assets *assets) {
    orr_mutex_lock(assets->mutex);
    uint32_t count = assets->count;
    orr_mutex_unlock(assets->mutex);
    return count;
}
