/* Content bundles: one zip with a manifest that lists every entry's sha256.
 *
 * Layout: `orrery-bundle.json` first (the manifest), then `orrery-bundle.sig` if it is signed (64 bytes:
 * Ed25519 of the manifest's), then the entries, sorted bytewise, all times zero: the same inputs give the
 * same bytes (of a compressed bundle: with the same zlib). Entries are stored, or deflated where asked and
 * smaller. PhysFS can mount the file; before that orr_bundle_open has read it strictly: an entry with an
 * absolute path, "..", a backslash, a doubled name, one that differs from another in the case of ASCII
 * letters alone, overlapping data, another size than its headers say, an unknown method, encryption, a
 * symbolic link, native code (by its first bytes: ELF, PE, Mach-O, ar, Lua bytecode), or an entry that the
 * manifest does not list, is refused by name. So is whatever else packing would not have written: each header
 * is compared with the one that it would have, and nothing may lie before, between or behind the entries. */
#ifndef ORR_BUNDLE_BUNDLE_H
#define ORR_BUNDLE_BUNDLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "jobs/jobs.h"

enum { ORR_BUNDLE_MAX_ENTRIES = 65536, ORR_BUNDLE_MAX_NAME = 512 };
#define ORR_BUNDLE_MANIFEST "orrery-bundle.json"

/* --- the manifest: strict JSON, unknown keys are errors ----------------------------------------------- */
typedef struct orr_bundle_file {
    const char *name;    /* "content/dem/jacksboro_fault.tif" */
    uint64_t size_bytes; /* of the content, not of what is stored */
    orr_digest digest;   /* SHA-256 of the content */
    const char *licence; /* SPDX identifier or words; "" = not stated */
} orr_bundle_file;
/* A value of a script's parameter in the bundle, so that `--set dem=…` of the packer holds there. */
typedef struct orr_bundle_set {
    const char *name, *value;
} orr_bundle_set;
typedef struct orr_bundle_entry { /* a script to start with */
    const char *script;           /* its name in the bundle */
    const orr_bundle_set *sets;
    uint32_t set_count;
} orr_bundle_entry;
typedef struct orr_bundle_manifest {
    const char *engine_version;    /* of the program that packed */
    uint32_t abi_major, abi_minor; /* of modules */
    orr_bundle_entry *entries;
    uint32_t entry_count;
    orr_bundle_file *files; /* sorted by name; the manifest itself and the signature are not among them */
    uint32_t file_count;
    /* A delta bundle: holds only what changed against its base. */
    const char *base_digest; /* hex SHA-256 of the base's manifest; NULL = a whole bundle */
    const char **removed;    /* names in the base that are gone */
    uint32_t removed_count;
} orr_bundle_manifest;

/* --- packing ------------------------------------------------------------------------------------------ */
typedef struct orr_bundle_source {
    const char *name; /* in the bundle */
    const char *path; /* host file; NULL = `data` */
    const void *data;
    size_t size;
    const char *licence;        /* "" or NULL = not stated */
    const orr_digest *expected; /* must be packed: else ORR_E_STALE. NULL = whatever is there */
} orr_bundle_source;
typedef struct orr_bundle_pack_params {
    const orr_bundle_source *sources; /* in any order */
    uint32_t source_count;
    const orr_bundle_entry *entries;
    uint32_t entry_count;
    bool compress;          /* deflate; stored otherwise. A delta: as its base */
    const char *secret_key; /* file of an Ed25519 key to sign with; NULL = unsigned. A delta then brings the
                               signature of its result too */
    const char *base;       /* write a delta against this bundle; NULL = whole */
    orr_jobs *jobs;         /* NULL = on this thread */
} orr_bundle_pack_params;
typedef struct orr_bundle_pack_report {
    uint32_t file_count;
    uint64_t content_bytes, bundle_bytes;
    char manifest_digest[65];
} orr_bundle_pack_report;
/* Writes `out` atomically, and leaves its way to the disk to the system; each source is read once and in
 * pieces (for a delta: twice). What would not pass orr_bundle_open is refused here already, by name. */
ORR_MUST_CHECK orr_status orr_bundle_pack(const orr_bundle_pack_params *params, const char *out,
                                          orr_bundle_pack_report *report, orr_error *err);

/* --- reading ------------------------------------------------------------------------------------------ */
/* An opened bundle: its file stays open, and is never opened again by name. Owner closes. Immutable: any
 * thread. Contents are checked when they are read or verified, not yet when it is opened. */
typedef struct orr_bundle orr_bundle;
ORR_MUST_CHECK orr_status orr_bundle_open(const char *path, orr_bundle **out, orr_error *err);
/* The same of a descriptor, which the bundle does not take over (a sandboxed child has no other way). */
ORR_MUST_CHECK orr_status orr_bundle_open_fd(int fd, const char *name, orr_bundle **out, orr_error *err);
void orr_bundle_close(orr_bundle **bundle);
int orr_bundle_fd(const orr_bundle *bundle);
const char *orr_bundle_path(const orr_bundle *bundle);
const orr_bundle_manifest *orr_bundle_get_manifest(const orr_bundle *bundle);
void orr_bundle_manifest_digest(const orr_bundle *bundle, char hex[65]);
bool orr_bundle_is_signed(const orr_bundle *bundle);
/* An entry's content, its digest checked; malloc'd, with a NUL after it. More than max_bytes: ORR_E_LIMIT
 * before anything is unpacked. */
ORR_MUST_CHECK orr_status orr_bundle_read(const orr_bundle *bundle, const char *name, uint64_t max_bytes,
                                          uint8_t **data, size_t *size, orr_error *err);

/* Every entry's size, digest and checksum, and with `public_key` (a file; NULL = not looked at) the
 * signature, which comes first. The first that is wrong, by name, for every number of threads: ORR_E_DIGEST,
 * or ORR_E_BAD_DATA of what does not unpack. */
ORR_MUST_CHECK orr_status orr_bundle_verify(const orr_bundle *bundle, const char *public_key, orr_jobs *jobs,
                                            orr_error *err);

/* --- differences -------------------------------------------------------------------------------------- */
typedef enum orr_bundle_change { ORR_BUNDLE_ADDED, ORR_BUNDLE_REMOVED, ORR_BUNDLE_CHANGED } orr_bundle_change;
typedef struct orr_bundle_difference {
    orr_bundle_change change;
    const char *name; /* of a or b */
    uint64_t old_bytes, new_bytes;
} orr_bundle_difference;
/* By manifest alone; malloc'd, sorted by name. */
ORR_MUST_CHECK orr_status orr_bundle_diff(const orr_bundle *a, const orr_bundle *b,
                                          orr_bundle_difference **out, uint32_t *count, orr_error *err);
/* A whole bundle from a base and a delta over it; its bytes are those that packing it whole would have given
 * (same compression). Base and result are checked by digest. */
ORR_MUST_CHECK orr_status orr_bundle_apply(const orr_bundle *base, const orr_bundle *delta, const char *out,
                                           orr_bundle_pack_report *report, orr_error *err);

/* --- keys --------------------------------------------------------------------------------------------- */
/* Ed25519 (libsodium). Writes NAME.key (secret, mode 0600) and NAME.pub; never over an existing file. */
ORR_MUST_CHECK orr_status orr_bundle_make_keys(const char *name, orr_error *err);

#endif
