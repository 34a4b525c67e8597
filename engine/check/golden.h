/* Goldens: the pictures that a regression scene is compared with, and what is known of them.
 *
 * A golden is a folder: golden.json, and per frame NNNN.png (the display image) and NNNN.exr (every other
 * AOV, in its own type: half beauty, N and albedo, float Z, whole ids). It is read through a callback, so
 * that it may lie in a bundle. golden.json holds where and of what the pictures were made, their SHA-256,
 * what each pass of those frames wrote, and how far other devices were measured to lie from them. Strict and
 * bounded: unknown keys are errors. Nothing here is thread-safe; one thread at a time per golden. */
#ifndef ORR_CHECK_GOLDEN_H
#define ORR_CHECK_GOLDEN_H

#include "base/arena.h"
#include "base/text.h"
#include "check/spec.h"
#include "render/target.h"

enum { ORR_GOLDEN_MAX_BYTES = 1 << 28, ORR_GOLDEN_MAX_FRAMES = 4096, ORR_GOLDEN_MAX_MEASURED = 256 };

/* Where the files of a golden are found by their names, "golden.json", "0000.png". ORR_E_NOT_FOUND when there
 * is none of that name. `*data` is malloc'd, the caller's. */
typedef struct orr_golden_source {
    orr_status (*read)(void *context, const char *name, uint8_t **data, size_t *size, orr_error *err);
    void *context;
} orr_golden_source;
/* A folder of the host; `folder` is borrowed. */
orr_golden_source orr_golden_folder(const char *folder);

/* How far an image lies from another. NaN: not computed. */
typedef struct orr_check_metrics {
    double max, flip, psnr_db, ssim, ulp, differing;
} orr_check_metrics;

/* A device that pictures are made on. Equal fingerprints and drivers give equal bytes. */
typedef struct orr_golden_device {
    const char *name, *driver;
    const char *tier;        /* "lavapipe", or "gpu" */
    const char *fingerprint; /* hex; "" = not known */
} orr_golden_device;

bool orr_golden_same_numbers(const orr_golden_device *a, const orr_golden_device *b);

/* How far the pictures of a device were measured to lie from the golden: the worst of so many repeats. */
typedef struct orr_golden_measured {
    orr_golden_device device;
    uint32_t repeats;
    const char *threads; /* "1, 2" */
    bool given[ORR_CHECK_AOV_COUNT];
    orr_check_metrics aovs[ORR_CHECK_AOV_COUNT];
} orr_golden_measured;

typedef struct orr_golden_input {
    const char
        *name; /* "script a.lua", "asset data:models/man.glb", "parameter turns": no path of a machine */
    const char *sha256; /* hex */
} orr_golden_input;

typedef struct orr_golden_frame {
    int64_t frame;
    const char *png, *exr; /* SHA-256 of its files, hex; NULL = it has none */
    const orr_pass_digest *passes;
    uint32_t pass_count;
} orr_golden_frame;

/* Strings and arrays live in the arena; orr_golden_free. */
typedef struct orr_golden {
    orr_arena arena;
    const char *engine; /* version */
    orr_golden_device device;
    uint32_t width, height, samples;
    bool aovs[ORR_CHECK_AOV_COUNT];
    const orr_golden_input *inputs; /* sorted by name */
    uint32_t input_count;
    const orr_golden_frame *frames;
    uint32_t frame_count;
    const orr_golden_measured *measured;
    uint32_t measured_count;
} orr_golden;
void orr_golden_free(orr_golden *golden);

/* golden.json. ORR_E_BAD_DATA with the place. */
ORR_MUST_CHECK orr_status orr_golden_parse(const char *text, size_t size, const char *name, orr_golden *out,
                                           orr_error *err);
void orr_golden_print(const orr_golden *golden, orr_text *out); /* deterministic; parses to the same */
/* ORR_E_NOT_FOUND when there is no golden. */
ORR_MUST_CHECK orr_status orr_golden_open(const orr_golden_source *source, orr_golden *out, orr_error *err);
const orr_golden_frame *orr_golden_find(const orr_golden *golden, int64_t frame); /* NULL = it has none */

/* The images of a frame, each in the type that it is stored in: display u8 x3 sRGB; beauty f16 x4, N and
 * albedo f16 x3; Z f32; id u32 x2. Freed with orr_check_images_free. ORR_E_BAD_DATA for a file that is not
 * the one golden.json tells of; a Git LFS pointer says `git lfs pull`. */
ORR_MUST_CHECK orr_status orr_golden_images(const orr_golden *golden, const orr_golden_source *source,
                                            int64_t frame, orr_image images[ORR_CHECK_AOV_COUNT],
                                            orr_error *err);
void orr_check_images_free(orr_image images[ORR_CHECK_AOV_COUNT]);

/* Writes a frame's files aside, for orr_golden_write to put into `folder`, and fills `out` but for its
 * passes; strings into `arena`. Images are as orr_golden_images gives them; empty ones are left out. */
ORR_MUST_CHECK orr_status orr_golden_write_frame(const char *folder, int64_t frame, double exposure,
                                                 const orr_image images[ORR_CHECK_AOV_COUNT],
                                                 orr_arena *arena, orr_golden_frame *out, orr_error *err);
/* Puts the frames' files in their place, then golden.json, and removes files of `old` (may be NULL) that
 * `golden` has no more. */
ORR_MUST_CHECK orr_status orr_golden_write(const char *folder, const orr_golden *golden,
                                           const orr_golden *old, orr_error *err);
/* Removes what was written aside: the golden stays as it was. */
void orr_golden_abandon(const char *folder);

#endif
