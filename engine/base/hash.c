/* The low-level SHA256_* calls never touch OpenSSL's configuration or provider tables, whose set-up costs
 * milliseconds of every cold start; they are marked deprecated in favour of just those tables. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hash.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct orr_digest_builder {
    SHA256_CTX sha;
};

uint64_t orr_hash64(const void *data, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(size ? data : "", size, seed);
}

orr_digest orr_digest_of(const void *data, size_t size) {
    orr_digest digest;
    SHA256_CTX sha;
    SHA256_Init(&sha);
    if (size) SHA256_Update(&sha, data, size);
    SHA256_Final(digest.bytes, &sha);
    return digest;
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(orr_sha256), "orr_sha256 holds OpenSSL's state");

void orr_sha256_begin(orr_sha256 *sha) {
    SHA256_Init((SHA256_CTX *)(void *)sha);
}

void orr_sha256_add(orr_sha256 *sha, const void *data, size_t size) {
    if (size) SHA256_Update((SHA256_CTX *)(void *)sha, data, size);
}

orr_digest orr_sha256_end(orr_sha256 *sha) {
    orr_digest digest;
    SHA256_Final(digest.bytes, (SHA256_CTX *)(void *)sha);
    return digest;
}

void orr_digest_hex(const orr_digest *digest, char hex[65]) {
    static const char k_digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof digest->bytes; i++) {
        hex[2 * i] = k_digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = k_digits[digest->bytes[i] & 15];
    }
    hex[64] = '\0';
}

bool orr_digest_equal(const orr_digest *a, const orr_digest *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

orr_digest_builder *orr_digest_begin(void) {
    orr_digest_builder *builder = malloc(sizeof *builder);
    if (!builder)
        abort(); /* a hundred bytes refused: nothing sane can go on, and a digest must never be wrong */
    SHA256_Init(&builder->sha);
    return builder;
}

void orr_digest_add(orr_digest_builder *builder, const void *data, size_t size) {
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)size >> (8 * i));
    SHA256_Update(&builder->sha, length, sizeof length);
    if (size) SHA256_Update(&builder->sha, data, size);
}

void orr_digest_add_text(orr_digest_builder *builder, const char *text) {
    orr_digest_add(builder, text, strlen(text));
}

orr_digest orr_digest_end(orr_digest_builder *builder) {
    orr_digest digest;
    SHA256_Final(digest.bytes, &builder->sha);
    free(builder);
    return digest;
}
