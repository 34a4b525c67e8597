/* What the image tests share: the folder of real inputs. */
#ifndef IMAGE_TEST_H
#define IMAGE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "image/image.h"

/* The folder, or a skipped test. */
static inline const char *test_data(void) {
    const char *folder = getenv("ORRERY_TEST_DATA");
    if (folder == NULL) {
        print_message("skipped: no test data\n");
        skip();
    }
    return folder;
}

static inline uint8_t *load_file(const char *folder, const char *name, size_t *size) {
    char path[1024];
    uint8_t *data = NULL;
    orr_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (orr_file_read(path, 1u << 28, &data, size, &err) != ORR_OK) fail_msg("%s", err.message);
    return data;
}

/* A copy that ends where its memory ends, so that a sanitizer sees every byte read past it. */
static inline uint8_t *tight_copy(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    return copy;
}

#define ASSERT_OK(call)                                                                                      \
    do {                                                                                                     \
        orr_error ok_err = {0};                                                                              \
        orr_error *err = &ok_err;                                                                            \
        if ((call) != ORR_OK) fail_msg("%s: %s", #call, ok_err.message);                                     \
    } while (0)

#endif
