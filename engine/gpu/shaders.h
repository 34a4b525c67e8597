/* The shader store: finds GLSL by name, and its SPIR-V by digest, ahead-built, cached, or compiled now.
 *
 * SPIR-V is named by the digest of the expanded source, so a stale one can never be used: an edited shader
 * simply has another name. Looked up in the ahead-built folders, then in the cache folder; compiled and put
 * into the cache otherwise. Owner destroys. Thread-safe. */
#ifndef ORR_GPU_SHADERS_H
#define ORR_GPU_SHADERS_H

#include "gpu/glsl.h"
#include "gpu/gpu.h"
#include "vfs/reads.h"
#include "vfs/vfs.h"

typedef struct orr_shaders orr_shaders;
typedef struct orr_shaders_params {
    const char *const *source_folders; /* for #include and core shaders, first match wins; NULL-terminated */
    const char *const *spirv_folders;  /* ahead-built; NULL-terminated; may be NULL */
    const char *cache_folder;          /* NULL = do not cache */
    const orr_log *log;
    orr_vfs *vfs; /* borrowed: where a module's folder that is inside a bundle is read (vfs.h); may be NULL */
    /* What is read in a module's folder goes here, unless it lies below one of own_folders (NULL-terminated).
     * Borrowed until the store is destroyed; may be NULL. */
    orr_reads *reads;
    const char *const *own_folders;
} orr_shaders_params;
ORR_MUST_CHECK orr_status orr_shaders_create(const orr_shaders_params *params, orr_shaders **out,
                                             orr_error *err);
void orr_shaders_destroy(orr_shaders **shaders);

typedef struct orr_shader_ref {
    const char *name;     /* file, relative to `folder` or to the source folders */
    const char *folder;   /* a module's own folder, searched first, "bundle:/…" in the VFS; NULL = none */
    const char *preamble; /* generated text; NULL = none */
    orr_glsl_stage stage;
} orr_shader_ref;
/* Reads all shared sources now and looks at none on disk again: for a process that is about to give up its
 * files. Call it before anything else does. */
ORR_MUST_CHECK orr_status orr_shaders_keep_sources(orr_shaders *shaders, orr_error *err);
/* Where shared sources are looked for; NULL-terminated, the store's. */
const char *const *orr_shaders_source_folders(const orr_shaders *shaders);
/* SPIR-V words, owned by the store until it is destroyed. */
ORR_MUST_CHECK orr_status orr_shaders_get(orr_shaders *shaders, const orr_shader_ref *ref,
                                          orr_gpu_shader *out, orr_error *err);
/* The digest that names the SPIR-V of what get gives. */
ORR_MUST_CHECK orr_status orr_shaders_digest(orr_shaders *shaders, const orr_shader_ref *ref,
                                             orr_digest *digest, orr_error *err);
/* Replaces `find` in the source file of that name ("lighting.comp", or with folders: "vignette/main.comp") as
 * it is read, a shared one that others include too: a planted fault, or a trial. Getting a shader that reads
 * it fails (ORR_E_ARGUMENT) unless the text stands there exactly once. Before that file is first read. The
 * edited text has a digest of its own, like any other, and so SPIR-V of its own. */
ORR_MUST_CHECK orr_status orr_shaders_edit(orr_shaders *shaders, const char *file, const char *find,
                                           const char *replace, orr_error *err);
/* Fails, naming the file, when an edit was not met by any shader so far: it would prove nothing. */
ORR_MUST_CHECK orr_status orr_shaders_edits_met(const orr_shaders *shaders, orr_error *err);
/* Adds the edits to a digest of what frames are made from. */
void orr_shaders_edits_digest(const orr_shaders *shaders, orr_digest_builder *digest);
/* As get, and writes the SPIR-V into `folder` under its digest name. */
ORR_MUST_CHECK orr_status orr_shaders_build(orr_shaders *shaders, const orr_shader_ref *ref,
                                            const char *folder, orr_error *err);

#endif
