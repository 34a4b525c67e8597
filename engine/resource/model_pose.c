/* Poses: pure functions of (model, animation, time). Interpolation as glTF 2.0, appendix C, in double
 * precision. */
#include "resource/model.h"

#include <math.h>
#include <string.h>

#include "base/round.h"
#include "resource/vertex.h"

/* --- small matrices (column-major, 16 doubles) ------------------------------------------------------ */
static void multiply_affine(const double *a, const double *b, double *out) {
    double r[16];
    for (int c = 0; c < 4; c++) {
        for (int k = 0; k < 3; k++)
            r[4 * c + k] = a[k] * b[4 * c] + a[4 + k] * b[4 * c + 1] + a[8 + k] * b[4 * c + 2] +
                           (c == 3 ? a[12 + k] : 0);
        r[4 * c + 3] = c == 3;
    }
    memcpy(out, r, sizeof r);
}

static double determinant(const double *m) {
    return m[0] * (m[5] * m[10] - m[9] * m[6]) - m[4] * (m[1] * m[10] - m[9] * m[2]) +
           m[8] * (m[1] * m[6] - m[5] * m[2]);
}

/* The cofactors of the upper 3x3, column-major: what carries normals, up to the sign of the determinant. */
static void cofactors(const double *m, double out[9]) {
    for (int c = 0; c < 3; c++) {
        const double *u = m + 4 * ((c + 1) % 3), *v = m + 4 * ((c + 2) % 3);
        out[3 * c] = u[1] * v[2] - u[2] * v[1];
        out[3 * c + 1] = u[2] * v[0] - u[0] * v[2];
        out[3 * c + 2] = u[0] * v[1] - u[1] * v[0];
    }
}

static bool invert_affine(const double *m, double *out) {
    double det = determinant(m), cof[9];
    if (det == 0 || !isfinite(1 / det)) return false;
    cofactors(m, cof);
    memset(out, 0, 16 * sizeof *out);
    for (int c = 0; c < 3; c++)
        for (int r = 0; r < 3; r++) out[4 * c + r] = cof[3 * r + c] / det;
    for (int r = 0; r < 3; r++) out[12 + r] = -(out[r] * m[12] + out[4 + r] * m[13] + out[8 + r] * m[14]);
    out[15] = 1;
    return true;
}

static void compose(const double t[3], const double q[4], const double s[3], double *out) {
    double x = q[0], y = q[1], z = q[2], w = q[3];
    double r[16] = {(1 - 2 * (y * y + z * z)) * s[0],
                    2 * (x * y + w * z) * s[0],
                    2 * (x * z - w * y) * s[0],
                    0,
                    2 * (x * y - w * z) * s[1],
                    (1 - 2 * (x * x + z * z)) * s[1],
                    2 * (y * z + w * x) * s[1],
                    0,
                    2 * (x * z + w * y) * s[2],
                    2 * (y * z - w * x) * s[2],
                    (1 - 2 * (x * x + y * y)) * s[2],
                    0,
                    t[0],
                    t[1],
                    t[2],
                    1};
    memcpy(out, r, sizeof r);
}

/* --- interpolation -------------------------------------------------------------------------------- */
static void normalise_quaternion(double q[4]) {
    double largest = fmax(fmax(fabs(q[0]), fabs(q[1])), fmax(fabs(q[2]), fabs(q[3])));
    if (!(largest > 0) || !isfinite(largest)) { /* no direction at all: no rotation */
        q[0] = q[1] = q[2] = 0;
        q[3] = 1;
        return;
    }
    for (int k = 0; k < 4; k++) q[k] /= largest; /* so that the squares neither vanish nor overflow */
    double length = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    for (int k = 0; k < 4; k++) q[k] /= length;
}

/* The shorter arc; the angle from atan2 keeps its digits for near and for opposite quaternions, where acos
 * loses them. */
static void slerp(const double a[4], const double b[4], double u, double out[4]) {
    double dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3], sign = dot < 0 ? -1 : 1, minus = 0,
           plus = 0;
    for (int k = 0; k < 4; k++) {
        double d = a[k] - sign * b[k], s = a[k] + sign * b[k];
        minus += d * d;
        plus += s * s;
    }
    double angle = 2 * orr_atan2_40(sqrt(minus), sqrt(plus)), sine = orr_sin40(angle), wa = 1 - u, wb = u;
    if (sine > 1e-9) {
        wa = orr_sin40((1 - u) * angle) / sine;
        wb = orr_sin40(u * angle) / sine;
    }
    for (int k = 0; k < 4; k++) out[k] = wa * a[k] + wb * sign * b[k];
    normalise_quaternion(out);
}

/* The last key at or before t; key 0 when t is before all. */
static uint32_t find_key(const orr_model_channel *channel, double t) {
    uint32_t low = 0, high = channel->key_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if ((double)channel->times_s[middle] <= t)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The two keys around a time, and where between them. */
typedef struct segment {
    const float *a, *b; /* the keys' elements (in-tangents, values, out-tangents for cubic) */
    double u, length_s; /* position within, 0..1 */
    orr_anim_interp interp;
} segment;

static segment segment_at(const orr_model_channel *channel, double t) {
    uint32_t key = find_key(channel, t), next = key + 1 < channel->key_count ? key + 1 : key;
    size_t stride = (size_t)channel->width * (channel->interp == ORR_ANIM_CUBIC ? 3 : 1);
    double t0 = channel->times_s[key], t1 = channel->times_s[next];
    segment s = {channel->values + key * stride, channel->values + next * stride, 0, t1 - t0,
                 channel->interp};
    if (t > t0 && t1 > t0) s.u = (t - t0) / (t1 - t0);
    return s;
}

/* Component k of an element, not normalised. */
static double component(const segment *s, uint32_t width, uint32_t k) {
    if (s->interp == ORR_ANIM_STEP) return s->a[k];
    if (s->interp == ORR_ANIM_LINEAR) return (1 - s->u) * s->a[k] + s->u * s->b[k];
    double u = s->u, u2 = u * u, u3 = u2 * u;
    double value0 = s->a[width + k], out0 = s->a[2 * width + k], in1 = s->b[k], value1 = s->b[width + k];
    return (2 * u3 - 3 * u2 + 1) * value0 + s->length_s * (u3 - 2 * u2 + u) * out0 +
           (3 * u2 - 2 * u3) * value1 + s->length_s * (u3 - u2) * in1;
}

static void rotation_at(const segment *s, double q[4]) {
    if (s->interp == ORR_ANIM_LINEAR) {
        double a[4], b[4];
        for (int k = 0; k < 4; k++) a[k] = s->a[k], b[k] = s->b[k];
        normalise_quaternion(a);
        normalise_quaternion(b);
        slerp(a, b, s->u, q);
        return;
    }
    for (uint32_t k = 0; k < 4; k++) q[k] = component(s, 4, k);
    normalise_quaternion(q);
}

/* --- pose ----------------------------------------------------------------------------------------- */
static uint32_t node_weight_count(const orr_model *model, const orr_model_node *node) {
    return node->mesh == ORR_NONE ? 0 : model->meshes[node->mesh].morph_weight_count;
}

uint32_t orr_model_weight_offset(const orr_model *model, uint32_t node) {
    uint32_t offset = 0;
    for (uint32_t i = 0; i < node; i++) offset += node_weight_count(model, &model->nodes[i]);
    return offset;
}

uint32_t orr_model_weight_count(const orr_model *model) {
    return orr_model_weight_offset(model, model->node_count);
}

/* A node's slot of `world` holds its translation, rotation and scale until the matrices are made. */
enum { SLOT_TRANSLATION = 0, SLOT_ROTATION = 3, SLOT_SCALE = 7 };

static void rest_pose(const orr_model *model, double *world, float *weights) {
    for (uint32_t i = 0; i < model->node_count; i++) {
        const orr_model_node *node = &model->nodes[i];
        double *slot = world + 16 * (size_t)i;
        memcpy(slot + SLOT_TRANSLATION, node->translation, sizeof node->translation);
        memcpy(slot + SLOT_ROTATION, node->rotation, sizeof node->rotation);
        memcpy(slot + SLOT_SCALE, node->scale, sizeof node->scale);
        uint32_t count = node_weight_count(model, node);
        if (!weights || !count) continue;
        const float *from =
            node->morph_weights ? node->morph_weights : model->meshes[node->mesh].morph_weights;
        memcpy(weights, from, count * sizeof *weights);
        weights += count;
    }
}

static void apply_channel(const orr_model *model, const orr_model_channel *channel, double t, double *world,
                          float *weights) {
    segment s = segment_at(channel, t);
    double *slot = world + 16 * (size_t)channel->node;
    if (channel->path == ORR_ANIM_ROTATION) {
        rotation_at(&s, slot + SLOT_ROTATION);
    } else if (channel->path != ORR_ANIM_WEIGHTS) {
        double *to = slot + (channel->path == ORR_ANIM_SCALE ? SLOT_SCALE : SLOT_TRANSLATION);
        for (uint32_t k = 0; k < 3; k++) to[k] = component(&s, 3, k);
    } else if (weights) {
        weights += orr_model_weight_offset(model, channel->node);
        for (uint32_t k = 0; k < channel->width; k++) weights[k] = (float)component(&s, channel->width, k);
    }
}

static double wrap_time(double t, double duration, bool loop) {
    if (!loop || !(duration > 0) || !isfinite(t)) return t > 0 ? t : 0; /* keys clamp at their ends */
    t = fmod(t, duration);
    return t < 0 ? t + duration : t;
}

void orr_model_pose(const orr_model *model, uint32_t animation, double t_s, bool loop, double *world,
                    float *weights) {
    rest_pose(model, world, weights);
    if (animation < model->animation_count) {
        const orr_model_animation *a = &model->animations[animation];
        double t = wrap_time(t_s, a->duration_s, loop);
        for (uint32_t i = 0; i < a->channel_count; i++)
            apply_channel(model, &a->channels[i], t, world, weights);
    }
    for (uint32_t i = 0; i < model->node_count; i++) {
        const orr_model_node *node = &model->nodes[i];
        double *slot = world + 16 * (size_t)i, trs[10];
        memcpy(trs, slot, sizeof trs);
        if (node->has_matrix)
            memcpy(slot, node->matrix, sizeof node->matrix);
        else
            compose(trs + SLOT_TRANSLATION, trs + SLOT_ROTATION, trs + SLOT_SCALE, slot);
        if (node->parent != ORR_NONE) multiply_affine(world + 16 * (size_t)node->parent, slot, slot);
    }
}

/* --- deformation ---------------------------------------------------------------------------------- */
typedef struct corner { /* a vertex being deformed */
    double position[3], normal[3], tangent[3];
    float sign;
} corner;

static void add_morphs(const orr_model_primitive *primitive, const float *weights, uint32_t vertex,
                       corner *c) {
    for (uint32_t m = 0; m < primitive->morph_count; m++) {
        const orr_morph_target *target = &primitive->morphs[m];
        double w = weights[m];
        if (w == 0) continue;
        for (int k = 0; k < 3; k++) {
            if (target->position) c->position[k] += w * target->position[vertex][k];
            if (target->normal) c->normal[k] += w * target->normal[vertex][k];
            if (target->tangent) c->tangent[k] += w * target->tangent[vertex][k];
        }
    }
}

enum { CACHED_JOINTS = 256 };
typedef struct skin_pose {
    const orr_model_skin *skin;
    const double *world;
    double to_mesh[16]; /* model space -> the mesh node's own */
    double cache[CACHED_JOINTS][16];
} skin_pose;

static void joint_matrix(const skin_pose *pose, uint32_t joint, double out[16]) {
    double bind[16];
    for (int k = 0; k < 16; k++) bind[k] = pose->skin->inverse_bind[16 * (size_t)joint + (size_t)k];
    multiply_affine(pose->world + 16 * (size_t)pose->skin->joints[joint], bind, out);
    multiply_affine(pose->to_mesh, out, out);
}

static bool begin_skin(const orr_model *model, uint32_t node, const orr_model_primitive *primitive,
                       const double *world, skin_pose *pose) {
    uint32_t skin = model->nodes[node].skin;
    if (skin == ORR_NONE || !primitive->joints) return false;
    pose->skin = &model->skins[skin];
    pose->world = world;
    if (!invert_affine(world + 16 * (size_t)node, pose->to_mesh))
        return false; /* flattened to nothing: never seen */
    for (uint32_t j = 0; j < pose->skin->joint_count && j < CACHED_JOINTS; j++)
        joint_matrix(pose, j, pose->cache[j]);
    return true;
}

static void bend(const skin_pose *pose, const uint16_t joints[4], const float weights[4], corner *c) {
    double m[16] = {0}, cof[9], p[3], n[3], t[3];
    for (int i = 0; i < 4; i++) {
        if (weights[i] == 0) continue;
        double own[16];
        const double *joint = pose->cache[joints[i] % CACHED_JOINTS];
        if (joints[i] >= CACHED_JOINTS) {
            joint_matrix(pose, joints[i], own);
            joint = own;
        }
        for (int k = 0; k < 16; k++) m[k] += weights[i] * joint[k];
    }
    cofactors(m, cof);
    double side = determinant(m) < 0 ? -1 : 1; /* cofactors / determinant = inverse transpose */
    for (int k = 0; k < 3; k++) {
        p[k] = m[k] * c->position[0] + m[4 + k] * c->position[1] + m[8 + k] * c->position[2] + m[12 + k];
        n[k] = side * (cof[k] * c->normal[0] + cof[3 + k] * c->normal[1] + cof[6 + k] * c->normal[2]);
        t[k] = m[k] * c->tangent[0] + m[4 + k] * c->tangent[1] + m[8 + k] * c->tangent[2];
    }
    memcpy(c->position, p, sizeof p);
    memcpy(c->normal, n, sizeof n);
    memcpy(c->tangent, t, sizeof t);
    c->sign *= (float)side;
}

static void to_unit(const double v[3], float out[3]) {
    double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int k = 0; k < 3; k++) out[k] = length > 0 && isfinite(length) ? (float)(v[k] / length) : 0;
}

void orr_model_deform(const orr_model *model, uint32_t node, const orr_model_primitive *primitive,
                      const double *world, const float *weights, orr_vertex *out) {
    skin_pose pose;
    bool skinned = begin_skin(model, node, primitive, world, &pose);
    const float *own =
        weights && primitive->morph_count ? weights + orr_model_weight_offset(model, node) : NULL;
    for (uint32_t i = 0; i < primitive->vertex_count; i++) {
        const orr_vertex *v = &primitive->vertices[i];
        float normal[3], tangent[3];
        corner c = {.sign = orr_unpack_tangent(v->tangent_oct, tangent)};
        orr_unpack_normal(v->normal_oct, normal);
        for (int k = 0; k < 3; k++)
            c.position[k] = v->position[k], c.normal[k] = normal[k], c.tangent[k] = tangent[k];
        if (own) add_morphs(primitive, own, i, &c);
        if (skinned) bend(&pose, primitive->joints[i], primitive->weights[i], &c);
        orr_vertex made = *v; /* uv and colour stay */
        for (int k = 0; k < 3; k++) made.position[k] = (float)c.position[k];
        to_unit(c.normal, normal);
        made.normal_oct = orr_pack_normal(normal);
        if (primitive->has_tangents) {
            to_unit(c.tangent, tangent);
            made.tangent_oct = orr_pack_tangent(tangent, c.sign);
        }
        out[i] = made;
    }
}
