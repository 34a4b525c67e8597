/* The shader store: found by name, compiled once, kept by digest, and a damaged cache never believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "gpu/shaders.h"

typedef struct fixture {
    char folder[64], source[128], module[128], cache[128];
    unsigned warnings;
    orr_log log;
    orr_shaders *shaders;
} fixture;

static void count_line(void *context, orr_log_level level, const char *line) {
    fixture *f = context;
    (void)line;
    if (level >= ORR_LOG_WARNING) f->warnings++;
}

static void put(const char *folder, const char *name, const char *text) {
    char path[400];
    orr_error err = {0};
    orr_path_join(path, sizeof path, folder, name);
    if (orr_folder_create(folder, &err) || orr_file_write(path, text, strlen(text), &err))
        fail_msg("%s", err.message);
}

static void reopen(fixture *f) {
    const char *sources[] = {f->source, NULL};
    const orr_shaders_params params = {.source_folders = sources, .cache_folder = f->cache, .log = &f->log};
    orr_shaders_destroy(&f->shaders);
    assert_int_equal(orr_shaders_create(&params, &f->shaders, NULL), ORR_OK);
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->folder, "/tmp/orrery-shaders-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->source, sizeof f->source, "%s/source", f->folder);
    snprintf(f->module, sizeof f->module, "%s/module", f->folder);
    snprintf(f->cache, sizeof f->cache, "%s/cache", f->folder);
    f->log = (orr_log){count_line, f, ORR_LOG_DEBUG};
    put(f->source, "half.glsl", "uint half_of(uint x) { return x / 2u; }\n");
    put(f->source, "main.comp",
        "#include \"half.glsl\"\n"
        "layout(local_size_x = 1) in;\n"
        "layout(set = 0, binding = 0, std430) buffer Out { uint value; } result;\n"
        "void main() { result.value = half_of(8u); }\n");
    put(f->module, "main.comp", "layout(local_size_x = 1) in;\nvoid main() {}\n");
    reopen(f);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    const char *argv[] = {"rm", "-rf", f->folder, NULL};
    int code = 0;
    orr_shaders_destroy(&f->shaders);
    assert_int_equal(orr_process_run(argv, &code, NULL), ORR_OK);
    free(f);
    return 0;
}

static orr_gpu_shader get(fixture *f, const char *name, const char *folder) {
    orr_gpu_shader shader = {0};
    orr_error err = {0};
    const orr_shader_ref ref = {.name = name, .folder = folder, .stage = ORR_GLSL_COMPUTE};
    if (orr_shaders_get(f->shaders, &ref, &shader, &err)) fail_msg("%s", err.message);
    assert_int_equal(shader.spirv[0], 0x07230203);
    return shader;
}

static size_t cached(fixture *f, char ***names) {
    size_t count = 0;
    assert_int_equal(orr_folder_list(f->cache, names, &count, NULL), ORR_OK);
    return count;
}

static void test_once(void **state) {
    fixture *f = *state;
    char **names = NULL;
    orr_gpu_shader first = get(f, "main.comp", NULL), again = get(f, "main.comp", NULL);
    assert_ptr_equal(first.spirv, again.spirv);
    orr_gpu_shader own = get(f, "main.comp", f->module); /* a module's own folder comes first */
    assert_ptr_not_equal(first.spirv, own.spirv);
    size_t count = cached(f, &names);
    assert_int_equal(count, 2);
    assert_int_equal(strlen(names[0]), 68); /* 64 hex digits and .spv */
    orr_names_free(&names, count);
    uint32_t *copy = malloc(first.spirv_bytes);
    memcpy(copy, first.spirv, first.spirv_bytes);
    size_t bytes = first.spirv_bytes;
    reopen(f); /* from the cache it is the same */
    orr_gpu_shader loaded = get(f, "main.comp", NULL);
    assert_int_equal(loaded.spirv_bytes, bytes);
    assert_memory_equal(loaded.spirv, copy, bytes);
    free(copy);
}

/* An edited include is another shader, and the old SPIR-V is not used for it. */
static void test_edited(void **state) {
    fixture *f = *state;
    char **names = NULL;
    (void)get(f, "main.comp", NULL);
    put(f->source, "half.glsl", "uint half_of(uint x) { return x >> 1; }\n");
    (void)get(f, "main.comp", NULL);
    size_t count = cached(f, &names);
    assert_int_equal(count, 2);
    orr_names_free(&names, count);
}

static void test_damaged_cache(void **state) {
    fixture *f = *state;
    char **names = NULL, path[400];
    for (int damage = 0; damage < 4; damage++) {
        uint8_t *data = NULL;
        size_t size = 0;
        orr_gpu_shader sound = get(f, "main.comp", NULL);
        size_t bytes = sound.spirv_bytes, count = cached(f, &names);
        assert_int_equal(count, 1);
        orr_path_join(path, sizeof path, f->cache, names[0]);
        orr_names_free(&names, count);
        assert_int_equal(orr_file_read(path, 1 << 20, &data, &size, NULL), ORR_OK);
        if (damage == 0) data[0] ^= 1;
        if (damage == 1) data[size - 1] ^= 1;
        if (damage == 2) size -= 4;
        if (damage == 3) size = 3;
        assert_int_equal(orr_file_write(path, data, size, NULL), ORR_OK);
        free(data);
        reopen(f);
        f->warnings = 0;
        orr_gpu_shader again = get(f, "main.comp", NULL);
        assert_int_equal(again.spirv_bytes, bytes);
        assert_int_equal(f->warnings, 1); /* said so, and compiled again */
        reopen(f);
        f->warnings = 0;
        (void)get(f, "main.comp", NULL);
        assert_int_equal(f->warnings, 0); /* the cache is sound again */
    }
}

static void test_refused(void **state) {
    fixture *f = *state;
    static const struct {
        const char *name;
        orr_status code;
        const char *part;
    } k_cases[] = {
        {"absent.comp", ORR_E_NOT_FOUND, "absent.comp"}, {"../source/main.comp", ORR_E_ESCAPE, "leave"},
        {"/etc/passwd", ORR_E_ESCAPE, "leave"},          {"a\\b", ORR_E_ESCAPE, "leave"},
        {"wrong.comp", ORR_E_SHADER, "wrong.comp:2"},    {"out.comp", ORR_E_ESCAPE, "leave"}};
    put(f->source, "wrong.comp", "layout(local_size_x = 1) in;\nvoid main() { nonsense(); }\n");
    put(f->source, "out.comp", "#include \"../module/main.comp\"\nvoid main() {}\n");
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        orr_gpu_shader shader;
        orr_error err = {0};
        const orr_shader_ref ref = {.name = k_cases[i].name, .stage = ORR_GLSL_COMPUTE};
        assert_int_equal(orr_shaders_get(f->shaders, &ref, &shader, &err), k_cases[i].code);
        if (!strstr(err.message, k_cases[i].part)) fail_msg("'%s' lacks '%s'", err.message, k_cases[i].part);
    }
}

/* Built ahead, preamble included, and found again by a store that has no cache. */
static void test_built_ahead(void **state) {
    fixture *f = *state;
    char ahead[200];
    orr_error err = {0};
    const orr_shader_ref ref = {
        .name = "main.comp", .preamble = "#define UNUSED 1\n", .stage = ORR_GLSL_COMPUTE};
    snprintf(ahead, sizeof ahead, "%s/ahead", f->folder);
    if (orr_shaders_build(f->shaders, &ref, ahead, &err)) fail_msg("%s", err.message);
    const char *sources[] = {f->source, NULL}, *folders[] = {ahead, NULL};
    const orr_shaders_params params = {.source_folders = sources, .spirv_folders = folders};
    orr_shaders *store = NULL;
    orr_gpu_shader shader = {0};
    assert_int_equal(orr_shaders_create(&params, &store, NULL), ORR_OK);
    assert_int_equal(orr_shaders_get(store, &ref, &shader, NULL), ORR_OK);
    assert_true(shader.spirv_bytes > 20);
    orr_shaders_destroy(&store);
}

/* --- edits ------------------------------------------------------------------------------------------------
 */

static orr_status try_edit(fixture *f, const char *file, const char *find, const char *replace,
                           const char *name, const char *folder, orr_error *err) {
    orr_gpu_shader shader = {0};
    const orr_shader_ref ref = {.name = name, .folder = folder, .stage = ORR_GLSL_COMPUTE};
    reopen(f);
    *err = (orr_error){0};
    orr_status status = orr_shaders_edit(f->shaders, file, find, replace, err);
    return status ? status : orr_shaders_get(f->shaders, &ref, &shader, err);
}

/* Of an included file too, and of a module's own; what the edit gives is what the edited file gives, under
 * another name than what was built ahead or cached of the file as it lies there. */
static void test_edit(void **state) {
    fixture *f = *state;
    char **names = NULL;
    orr_error err;
    orr_gpu_shader plain = get(f, "main.comp", NULL);
    uint32_t *words = malloc(plain.spirv_bytes);
    size_t bytes = plain.spirv_bytes;
    memcpy(words, plain.spirv, bytes);
    assert_int_equal(try_edit(f, "half.glsl", "/ 2u", "/ 3u", "main.comp", NULL, &err), ORR_OK);
    assert_int_equal(orr_shaders_edits_met(f->shaders, &err), ORR_OK);
    orr_gpu_shader edited = get(f, "main.comp", NULL);
    assert_true(edited.spirv_bytes != bytes || memcmp(edited.spirv, words, bytes));
    size_t count = cached(f, &names);
    assert_int_equal(count, 2);
    orr_names_free(&names, count);
    uint32_t *other = malloc(edited.spirv_bytes);
    size_t other_bytes = edited.spirv_bytes;
    memcpy(other, edited.spirv, other_bytes);
    put(f->source, "half.glsl", "uint half_of(uint x) { return x / 3u; }\n");
    reopen(f); /* the same from a file that lies there so */
    orr_gpu_shader lies = get(f, "main.comp", NULL);
    assert_int_equal(lies.spirv_bytes, other_bytes);
    assert_memory_equal(lies.spirv, other, other_bytes);
    free(other), free(words);
    count = cached(f, &names);
    assert_int_equal(count, 2);
    orr_names_free(&names, count);
    /* Folders tell files of one name apart. */
    assert_int_equal(
        try_edit(f, "module/main.comp", "void main() {}", "void main() { }", "main.comp", f->module, &err),
        ORR_OK);
    assert_int_equal(orr_shaders_edits_met(f->shaders, &err), ORR_OK);
    assert_int_equal(try_edit(f, "module/main.comp", "no such", "", "main.comp", NULL, &err), ORR_OK);
    assert_int_equal(orr_shaders_edits_met(f->shaders, &err), ORR_E_NOT_FOUND);
    /* Two, one after the other: the second sees what the first made. */
    reopen(f);
    assert_int_equal(orr_shaders_edit(f->shaders, "half.glsl", "/ 3u", "/ 4u", &err), ORR_OK);
    assert_int_equal(orr_shaders_edit(f->shaders, "half.glsl", "/ 4u", "/ 5u", &err), ORR_OK);
    (void)get(f, "main.comp", NULL);
    assert_int_equal(orr_shaders_edits_met(f->shaders, &err), ORR_OK);
}

static void test_edit_refused(void **state) {
    fixture *f = *state;
    static const struct {
        const char *file, *find, *part;
    } k_cases[] = {{"half.glsl", "/ 7u", "0 times"},
                   {"half.glsl", "x", "3 times"}, /* one of them inside "uint x" */
                   {"half.glsl", "/ 7u", "main.comp:1: #include \"half.glsl\""},
                   {"main.comp", "", "neither empty"},
                   {"", "x", "neither empty"}};
    orr_error err;
    put(f->source, "half.glsl", "uint half_of(uint x) { return x + x; }\n");
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        assert_int_equal(try_edit(f, k_cases[i].file, k_cases[i].find, "1", "main.comp", NULL, &err),
                         ORR_E_ARGUMENT);
        if (!strstr(err.message, k_cases[i].part)) fail_msg("'%s' lacks '%s'", err.message, k_cases[i].part);
    }
    /* A file that nothing read proves nothing; part of a name is not the name. */
    assert_int_equal(try_edit(f, "hlaf.glsl", "x", "y", "main.comp", NULL, &err), ORR_OK);
    assert_int_equal(orr_shaders_edits_met(f->shaders, &err), ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "did you mean 'half.glsl'?"));
    assert_int_equal(try_edit(f, "alf.glsl", "x", "y", "main.comp", NULL, &err), ORR_OK);
    assert_int_equal(orr_shaders_edits_met(f->shaders, &err), ORR_E_NOT_FOUND);
    /* Too late: the shader that was made is without it. */
    assert_int_equal(orr_shaders_edit(f->shaders, "half.glsl", "+", "-", &err), ORR_E_ARGUMENT);
    assert_non_null(strstr(err.message, "before the first frame"));
}

/* A module inside a bundle compiles to what it is outside of one, and both are told of as read; Orrery's own
 * are not. */
static void test_bundled(void **state) {
    fixture *f = *state;
    orr_vfs *vfs = NULL;
    orr_reads *reads = NULL;
    const orr_read *list = NULL;
    uint32_t count = 0;
    orr_error err = {0};
    put(f->module, "main.comp",
        "#include \"half.glsl\"\n#include \"own.glsl\"\nlayout(local_size_x = 1) in;\nvoid main() {}\n");
    put(f->module, "own.glsl", "uint none() { return half_of(0u); }\n");
    assert_int_equal(orr_vfs_create(&vfs, NULL), ORR_OK);
    assert_int_equal(orr_reads_create(&reads, NULL), ORR_OK);
    if (orr_vfs_mount(vfs, f->module, "modules/mine", ORR_VFS_LAST, &err)) fail_msg("%s", err.message);
    const char *sources[] = {f->source, NULL}, *own[] = {f->folder, NULL};
    orr_shaders_params params = {.source_folders = sources, .vfs = vfs, .reads = reads};
    orr_shaders_destroy(&f->shaders);
    assert_int_equal(orr_shaders_create(&params, &f->shaders, NULL), ORR_OK);
    orr_gpu_shader host = get(f, "main.comp", f->module);
    orr_gpu_shader inside = get(f, "main.comp", "bundle:/modules/mine");
    assert_ptr_equal(host.spirv, inside.spirv);
    orr_digest a, b;
    orr_shader_ref ref = {.name = "main.comp", .folder = f->module, .stage = ORR_GLSL_COMPUTE};
    assert_int_equal(orr_shaders_digest(f->shaders, &ref, &a, NULL), ORR_OK);
    ref.folder = "bundle:/modules/mine";
    assert_int_equal(orr_shaders_digest(f->shaders, &ref, &b, NULL), ORR_OK);
    assert_true(orr_digest_equal(&a, &b));
    ref.name = "../mine/main.comp";
    assert_int_equal(orr_shaders_digest(f->shaders, &ref, &b, NULL), ORR_E_ESCAPE);
    assert_int_equal(orr_reads_list(reads, &list, &count, NULL), ORR_OK);
    assert_int_equal(count, 4);
    assert_string_equal(list[0].path + strlen(list[0].path) - 17, "/module/main.comp");
    assert_string_equal(list[1].asked, "own.glsl");
    assert_string_equal(list[2].path, "modules/mine/main.comp");
    assert_string_equal(list[3].path, "modules/mine/own.glsl");
    assert_int_equal(list[3].kind, ORR_READ_MODULE);
    orr_shaders_destroy(&f->shaders);
    params.own_folders = own;
    assert_int_equal(orr_shaders_create(&params, &f->shaders, NULL), ORR_OK);
    put(f->module, "own.glsl", "uint none() { return half_of(1u); }\n");
    (void)get(f, "main.comp", f->module);
    assert_int_equal(orr_reads_list(reads, &list, &count, NULL), ORR_OK);
    assert_int_equal(count, 4);
    orr_shaders_destroy(&f->shaders);
    orr_reads_destroy(&reads);
    orr_vfs_destroy(&vfs);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_once),        TEST(test_edited), TEST(test_damaged_cache), TEST(test_refused),
        TEST(test_built_ahead), TEST(test_edit),   TEST(test_edit_refused),  TEST(test_bundled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
