/* Hashes: a fast 64/128-bit one for tables and caches (XXH3) and SHA-256 for content digests. */
#ifndef ORR_BASE_HASH_H
#define ORR_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t orr_hash64(const void *data, size_t size, uint64_t seed);

/* Content digest: SHA-256. Two byte strings with one digest are taken to be the same. */
typedef struct orr_digest {
    uint8_t bytes[32];
} orr_digest;
orr_digest orr_digest_of(const void *data, size_t size);
void orr_digest_hex(const orr_digest *digest, char hex[65]);
bool orr_digest_equal(const orr_digest *a, const orr_digest *b);

/* The same of content that comes in pieces. The state is plain data, and a copy of it goes on by itself. */
typedef struct orr_sha256 {
    uint64_t state[16];
} orr_sha256;
void orr_sha256_begin(orr_sha256 *sha);
void orr_sha256_add(orr_sha256 *sha, const void *data, size_t size);
orr_digest orr_sha256_end(orr_sha256 *sha);

/* Digest of several parts in order; each part is length-prefixed so that parts cannot run together. */
typedef struct orr_digest_builder orr_digest_builder;
orr_digest_builder *orr_digest_begin(void); /* aborts when memory is out; end it with orr_digest_end */
void orr_digest_add(orr_digest_builder *builder, const void *data, size_t size);
void orr_digest_add_text(orr_digest_builder *builder, const char *text);
orr_digest orr_digest_end(orr_digest_builder *builder); /* frees the builder */

#endif
