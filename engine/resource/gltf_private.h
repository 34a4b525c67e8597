/* What the files of the glTF reader share. Nothing here is seen outside gltf*.c.
 *
 * One `gltf` lives for one decode, on one thread. Failures are sticky: the first one is kept in `status`,
 * every getter then returns a harmless fallback, and the steps of the decode check `status` where it matters.
 */
#ifndef ORR_RESOURCE_GLTF_PRIVATE_H
#define ORR_RESOURCE_GLTF_PRIVATE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "resource/model.h"

enum { GLTF_I8 = 5120, GLTF_U8 = 5121, GLTF_I16 = 5122, GLTF_U16 = 5123, GLTF_U32 = 5125, GLTF_F32 = 5126 };

typedef struct gltf_buffer {
    const uint8_t *bytes;
    uint8_t *owned; /* malloc'd, or NULL: the GLB's own chunk */
    size_t size;    /* the byteLength that the file states; at least so many are there */
} gltf_buffer;

typedef struct gltf_view {
    const uint8_t *bytes;
    uint64_t size;
    uint32_t stride; /* 0 = tightly packed */
} gltf_view;

typedef struct gltf_accessor { /* checked: every element lies inside its buffer */
    const uint8_t *bytes;      /* NULL = zeros */
    const uint8_t *sparse_indices, *sparse_values;
    float *floats; /* the whole of it decoded, once somebody asked (gltf_floats) */
    uint32_t count, width, component, stride;
    uint32_t sparse_count, sparse_component;
    uint32_t canonical; /* the first accessor that reads the same bytes the same way */
    bool normalised, ready;
} gltf_accessor;

typedef enum gltf_kind {             /* which component types an accessor may have */
                         GLTF_FLOAT, /* float */
                         GLTF_UNIT,  /* float, or normalised integers */
                         GLTF_ANY,   /* float or integers, normalised or not (KHR_mesh_quantization) */
                         GLTF_JOINT  /* unsigned byte or short, not normalised */
} gltf_kind;

typedef struct gltf_memo { /* a table of what was decoded already, by its key words */
    struct gltf_memo_slot {
        const uint32_t *key;
        void *value;
        uint32_t words;
    } * slots;
    uint32_t capacity, used;
} gltf_memo;

typedef struct gltf {
    const char *name;
    orr_model *model;
    json_t *root;
    orr_arena temp;    /* until the end of the decode */
    orr_arena scratch; /* until the next primitive */
    uint64_t spent_bytes, budget_bytes, image_bytes;
    orr_status status;
    orr_error *err;
    char where[200]; /* what is being read, put before every message */
    orr_model_fetch fetch;
    void *fetch_context;
    const uint8_t *bin; /* the GLB's binary chunk */
    size_t bin_size;
    gltf_buffer *buffers;
    gltf_accessor *accessors;
    uint32_t buffer_count, view_count, accessor_count, texture_count;
    const json_t *views_json, *accessors_json, *textures_json, *images_json;
    uint32_t *image_map; /* [2 * file image + srgb] -> model image */
    uint32_t *node_map;  /* file node -> model node, or ORR_NONE when the scene does not hold it */
    uint32_t *max_joint; /* per primitive: the largest joint that carries weight */
    gltf_memo memo;
} gltf;

/* --- gltf_json.c: typed, bounded reading of JSON ---------------------------------------------------- */
orr_status gltf_fail(gltf *g, orr_status code, const char *format, ...) ORR_PRINTF(3, 4);
void gltf_where(gltf *g, const char *format, ...) ORR_PRINTF(2, 3);
/* `kind index "name"`, the name cut short and cleaned, as the place of what follows. */
void gltf_where_item(gltf *g, const char *kind, uint32_t index, const json_t *item);
void *gltf_new(gltf *g, size_t count, size_t size);     /* lives in the model; NULL and status when refused */
void *gltf_temp(gltf *g, size_t count, size_t size);    /* lives for the decode */
void *gltf_scratch(gltf *g, size_t count, size_t size); /* lives for the primitive */

const json_t *gltf_object(gltf *g, const json_t *parent, const char *key); /* NULL = absent */
const json_t *gltf_array(gltf *g, const json_t *parent, const char *key, uint32_t *count);
const json_t *gltf_item(gltf *g, const json_t *array, uint32_t index,
                        const char *what);                               /* an object of an array */
const char *gltf_string(gltf *g, const json_t *parent, const char *key); /* NULL = absent */
const char *gltf_name(gltf *g, const json_t *item); /* copied into the model; "" = absent */
bool gltf_bool(gltf *g, const json_t *parent, const char *key);
double gltf_number(gltf *g, const json_t *parent, const char *key, double fallback, double low, double high);
/* Exactly `count` numbers into out; false and out untouched when absent. */
bool gltf_numbers(gltf *g, const json_t *parent, const char *key, uint32_t count, double *out);
uint64_t gltf_size(gltf *g, const json_t *parent, const char *key, uint64_t fallback, uint64_t low,
                   uint64_t high);
/* An index below `limit`; ORR_NONE when absent. `what` names what is counted, in the singular. */
uint32_t gltf_index(gltf *g, const json_t *parent, const char *key, uint32_t limit, const char *what);
uint32_t gltf_index_value(gltf *g, const json_t *value, const char *key, uint32_t limit, const char *what);
const json_t *gltf_extension(gltf *g, const json_t *parent, const char *name); /* NULL = absent */

/* --- gltf_buffer.c: where bytes come from ------------------------------------------------------------ */
void gltf_read_buffers(gltf *g);
void gltf_free_buffers(gltf *g);
bool gltf_view_get(gltf *g, uint32_t index, gltf_view *out);
/* The model's index of image `image` decoded as sRGB or not, read on first use. */
uint32_t gltf_image(gltf *g, uint32_t image, bool srgb);

/* --- gltf_accessor.c --------------------------------------------------------------------------------- */
const gltf_accessor *gltf_accessor_get(gltf *g, uint32_t index);
/* Checks that `accessor` holds `width` components of an allowed kind. */
bool gltf_accessor_expect(gltf *g, uint32_t index, uint32_t width, gltf_kind kind);
bool gltf_read_floats(gltf *g, uint32_t index, float *out);          /* count * width, every one finite */
bool gltf_read_indices(gltf *g, uint32_t index, uint32_t *out);      /* count */
const float *gltf_floats(gltf *g, uint32_t index);                   /* decoded once, kept in the model */
void **gltf_memo_find(gltf *g, const uint32_t *key, uint32_t words); /* its value, NULL when new */

/* --- the sections of a file -------------------------------------------------------------------------- */
void gltf_read_materials(gltf *g); /* gltf_material.c */
void gltf_read_lights(gltf *g);
void gltf_read_cameras(gltf *g);
void gltf_read_meshes(gltf *g);     /* gltf_mesh.c */
void gltf_read_nodes(gltf *g);      /* gltf_node.c */
void gltf_read_skins(gltf *g);      /* after the nodes */
void gltf_read_animations(gltf *g); /* gltf_anim.c */

/* gltf_geometry.c: `count` vertices, every three a triangle. */
void gltf_flat_normals(const float (*position)[3], uint32_t count, float (*normal)[3]);
/* Per-vertex accumulation over the triangles, then made orthonormal to the normals. `sums` is scratch, 2 *
 * count. */
void gltf_tangents(const float (*position)[3], const float (*normal)[3], const float (*uv)[2], uint32_t count,
                   const uint32_t *indices, uint32_t index_count, float (*sums)[3], float (*tangent)[4]);

#endif
