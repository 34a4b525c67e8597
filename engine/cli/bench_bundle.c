/* Packing and verifying a bundle, beside what the bytes cost at least: `openssl dgst -sha256` of a file as
 * large, and `cp` of it. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "bundle/bundle.h"
#include "cli/bench.h"

enum { LARGE_FILES = 4, SMALL_BYTES = 64 << 10, PIECE_BYTES = 1 << 20, MEBIBYTES = 1024, REPEATS = 5 };

typedef struct content {
    char folder[1024], bundle[1100], copy[1100];
    orr_bundle_source *sources;
    char (*paths)[1100], (*names)[32];
    uint32_t count, large_count;
    uint64_t large_bytes;
} content;

/* --- what is packed ----------------------------------------------------------------------------------- */

/* Noise: nothing between here and the disk can make less of it. */
static void fill(uint64_t *words, size_t count, uint64_t *seed) {
    for (size_t i = 0; i < count; i++) {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        words[i] = *seed;
    }
}

static orr_status make_file(const char *path, uint64_t bytes, uint64_t *seed, uint64_t *piece,
                            orr_error *err) {
    orr_part *part = NULL;
    orr_status status = orr_part_begin(path, &part, err);
    for (uint64_t at = 0; status == ORR_OK && at < bytes; at += PIECE_BYTES) {
        size_t size = bytes - at < PIECE_BYTES ? (size_t)(bytes - at) : PIECE_BYTES;
        fill(piece, PIECE_BYTES / sizeof *piece, seed);
        status = orr_part_write(part, at, piece, size, err);
    }
    if (status == ORR_OK) status = orr_part_commit(&part, true, err);
    orr_part_drop(&part);
    return status;
}

/* Three quarters in large files, the rest in small ones. */
static orr_status make_content(content *c, uint64_t bytes, orr_error *err) {
    uint64_t seed = 0x9e3779b97f4a7c15u;
    c->large_count = LARGE_FILES;
    c->large_bytes = bytes / 4 * 3 / LARGE_FILES;
    c->count = LARGE_FILES + (uint32_t)(bytes / 4 / SMALL_BYTES);
    c->sources = orr_calloc(c->count, sizeof *c->sources);
    c->paths = orr_calloc(c->count, sizeof *c->paths);
    c->names = orr_calloc(c->count, sizeof *c->names);
    uint64_t *piece = malloc(PIECE_BYTES);
    orr_status status = orr_bench_folder(c->folder, sizeof c->folder, err);
    if (status == ORR_OK && (!c->sources || !c->paths || !c->names || !piece))
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u files", c->count);
    for (uint32_t i = 0; status == ORR_OK && i < c->count; i++) {
        orr_format(c->names[i], sizeof c->names[i], "%s-%u.bin", i < LARGE_FILES ? "large" : "small", i);
        orr_path_join(c->paths[i], sizeof c->paths[i], c->folder, c->names[i]);
        c->sources[i] = (orr_bundle_source){.name = c->names[i], .path = c->paths[i]};
        status = make_file(c->paths[i], i < LARGE_FILES ? c->large_bytes : SMALL_BYTES, &seed, piece, err);
    }
    free(piece);
    orr_path_join(c->bundle, sizeof c->bundle, c->folder, "bench.zip");
    orr_path_join(c->copy, sizeof c->copy, c->folder, "copy.zip");
    return status;
}

static void remove_content(content *c) {
    if (c->folder[0]) orr_bench_sweep(c->folder);
    free(c->sources);
    free(c->paths);
    free(c->names);
}

/* --- the measurement ---------------------------------------------------------------------------------- */

typedef struct timing {
    double *pack_s, *verify_s, *digest_s, *copy_s, *ratio;
    uint64_t bundle_bytes;
} timing;

static orr_status run_peer(const char *const *argv, double *wall_s, orr_error *err) {
    orr_process_cost cost;
    orr_status status = orr_process_measure(argv, NULL, &cost, err);
    if (status == ORR_OK && cost.exit_code != 0)
        status = orr_fail(err, ORR_E_PROCESS, argv[0], "%s ended with exit code %d", argv[0], cost.exit_code);
    *wall_s = cost.wall_s;
    return status;
}

static orr_status run_own(const content *c, orr_jobs *jobs, timing *t, uint32_t i, orr_error *err) {
    orr_bundle_pack_params params = {.sources = c->sources, .source_count = c->count, .jobs = jobs};
    orr_bundle_pack_report report = {0};
    orr_bundle *bundle = NULL;
    orr_file_remove(c->bundle);
    uint64_t start = orr_time_ns();
    orr_status status = orr_bundle_pack(&params, c->bundle, &report, err);
    uint64_t packed = orr_time_ns();
    if (status == ORR_OK) status = orr_bundle_open(c->bundle, &bundle, err);
    if (status == ORR_OK) status = orr_bundle_verify(bundle, NULL, jobs, err);
    orr_bundle_close(&bundle);
    t->pack_s[i] = (double)(packed - start) * 1e-9;
    t->verify_s[i] = (double)(orr_time_ns() - packed) * 1e-9;
    t->bundle_bytes = report.bundle_bytes;
    return status;
}

/* Own and peers in turn, all of them over bytes that were just read or written. */
static orr_status once(const content *c, orr_jobs *jobs, timing *t, uint32_t i, orr_error *err) {
    const char *const digest[] = {"openssl", "dgst", "-sha256", c->bundle, NULL};
    const char *const copy[] = {"cp", c->bundle, c->copy, NULL};
    orr_status status = run_own(c, jobs, t, i, err);
    if (status == ORR_OK) status = run_peer(digest, &t->digest_s[i], err);
    if (status == ORR_OK) status = run_peer(copy, &t->copy_s[i], err);
    orr_file_remove(c->copy);
    t->ratio[i] = (t->pack_s[i] + t->verify_s[i]) / (t->digest_s[i] + t->copy_s[i]);
    return status;
}

static void report(const content *c, const timing *t, uint32_t repeats, unsigned threads, json_t *out) {
    json_object_set_new(out, "files", json_integer(c->count));
    json_object_set_new(out, "bundle_bytes", json_integer((json_int_t)t->bundle_bytes));
    json_object_set_new(out, "threads", json_integer(threads));
    json_object_set_new(out, "repeats", json_integer(repeats));
    json_object_set_new(out, "pack_s", orr_bench_spread(t->pack_s, repeats));
    json_object_set_new(out, "verify_s", orr_bench_spread(t->verify_s, repeats));
    json_object_set_new(out, "openssl_s", orr_bench_spread(t->digest_s, repeats));
    json_object_set_new(out, "cp_s", orr_bench_spread(t->copy_s, repeats));
    json_object_set_new(out, "ratio", orr_bench_spread(t->ratio, repeats));
    json_object_set_new(out, "bar", json_string("ratio <= 1.5"));
}

static orr_status measure(const orr_cli *cli, content *c, json_t *out, orr_error *err) {
    uint32_t repeats = cli->repeats ? cli->repeats : REPEATS;
    double *values = orr_calloc(5u * (repeats + 1u), sizeof *values);
    orr_jobs *jobs = NULL;
    if (!values) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u repeats", repeats);
    timing t = {values,
                values + repeats + 1,
                values + 2 * (repeats + 1),
                values + 3 * (repeats + 1),
                values + 4 * (repeats + 1),
                0};
    orr_status status = orr_jobs_create(&(orr_jobs_params){.threads = cli->threads}, &jobs, err);
    if (status == ORR_OK) status = once(c, jobs, &t, 0, err); /* warms caches; not counted */
    for (uint32_t i = 0; status == ORR_OK && i < repeats; i++) status = once(c, jobs, &t, i, err);
    if (status == ORR_OK) report(c, &t, repeats, orr_jobs_threads(jobs), out);
    if (jobs) orr_jobs_destroy(&jobs);
    free(values);
    return status;
}

orr_status orr_bench_bundle(const orr_cli *cli, json_t *out, orr_error *err) {
    uint64_t mebibytes = MEBIBYTES;
    const char *asked = getenv("ORRERY_BENCH_MIB");
    content c = {0};
    if (asked && (!orr_parse_u64(asked, &mebibytes) || mebibytes < 1 || mebibytes > 4096))
        return orr_fail(err, ORR_E_USAGE, NULL, "ORRERY_BENCH_MIB must be 1 to 4096, not '%s'", asked);
    if (!orr_program_exists("openssl") || !orr_program_exists("cp")) {
        json_object_set_new(out, "skipped", json_string("no openssl or no cp to compare with"));
        return ORR_OK;
    }
    orr_status status = make_content(&c, mebibytes << 20, err);
    if (status == ORR_OK) status = measure(cli, &c, out, err);
    remove_content(&c);
    return status;
}
