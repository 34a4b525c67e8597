/* Buffers, buffer views and images: bytes from the GLB's chunk, from data: URIs, or through the caller's
 * fetch. */
#include "resource/gltf_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t image_limit_bytes = (uint64_t)4 << 30; /* encoded images of one model */

/* --- URIs ----------------------------------------------------------------------------------------- */
static int base64_digit(unsigned char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1; /* the URL alphabet too */
}

/* malloc'd bytes of base64 `text`; NULL with status when it is none. */
static uint8_t *base64(gltf *g, const char *text, size_t length, size_t *size) {
    while (length > 0 && text[length - 1] == '=') length--;
    uint8_t *out = malloc(length / 4 * 3 + 3);
    if (!out) {
        (void)gltf_fail(g, ORR_E_MEMORY, "out of memory for a data: URI of %zu characters", length);
        return NULL;
    }
    uint32_t bits = 0, held = 0;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = base64_digit((unsigned char)text[i]);
        if (digit < 0 || length % 4 == 1) {
            (void)gltf_fail(g, ORR_E_BAD_DATA, "the data: URI is not base64 at character %zu", i);
            free(out);
            return NULL;
        }
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) out[n++] = (uint8_t)(bits >> (held -= 8));
    }
    *size = n;
    return out;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The URI with its %XX decoded, in the temp arena. A % that starts no escape stays as it is, as browsers do.
 */
static char *percent_decoded(gltf *g, const char *uri) {
    char *out = gltf_temp(g, strlen(uri) + 1, 1);
    if (!out) return NULL;
    size_t n = 0;
    for (size_t i = 0; uri[i]; i++) {
        int high = uri[i] == '%' ? hex_digit(uri[i + 1]) : -1, low = high >= 0 ? hex_digit(uri[i + 2]) : -1;
        if (low < 0) {
            out[n++] = uri[i];
            continue;
        }
        if (high + low == 0) {
            (void)gltf_fail(g, ORR_E_BAD_DATA, "its uri holds %%00, which no file name has");
            return NULL;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    return out;
}

/* "http:", "file:", "C:" … but not "folder/a:b". */
static bool has_scheme(const char *uri) {
    size_t n = strcspn(uri, ":/?#");
    return uri[n] == ':' && n > 0;
}

/* malloc'd bytes behind a URI. `*file_name` is set for what is not a data: URI. */
static uint8_t *fetch(gltf *g, const char *uri, size_t *size, const char **file_name) {
    if (strncmp(uri, "data:", 5) == 0) {
        const char *comma = strchr(uri, ',');
        if (!comma || comma - uri < 12 || strncmp(comma - 7, ";base64", 7) != 0) {
            (void)gltf_fail(g, ORR_E_UNSUPPORTED,
                            "its data: URI is not \";base64,\", the only kind glTF allows");
            return NULL;
        }
        return base64(g, comma + 1, strlen(comma + 1), size);
    }
    if (has_scheme(uri) || uri[0] == '/' || uri[0] == '\\') {
        (void)gltf_fail(g, ORR_E_ESCAPE,
                        "its uri \"%.80s\" is absolute; put the file beside the model and name it "
                        "by a relative uri",
                        uri);
        return NULL;
    }
    char *path = percent_decoded(g, uri);
    if (!path) return NULL;
    if (!path[0])
        (void)gltf_fail(g, ORR_E_NOT_FOUND, "its uri is empty; it must name a file beside the model");
    if (!g->fetch)
        (void)gltf_fail(g, ORR_E_NOT_FOUND, "it refers to \"%.80s\", but only the model itself is at hand",
                        path);
    if (g->status != ORR_OK) return NULL;
    uint8_t *data = NULL;
    orr_error inner = {0};
    orr_status status = g->fetch(g->fetch_context, path, &data, size, &inner);
    if (status != ORR_OK) {
        (void)gltf_fail(g, status, "\"%.80s\": %s", path, inner.message);
        return NULL;
    }
    *file_name = path;
    return data;
}

/* --- buffers -------------------------------------------------------------------------------------- */
static void read_buffer(gltf *g, uint32_t index, const json_t *json) {
    gltf_buffer *buffer = &g->buffers[index];
    const char *uri = gltf_string(g, json, "uri"), *file = NULL;
    uint64_t stated = gltf_size(g, json, "byteLength", 0, 1, (uint64_t)1 << 40);
    size_t have = 0;
    if (g->status != ORR_OK) return;
    if (stated == 0) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "it has no byteLength; it must state one, at least 1");
        return;
    }
    if (uri) {
        buffer->bytes = buffer->owned = fetch(g, uri, &have, &file);
        if (g->status != ORR_OK) return;
    } else if (index == 0 && g->bin) {
        buffer->bytes = g->bin;
        have = g->bin_size;
    } else {
        return; /* a placeholder of an optional extension: refused only when something reads it */
    }
    if (have < stated) {
        (void)gltf_fail(g, ORR_E_TRUNCATED, "%s has %zu bytes; byteLength says %llu",
                        file  ? file
                        : uri ? "its data: URI"
                              : "the binary chunk",
                        have, (unsigned long long)stated);
        return;
    }
    buffer->size = (size_t)stated;
    g->budget_bytes += 256 * (uint64_t)buffer->size;
}

void gltf_read_buffers(gltf *g) {
    const json_t *array = gltf_array(g, g->root, "buffers", &g->buffer_count);
    g->views_json = gltf_array(g, g->root, "bufferViews", &g->view_count);
    g->buffers = gltf_temp(g, g->buffer_count, sizeof *g->buffers);
    for (uint32_t i = 0; g->status == ORR_OK && i < g->buffer_count; i++) {
        const json_t *json = gltf_item(g, array, i, "buffer");
        gltf_where_item(g, "buffer", i, json);
        read_buffer(g, i, json);
    }
    gltf_where(g, "%s", "");
}

void gltf_free_buffers(gltf *g) {
    for (uint32_t i = 0; g->buffers && i < g->buffer_count; i++) free(g->buffers[i].owned);
}

bool gltf_view_get(gltf *g, uint32_t index, gltf_view *out) {
    const json_t *json = gltf_item(g, g->views_json, index, "bufferView");
    uint32_t buffer = gltf_index(g, json, "buffer", g->buffer_count, "buffer");
    uint64_t offset = gltf_size(g, json, "byteOffset", 0, 0, (uint64_t)1 << 40);
    uint64_t length = gltf_size(g, json, "byteLength", 0, 1, (uint64_t)1 << 40);
    out->stride = (uint32_t)gltf_size(g, json, "byteStride", 0, 4, 252);
    if (g->status != ORR_OK) return false;
    if (buffer == ORR_NONE || !length) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "bufferView %u lacks \"%s\"", index,
                        length ? "buffer" : "byteLength");
        return false;
    }
    if (!g->buffers[buffer].bytes) {
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "bufferView %u: buffer %u has no uri, and no binary chunk stands for it", index,
                        buffer);
        return false;
    }
    size_t have = g->buffers[buffer].size;
    if (offset > have || length > have - offset) {
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "bufferView %u ends at byte %llu of buffer %u, which has %zu",
                        index, (unsigned long long)(offset + length), buffer, have);
        return false;
    }
    out->bytes = g->buffers[buffer].bytes + offset;
    out->size = length;
    return true;
}

/* --- images --------------------------------------------------------------------------------------- */
static bool is_png_or_jpeg(const uint8_t *bytes, size_t size) {
    return (size > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) ||
           (size > 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0);
}

static void keep_image(gltf *g, orr_model_image *image, const uint8_t *bytes, size_t size) {
    if (size == 0) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "%s is empty; a PNG or JPEG belongs there", image->name);
    } else if (!is_png_or_jpeg(bytes, size)) {
        (void)gltf_fail(g, ORR_E_UNSUPPORTED,
                        "%s is neither PNG nor JPEG, the two kinds that glTF textures have", image->name);
    } else if (size > image_limit_bytes - g->image_bytes) {
        (void)gltf_fail(g, ORR_E_LIMIT, "the images together pass %llu MiB, the limit for one model",
                        (unsigned long long)(image_limit_bytes >> 20));
    }
    if (g->status != ORR_OK) return;
    g->image_bytes += size;
    uint8_t *copy = orr_arena_alloc(&g->model->arena, size, 1);
    if (!copy) {
        (void)gltf_fail(g, ORR_E_MEMORY, "out of memory for an image of %zu bytes", size);
        return;
    }
    image->bytes = memcpy(copy, bytes, size);
    image->size = size;
}

static void read_image(gltf *g, uint32_t index, orr_model_image *image) {
    const json_t *json = gltf_item(g, g->images_json, index, "image");
    const char *uri = gltf_string(g, json, "uri"), *file = NULL;
    uint32_t view_index = gltf_index(g, json, "bufferView", g->view_count, "bufferView");
    char *name = gltf_new(g, strlen(g->name) + 32, 1);
    if (!name) return;
    image->name = name;
    (void)snprintf(name, strlen(g->name) + 32, "image %u of %s", index, g->name);
    gltf_view view = {0};
    if (view_index != ORR_NONE) {
        if (gltf_view_get(g, view_index, &view)) keep_image(g, image, view.bytes, (size_t)view.size);
    } else if (uri) {
        size_t size = 0;
        uint8_t *data = fetch(g, uri, &size, &file);
        char *kept = file ? gltf_new(g, strlen(file) + 1, 1) : NULL;
        if (kept) image->name = memcpy(kept, file, strlen(file) + 1);
        if (g->status == ORR_OK) keep_image(g, image, data, size);
        free(data);
    } else {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "image %u has neither a uri nor a bufferView", index);
    }
}

uint32_t gltf_image(gltf *g, uint32_t index, bool srgb) {
    uint32_t *slot = &g->image_map[2 * index + srgb], other = g->image_map[2 * index + !srgb];
    if (*slot != ORR_NONE || g->status != ORR_OK) return *slot;
    orr_model_image *image = &g->model->images[g->model->image_count];
    if (other != ORR_NONE)
        *image = g->model->images[other]; /* the bytes are shared */
    else
        read_image(g, index, image);
    image->srgb = srgb;
    if (g->status == ORR_OK) *slot = g->model->image_count++;
    return *slot;
}
