#include "bundle_fixture.h"

#include <signal.h>
#include <sys/resource.h>

/* --- a bundle of everything --------------------------------------------------------------------------- */

enum { LARGE = 5000000 };
static uint8_t *large_bytes(void) { /* neither all alike nor noise; over several windows of blocks */
    uint8_t *bytes = malloc(LARGE);
    uint32_t x = 1;
    for (size_t i = 0; i < LARGE; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(i % 7 == 0 ? x >> 24 : i >> 8);
    }
    return bytes;
}

static const orr_bundle_set sets[] = {{"dem", "content/\"a\".tif"}, {"turns", "2"}};
static const orr_bundle_entry entries[] = {{"main.lua", sets, 2}, {"scripts/other.lua", NULL, 0}};
static uint8_t *large;

static uint32_t sources(orr_bundle_source *out) {
    static const uint8_t noise[] = {0x1b, 0x80, 7, 255, 0, 3};
    uint32_t n = 0;
    if (!large) large = large_bytes();
    put("large.bin", large, LARGE);
    out[n++] =
        (orr_bundle_source){.name = "content/large.bin", .path = at("large.bin"), .licence = "CC0-1.0"};
    out[n++] = (orr_bundle_source){.name = "main.lua", .data = "return 1\n", .size = 9};
    out[n++] = (orr_bundle_source){.name = "content/empty"};
    out[n++] = (orr_bundle_source){.name = "content/noise", .data = noise, .size = sizeof noise};
    out[n++] = (orr_bundle_source){.name = "scripts/other.lua",
                                   .data = "-- gr\xc3\xbc\xc3\x9f\n",
                                   .size = 9,
                                   .licence = "words \"of\" my own"};
    out[n++] = (orr_bundle_source){.name = "content/gr\xc3\xbc\xc3\x9f.txt", .data = "x", .size = 1};
    return n;
}

static orr_bundle_pack_params all(orr_bundle_source *list) {
    uint32_t count = sources(list);
    return (orr_bundle_pack_params){
        .sources = list, .source_count = count, .entries = entries, .entry_count = 2};
}

static void assert_content(const orr_bundle *bundle, const char *name, const void *expected,
                           size_t expected_size) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    if (orr_bundle_read(bundle, name, UINT64_MAX, &data, &size, &err) != ORR_OK) fail_msg("%s", err.message);
    assert_int_equal(size, expected_size);
    assert_memory_equal(data, expected, size);
    assert_int_equal(data[size], 0);
    free(data);
}

static void check_all(const char *name) {
    orr_bundle *bundle = must_open(name);
    orr_error err = {0};
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(m->file_count, 6);
    assert_string_equal(m->files[0].name, "content/empty");
    assert_string_equal(m->files[1].name, "content/gr\xc3\xbc\xc3\x9f.txt");
    assert_string_equal(m->files[2].licence, "CC0-1.0");
    assert_string_equal(m->files[5].licence, "words \"of\" my own");
    assert_string_equal(m->files[4].licence, "");
    assert_int_equal(m->files[2].size_bytes, LARGE);
    assert_int_equal(m->entry_count, 2);
    assert_string_equal(m->entries[0].script, "main.lua");
    assert_int_equal(m->entries[0].set_count, 2);
    assert_string_equal(m->entries[0].sets[0].value, "content/\"a\".tif");
    assert_null(m->base_digest);
    assert_content(bundle, "content/large.bin", large, LARGE);
    assert_content(bundle, "content/empty", "", 0);
    assert_content(bundle, "main.lua", "return 1\n", 9);
    assert_int_equal(orr_bundle_read(bundle, "main.lua", 8, &data, &size, &err), ORR_E_LIMIT);
    assert_int_equal(orr_bundle_read(bundle, "none", 8, &data, &size, &err), ORR_E_NOT_FOUND);
    if (orr_bundle_verify(bundle, NULL, NULL, &err) != ORR_OK) fail_msg("%s", err.message);
    orr_bundle_close(&bundle);
    assert_null(bundle);
}

static void test_round_trip(void **state) {
    (void)state;
    orr_bundle_source list[8];
    for (int compress = 0; compress < 2; compress++) {
        orr_bundle_pack_params params = all(list);
        orr_bundle_pack_report report;
        orr_error err = {0};
        params.compress = compress;
        if (orr_bundle_pack(&params, at("b.zip"), &report, &err) != ORR_OK) fail_msg("%s", err.message);
        check_all("b.zip");
        size_t size;
        free(get("b.zip", &size));
        assert_int_equal(report.bundle_bytes, size);
        assert_int_equal(report.file_count, 6);
        assert_int_equal(report.content_bytes, LARGE + 9 + 6 + 9 + 1);
        assert_true(compress ? size < LARGE * 3 / 4 : size > LARGE);
        char hex[65];
        orr_bundle *bundle = must_open("b.zip");
        orr_bundle_manifest_digest(bundle, hex);
        assert_string_equal(hex, report.manifest_digest);
        orr_bundle_close(&bundle);
    }
    unlink(at("b.zip"));
    unlink(at("large.bin"));
    char **names;
    size_t count;
    assert_int_equal(orr_folder_list(scratch, &names, &count, NULL), ORR_OK);
    assert_int_equal(count, 0); /* no part left behind */
    orr_names_free(&names, count);
}

static void test_deterministic(void **state) {
    (void)state;
    orr_bundle_source list[8], turned[8];
    for (int compress = 0; compress < 2; compress++) {
        orr_bundle_pack_params params = all(list);
        params.compress = compress;
        must_pack(&params, "first.zip");
        for (uint32_t i = 0; i < params.source_count; i++) turned[i] = list[params.source_count - 1 - i];
        params.sources = turned;
        for (unsigned threads = 1; threads <= 4; threads++) {
            orr_jobs *jobs = NULL;
            assert_int_equal(orr_jobs_create(&(orr_jobs_params){.threads = threads}, &jobs, NULL), ORR_OK);
            params.jobs = jobs;
            must_pack(&params, "again.zip");
            orr_jobs_destroy(&jobs);
            assert_same_files("first.zip", "again.zip", true);
        }
        params.jobs = NULL;
        params.sources = list;
        list[0].licence = "CC0-1.1";
        must_pack(&params, "again.zip");
        assert_same_files("first.zip", "again.zip", false);
    }
}

/* Noise is stored though deflating was asked for: of one block, of several, between files that do shrink. */
static void test_noise(void **state) {
    (void)state;
    enum { NOISE = 700001 };
    uint8_t *noise = malloc(NOISE);
    uint32_t x = 7;
    for (size_t i = 0; i < NOISE; i++) noise[i] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
    put("many", noise, NOISE);
    put("one", noise, 1000);
    orr_bundle_source list[8];
    uint32_t count = sources(list);
    list[count++] = (orr_bundle_source){.name = "content/many", .path = at("many")};
    list[count++] = (orr_bundle_source){.name = "content/one", .path = at("one")};
    must_pack(&(orr_bundle_pack_params){.sources = list, .source_count = count, .compress = true}, "b.zip");
    orr_bundle *bundle = must_open("b.zip");
    orr_error err = {0};
    if (orr_bundle_verify(bundle, NULL, NULL, &err) != ORR_OK) fail_msg("%s", err.message);
    assert_content(bundle, "content/many", noise, NOISE);
    assert_content(bundle, "content/one", noise, 1000);
    assert_content(bundle, "content/large.bin", large, LARGE);
    orr_bundle_close(&bundle);
    free(noise);
}

static void test_mounted(void **state) {
    (void)state;
    orr_bundle_source list[8];
    orr_vfs *vfs = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    for (int compress = 0; compress < 2; compress++) {
        orr_bundle_pack_params params = all(list);
        params.compress = compress;
        must_pack(&params, "b.zip");
        orr_bundle *bundle = must_open("b.zip"), *same = NULL;
        unlink(at("b.zip"));
        assert_int_equal(orr_bundle_open_fd(orr_bundle_fd(bundle), "given", &same, &err), ORR_OK);
        assert_string_equal(orr_bundle_path(same), "given");
        orr_bundle_close(&same); /* and the descriptor stays open */
        assert_int_equal(orr_vfs_create(&vfs, &err), ORR_OK);
        assert_int_equal(orr_vfs_mount_bundle(vfs, orr_bundle_fd(bundle), "b", "", &err), ORR_OK);
        orr_bundle_close(&bundle);
        assert_int_equal(orr_vfs_read(vfs, "content/large.bin", LARGE, &data, &size, &err), ORR_OK);
        assert_int_equal(size, LARGE);
        assert_memory_equal(data, large, LARGE);
        free(data);
        assert_int_equal(orr_vfs_exists(vfs, "scripts"), ORR_VFS_FOLDER);
        orr_vfs_destroy(&vfs);
    }
}

/* --- what packing refuses ----------------------------------------------------------------------------- */

static void refuse_sources(const orr_bundle_source *list, uint32_t count, orr_status code,
                           const char *words) {
    orr_error err = {0};
    orr_bundle_pack_params params = {.sources = list, .source_count = count};
    assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), code);
    assert_says(&err, words);
    assert_false(orr_file_exists(at("no.zip")));
}

static void refuse_name(const char *name) {
    orr_bundle_source source = {.name = name, .data = "x", .size = 1};
    refuse_sources(&source, 1, ORR_E_ESCAPE, "cannot be the name");
}

static void refuse_native(const void *bytes, size_t size, const char *words) {
    orr_bundle_source source = {.name = "module.so", .data = bytes, .size = size};
    refuse_sources(&source, 1, ORR_E_UNSUPPORTED, words);
}

static void test_pack_refuses(void **state) {
    (void)state;
    static const char *const names[] = {"",         "/etc/x",
                                        "../x",     "a/../b",
                                        "a//b",     "./a",
                                        "a/.",      "a\\b",
                                        "c:x",      "a/",
                                        "a ",       "a.",
                                        "con",      "a/NUL.txt",
                                        "Lpt1",     "a\nb",
                                        "a\x7f",    "a\xc2\x9bm",
                                        "a\xff.b",  "a\xc0\xaf.",
                                        "\xe2\x80", "x\xe2\x80\xaey",
                                        "a?",       "a*b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) refuse_name(names[i]);
    char longest[600];
    memset(longest, 'a', sizeof longest);
    longest[512] = 0;
    refuse_name(longest);
    longest[511] = 0;
    orr_bundle_source pair[2] = {{.name = longest}, {.name = "b"}};
    must_pack(&(orr_bundle_pack_params){.sources = pair, .source_count = 2}, "fine.zip");

    pair[0].name = "b";
    refuse_sources(pair, 2, ORR_E_BAD_DATA, "two entries would be one file");
    pair[0].name = "B";
    refuse_sources(pair, 2, ORR_E_BAD_DATA, "two entries would be one file");
    pair[0].name = "B/c/d";
    refuse_sources(pair, 2, ORR_E_BAD_DATA, "'b' is a file and the folder of 'B/c/d'");
    pair[0].name = "orrery-bundle.JSON";
    refuse_sources(pair, 2, ORR_E_BAD_DATA, "orrery-bundle.json");
    pair[0].name = "orrery-bundle.sig";
    refuse_sources(pair, 2, ORR_E_BAD_DATA, "orrery-bundle.sig");
    pair[0] = (orr_bundle_source){.name = "a", .licence = "a\033[2Jb"};
    refuse_sources(pair, 2, ORR_E_BAD_DATA, "the licence of 'a'");
    pair[0] = (orr_bundle_source){.name = "a", .path = at("none")};
    refuse_sources(pair, 2, ORR_E_NOT_FOUND, "none");
    pair[0] = (orr_bundle_source){.name = "a", .path = scratch};
    refuse_sources(pair, 2, ORR_E_READ, "is a folder");

    refuse_native("\x7f"
                  "ELF\2",
                  5, "'module.so' is a program or library (ELF)");
    refuse_native("MZ\x90", 3, "(PE)");
    refuse_native("\xfe\xed\xfa\xce", 4, "(Mach-O)");
    refuse_native("\xcf\xfa\xed\xfe", 4, "(Mach-O)");
    refuse_native("\xca\xfe\xba\xbe", 4, "(Mach-O, several machines)");
    refuse_native("\x1bLJ\2", 4, "Lua bytecode");
    refuse_native("\x1bLuaQ", 5, "Lua bytecode");
    refuse_native("!<arch>\n", 8, "(ar)");
}

static void test_pack_refuses_starts(void **state) {
    (void)state;
    orr_error err = {0};
    const orr_bundle_source source = {.name = "a.lua", .data = "x", .size = 1};
    const orr_bundle_set twice[] = {{"n", "1"}, {"n", "2"}};
    const orr_bundle_entry no_script = {"b.lua", NULL, 0}, twice_set = {"a.lua", twice, 2};
    orr_bundle_pack_params params = {
        .sources = &source, .source_count = 1, .entries = &no_script, .entry_count = 1};
    assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), ORR_E_NOT_FOUND);
    assert_says(&err, "'b.lua' is not among");
    params.entries = &twice_set;
    assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), ORR_E_EXISTS);
    const orr_bundle_set control = {"n", "\033[2J"};
    const orr_bundle_entry control_set = {"a.lua", &control, 1};
    params.entries = &control_set;
    assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), ORR_E_BAD_DATA);
    assert_says(&err, "\"set\" must be a text of at most 65536 bytes");
    assert_false(orr_file_exists(at("no.zip")));
    params.entry_count = 0;
    assert_int_equal(orr_bundle_pack(&params, at("none/no.zip"), NULL, &err), ORR_E_WRITE);
    assert_int_equal(orr_bundle_pack(&params, scratch, NULL, &err), ORR_E_WRITE);
}

/* --- signatures --------------------------------------------------------------------------------------- */

static orr_status verify_with(const char *name, const char *key, orr_error *err) {
    orr_bundle *bundle = must_open(name);
    *err = (orr_error){0};
    orr_status status = orr_bundle_verify(bundle, at(key), NULL, err);
    orr_bundle_close(&bundle);
    return status;
}

static void test_signatures(void **state) {
    (void)state;
    orr_error err = {0};
    struct stat info;
    if (orr_bundle_make_keys(at("mine"), &err) != ORR_OK) fail_msg("%s", err.message);
    assert_int_equal(orr_bundle_make_keys(at("theirs"), &err), ORR_OK);
    assert_int_equal(stat(at("mine.key"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(orr_bundle_make_keys(at("mine"), &err), ORR_E_EXISTS);
    assert_says(&err, "never written over");
    unlink(at("theirs.pub"));
    assert_int_equal(orr_bundle_make_keys(at("theirs"), &err),
                     ORR_E_EXISTS); /* the secret one is still there */
    assert_false(orr_file_exists(at("theirs.pub")));
    unlink(at("theirs.key"));
    assert_int_equal(orr_bundle_make_keys(at("theirs"), &err), ORR_OK);

    small_bundle(false, NULL);
    assert_int_equal(verify_with("small.zip", "mine.pub", &err), ORR_E_DIGEST);
    assert_says(&err, "is not signed");
    small_bundle(false, at("mine.key"));
    if (verify_with("small.zip", "mine.pub", &err) != ORR_OK) fail_msg("%s", err.message);
    assert_int_equal(verify_with("small.zip", "theirs.pub", &err), ORR_E_DIGEST);
    assert_says(&err, "does not fit the key");
    assert_int_equal(verify_with("small.zip", "mine.key", &err), ORR_E_BAD_DATA);
    assert_says(&err, "is a secret key; checking takes the public one");
    assert_int_equal(verify_with("small.zip", "small.zip", &err), ORR_E_BAD_DATA);
    assert_says(&err, "no key that");
    orr_bundle_pack_params params = {.secret_key = at("mine.pub")};
    assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), ORR_E_BAD_DATA);
    assert_says(&err, "is a public key; signing takes the secret one");
    params.secret_key = at("none");
    assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), ORR_E_NOT_FOUND);
    orr_bundle *bundle = must_open("small.zip");
    assert_true(orr_bundle_is_signed(bundle));
    orr_bundle_close(&bundle);

    /* Another manifest under the old signature; and a signature cut short. */
    const raw a = {.name = "a", .content = "text"};
    size_t size;
    uint8_t *bytes = get("small.zip", &size);
    uint8_t *sig = bytes + 30;
    while (memcmp(sig, "orrery-bundle.sig", 17) != 0) sig++;
    char *signature = (char *)sig + 17;
    for (size_t length = 63; length <= 64; length++) {
        zip *z = calloc(1, sizeof *z);
        add(z, &(raw){.name = "orrery-bundle.json", .content = manifest_of(&a, 1, "")});
        add(z, &(raw){.name = "orrery-bundle.sig", .content = signature, .size = length});
        add(z, &a);
        finish(z, 0, "");
        free(z);
        if (length == 63) {
            assert_int_equal(open_raw(&err), ORR_E_BAD_DATA);
            assert_says(&err, "has 63 bytes, not 64");
        } else {
            assert_int_equal(open_raw(&err), ORR_OK);
            assert_int_equal(verify_with("raw.zip", "mine.pub", &err), ORR_E_DIGEST);
            assert_says(&err, "its manifest was changed");
        }
    }
    free(bytes);
}

/* --- deltas ------------------------------------------------------------------------------------------- */

/* The sources after a change: one file changed, one gone, one new, one with another licence. */
static orr_bundle_pack_params changed(orr_bundle_source *list) {
    orr_bundle_pack_params params = all(list);
    list[1].data = "return 2\n";
    list[2] = (orr_bundle_source){.name = "content/new", .data = "new", .size = 3};
    list[5].licence = "MIT";
    return params;
}

static void test_diff(void **state) {
    (void)state;
    orr_bundle_source list[8];
    orr_bundle_pack_params params = all(list);
    must_pack(&params, "old.zip");
    params = changed(list);
    must_pack(&params, "new.zip");
    orr_bundle *old = must_open("old.zip"), *new = must_open("new.zip");
    orr_bundle_difference *found = NULL;
    uint32_t count = 0;
    assert_int_equal(orr_bundle_diff(old, new, &found, &count, NULL), ORR_OK);
    assert_int_equal(count, 4);
    assert_string_equal(found[0].name, "content/empty");
    assert_int_equal(found[0].change, ORR_BUNDLE_REMOVED);
    assert_string_equal(found[1].name, "content/gr\xc3\xbc\xc3\x9f.txt");
    assert_int_equal(found[1].change, ORR_BUNDLE_CHANGED);
    assert_string_equal(found[2].name, "content/new");
    assert_int_equal(found[2].change, ORR_BUNDLE_ADDED);
    assert_int_equal(found[2].new_bytes, 3);
    assert_string_equal(found[3].name, "main.lua");
    free(found);
    assert_int_equal(orr_bundle_diff(new, new, &found, &count, NULL), ORR_OK);
    assert_int_equal(count, 0);
    free(found);
    orr_bundle_close(&old);
    orr_bundle_close(&new);
}

static void check_delta(bool compress, const char *key) {
    orr_bundle_source list[8];
    orr_error err = {0};
    orr_bundle_pack_params params = all(list);
    params.compress = compress;
    params.secret_key = key;
    must_pack(&params, "old.zip");
    params = changed(list);
    params.compress = compress;
    params.secret_key = key;
    must_pack(&params, "new.zip");
    params.base = at("old.zip");
    must_pack(&params, "delta.zip");
    size_t size;
    free(get("delta.zip", &size));
    assert_true(size < 4000);

    orr_bundle *old = must_open("old.zip"), *delta = must_open("delta.zip"), *new = must_open("new.zip");
    const orr_bundle_manifest *m = orr_bundle_get_manifest(delta);
    assert_non_null(m->base_digest);
    assert_int_equal(m->file_count, 3);
    assert_int_equal(m->removed_count, 1);
    assert_string_equal(m->removed[0], "content/empty");
    if (orr_bundle_verify(delta, key ? at("k.pub") : NULL, NULL, &err) != ORR_OK) fail_msg("%s", err.message);
    if (orr_bundle_apply(old, delta, at("applied.zip"), NULL, &err) != ORR_OK) fail_msg("%s", err.message);
    assert_same_files("applied.zip", "new.zip", true);
    if (key && verify_with("applied.zip", "k.pub", &err) != ORR_OK) fail_msg("%s", err.message);

    unlink(at("applied.zip"));
    assert_int_equal(orr_bundle_apply(new, delta, at("applied.zip"), NULL, &err), ORR_E_DIGEST);
    assert_says(&err, "is no delta over");
    assert_int_equal(orr_bundle_apply(old, new, at("applied.zip"), NULL, &err), ORR_E_ARGUMENT);
    assert_says(&err, "is a whole bundle");
    params.base = at("delta.zip");
    assert_int_equal(orr_bundle_pack(&params, at("applied.zip"), NULL, &err), ORR_E_BAD_DATA);
    assert_says(&err, "is a delta itself");
    params.base = at("old.zip");
    params.compress = !compress;
    assert_int_equal(orr_bundle_pack(&params, at("applied.zip"), NULL, &err), ORR_E_ARGUMENT);
    assert_says(&err, "compressed");
    assert_false(orr_file_exists(at("applied.zip")));
    orr_bundle_close(&old);
    orr_bundle_close(&delta);
    orr_bundle_close(&new);
}

static void test_delta(void **state) {
    (void)state;
    orr_error err;
    char key[512];
    assert_int_equal(orr_bundle_make_keys(at("k"), &err), ORR_OK);
    snprintf(key, sizeof key, "%s", at("k.key"));
    check_delta(false, NULL);
    check_delta(true, NULL);
    check_delta(false, key);
}

/* A base with the right manifest and a wrong content must not become a result. */
static void test_delta_damaged_base(void **state) {
    (void)state;
    orr_bundle_source list[8];
    orr_error err = {0};
    orr_bundle_pack_params params = all(list);
    must_pack(&params, "old.zip");
    params = changed(list);
    params.base = at("old.zip");
    must_pack(&params, "delta.zip");
    size_t size;
    uint8_t *bytes = get("old.zip", &size);
    bytes[size / 2] ^= 1; /* within the large file */
    put("old.zip", bytes, size);
    free(bytes);
    orr_bundle *old = must_open("old.zip"), *delta = must_open("delta.zip");
    assert_int_equal(orr_bundle_apply(old, delta, at("applied.zip"), NULL, &err), ORR_E_DIGEST);
    assert_says(&err, "'content/large.bin'");
    assert_false(orr_file_exists(at("applied.zip")));
    uint8_t *data = NULL;
    assert_int_equal(orr_bundle_read(old, "content/large.bin", LARGE, &data, &size, &err), ORR_E_DIGEST);
    assert_null(data);
    orr_bundle_close(&old);
    orr_bundle_close(&delta);
}

/* --- many, and faults --------------------------------------------------------------------------------- */

/* More entries than the 16 bits of an end record count: ZIP64. */
static void test_most_entries(void **state) {
    (void)state;
    enum { COUNT = ORR_BUNDLE_MAX_ENTRIES };
    orr_error err = {0};
    char(*names)[16] = calloc(COUNT + 1, sizeof *names);
    orr_bundle_source *list = calloc(COUNT + 1, sizeof *list);
    for (int i = 0; i <= COUNT; i++) {
        snprintf(names[i], sizeof names[i], "%d/%d", i % 64, i);
        list[i] = (orr_bundle_source){.name = names[i], .data = names[i], .size = strlen(names[i])};
    }
    refuse_sources(list, COUNT + 1, ORR_E_LIMIT, "at most 65536");
    must_pack(&(orr_bundle_pack_params){.sources = list, .source_count = COUNT}, "many.zip");
    orr_bundle *bundle = must_open("many.zip");
    assert_int_equal(orr_bundle_get_manifest(bundle)->file_count, COUNT);
    if (orr_bundle_verify(bundle, NULL, NULL, &err) != ORR_OK) fail_msg("%s", err.message);
    orr_bundle_close(&bundle);
    free(list);
    free(names);
}

/* The same failure is told for every number of threads. */
static void test_first_failure(void **state) {
    (void)state;
    orr_bundle_source list[400];
    char names[400][16];
    for (int i = 0; i < 400; i++) {
        snprintf(names[i], sizeof names[i], "f%03d", i);
        bool bad = i == 77 || i == 78 || i == 390;
        list[i] = (orr_bundle_source){.name = names[i], .data = bad ? "MZ" : "ok", .size = 2};
    }
    for (unsigned threads = 1; threads <= 4; threads++) {
        orr_jobs *jobs = NULL;
        assert_int_equal(orr_jobs_create(&(orr_jobs_params){.threads = threads}, &jobs, NULL), ORR_OK);
        orr_bundle_pack_params params = {.sources = list, .source_count = 400, .jobs = jobs};
        for (int i = 0; i < 100; i++) { /* which of two neighbours fails first is chance */
            orr_error err = {0};
            assert_int_equal(orr_bundle_pack(&params, at("no.zip"), NULL, &err), ORR_E_UNSUPPORTED);
            assert_says(&err, "'f077'");
        }
        orr_jobs_destroy(&jobs);
    }
}

/* A disk that takes no more: said, and nothing left behind. */
static void test_disk_full(void **state) {
    (void)state;
    orr_bundle_source list[8];
    orr_error err = {0};
    struct rlimit before, limit;
    char **names;
    size_t count;
    orr_bundle_pack_params params = all(list);
    assert_int_equal(orr_bundle_pack(&params, "/dev/null", NULL, &err), ORR_E_WRITE);
    assert_says(&err, "not a regular file");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = LARGE / 2;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    orr_status status = orr_bundle_pack(&params, at("full.zip"), NULL, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, ORR_E_NO_SPACE);
    assert_says(&err, "full.zip");
    assert_int_equal(orr_folder_list(scratch, &names, &count, NULL), ORR_OK);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "large.bin");
    orr_names_free(&names, count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deterministic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_noise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mounted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pack_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pack_refuses_starts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signatures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diff, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delta, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delta_damaged_base, setup, teardown),
        cmocka_unit_test_setup_teardown(test_most_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_first_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(large);
    return failed;
}
