/* Ed25519 keys in text files, and signatures: libsodium. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "bundle/bundle_private.h"

static const char secret_head[] = "orrery-secret-key-1 ", public_head[] = "orrery-public-key-1 ";
enum {
    MAX_KEY_FILE = 4096,
    PUBLIC_BYTES = crypto_sign_PUBLICKEYBYTES,
    SECRET_BYTES = crypto_sign_SECRETKEYBYTES
};
_Static_assert(SECRET_BYTES == 64 && PUBLIC_BYTES == 32, "Ed25519");
_Static_assert(crypto_sign_BYTES == ORR_BUNDLE_SIGNATURE_BYTES, "Ed25519");

static orr_status start(orr_error *err) {
    return sodium_init() >= 0 ? ORR_OK : orr_fail(err, ORR_E_LIBRARY, NULL, "libsodium does not start");
}

/* "HEAD base64\n". */
static bool key_text(const char *head, const uint8_t *bytes, size_t size, char *out, size_t room) {
    char base64[128];
    sodium_bin2base64(base64, sizeof base64, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    bool fits = orr_format(out, room, "%s%s\n", head, base64);
    sodium_memzero(base64, sizeof base64);
    return fits;
}

static orr_status write_key(const char *name, const char *suffix, const char *text, bool secret,
                            orr_error *err) {
    char path[4096];
    if (!orr_format(path, sizeof path, "%s%s", name, suffix))
        return orr_fail(err, ORR_E_LIMIT, name, "'%s': the path is too long", name);
    orr_status status = orr_file_create(path, text, strlen(text), secret, err);
    if (status == ORR_E_EXISTS)
        return orr_fail(err, ORR_E_EXISTS, path, "'%s' is there already, and a key is never written over",
                        path);
    return status;
}

orr_status orr_bundle_make_keys(const char *name, orr_error *err) {
    uint8_t public_key[PUBLIC_BYTES], secret_key[SECRET_BYTES];
    char public_text[160], secret_text[160], path[4096];
    orr_status status = start(err);
    if (status != ORR_OK) return status;
    if (crypto_sign_keypair(public_key, secret_key) != 0 ||
        !key_text(public_head, public_key, sizeof public_key, public_text, sizeof public_text) ||
        !key_text(secret_head, secret_key, sizeof secret_key, secret_text, sizeof secret_text))
        status = orr_fail(err, ORR_E_LIBRARY, name, "libsodium makes no key");
    if (status == ORR_OK) status = write_key(name, ".pub", public_text, false, err);
    if (status == ORR_OK) {
        status = write_key(name, ".key", secret_text, true, err);
        /* The one without the other is of no use, and would be in the way of the next attempt. */
        if (status != ORR_OK && orr_format(path, sizeof path, "%s.pub", name)) orr_file_remove(path);
    }
    sodium_memzero(secret_key, sizeof secret_key);
    sodium_memzero(secret_text, sizeof secret_text);
    return status;
}

static bool parse_key(const char *text, size_t length, const char *head, uint8_t *bytes, size_t size) {
    size_t head_length = strlen(head), found = 0;
    const char *end = NULL;
    return length > head_length && memcmp(text, head, head_length) == 0 &&
           sodium_base642bin(bytes, size, text + head_length, length - head_length, "\r\n", &found, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           found == size && end == text + length;
}

orr_status orr_bundle_key_read(const char *path, bool secret, orr_bundle_key *key, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    const char *head = secret ? secret_head : public_head, *other = secret ? public_head : secret_head;
    orr_status status = start(err);
    if (status == ORR_OK) status = orr_file_read(path, MAX_KEY_FILE, &data, &size, err);
    if (status != ORR_OK) return status;
    if (!parse_key((const char *)data, size, head, key->bytes, secret ? SECRET_BYTES : PUBLIC_BYTES))
        status =
            orr_fail(err, ORR_E_BAD_DATA, path, "'%s' is %s; %s", path,
                     strncmp((const char *)data, other, strlen(other)) == 0
                         ? (secret ? "a public key" : "a secret key")
                         : "no key that `orrery bundle keys` wrote",
                     secret ? "signing takes the secret one (.key)" : "checking takes the public one (.pub)");
    sodium_memzero(data, size);
    free(data);
    return status;
}

void orr_bundle_key_wipe(orr_bundle_key *key) {
    sodium_memzero(key, sizeof *key);
}

void orr_bundle_sign(const orr_bundle_key *key, const void *data, size_t size,
                     uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES]) {
    crypto_sign_detached(signature, NULL, data, size, key->bytes); /* never fails */
}

bool orr_bundle_signature_fits(const orr_bundle_key *key, const void *data, size_t size,
                               const uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES]) {
    return crypto_sign_verify_detached(signature, data, size, key->bytes) == 0;
}
