/* libFuzzer target: bytes as a golden.json, and what got in has to print as something that reads back to the
 * same; or, behind a first byte that says so, as the files of a golden. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check/golden.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct bytes {
    const uint8_t *data;
    size_t size;
} bytes;

static orr_status give(void *context, const char *name, uint8_t **data, size_t *size, orr_error *err) {
    const bytes *b = context;
    (void)name, (void)err;
    *data = malloc(b->size + 1);
    if (!*data) return ORR_E_MEMORY;
    memcpy(*data, b->data, b->size);
    (*data)[b->size] = 0;
    *size = b->size;
    return ORR_OK;
}

/* A golden whose one frame is told to be these very bytes. */
static void read_images(const uint8_t *data, size_t size, bool exr) {
    char hex[65];
    bytes b = {data, size};
    orr_digest digest = orr_digest_of(data, size);
    orr_digest_hex(&digest, hex);
    const orr_golden_frame frame = {.png = exr ? NULL : hex, .exr = exr ? hex : NULL};
    const orr_golden golden = {.width = 4, .height = 4, .frames = &frame, .frame_count = 1};
    const orr_golden_source source = {give, &b};
    orr_image images[ORR_CHECK_AOV_COUNT];
    if (orr_golden_images(&golden, &source, 0, images, NULL) == ORR_OK) orr_check_images_free(images);
}

static void read_json(const uint8_t *data, size_t size) {
    orr_golden golden, again;
    orr_text text = {0}, twice = {0};
    orr_error err = {0};
    if (orr_golden_parse((const char *)data, size, "golden.json", &golden, &err) != ORR_OK) {
        if (!err.message[0]) abort();
        return;
    }
    orr_golden_print(&golden, &text);
    if (orr_golden_parse(text.data, text.length, "golden.json", &again, &err) != ORR_OK) abort();
    orr_golden_print(&again, &twice);
    if (strcmp(text.data, twice.data) != 0) abort();
    orr_golden_free(&golden);
    orr_golden_free(&again);
    orr_text_free(&text);
    orr_text_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size && (data[0] == 0x89 || data[0] == 0x76))
        read_images(data, size, data[0] == 0x76); /* PNG and EXR begin so */
    else
        read_json(data, size);
    return 0;
}
