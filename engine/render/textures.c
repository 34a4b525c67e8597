/* Textures on the device: one array texture per (size, colour space), since no descriptor can be indexed
 * everywhere. */
#include <stdlib.h>
#include <string.h>

#include "render/renderer_private.h"

enum { SMALL_PIXELS = 128 * 128 };

typedef struct bucket {
    uint32_t width, height, layers;
    bool srgb;
} bucket;

static const orr_image *image_of(orr_renderer *r, const orr_rev_texture *t) {
    return t->image == ORR_NONE ? orr_assets_image(r->assets, t->asset)
                                : orr_assets_model_image(r->assets, t->asset, t->image);
}

/* The array of that size among those of a kind: `buckets` is the kind's own four. */
static int32_t find_bucket(const bucket *buckets, uint32_t width, uint32_t height) {
    for (int32_t i = 0; i < ORR_ARRAYS_OF_KIND; i++)
        if (buckets[i].width == width && buckets[i].height == height) return i;
    return -1;
}

/* Small images join a larger array rather than cost every pixel another lookup; so do those whose size finds
 * no free array. */
static int32_t nearest_bucket(const bucket *buckets, uint32_t width, uint32_t height) {
    int32_t best = -1;
    uint64_t best_cost = UINT64_MAX;
    for (int32_t i = 0; i < ORR_ARRAYS_OF_KIND; i++) {
        if (!buckets[i].width) continue;
        uint64_t w =
            buckets[i].width >= width ? buckets[i].width - width : 4u * (uint64_t)(width - buckets[i].width);
        uint64_t h = buckets[i].height >= height ? buckets[i].height - height
                                                 : 4u * (uint64_t)(height - buckets[i].height);
        if (w + h < best_cost) best_cost = w + h, best = i;
    }
    return best;
}

/* Bilinear, in stored values: only for images whose size found no array of its own. */
static void resize_rgba8(const uint8_t *from, uint32_t fw, uint32_t fh, uint8_t *to, uint32_t tw,
                         uint32_t th) {
    for (uint32_t y = 0; y < th; y++)
        for (uint32_t x = 0; x < tw; x++) {
            double u = (x + 0.5) * fw / tw - 0.5, v = (y + 0.5) * fh / th - 0.5;
            u = u < 0.0 ? 0.0 : u, v = v < 0.0 ? 0.0 : v;
            uint32_t x0 = (uint32_t)u, y0 = (uint32_t)v, x1 = x0 + 1 < fw ? x0 + 1 : fw - 1,
                     y1 = y0 + 1 < fh ? y0 + 1 : fh - 1;
            double fx = u - x0, fy = v - y0;
            for (uint32_t c = 0; c < 4; c++) {
                double top = from[(y0 * (size_t)fw + x0) * 4 + c] * (1.0 - fx) +
                             from[(y0 * (size_t)fw + x1) * 4 + c] * fx;
                double bottom = from[(y1 * (size_t)fw + x0) * 4 + c] * (1.0 - fx) +
                                from[(y1 * (size_t)fw + x1) * 4 + c] * fx;
                to[(y * (size_t)tw + x) * 4 + c] = (uint8_t)(top * (1.0 - fy) + bottom * fy + 0.5);
            }
        }
}

static orr_status upload_layer(orr_renderer *r, const bucket *b, orr_gpu_texture array, uint32_t layer,
                               const orr_image *image, const char *name, orr_error *err) {
    size_t bytes = (size_t)b->width * b->height * 4;
    if (image->type != ORR_PIXEL_U8 || image->channels != 4)
        return orr_fail(err, ORR_E_UNSUPPORTED, name, "material textures are 8-bit images (PNG, JPEG)");
    if (image->width == b->width && image->height == b->height)
        return orr_gpu_upload_texture(r->gpu, array, layer, 0, image->pixels, bytes, err);
    uint8_t *resized = malloc(bytes);
    if (!resized) return orr_fail(err, ORR_E_MEMORY, name, "no memory to resize a texture");
    resize_rgba8(image->pixels, image->width, image->height, resized, b->width, b->height);
    orr_status status = orr_gpu_upload_texture(r->gpu, array, layer, 0, resized, bytes, err);
    free(resized);
    return status;
}

static orr_status sizes(orr_renderer *r, const orr_revision *rev, bucket *buckets, bool small,
                        orr_error *err) {
    for (uint32_t i = 0; i < rev->texture_count; i++) {
        const orr_rev_texture *t = &rev->textures[i];
        const orr_image *image = image_of(r, t);
        if (!image)
            return orr_fail(err, ORR_E_NOT_READY, orr_assets_path(r->assets, t->asset),
                            "a texture of this file is not decoded");
        bucket *kind = buckets + (t->srgb ? 0 : ORR_ARRAYS_OF_KIND);
        if ((image->width * (uint64_t)image->height <= SMALL_PIXELS) != small ||
            find_bucket(kind, image->width, image->height) >= 0)
            continue;
        for (int k = 0; k < ORR_ARRAYS_OF_KIND; k++) {
            if (kind[k].width && !(small && k == 0)) continue;
            if (!(small && kind[0].width)) kind[k] = (bucket){image->width, image->height, 0, t->srgb};
            break;
        }
    }
    return ORR_OK;
}

static orr_status plan(orr_renderer *r, const orr_revision *rev, bucket *buckets, uint32_t *references,
                       orr_error *err) {
    orr_status status = sizes(r, rev, buckets, false, err);
    if (!status) status = sizes(r, rev, buckets, true, err);
    if (status) return status;
    uint32_t max_layers = orr_gpu_get_limits(r->gpu)->max_layers;
    for (uint32_t i = 0; i < rev->texture_count; i++) {
        const orr_image *image = image_of(r, &rev->textures[i]);
        uint32_t first = rev->textures[i].srgb ? 0 : ORR_ARRAYS_OF_KIND;
        int32_t at = find_bucket(buckets + first, image->width, image->height);
        if (at < 0) at = nearest_bucket(buckets + first, image->width, image->height);
        bucket *b = &buckets[first + (uint32_t)at];
        if (b->layers == max_layers)
            return orr_fail(err, ORR_E_LIMIT, NULL,
                            "the scene has more textures of one size than the device's %u array layers",
                            max_layers);
        references[i] = (first + (uint32_t)at) | b->layers++ << 4;
    }
    return ORR_OK;
}

orr_status orr_textures_load(orr_renderer *r, const orr_revision *rev, uint32_t *references, orr_error *err) {
    bucket buckets[ORR_MAX_TEXTURE_ARRAYS] = {0};
    orr_status status =
        ORR_OK; /* an earlier revision may have had its pixels dropped once they were on the device */
    for (uint32_t i = 0; !status && i < rev->texture_count; i++)
        status = orr_assets_restore_pixels(r->assets, rev->textures[i].asset, err);
    if (!status) status = plan(r, rev, buckets, references, err);
    for (uint32_t i = 0; !status && i < ORR_MAX_TEXTURE_ARRAYS; i++) {
        if (!buckets[i].layers) continue;
        char label[64];
        (void)orr_format(label, sizeof label, "textures %ux%u %s", buckets[i].width, buckets[i].height,
                         buckets[i].srgb ? "sRGB" : "linear");
        orr_gpu_texture_params params = {.label = label,
                                         .width = buckets[i].width,
                                         .height = buckets[i].height,
                                         .layers = buckets[i].layers,
                                         .array = true,
                                         .mips = ORR_MIPS_ALL,
                                         .format =
                                             buckets[i].srgb ? ORR_FORMAT_RGBA8_SRGB : ORR_FORMAT_RGBA8_UNORM,
                                         .sampled = true};
        status = orr_gpu_texture_create(r->gpu, &params, &r->residency.arrays[i], err);
        r->residency.variant += UINT32_C(1)
                                << (i < ORR_ARRAYS_OF_KIND ? ORR_VARIANT_SRGB : ORR_VARIANT_LINEAR);
    }
    for (uint32_t i = 0; !status && i < rev->texture_count; i++) {
        uint32_t at = references[i] & 15u;
        status = upload_layer(r, &buckets[at], r->residency.arrays[at], references[i] >> 4,
                              image_of(r, &rev->textures[i]),
                              orr_assets_path(r->assets, rev->textures[i].asset), err);
    }
    if (status || !rev->texture_count) return status;
    for (uint32_t i = 0; i < rev->texture_count; i++)
        orr_assets_drop_pixels(r->assets, rev->textures[i].asset);
    orr_cmd *cmd;
    uint64_t value;
    if ((status = orr_cmd_begin(r->gpu, "mip maps", &cmd, err))) return status;
    for (uint32_t i = 0; i < ORR_MAX_TEXTURE_ARRAYS; i++)
        if (buckets[i].layers) orr_cmd_generate_mips(cmd, r->residency.arrays[i]);
    return orr_gpu_submit(r->gpu, &cmd, &value, err);
}
