/* Runs every file of one folder through a fuzz target once: a regression test that needs no fuzzer. */
#include <stdio.h>
#include <stdlib.h>

#include "base/platform/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* A target with a mutator of its own calls this; nothing is mutated here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
    (void)data;
    return size < max_size ? size : max_size;
}

static bool replay(const char *folder, const char *name) {
    char path[1024];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    orr_path_join(path, sizeof path, folder, name);
    if (orr_file_read(path, 16u << 20, &data, &size, &err) != ORR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return false;
    }
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

int main(int argc, char **argv) {
    char **names = NULL;
    size_t count = 0, done = 0;
    orr_error err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    if (orr_folder_list(argv[1], &names, &count, &err) != ORR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    while (done < count && replay(argv[1], names[done])) done++;
    printf("%zu of %zu inputs replayed\n", done, count);
    orr_names_free(&names, count);
    return done == count && count > 0 ? 0 : 1;
}
