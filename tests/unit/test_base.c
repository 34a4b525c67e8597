/* The base layer: arenas, errors, hashes, log, text, platform. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if !defined(_WIN32)
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/platform/platform.h"
#include "base/text.h"

/* --- arena -------------------------------------------------------------------------------------- */

static void test_arena(void **state) {
    (void)state;
    orr_arena arena = {.block_bytes = 256};
    unsigned char *first = orr_arena_alloc(&arena, 3, 5);
    assert_non_null(first);
    assert_int_equal((uintptr_t)first % 16, 0);
    for (int i = 0; i < 15; i++) assert_int_equal(first[i], 0);
    memset(first, 0xff, 15);
    unsigned char *large = orr_arena_alloc(&arena, 1, 10000);
    unsigned char *next = orr_arena_alloc(&arena, 1, 16);
    assert_ptr_equal(next, first + 16); /* the large block did not waste the head */
    memset(large, 0xff, 10000);
    assert_null(orr_arena_alloc(&arena, SIZE_MAX / 2, 3));
    assert_null(orr_arena_alloc(&arena, SIZE_MAX, 1));
    assert_ptr_not_equal(orr_arena_alloc(&arena, 0, 4), orr_arena_alloc(&arena, 0, 4));
    orr_arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    unsigned char *again = orr_arena_alloc(&arena, 1, 64);
    for (int i = 0; i < 64; i++) assert_int_equal(again[i], 0); /* zeroed although used before */
    assert_string_equal(orr_arena_strdup(&arena, "orrery"), "orrery");
    assert_string_equal(orr_arena_strndup(&arena, "orrery", 3), "orr");
    orr_arena_free(&arena);
    assert_non_null(ORR_ARENA_NEW(&arena, int, 4));
    orr_arena_free(&arena);
    assert_null(orr_realloc(NULL, SIZE_MAX, 2));
    free(orr_calloc(0, 0));
}

static void test_aligned(void **state) {
    (void)state;
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        unsigned char *memory = orr_aligned_calloc(alignment, 3, 11);
        assert_int_equal((uintptr_t)memory % alignment, 0);
        for (int i = 0; i < 33; i++) assert_int_equal(memory[i], 0);
        memset(memory, 0xff, 33);
        orr_aligned_free(memory);
    }
    assert_null(orr_aligned_calloc(64, SIZE_MAX / 2, 3));
    assert_null(orr_aligned_calloc(64, SIZE_MAX, 1));
    orr_aligned_free(NULL);
}

/* --- errors ------------------------------------------------------------------------------------- */

static void test_error(void **state) {
    (void)state;
    orr_error err = {0};
    assert_int_equal(orr_fail(&err, ORR_E_BAD_DATA, "a.png", "byte %d is wrong", 7), ORR_E_BAD_DATA);
    assert_string_equal(err.message, "byte 7 is wrong");
    assert_string_equal(err.path, "a.png");
    assert_true(err.time_ns > 0);
    assert_int_equal(orr_error_prefix(&err, "texture %d", 2), ORR_E_BAD_DATA);
    assert_string_equal(err.message, "texture 2: byte 7 is wrong");
    orr_fail(&err, ORR_E_READ, err.path, "again: %s", err.message); /* its own texts as arguments */
    assert_string_equal(err.message, "again: texture 2: byte 7 is wrong");
    assert_string_equal(err.path, "a.png");
    assert_int_equal(orr_fail(NULL, ORR_E_LIMIT, NULL, "nobody listens"), ORR_E_LIMIT);
    assert_int_equal(orr_fail_errno(&err, ENOSPC, "out.png", "write"), ORR_E_NO_SPACE);
    assert_non_null(strstr(err.message, "cannot write 'out.png'"));
    assert_int_equal(orr_fail_errno(&err, EIO, "out.png", "write"), ORR_E_WRITE);
    assert_int_equal(orr_fail_errno(&err, EIO, "in.png", "read"), ORR_E_READ);
}

static void test_error_cut(void **state) {
    (void)state;
    orr_error err = {0};
    char text[3001];
    for (int shift = 0; shift < 3; shift++) { /* whole characters at every phase of the cut */
        memset(text, 'x', sizeof text);
        for (int i = shift; i + 3 < 3000; i += 3) memcpy(text + i, "\xe2\x82\xac", 3);
        text[3000] = '\0';
        orr_fail(&err, ORR_E_READ, text, "%s", text);
        size_t length = strlen(err.message);
        assert_true(length > sizeof err.message - 4 && length < sizeof err.message);
        assert_int_equal((length - (size_t)shift) % 3, 0);
        length = strlen(err.path);
        assert_true(length > sizeof err.path - 4 && length < sizeof err.path);
        assert_int_equal((length - (size_t)shift) % 3, 0);
        orr_error_prefix(&err, "%.1000s", text);
        assert_true(strlen(err.message) < sizeof err.message);
    }
}

static void test_status(void **state) {
    (void)state;
    assert_string_equal(orr_status_name(ORR_E_NOT_FOUND), "not_found");
    assert_string_equal(orr_status_name((orr_status)777), "unknown");
    assert_int_equal(orr_status_exit_code(ORR_OK), 0);
    assert_int_equal(orr_status_exit_code(ORR_E_FRAME), 1);
    assert_int_equal(orr_status_exit_code(ORR_E_NO_SPACE), 1);
    assert_int_equal(orr_status_exit_code(ORR_E_USAGE), 2);
    assert_int_equal(orr_status_exit_code(ORR_E_NO_DEVICE), 3);
    assert_int_equal(orr_status_exit_code(ORR_E_NOT_FOUND), 4);
    assert_int_equal(orr_status_exit_code(ORR_E_SCRIPT), 5);
    assert_int_equal(orr_status_exit_code(ORR_E_SCRIPT_TIMEOUT), 6);
    assert_int_equal(orr_status_exit_code(ORR_E_INTERRUPTED), 130);
}

/* --- hashes ------------------------------------------------------------------------------------- */

static void test_hash(void **state) {
    (void)state;
    char hex[65];
    orr_digest digest = orr_digest_of("abc", 3); /* FIPS 180-4, example 1 */
    orr_digest_hex(&digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest = orr_digest_of(NULL, 0);
    orr_digest_hex(&digest, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(orr_hash64("abc", 3, 0) != orr_hash64("abc", 3, 1));
    assert_int_equal(orr_hash64(NULL, 0, 0), UINT64_C(0x2d06800538d394c2)); /* XXH3 of nothing */
}

static orr_digest digest_of_two(const char *a, const char *b) {
    orr_digest_builder *builder = orr_digest_begin();
    orr_digest_add_text(builder, a);
    orr_digest_add_text(builder, b);
    return orr_digest_end(builder);
}

static void test_digest_parts(void **state) {
    (void)state;
    orr_digest a = digest_of_two("ab", "c"), b = digest_of_two("a", "bc"), c = digest_of_two("ab", "c");
    assert_false(orr_digest_equal(&a, &b));
    assert_true(orr_digest_equal(&a, &c));
}

/* --- log ---------------------------------------------------------------------------------------- */

static void collect(void *context, orr_log_level level, const char *line) {
    (void)level;
    orr_text_printf(context, "[%s]", line);
}

static void test_digest_pieces(void **state) {
    (void)state;
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * i);
    orr_digest whole = orr_digest_of(bytes, sizeof bytes);
    for (size_t piece = 1; piece < sizeof bytes; piece += 37) {
        orr_sha256 sha;
        orr_sha256_begin(&sha);
        for (size_t at = 0; at < sizeof bytes; at += piece)
            orr_sha256_add(&sha, bytes + at, sizeof bytes - at < piece ? sizeof bytes - at : piece);
        orr_sha256_add(&sha, NULL, 0);
        orr_sha256 copy = sha;
        orr_digest digest = orr_sha256_end(&sha), again = orr_sha256_end(&copy);
        assert_true(orr_digest_equal(&digest, &whole));
        assert_true(orr_digest_equal(&again, &whole));
    }
}

static void test_log(void **state) {
    (void)state;
    orr_text text = {0};
    orr_log log = {.write = collect, .context = &text, .threshold = ORR_LOG_WARNING};
    orr_log_write(&log, ORR_LOG_INFO, "below the threshold");
    orr_log_write(&log, ORR_LOG_WARNING, "two\nlines %d\n", 2);
    assert_string_equal(orr_text_cstr(&text), "[two][lines 2]");
    orr_text_free(&text);
    orr_log_write(&log, ORR_LOG_ERROR, "%5000d", 1);
    assert_int_equal(text.length, 5002);
    orr_log_write(NULL, ORR_LOG_ERROR, "nobody listens");
    orr_text_free(&text);
}

/* --- text --------------------------------------------------------------------------------------- */

static void test_text(void **state) {
    (void)state;
    orr_text text = {0};
    assert_string_equal(orr_text_cstr(&text), "");
    orr_text_json_string(&text, "a\"b\\c\n\t\x01\xc3\xa9\xff\xed\xa0\x80z");
    assert_string_equal(orr_text_cstr(&text),
                        "\"a\\\"b\\\\c\\n\\t\\u0001\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffdz\"");
    orr_text_free(&text);
    for (int i = 0; i < 1000; i++) orr_text_printf(&text, "%d,", i);
    assert_int_equal(text.length, 3890);
    orr_text_append(&text, "x", SIZE_MAX - 3);
    assert_true(text.failed);
    orr_text_puts(&text, "ignored");
    assert_int_equal(text.length, 3890);
    orr_text_free(&text);
    char small[4];
    assert_true(orr_format(small, sizeof small, "%s", "abc"));
    assert_false(orr_format(small, sizeof small, "%s", "abcd"));
    assert_string_equal(small, "abc");
}

static void test_parse(void **state) {
    (void)state;
    double f = 0;
    int64_t i = 0;
    uint64_t u = 0;
    bool b = false;
    assert_true(orr_parse_f64("-1.5e3", &f) && f == -1500);
    assert_true(orr_parse_f64(".5", &f) && f == 0.5);
    assert_true(orr_parse_f64("5.", &f) && f == 5);
    static const char *const k_not_numbers[] = {"",    ".",    "1.5x", " 1",    "1 ", "nan",
                                                "inf", "0x10", "1e",   "1e999", "1,5"};
    for (size_t k = 0; k < sizeof k_not_numbers / sizeof k_not_numbers[0]; k++)
        assert_false(orr_parse_f64(k_not_numbers[k], &f));
    assert_true(orr_parse_i64("-9223372036854775808", &i) && i == INT64_MIN);
    assert_true(orr_parse_i64("9223372036854775807", &i) && i == INT64_MAX);
    assert_false(orr_parse_i64("9223372036854775808", &i));
    assert_false(orr_parse_i64("-9223372036854775809", &i));
    assert_false(orr_parse_i64("-+1", &i));
    assert_false(orr_parse_i64("-", &i));
    assert_false(orr_parse_i64("1.0", &i));
    assert_true(orr_parse_u64("18446744073709551615", &u) && u == UINT64_MAX);
    assert_false(orr_parse_u64("18446744073709551616", &u));
    assert_false(orr_parse_u64("-1", &u));
    assert_true(orr_parse_bool("yes", &b) && b);
    assert_true(orr_parse_bool("off", &b) && !b);
    assert_false(orr_parse_bool("maybe", &b));
}

static void check_number(double value, const char *expected) {
    char text[32];
    double back = 0;
    orr_format_f64(text, sizeof text, value);
    if (expected) assert_string_equal(text, expected);
    assert_true(orr_parse_f64(text, &back));
    assert_memory_equal(&back, &value, sizeof value);
}

static void test_format_number(void **state) {
    (void)state;
    check_number(0.1, "0.1");
    check_number(-0.0, "-0");
    check_number(1e300, "1e+300");
    check_number(5e-324, "5e-324");
    check_number(1.0 / 3, "0.3333333333333333");
    check_number(0.1 + 0.2, "0.30000000000000004");
    uint64_t bits = 88172645463325252u;
    for (int k = 0; k < 2000; k++) { /* xorshift: any double reads back */
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (value - value == 0) check_number(value, NULL);
    }
    char text[32];
    orr_format_f64(text, sizeof text, -(double)INFINITY);
    assert_string_equal(text, "-inf");
}

static const char *name_at(const void *context, size_t i) {
    return ((const char *const *)context)[i];
}

static void test_nearest(void **state) {
    (void)state;
    static const char *const k_names[] = {"exposure_ev", "vignette", "strength"};
    assert_string_equal(orr_nearest_name("vingette", 3, name_at, k_names), "vignette");
    assert_string_equal(orr_nearest_name("strenght", 3, name_at, k_names), "strength");
    assert_null(orr_nearest_name("tonemap", 3, name_at, k_names));
    assert_null(orr_nearest_name("x", 0, name_at, k_names));
    char large[200];
    memset(large, 'a', sizeof large);
    large[199] = '\0';
    assert_null(orr_nearest_name(large, 3, name_at, k_names));
}

/* --- platform ----------------------------------------------------------------------------------- */

typedef struct ping {
    orr_mutex *mutex;
    orr_cond *cond;
    int value;
} ping;

static void ping_main(void *argument) {
    ping *p = argument;
    orr_mutex_lock(p->mutex);
    p->value = 1;
    orr_cond_signal(p->cond);
    while (p->value != 2) orr_cond_wait(p->cond, p->mutex);
    p->value = 3;
    orr_mutex_unlock(p->mutex);
}

static void test_threads(void **state) {
    (void)state;
    ping p = {.mutex = orr_mutex_create(), .cond = orr_cond_create()};
    orr_thread *thread = NULL;
    assert_int_equal(orr_thread_create(ping_main, &p, "a name longer than allowed", &thread, NULL), ORR_OK);
    orr_mutex_lock(p.mutex);
    while (p.value != 1) orr_cond_wait(p.cond, p.mutex);
    p.value = 2;
    orr_cond_broadcast(p.cond);
    orr_mutex_unlock(p.mutex);
    orr_thread_join(&thread);
    assert_null(thread);
    assert_int_equal(p.value, 3);
    orr_mutex_lock(p.mutex);
    uint64_t before = orr_time_ns();
    while (orr_cond_wait_ns(p.cond, p.mutex, 1000000)) {
    }
    assert_true(orr_time_ns() - before >= 1000000);
    orr_mutex_unlock(p.mutex);
    orr_cond_destroy(&p.cond);
    orr_mutex_destroy(&p.mutex);
    assert_true(orr_cpu_count() >= 1);
    assert_true(orr_thread_id() != 0);
    assert_true(orr_rss_bytes() > 4096 && orr_peak_rss_bytes() >= orr_rss_bytes() / 2);
    orr_sleep_ns(1000);
    orr_thread_yield();
    assert_true(orr_cpu_time_ns() > 0);
}

/* A fresh folder for one test; *state is its path. */
static int make_folder(void **state) {
    const char *temp = getenv("TMPDIR");
    orr_text path = {0};
    orr_text_printf(&path, "%s/orr_test_base_XXXXXX", temp ? temp : "/tmp");
    *state = path.data;
    return mkdtemp(path.data) ? 0 : -1;
}

static int remove_folder(void **state) {
    const char *argv[] = {"rm", "-rf", *state, NULL};
    int code = 0;
    orr_status status = orr_process_run(argv, &code, NULL);
    free(*state);
    return status == ORR_OK && code == 0 ? 0 : -1;
}

static size_t count_files(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    assert_int_equal(orr_folder_list(folder, &names, &count, NULL), ORR_OK);
    orr_names_free(&names, count);
    return count;
}

static void test_files(void **state) {
    char folder[512], path[600];
    orr_error err = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    orr_path_join(folder, sizeof folder, *state, "a/b//c");
    assert_int_equal(orr_folder_create(folder, &err), ORR_OK);
    assert_int_equal(orr_folder_create(folder, &err), ORR_OK);
    assert_true(orr_folder_exists(folder));
    orr_path_join(path, sizeof path, folder, "f.bin");
    assert_int_equal(orr_file_mtime_ns(path), 0);
    assert_int_equal(orr_file_write(path, "one", 3, &err), ORR_OK);
    assert_int_equal(orr_file_write(path, "four", 4, &err), ORR_OK);
    assert_int_equal(count_files(folder), 1);
    assert_true(orr_file_exists(path) && !orr_file_exists(folder) && orr_file_mtime_ns(path) > 0);
    assert_int_equal(orr_file_read(path, 4, &data, &size, &err), ORR_OK);
    assert_int_equal(size, 4);
    assert_memory_equal(data, "four", 5);
    free(data);
    assert_int_equal(orr_file_read(path, 3, &data, &size, &err), ORR_E_LIMIT);
    assert_null(data);
    assert_int_equal(orr_file_read(folder, 10, &data, &size, &err), ORR_E_READ);
    assert_int_equal(orr_file_read("/dev/null", 10, &data, &size, &err), ORR_E_READ);
    assert_int_equal(orr_folder_create(path, &err), ORR_E_WRITE); /* a file is in the way */
    orr_file_remove(path);
    assert_int_equal(orr_file_read(path, 10, &data, &size, &err), ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(orr_file_write(path, NULL, 0, &err), ORR_OK);
    assert_int_equal(orr_file_read(path, 0, &data, &size, &err), ORR_OK);
    assert_int_equal(size, 0);
    free(data);
}

static void test_write_failures(void **state) {
    const char *folder = *state;
    char path[600], inside[700];
    orr_error err = {0};
    orr_path_join(path, sizeof path, folder, "kept.png");
    assert_int_equal(orr_file_write(path, "old", 3, &err), ORR_OK);
    /* The kernel's limit on file size stands in for a full disk: the write stops in the middle. */
    struct rlimit old_limit, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    limit = old_limit;
    limit.rlim_cur = 1000;
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    char bytes[5000] = {0};
    orr_status status = orr_file_write(path, bytes, sizeof bytes, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    signal(SIGXFSZ, old_handler);
    assert_int_equal(status, ORR_E_NO_SPACE);
    assert_int_equal(count_files(folder), 1); /* no partial file, and the old one is whole */
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(orr_file_read(path, 10, &data, &size, &err), ORR_OK);
    assert_memory_equal(data, "old", 4);
    free(data);
    assert_int_equal(orr_file_write("/dev/full", "x", 1, &err), ORR_E_NO_SPACE);
    assert_non_null(strstr(err.message, "full"));
    orr_path_join(inside, sizeof inside, path, "x.png"); /* below a file */
    assert_int_equal(orr_file_write(inside, "x", 1, &err), ORR_E_WRITE);
    assert_int_equal(orr_file_probe(inside, &err), ORR_E_WRITE);
    assert_int_equal(orr_file_probe(folder, &err), ORR_E_WRITE);
    orr_path_join(inside, sizeof inside, folder, "probed.png");
    assert_int_equal(orr_file_probe(inside, &err), ORR_OK);
    assert_false(orr_file_exists(inside));
    assert_int_equal(orr_file_write(folder, "x", 1, &err), ORR_E_WRITE);
    assert_int_equal(chmod(folder, 0555), 0);
    orr_path_join(inside, sizeof inside, folder, "new.png");
    if (geteuid() != 0) assert_int_equal(orr_file_write(inside, "x", 1, &err), ORR_E_WRITE);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(count_files(folder), 1);
}

static void test_pieces(void **state) {
    const char *folder = *state;
    char path[512], data[8] = "";
    orr_error err = {0};
    orr_part *part = NULL;
    uint64_t bytes = 0;
    int fd = -1, second;
    orr_path_join(path, sizeof path, folder, "pieces");
    assert_int_equal(orr_part_begin(path, &part, &err), ORR_OK);
    assert_int_equal(orr_part_write(part, 3, "later", 5, &err), ORR_OK);
    assert_int_equal(orr_part_write(part, 0, "now", 3, &err), ORR_OK);
    assert_int_equal(orr_fd_read(orr_part_fd(part), "part", 1, data, 3, &err), ORR_OK);
    assert_string_equal(data, "owl");
    assert_int_equal(orr_part_truncate(part, 6, &err), ORR_OK);
    assert_false(orr_file_exists(path));
    assert_int_equal(orr_part_commit(&part, true, &err), ORR_OK);
    assert_null(part);
    assert_int_equal(orr_fd_open(path, &fd, &err), ORR_OK);
    assert_int_equal(orr_fd_size(fd, path, &bytes, &err), ORR_OK);
    assert_int_equal(bytes, 6);
    second = orr_fd_duplicate(fd);
    orr_fd_close(&fd);
    assert_int_equal(fd, -1);
    orr_fd_close(&fd);
    assert_int_equal(orr_fd_read(second, path, 0, data, 6, &err), ORR_OK);
    assert_memory_equal(data, "nowlat", 6);
    assert_int_equal(orr_fd_read(second, path, 4, data, 3, &err), ORR_E_TRUNCATED);
    orr_fd_close(&second);
    assert_int_equal(orr_part_begin(path, &part, &err), ORR_OK); /* replaces, but not before the commit */
    assert_int_equal(orr_part_write(part, 0, "other", 5, &err), ORR_OK);
    orr_part_drop(&part);
    orr_part_drop(&part);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(orr_fd_open(path, &fd, &err), ORR_OK);
    assert_int_equal(orr_fd_size(fd, path, &bytes, &err), ORR_OK);
    assert_int_equal(bytes, 6);
    orr_fd_close(&fd);
    assert_int_equal(orr_part_begin(folder, &part, &err), ORR_E_WRITE);
    assert_int_equal(orr_fd_open(folder, &fd, &err), ORR_E_READ);
    assert_int_equal(orr_file_create(path, "x", 1, false, &err), ORR_E_EXISTS);
    orr_file_remove(path);
    assert_int_equal(orr_file_create(path, "x", 1, true, &err), ORR_OK);
}

static void test_list_sorted(void **state) {
    const char *folder = *state;
    static const char *const k_names[] = {"b", "a10", "a2", "C"};
    char path[600];
    for (size_t i = 0; i < 4; i++) {
        orr_path_join(path, sizeof path, folder, k_names[i]);
        assert_int_equal(orr_file_write(path, "", 0, NULL), ORR_OK);
    }
    char **names = NULL;
    size_t count = 0;
    assert_int_equal(orr_folder_list(folder, &names, &count, NULL), ORR_OK);
    assert_int_equal(count, 4);
    assert_string_equal(names[0], "C");
    assert_string_equal(names[1], "a10");
    assert_string_equal(names[2], "a2");
    assert_string_equal(names[3], "b");
    orr_names_free(&names, count);
    assert_null(names);
    orr_path_join(path, sizeof path, folder, "none");
    assert_int_equal(orr_folder_list(path, &names, &count, NULL), ORR_E_NOT_FOUND);
}

static void test_paths(void **state) {
    char out[600], expected[600];
    orr_path_join(out, sizeof out, "a", "b");
    assert_string_equal(out, "a/b");
    orr_path_join(out, sizeof out, "a/", "b");
    assert_string_equal(out, "a/b");
    orr_path_join(out, sizeof out, "a", "/b");
    assert_string_equal(out, "/b");
    orr_path_folder(out, sizeof out, "a/b.c");
    assert_string_equal(out, "a");
    orr_path_folder(out, sizeof out, "b.c");
    assert_string_equal(out, ".");
    orr_path_folder(out, sizeof out, "/b");
    assert_string_equal(out, "/");
    assert_string_equal(orr_path_name("a/b.c"), "b.c");
    assert_true(orr_path_program(out, sizeof out));
    assert_string_equal(orr_path_name(out), "test_base");
    assert_false(orr_path_real("/no/such/thing", out, sizeof out));
    assert_true(orr_path_real("/../tmp/.", out, sizeof out));
    orr_setenv("XDG_CACHE_HOME", *state, true);
    assert_true(orr_path_cache(out, sizeof out));
    orr_path_join(expected, sizeof expected, *state, "orrery");
    assert_string_equal(out, expected);
    orr_setenv("XDG_CACHE_HOME", "relative/is/ignored", true);
    orr_setenv("HOME", *state, true);
    assert_true(orr_path_cache(out, sizeof out));
    orr_path_join(expected, sizeof expected, *state, ".cache/orrery");
    assert_string_equal(out, expected);
    unsetenv("HOME");
    assert_true(orr_path_cache(out, sizeof out) && orr_path_is_absolute(out));
    orr_setenv("HOME", "/no/such/home", true);
    orr_setenv("TMPDIR", *state, true);
    assert_true(orr_path_cache(out, sizeof out));
    assert_int_equal(strncmp(out, *state, strlen(*state)), 0);
    assert_true(orr_folder_exists(out));
    assert_int_equal(chmod(out, 0777), 0); /* open to others: not to be trusted */
    assert_false(orr_path_cache(out, sizeof out));
}

/* The loader itself would die of a file cut short. */
static void test_library_cut(void **state) {
    orr_error err = {0};
    orr_library *library = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    char path[1200];
    orr_path_join(path, sizeof path, *state, "cut" ORR_LIBRARY_SUFFIX);
    assert_int_equal(orr_file_read("/proc/self/exe", 1 << 30, &data, &size, &err), ORR_OK);
    assert_int_equal(orr_file_write(path, data, size / 2, &err), ORR_OK);
    assert_int_equal(orr_library_open(path, &library, &err), ORR_E_LIBRARY);
    assert_non_null(strstr(err.message, "cut short"));
    free(data);
}

static void test_library_and_process(void **state) {
    (void)state;
    orr_error err = {0};
    orr_library *library = NULL;
    assert_int_equal(orr_library_open("/no/such" ORR_LIBRARY_SUFFIX, &library, &err), ORR_E_LIBRARY);
    assert_null(library);
    assert_non_null(strstr(err.message, "/no/such"));
    orr_library_close(&library);
    int code = -1;
    const char *fails[] = {"sh", "-c", "cat >/dev/null; exit 7", NULL};
    assert_int_equal(orr_process_run(fails, &code, &err), ORR_OK);
    assert_int_equal(code, 7);
    const char *absent[] = {"orrery-no-such-program", NULL};
    char id[129];
    if (orr_program_id(id, sizeof id))
        assert_true(strlen(id) >= 16 && strspn(id, "0123456789abcdef") == strlen(id));
    assert_int_equal(orr_process_run(absent, &code, &err), ORR_E_NOT_FOUND);
    orr_process_cost cost = {0};
    assert_int_equal(orr_process_measure(absent, NULL, &cost, &err), ORR_E_NOT_FOUND);
    assert_int_equal(orr_process_measure(fails, NULL, &cost, &err), ORR_OK);
    assert_int_equal(cost.exit_code, 7);
    assert_true(cost.wall_s > 0 && cost.cpu_s >= 0 && cost.peak_rss_bytes > 0);
    assert_false(orr_stream_is_terminal(-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_error_cut),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_digest_parts),
        cmocka_unit_test(test_digest_pieces),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_format_number),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_threads),
        cmocka_unit_test_setup_teardown(test_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_write_failures, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_pieces, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_list_sorted, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_library_cut, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_paths, make_folder, remove_folder),
        cmocka_unit_test(test_library_and_process),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
