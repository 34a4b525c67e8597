/* Bundles made by hand, and packed ones damaged: what must be refused, each with its reason. */
#include "bundle_fixture.h"

/* A bundle with the manifest of `list`, given words of it, and these entries. */
static void make(const raw *list, size_t count) {
    zip *z = calloc(1, sizeof *z);
    add(z, &(raw){.name = "orrery-bundle.json", .content = manifest_of(list, count, "")});
    for (size_t i = 0; i < count; i++) add(z, &list[i]);
    finish(z, 0, "");
    free(z);
}

static void refused(const raw *list, size_t count, orr_status code, const char *words) {
    orr_error err;
    make(list, count);
    orr_status status = open_raw(&err);
    if (status != code) fail_msg("%s: %s, not %s", words, orr_status_name(status), orr_status_name(code));
    assert_says(&err, words);
}

static void refused_one(const raw *entry, orr_status code, const char *words) {
    refused(entry, 1, code, words);
}

static void test_hand_made(void **state) {
    (void)state;
    orr_error err;
    const raw two[] = {{.name = "a.lua", .content = "return 1"}, {.name = "b/c", .content = "text"}};
    make(two, 2);
    if (open_raw(&err) != ORR_OK) fail_msg("%s", err.message);
    /* The library that packs agrees to the byte: what is compared is only the manifest's text. */
    const orr_bundle_source source = {.name = "a.lua", .data = "return 1", .size = 8};
    must_pack(&(orr_bundle_pack_params){.sources = &source, .source_count = 1}, "packed.zip");
    size_t size, at_manifest = 30 + strlen("orrery-bundle.json");
    uint8_t *packed = get("packed.zip", &size);
    char *manifest = strndup((char *)packed + at_manifest, packed[22] | (size_t)packed[23] << 8);
    zip *z = calloc(1, sizeof *z);
    add(z, &(raw){.name = "orrery-bundle.json", .content = manifest});
    add(z, &two[0]);
    finish(z, 0, "");
    free(z);
    free(manifest);
    free(packed);
    assert_same_files("raw.zip", "packed.zip", true);
}

static void test_refused_names(void **state) {
    (void)state;
    static const char *const names[] = {"../up", "/root", "a\\\\b", "a//b", "a/", "c:/x", "nul"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        refused_one(&(raw){.name = names[i], .content = "x"}, ORR_E_ESCAPE, "cannot be the name");
    const raw twice[] = {{.name = "a", .content = "x"}, {.name = "a", .content = "y"}};
    refused(twice, 2, ORR_E_BAD_DATA, "'a' and 'a'");
    const raw cases[] = {{.name = "A", .content = "x"}, {.name = "a", .content = "y"}};
    refused(cases, 2, ORR_E_BAD_DATA, "two entries would be one file on some systems: 'A' and 'a'");
    const raw folder[] = {{.name = "a", .content = "x"}, {.name = "a/b", .content = "y"}};
    refused(folder, 2, ORR_E_BAD_DATA, "'a' is a file and the folder of 'a/b'");
    const raw order[] = {{.name = "b", .content = "x"}, {.name = "a", .content = "y"}};
    refused(order, 2, ORR_E_BAD_DATA, "out of order");
}

static void test_refused_entries(void **state) {
    (void)state;
    static const uint8_t good_deflate[] = {0x4b, 0x4c, 0x84, 0x01, 0x00}; /* "aaaaaaaaaa" */
    static const uint8_t longer[] = {0x4b, 0x4c, 0x84, 0x01, 0x00, 0x00};
    const raw deflated = {
        .name = "a", .content = "aaaaaaaaaa", .method = 8, .packed = good_deflate, .packed_size = 5};
    orr_error err;
    make(&deflated, 1);
    if (open_raw(&err) != ORR_OK) fail_msg("%s", err.message);

    raw r = {.name = "a", .content = "text"};
    r.attributes = 0120777;
    refused_one(&r, ORR_E_ESCAPE, "is a symbolic link");
    r = (raw){.name = "a", .content = "text", .flags = 1};
    refused_one(&r, ORR_E_UNSUPPORTED, "is encrypted");
    r = (raw){.name = "a", .content = "text", .flags = 8};
    refused_one(&r, ORR_E_BAD_DATA, "would not write");
    r = (raw){.name = "a", .content = "text", .method = 12};
    refused_one(&r, ORR_E_UNSUPPORTED, "method of compression");
    r = (raw){.name = "a", .content = "text", .made_by = 19};
    refused_one(&r, ORR_E_BAD_DATA, "would not write");
    r = (raw){.name = "a", .content = "text", .date = 1};
    refused_one(&r, ORR_E_BAD_DATA, "would not write");
    r = (raw){.name = "a", .content = "text", .attributes = 0100755};
    refused_one(&r, ORR_E_BAD_DATA, "would not write");
    r = (raw){.name = "a", .content = "text", .extra = "hidden!!"};
    refused_one(&r, ORR_E_BAD_DATA, "would not write");
    r = (raw){.name = "a", .content = "text", .local_name = "b"};
    refused_one(&r, ORR_E_BAD_DATA, "disagrees with the directory");
    r = (raw){.name = "a", .content = "text", .claimed = 3};
    refused_one(&r, ORR_E_BAD_DATA, "claims sizes");
    r = (raw){.name = "a", .content = "text", .crc = 1};
    refused_one(&r, ORR_E_DIGEST, "checksum in its header");
    r = (raw){.name = "a", .content = "text", .offset = -30};
    refused_one(&r, ORR_E_BAD_DATA, "overlap, or hide");
    r = (raw){.name = "a", .content = "text", .offset = 100000};
    refused_one(&r, ORR_E_BAD_DATA, "overlap, or hide");
    r = (raw){.name = "a", .content = "text", .gap = 1};
    refused_one(&r, ORR_E_BAD_DATA, "overlap, or hide");
    r = (raw){.name = "a",
              .content = "\x7f"
                         "ELF"};
    refused_one(&r, ORR_E_UNSUPPORTED, "'a' of");
    r = (raw){.name = "a", .content = "\033LJ\002\002"};
    refused_one(&r, ORR_E_UNSUPPORTED, "is Lua bytecode");
    r = deflated;
    r.claimed = 5 * 1032 + 65; /* more than deflate can make of 5 bytes */
    refused_one(&r, ORR_E_BAD_DATA, "claims sizes");
    r.claimed = 9;
    refused_one(&r, ORR_E_BAD_DATA, "does not unpack to its 9 bytes");
    r.claimed = 11;
    refused_one(&r, ORR_E_BAD_DATA, "does not unpack to its 11 bytes");
    r = deflated;
    r.packed = longer;
    r.packed_size = 6;
    refused_one(&r, ORR_E_BAD_DATA, "does not unpack");
    r.packed = good_deflate;
    r.packed_size = 4;
    refused_one(&r, ORR_E_BAD_DATA, "does not unpack");
    r.packed_size = 1; /* and fewer bytes than a block's header takes */
    refused_one(&r, ORR_E_BAD_DATA, "does not unpack");
}

static void test_refused_layout(void **state) {
    (void)state;
    const raw a = {.name = "a", .content = "text"};
    static const struct {
        size_t gap;
        const char *comment, *words;
        size_t manifest_gap;
    } cases[] = {
        {1, "", "belongs to no entry", 0}, {0, "hello", "without a comment", 0}, {0, "", "is no bundle", 7}};
    for (size_t i = 0; i < 3; i++) {
        zip *z = calloc(1, sizeof *z);
        orr_error err;
        add(z, &(raw){.name = "orrery-bundle.json",
                      .content = manifest_of(&a, 1, ""),
                      .gap = cases[i].manifest_gap});
        add(z, &a);
        finish(z, cases[i].gap, cases[i].comment);
        free(z);
        assert_int_not_equal(open_raw(&err), ORR_OK);
        assert_says(&err, cases[i].words);
    }
    orr_error err;
    put("raw.zip", "", 0);
    assert_int_equal(open_raw(&err), ORR_E_TRUNCATED);
    zip *z = calloc(1, sizeof *z);
    finish(z, 0, "");
    assert_int_equal(open_raw(&err), ORR_E_BAD_DATA);
    assert_says(&err, "is no bundle");
    free(z);
}

/* --- the manifest ------------------------------------------------------------------------------------- */

static void refused_manifest(const char *json, orr_status code, const char *words) {
    zip *z = calloc(1, sizeof *z);
    orr_error err;
    add(z, &(raw){.name = "orrery-bundle.json", .content = json});
    add(z, &(raw){.name = "a", .content = "text"});
    finish(z, 0, "");
    free(z);
    orr_status status = open_raw(&err);
    if (status != code) fail_msg("%s: %s, not %s", json, orr_status_name(status), orr_status_name(code));
    assert_says(&err, words);
}

#define HEAD   "{\"orrery_bundle\":1,\"engine\":\"0\",\"abi\":[1,0],\"compressed\":false,\"entries\":[]"
#define DIGEST "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1" /* of "text" */
#define FILE_A "{\"name\":\"a\",\"bytes\":4,\"sha256\":\"" DIGEST "\"}"

static void test_manifest(void **state) {
    (void)state;
    orr_error err;
    zip *z = calloc(1, sizeof *z);
    add(z, &(raw){.name = "orrery-bundle.json", .content = HEAD ",\"files\":[" FILE_A "]}"});
    add(z, &(raw){.name = "a", .content = "text"});
    finish(z, 0, "");
    free(z);
    if (open_raw(&err) != ORR_OK) fail_msg("%s", err.message);
    refused_manifest(HEAD ",\"files\":[]}", ORR_E_BAD_DATA, "'a' of");
    refused_manifest(HEAD ",\"files\":[]}", ORR_E_BAD_DATA, "not listed");
    refused_manifest(HEAD ",\"files\":[" FILE_A ",{\"name\":\"b\",\"bytes\":4,\"sha256\":\"" DIGEST "\"}]}",
                     ORR_E_BAD_DATA, "'b' is listed in the manifest");
    refused_manifest(HEAD ",\"files\":[" FILE_A "," FILE_A "]}", ORR_E_BAD_DATA, "out of order");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":5,\"sha256\":\"" DIGEST "\"}]}",
                     ORR_E_BAD_DATA, "has 4 bytes; the manifest says 5");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":-4,\"sha256\":\"" DIGEST "\"}]}",
                     ORR_E_BAD_DATA, "\"bytes\"");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":4.0,\"sha256\":\"" DIGEST "\"}]}",
                     ORR_E_BAD_DATA, "\"bytes\"");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":4,\"sha256\":\"98\"}]}", ORR_E_BAD_DATA,
                     "\"sha256\"");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":4}]}", ORR_E_BAD_DATA,
                     "\"sha256\" is missing");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"../a\",\"bytes\":4,\"sha256\":\"" DIGEST "\"}]}",
                     ORR_E_ESCAPE, "cannot be the name");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":4,\"sha256\":\"" DIGEST "\",\"x\":1}]}",
                     ORR_E_UNKNOWN_KEY, "unknown key \"x\"");
    refused_manifest(HEAD ",\"files\":[" FILE_A "],\"new\":1}", ORR_E_UNKNOWN_KEY, "unknown key \"new\"");
    refused_manifest(HEAD ",\"files\":[" FILE_A "],\"files\":[]}", ORR_E_BAD_DATA, "or has a key twice");
    refused_manifest(HEAD ",\"files\":[" FILE_A "]} x", ORR_E_BAD_DATA, "no JSON");
    refused_manifest(HEAD ",\"files\":{}}", ORR_E_BAD_DATA, "\"files\"");
    refused_manifest("[]", ORR_E_BAD_DATA, "no manifest");
    refused_manifest("{\"orrery_bundle\":2,\"what\":\"ever\"}", ORR_E_VERSION, "format 2");
    refused_manifest(
        "{\"orrery_bundle\":1,\"engine\":\"0\",\"abi\":[1],\"compressed\":false,\"entries\":[],\"files\":[]}",
        ORR_E_BAD_DATA, "\"abi\"");
    refused_manifest(
        "{\"orrery_bundle\":1,\"engine\":\"a\\u001bb\",\"abi\":[1,1],\"compressed\":false,\"entries\":[],"
        "\"files\":[]}",
        ORR_E_BAD_DATA, "\"engine\"");
    refused_manifest("{\"orrery_bundle\":1,\"engine\":\"0\",\"abi\":[1,0],\"compressed\":false,"
                     "\"entries\":[{\"script\":\"b\"}],\"files\":[" FILE_A "]}",
                     ORR_E_NOT_FOUND, "the entry script 'b'");
    refused_manifest(HEAD ",\"files\":[{\"name\":\"a\",\"bytes\":4,\"sha256\":\""
                          "082d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1\"}]}",
                     ORR_E_DIGEST, "is not what the manifest's digest says");
}

/* --- damage ------------------------------------------------------------------------------------------- */

/* A small file that would take gigabytes as parsed values. */
static void test_manifest_bomb(void **state) {
    (void)state;
    enum { COUNT = (1 << 20) + 2 };
    char *json = malloc(2 * COUNT + 1);
    for (size_t i = 0; i < COUNT; i++) memcpy(json + 2 * i, i ? ",1" : "[1", 2);
    json[2 * COUNT] = 0;
    refused_manifest(json, ORR_E_LIMIT, "more than 1048576 values");
    free(json);
}

static void test_truncated(void **state) {
    (void)state;
    orr_error err;
    for (int compress = 0; compress < 2; compress++) {
        small_bundle(compress, NULL);
        size_t size;
        uint8_t *bytes = get("small.zip", &size);
        for (size_t length = 0; length < size; length++) {
            put("raw.zip", bytes, length);
            if (open_raw(&err) == ORR_OK) fail_msg("cut at %zu of %zu, and it opens", length, size);
        }
        free(bytes);
    }
}

static void test_any_byte_changed(void **state) {
    (void)state;
    orr_error err;
    assert_int_equal(orr_bundle_make_keys(at("k"), &err), ORR_OK);
    for (int compress = 0; compress < 2; compress++) {
        small_bundle(compress, at("k.key"));
        size_t size;
        uint8_t *bytes = get("small.zip", &size);
        for (size_t i = 0; i < size; i++) {
            orr_bundle *bundle = NULL;
            bytes[i] ^= (uint8_t)(1u << i % 8);
            put("raw.zip", bytes, size);
            bytes[i] ^= (uint8_t)(1u << i % 8);
            orr_status status = orr_bundle_open(at("raw.zip"), &bundle, &err);
            if (status == ORR_OK) status = orr_bundle_verify(bundle, at("k.pub"), NULL, &err);
            orr_bundle_close(&bundle);
            if (status == ORR_OK) fail_msg("byte %zu of %zu changed, and it passes", i, size);
        }
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hand_made, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_manifest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_manifest_bomb, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_byte_changed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
