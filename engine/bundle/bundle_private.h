/* Inside of bundles, for the files of this folder. */
#ifndef ORR_BUNDLE_PRIVATE_H
#define ORR_BUNDLE_PRIVATE_H

#include <zlib.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "bundle/bundle.h"

#define ORR_BUNDLE_SIGNATURE "orrery-bundle.sig"
enum {
    ORR_BUNDLE_SIGNATURE_BYTES = 64,
    ORR_BUNDLE_MAGIC_BYTES = 8,
    ORR_BUNDLE_MAX_LICENCE = 1024,
    ORR_BUNDLE_MAX_MANIFEST = 64 << 20
};
#define ORR_BUNDLE_MAX_BYTES ((uint64_t)1 << 40) /* of one entry, and of all together */

/* --- names: name.c ------------------------------------------------------------------------------------ */

/* Whether `name` can be an entry's name on every system. ORR_E_ESCAPE. */
ORR_MUST_CHECK orr_status orr_bundle_check_name(const char *name, size_t length, orr_error *err);
/* No two alike but for the case of ASCII letters, and none that is another's folder. ORR_E_EXISTS. */
ORR_MUST_CHECK orr_status orr_bundle_check_names(const char *const *names, size_t count, orr_error *err);
/* By its first bytes: what no bundle holds. NULL = it is no native code. */
const char *orr_bundle_native(const uint8_t *bytes, size_t size);
bool orr_bundle_is_text(const char *text); /* UTF-8, no control characters */

/* --- the zip's records: zip.c ------------------------------------------------------------------------------
 * One encoding for each: what is read must be what would have been written. */
typedef struct orr_zip_entry {
    const char *name; /* with a NUL */
    uint16_t name_bytes, method;
    uint32_t crc;
    uint64_t packed_bytes, size_bytes, offset; /* of its local header */
} orr_zip_entry;
enum {
    ORR_ZIP_STORED = 0,
    ORR_ZIP_DEFLATED = 8,
    ORR_ZIP_LOCAL_BYTES = 30,
    ORR_ZIP_CENTRAL_BYTES = 46,
    ORR_ZIP_END_BYTES = 22,
    ORR_ZIP_LOCAL_MAX = ORR_ZIP_LOCAL_BYTES + ORR_BUNDLE_MAX_NAME + 20,
    ORR_ZIP_CENTRAL_MAX = ORR_ZIP_CENTRAL_BYTES + ORR_BUNDLE_MAX_NAME + 28,
    ORR_ZIP_END_MAX = 56 + 20 + ORR_ZIP_END_BYTES
};
size_t orr_zip_local(const orr_zip_entry *entry, uint8_t *out); /* sizes written */
size_t orr_zip_local_bytes(const orr_zip_entry *entry);         /* the same without writing */
size_t orr_zip_central(const orr_zip_entry *entry, uint8_t *out);
size_t orr_zip_end(uint64_t count, uint64_t offset, uint64_t bytes, uint8_t *out);
/* The directory of the zip in `fd`; entries and names from `arena`. Everything is checked but the contents:
 * that the entries lie one after another from the first byte on, and that nothing else is there. */
ORR_MUST_CHECK orr_status orr_zip_read(int fd, const char *path, orr_arena *arena, orr_zip_entry **entries,
                                       uint32_t *count, orr_error *err);

/* --- an entry's content, in pieces: stream.c ---------------------------------------------------------- */
typedef struct orr_zip_stream {
    int fd;
    const char *path;
    const orr_zip_entry *entry;
    uint64_t at, packed_left, left;
    z_stream z;
    uint8_t *input; /* of what is deflated */
    bool ended;
} orr_zip_stream;
ORR_MUST_CHECK orr_status orr_zip_stream_begin(int fd, const char *path, const orr_zip_entry *entry,
                                               orr_zip_stream *stream, orr_error *err);
/* The next `size` bytes, which must be there: stream->left says how many are. After the last it checks that
 * the packed data ends with them. */
ORR_MUST_CHECK orr_status orr_zip_stream_read(orr_zip_stream *stream, void *data, size_t size,
                                              orr_error *err);
void orr_zip_stream_end(orr_zip_stream *stream);

/* --- the manifest: manifest.c, manifest_read.c -------------------------------------------------------- */

/* What a delta promises of its result. */
typedef struct orr_bundle_result {
    orr_digest manifest;
    bool is_signed;
    uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES];
} orr_bundle_result;
typedef struct orr_bundle_full_manifest {
    orr_bundle_manifest shown;
    bool compressed;          /* packed with `compress` */
    orr_bundle_result result; /* of a delta */
} orr_bundle_full_manifest;
void orr_bundle_manifest_write(const orr_bundle_full_manifest *manifest, orr_text *out);
ORR_MUST_CHECK orr_status orr_bundle_manifest_read(const char *path, const uint8_t *json, size_t size,
                                                   orr_arena *arena, orr_bundle_full_manifest *out,
                                                   orr_error *err);
/* That each entry script is listed, of a whole bundle. */
ORR_MUST_CHECK orr_status orr_bundle_manifest_check(const char *path, const orr_bundle_manifest *manifest,
                                                    orr_error *err);
/* By name; NULL = not listed. */
const orr_bundle_file *orr_bundle_manifest_find(const orr_bundle_manifest *manifest, const char *name);
bool orr_bundle_hex_read(const char *hex, uint8_t *bytes, size_t count);
void orr_bundle_hex_write(const uint8_t *bytes, size_t count, char *hex);

/* --- an open bundle: open.c --------------------------------------------------------------------------- */
struct orr_bundle {
    int fd;
    bool owns_fd, is_signed;
    const char *path;
    orr_arena arena;
    orr_zip_entry *entries; /* manifest, signature if any, then the files in the manifest's order */
    uint32_t entry_count, first_file;
    orr_bundle_full_manifest manifest;
    uint8_t *manifest_bytes;
    size_t manifest_size;
    orr_digest manifest_digest;
    uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES];
};

/* --- jobs: many.c ------------------------------------------------------------------------------------- */

/* Calls `run(context, i, …)` for each i below `count`, at once when there are jobs. Of the failures it is the
 * one of the lowest i, whatever the number of threads. */
typedef orr_status (*orr_bundle_each_fn)(void *context, size_t i, orr_error *err);
ORR_MUST_CHECK orr_status orr_bundle_each(orr_jobs *jobs, size_t count, orr_bundle_each_fn run, void *context,
                                          orr_error *err);

/* --- contents written, or only digested: write.c ------------------------------------------------------ */
typedef struct orr_bundle_item {
    orr_zip_entry zip; /* name and size before; the rest after, but for what is said here */
    const char *licence;
    orr_digest digest; /* after */
    const char
        *path; /* a host file, opened and closed on the way; NULL = `data`; and then NULL = in `fd` at `at` */
    const uint8_t *data;
    int fd;
    uint64_t at;
    bool raw; /* packed bytes of another bundle's entry, copied as they are: all of `zip` but the offset is
                 known */
    orr_sha256 sha;
    bool digested; /* `digest` is known already, and must come out again */
} orr_bundle_item;
typedef struct orr_bundle_writing {
    orr_jobs *jobs;
    orr_part *part;  /* NULL = find the digests alone */
    const char *out; /* for messages */
    bool deflate;    /* otherwise what is packed is as large as known, and each item lies where it ends up */
    orr_bundle_item *items; /* in the order in which they are to lie */
    size_t count;
    uint64_t at; /* where the first is to lie; after: where the last one ends */
} orr_bundle_writing;
/* Each file is read once: what is written, digested and summed are the same bytes, whoever else writes. */
ORR_MUST_CHECK orr_status orr_bundle_write_items(orr_bundle_writing *writing, orr_error *err);

/* --- around them: assemble.c -------------------------------------------------------------------------- */
typedef struct orr_bundle_plan {
    orr_bundle_full_manifest manifest; /* its files are made from the items */
    const struct orr_bundle_key *key;  /* NULL = `signature`, if that is not NULL */
    const uint8_t *signature;
    orr_bundle_item *items; /* sorted by name */
    size_t count;
    orr_jobs *jobs;
    bool deflate;
    const orr_digest
        *expected; /* of the manifest; then the result is read back and verified too. NULL = no */
} orr_bundle_plan;
ORR_MUST_CHECK orr_status orr_bundle_assemble(orr_bundle_plan *plan, const char *out,
                                              orr_bundle_pack_report *report, orr_error *err);
/* `files`, as many as there are items, from them. */
void orr_bundle_list_items(const orr_bundle_item *items, size_t count, orr_bundle_file *files);

/* --- keys: keys.c ------------------------------------------------------------------------------------- */
typedef struct orr_bundle_key {
    uint8_t bytes[64]; /* of a public one the first 32 */
} orr_bundle_key;
ORR_MUST_CHECK orr_status orr_bundle_key_read(const char *path, bool secret, orr_bundle_key *key,
                                              orr_error *err);
void orr_bundle_key_wipe(orr_bundle_key *key);
void orr_bundle_sign(const orr_bundle_key *key, const void *data, size_t size,
                     uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES]);
bool orr_bundle_signature_fits(const orr_bundle_key *key, const void *data, size_t size,
                               const uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES]);

#endif
