#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/platform/platform.h"
#include "vfs/vfs.h"

/* --- a scratch folder per test, removed afterwards ------------------------------------------------------ */

static char scratch[256];

static const char *at(const char *name) {
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static void put(const char *name, const char *text) {
    char folder[512];
    orr_path_folder(folder, sizeof folder, at(name));
    assert_int_equal(orr_folder_create(folder, NULL), ORR_OK);
    assert_int_equal(orr_file_write(at(name), text, strlen(text), NULL), ORR_OK);
}

static int setup(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/orrery-vfs-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(scratch) == NULL;
}

static void remove_tree(const char *path) {
    char **names, child[1024];
    size_t count;
    if (orr_folder_exists(path) && unlink(path) != 0 &&
        orr_folder_list(path, &names, &count, NULL) == ORR_OK) {
        for (size_t i = 0; i < count; i++) {
            snprintf(child, sizeof child, "%s/%s", path, names[i]);
            remove_tree(child);
        }
        orr_names_free(&names, count);
        rmdir(path);
    } else {
        unlink(path);
    }
}

static int teardown(void **state) {
    (void)state;
    remove_tree(scratch);
    return 0;
}

/* --- a zip writer: stored entries ----------------------------------------------------------------------- */

typedef struct zip {
    uint8_t bytes[4096], directory[2048];
    size_t size, directory_size;
    uint16_t entries;
} zip;

static uint32_t crc32_of(const char *text) {
    uint32_t crc = 0xffffffffu;
    for (; *text != 0; text++) {
        crc ^= (uint8_t)*text;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static size_t le(uint8_t *to, uint32_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) to[i] = i < 4 ? (uint8_t)(value >> 8 * i) : 0;
    return bytes;
}

static size_t zip_fields(uint8_t *to, const char *name, const char *text) {
    size_t n = 0;
    n += le(to + n, 20, 2);         /* version needed */
    n += le(to + n, 0, 4);          /* flags, method: stored */
    n += le(to + n, 0x00210000, 4); /* 1980-01-01 */
    n += le(to + n, crc32_of(text), 4);
    n += le(to + n, (uint32_t)strlen(text), 4);
    n += le(to + n, (uint32_t)strlen(text), 4);
    n += le(to + n, (uint32_t)strlen(name), 2);
    n += le(to + n, 0, 2);
    return n;
}

static void zip_add(zip *z, const char *name, const char *text, uint32_t unix_mode) {
    uint32_t offset = (uint32_t)z->size;
    uint8_t *p = z->bytes + z->size, *d = z->directory + z->directory_size;
    size_t n = le(p, 0x04034b50, 4);
    n += zip_fields(p + n, name, text);
    memcpy(p + n, name, strlen(name));
    memcpy(p + n + strlen(name), text, strlen(text));
    z->size += n + strlen(name) + strlen(text);
    n = le(d, 0x02014b50, 4);
    n += le(d + n, 3 << 8 | 20, 2); /* made by Unix */
    n += zip_fields(d + n, name, text);
    n += le(d + n, 0, 6); /* comment, disk, internal attributes */
    n += le(d + n, unix_mode << 16, 4);
    n += le(d + n, offset, 4);
    memcpy(d + n, name, strlen(name));
    z->directory_size += n + strlen(name);
    z->entries++;
}

static void zip_save(zip *z, const char *name) {
    uint32_t start = (uint32_t)z->size;
    memcpy(z->bytes + z->size, z->directory, z->directory_size);
    uint8_t *p = z->bytes + z->size + z->directory_size;
    size_t n = le(p, 0x06054b50, 4);
    n += le(p + n, 0, 4);
    n += le(p + n, z->entries, 2);
    n += le(p + n, z->entries, 2);
    n += le(p + n, (uint32_t)z->directory_size, 4);
    n += le(p + n, start, 4);
    n += le(p + n, 0, 2);
    assert_int_equal(orr_file_write(at(name), z->bytes, z->size + z->directory_size + n, NULL), ORR_OK);
}

static orr_vfs *new_vfs(void) {
    orr_vfs *vfs = NULL;
    orr_error err = {0};
    if (orr_vfs_create(&vfs, &err) != ORR_OK) fail_msg("%s", err.message);
    return vfs;
}

static void must_mount(orr_vfs *vfs, const char *source, const char *point, orr_vfs_order order) {
    orr_error err = {0};
    if (orr_vfs_mount(vfs, source, point, order, &err) != ORR_OK) fail_msg("%s", err.message);
}

static void assert_content(orr_vfs *vfs, const char *path, const char *text) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    if (orr_vfs_read(vfs, path, 1000, &data, &size, &err) != ORR_OK) fail_msg("%s: %s", path, err.message);
    assert_int_equal(size, strlen(text));
    assert_string_equal((char *)data, text); /* also: there is a NUL */
    free(data);
}

static orr_status read_status(orr_vfs *vfs, const char *path, uint64_t max_bytes) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    orr_status status = orr_vfs_read(vfs, path, max_bytes, &data, &size, &err);
    assert_true((status == ORR_OK) == (err.message[0] == 0));
    free(data);
    return status;
}

/* --- tests ---------------------------------------------------------------------------------------------- */

static void test_folders(void **state) {
    (void)state;
    put("a/same.txt", "from a");
    put("a/sub/deep.txt", "deep");
    put("b/same.txt", "from b");
    put("b/Zoo.txt", "");
    orr_vfs *vfs = new_vfs();
    must_mount(vfs, at("a"), "", ORR_VFS_LAST);
    must_mount(vfs, at("b"), NULL, ORR_VFS_LAST);
    assert_content(vfs, "same.txt", "from a");
    assert_content(vfs, "sub/deep.txt", "deep");
    assert_content(vfs, "Zoo.txt", "");
    assert_int_equal(orr_vfs_unmount(vfs, at("b"), NULL), ORR_OK);
    assert_int_equal(read_status(vfs, "Zoo.txt", 10), ORR_E_NOT_FOUND);
    must_mount(vfs, at("b"), "", ORR_VFS_FIRST);
    assert_content(vfs, "same.txt", "from b");
    assert_int_equal(read_status(vfs, "same.txt", 5), ORR_E_LIMIT);
    assert_int_equal(read_status(vfs, "same.txt", 6), ORR_OK);
    assert_int_equal(read_status(vfs, "sub", 100), ORR_E_READ);
    assert_int_equal(orr_vfs_exists(vfs, "sub"), ORR_VFS_FOLDER);
    assert_int_equal(orr_vfs_exists(vfs, ""), ORR_VFS_FOLDER);
    assert_int_equal(orr_vfs_exists(vfs, "sub/deep.txt"), ORR_VFS_FILE);
    assert_int_equal(orr_vfs_exists(vfs, "nothing"), ORR_VFS_NONE);
    char **names;
    size_t count;
    assert_int_equal(orr_vfs_list(vfs, "", &names, &count, NULL), ORR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "Zoo.txt");
    assert_string_equal(names[1], "same.txt");
    assert_string_equal(names[2], "sub");
    orr_names_free(&names, count);
    assert_int_equal(orr_vfs_list(vfs, "same.txt", &names, &count, NULL), ORR_E_READ);
    assert_int_equal(orr_vfs_list(vfs, "none", &names, &count, NULL), ORR_E_NOT_FOUND);
    orr_vfs_destroy(&vfs);
    assert_null(vfs);
}

static void test_mount_points(void **state) {
    (void)state;
    char real[512];
    put("a/x.txt", "x");
    orr_vfs *vfs = new_vfs();
    must_mount(vfs, at("a"), "assets/base", ORR_VFS_LAST);
    assert_content(vfs, "assets/base/x.txt", "x");
    assert_int_equal(orr_vfs_exists(vfs, "assets"), ORR_VFS_FOLDER);
    assert_true(orr_vfs_real_path(vfs, "assets/base/x.txt", real, sizeof real));
    assert_string_equal(real, at("a/x.txt"));
    assert_false(orr_vfs_real_path(vfs, "assets/base/x.txt", real, 10));
    assert_false(orr_vfs_real_path(vfs, "assets/base/y.txt", real, sizeof real));
    orr_error err = {0};
    assert_int_equal(orr_vfs_mount(vfs, at("a"), "elsewhere", ORR_VFS_LAST, &err), ORR_E_EXISTS);
    assert_non_null(strstr(err.message, "assets/base"));
    assert_int_equal(orr_vfs_mount(vfs, at("a"), "../up", ORR_VFS_LAST, &err), ORR_E_ESCAPE);
    assert_int_equal(orr_vfs_mount(vfs, at("none"), "", ORR_VFS_LAST, &err), ORR_E_NOT_FOUND);
    assert_int_equal(orr_vfs_mount(vfs, at("a/x.txt"), "", ORR_VFS_LAST, &err), ORR_E_UNSUPPORTED);
    orr_vfs_destroy(&vfs);
}

static void test_counted(void **state) {
    (void)state;
    put("a/x.txt", "x");
    orr_vfs *first = new_vfs(), *second = new_vfs();
    must_mount(first, at("a"), "", ORR_VFS_LAST);
    must_mount(first, at("a"), "", ORR_VFS_LAST);
    must_mount(second, at("a"), "", ORR_VFS_LAST);
    assert_int_equal(orr_vfs_unmount(first, at("a"), NULL), ORR_OK);
    assert_int_equal(orr_vfs_unmount(first, at("a"), NULL), ORR_OK);
    assert_int_equal(orr_vfs_unmount(first, at("a"), NULL), ORR_E_NOT_FOUND);
    assert_content(first, "x.txt", "x"); /* the other still has it */
    must_mount(first, at("a"), "", ORR_VFS_LAST);
    orr_vfs_destroy(&second);
    assert_content(first, "x.txt", "x");
    assert_int_equal(orr_vfs_unmount(first, at("a"), NULL), ORR_OK);
    assert_int_equal(orr_vfs_exists(first, "x.txt"), ORR_VFS_NONE);
    orr_vfs_destroy(&first);
    orr_vfs_destroy(&first);
}

static void test_refused_paths(void **state) {
    (void)state;
    static const char *const bad[] = {"../outside.txt",
                                      "/outside.txt",
                                      "sub/../../outside.txt",
                                      ".",
                                      "..",
                                      "sub/./x",
                                      "sub//x",
                                      "..\\outside.txt",
                                      "c:/x",
                                      "sub/",
                                      "a\nb",
                                      "/",
                                      "\\\\host\\share",
                                      "sub\\x",
                                      "x\x7f"};
    put("outside.txt", "secret");
    put("in/sub/x", "x");
    put("out/keep", "");
    orr_vfs *vfs = new_vfs();
    must_mount(vfs, at("in"), "", ORR_VFS_LAST);
    assert_int_equal(orr_vfs_set_write_folder(vfs, at("out"), NULL), ORR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char **names, real[512];
        size_t count;
        orr_error err = {0};
        assert_int_equal(read_status(vfs, bad[i], 100), ORR_E_ESCAPE);
        assert_int_equal(orr_vfs_write(vfs, bad[i], "x", 1, &err), ORR_E_ESCAPE);
        assert_int_equal(orr_vfs_list(vfs, bad[i], &names, &count, &err), ORR_E_ESCAPE);
        assert_int_equal(orr_vfs_exists(vfs, bad[i]), ORR_VFS_NONE);
        assert_false(orr_vfs_real_path(vfs, bad[i], real, sizeof real));
    }
    char long_path[6000];
    memset(long_path, 'a', sizeof long_path);
    long_path[sizeof long_path - 1] = 0;
    assert_int_equal(read_status(vfs, long_path, 100), ORR_E_ESCAPE);
    orr_vfs_destroy(&vfs);
}

static void test_links(void **state) {
    (void)state;
    put("outside/secret.txt", "secret");
    put("in/x.txt", "x");
    put("out/keep", "");
    assert_int_equal(symlink("../outside/secret.txt", at("in/file-link")), 0);
    assert_int_equal(symlink("../outside", at("in/folder-link")), 0);
    assert_int_equal(symlink("../outside", at("out/folder-link")), 0);
    assert_int_equal(symlink("../outside/secret.txt", at("out/file-link")), 0);
    assert_int_equal(symlink("../outside/new", at("out/dangling")), 0);
    orr_vfs *vfs = new_vfs();
    orr_error err = {0};
    must_mount(vfs, at("in"), "", ORR_VFS_LAST);
    assert_int_not_equal(read_status(vfs, "file-link", 100), ORR_OK);
    assert_int_not_equal(read_status(vfs, "folder-link/secret.txt", 100), ORR_OK);
    assert_int_equal(orr_vfs_exists(vfs, "file-link"), ORR_VFS_NONE);
    assert_int_equal(orr_vfs_exists(vfs, "folder-link"), ORR_VFS_NONE);
    assert_int_equal(orr_vfs_exists(vfs, "folder-link/secret.txt"), ORR_VFS_NONE);
    assert_int_equal(orr_vfs_set_write_folder(vfs, at("out"), NULL), ORR_OK);
    assert_int_equal(orr_vfs_write(vfs, "folder-link/new.txt", "x", 1, &err), ORR_E_ESCAPE);
    assert_int_equal(orr_vfs_write(vfs, "folder-link/sub/new.txt", "x", 1, &err), ORR_E_ESCAPE);
    assert_int_equal(orr_vfs_write(vfs, "file-link", "x", 1, &err), ORR_E_ESCAPE);
    assert_int_not_equal(orr_vfs_write(vfs, "dangling/new.txt", "x", 1, &err), ORR_OK);
    assert_false(orr_file_exists(at("outside/new.txt")));
    assert_false(orr_folder_exists(at("outside/new")));
    assert_false(orr_folder_exists(at("outside/sub")));
    uint8_t *data;
    size_t size;
    assert_int_equal(orr_file_read(at("outside/secret.txt"), 100, &data, &size, NULL), ORR_OK);
    assert_string_equal((char *)data, "secret");
    free(data);
    orr_vfs_destroy(&vfs);
}

static void test_write(void **state) {
    (void)state;
    put("out/keep", "");
    orr_vfs *vfs = new_vfs();
    orr_error err = {0};
    assert_int_equal(orr_vfs_write(vfs, "x.txt", "x", 1, &err), ORR_E_PERMISSION);
    assert_int_equal(orr_vfs_set_write_folder(vfs, at("none"), &err), ORR_E_NOT_FOUND);
    assert_int_equal(orr_vfs_set_write_folder(vfs, at("out"), NULL), ORR_OK);
    assert_int_equal(orr_vfs_write(vfs, "", "x", 1, &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_vfs_write(vfs, "new/deep/x.txt", "one", 3, &err), ORR_OK);
    assert_int_equal(orr_vfs_write(vfs, "new/deep/x.txt", "two!", 4, &err), ORR_OK);
    assert_int_equal(orr_vfs_exists(vfs, "new/deep/x.txt"), ORR_VFS_NONE); /* not mounted */
    must_mount(vfs, at("out"), "", ORR_VFS_LAST);
    assert_content(vfs, "new/deep/x.txt", "two!");
    char **names;
    size_t count;
    assert_int_equal(orr_vfs_list(vfs, "new/deep", &names, &count, NULL), ORR_OK);
    assert_int_equal(count, 1); /* no temporary file is left */
    orr_names_free(&names, count);
    assert_int_equal(orr_vfs_set_write_folder(vfs, NULL, NULL), ORR_OK);
    assert_int_equal(orr_vfs_write(vfs, "x.txt", "x", 1, &err), ORR_E_PERMISSION);
    orr_vfs_destroy(&vfs);
}

static void test_bundles(void **state) {
    (void)state;
    zip z = {0};
    char real[512];
    zip_add(&z, "scene.lua", "return 1", 0100644);
    zip_add(&z, "models/box.gltf", "{}", 0100644);
    zip_add(&z, "link", "scene.lua", 0120777); /* a symbolic link */
    zip_save(&z, "good.zip");
    orr_vfs *vfs = new_vfs();
    must_mount(vfs, at("good.zip"), "bundle", ORR_VFS_LAST);
    assert_content(vfs, "bundle/scene.lua", "return 1");
    assert_content(vfs, "bundle/models/box.gltf", "{}");
    assert_false(orr_vfs_real_path(vfs, "bundle/scene.lua", real, sizeof real));
    assert_int_not_equal(read_status(vfs, "bundle/link", 100), ORR_OK);
    assert_int_equal(orr_vfs_exists(vfs, "bundle/link"), ORR_VFS_NONE);
    assert_int_equal(read_status(vfs, "bundle/scene.lua", 7), ORR_E_LIMIT);
    orr_vfs_destroy(&vfs);
}

/* Entries that lead outside must be unreachable, whatever PhysFS makes of the rest. */
static void test_hostile_bundles(void **state) {
    (void)state;
    zip z = {0};
    zip_add(&z, "../outside.txt", "planted", 0100644);
    zip_add(&z, "/absolute.txt", "planted", 0100644);
    zip_add(&z, "good.txt", "good", 0100644);
    zip_save(&z, "hostile.zip");
    put("outside.txt", "secret");
    orr_vfs *vfs = new_vfs();
    orr_error err = {0};
    if (orr_vfs_mount(vfs, at("hostile.zip"), "", ORR_VFS_LAST, &err) == ORR_OK) {
        char **names;
        size_t count;
        if (orr_vfs_list(vfs, "", &names, &count, &err) == ORR_OK) orr_names_free(&names, count);
        assert_int_equal(read_status(vfs, "../outside.txt", 100), ORR_E_ESCAPE);
        assert_int_equal(orr_vfs_exists(vfs, "outside.txt"), ORR_VFS_NONE);
    }
    zip cut = {0};
    zip_add(&cut, "a.txt", "some text", 0100644);
    zip_save(&cut, "cut.zip");
    for (size_t size = 0; size < cut.size + cut.directory_size + 22; size++) {
        assert_int_equal(orr_file_write(at("cut.zip"), cut.bytes, size, NULL), ORR_OK);
        memset(&err, 0, sizeof err);
        orr_status status = orr_vfs_mount(vfs, at("cut.zip"), "cut", ORR_VFS_LAST, &err);
        assert_int_not_equal(status, ORR_OK);
        assert_true(err.message[0] != 0);
    }
    orr_vfs_destroy(&vfs);
}

static void test_bundle_by_descriptor(void **state) {
    (void)state;
    zip z = {0};
    char real[512];
    zip_add(&z, "a/one.txt", "first", 0100644);
    zip_add(&z, "two.txt", "second", 0100644);
    zip_save(&z, "b.zip");
    int fd = -1;
    orr_error err = {0};
    assert_int_equal(orr_fd_open(at("b.zip"), &fd, &err), ORR_OK);
    orr_vfs *vfs = new_vfs();
    if (orr_vfs_mount_bundle(vfs, fd, "the bundle", "in", &err) != ORR_OK) fail_msg("%s", err.message);
    orr_fd_close(&fd); /* the mount has its own */
    orr_file_remove(at("b.zip"));
    assert_content(vfs, "in/a/one.txt", "first");
    assert_content(vfs, "in/two.txt", "second");
    assert_content(vfs, "in/a/one.txt", "first");
    assert_int_equal(orr_vfs_exists(vfs, "in/a"), ORR_VFS_FOLDER);
    assert_false(orr_vfs_real_path(vfs, "in/two.txt", real, sizeof real));

    put("plain.txt", "no zip, though it is long enough to be one");
    assert_int_equal(orr_fd_open(at("plain.txt"), &fd, &err), ORR_OK);
    assert_int_equal(orr_vfs_mount_bundle(vfs, fd, "the bundle", "in", &err), ORR_E_EXISTS);
    assert_non_null(strstr(err.message, "'the bundle' is already mounted"));
    assert_int_equal(orr_vfs_mount_bundle(vfs, fd, "plain", "in", &err), ORR_E_BAD_DATA);
    assert_int_equal(orr_vfs_mount_bundle(vfs, fd, "plain", "../in", &err), ORR_E_ESCAPE);
    assert_int_equal(orr_vfs_mount_bundle(vfs, 12345, "plain", "in", &err), ORR_E_READ);
    orr_fd_close(&fd);

    assert_int_equal(orr_vfs_unmount(vfs, "the bundle", &err), ORR_OK);
    assert_int_equal(read_status(vfs, "in/two.txt", 10), ORR_E_NOT_FOUND);
    assert_int_equal(orr_vfs_unmount(vfs, "the bundle", &err), ORR_E_NOT_FOUND);
    orr_vfs_destroy(&vfs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_folders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mount_points, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bundles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_bundles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bundle_by_descriptor, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
