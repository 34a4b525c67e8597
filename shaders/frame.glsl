// What every core pass knows of the frame. Mirrors orr_frame_block in engine/render/frame.h: all members are 16-byte rows.
// World space here is camera-relative: the camera stands at the origin. Radiance is pre-exposed (nit times exposure).
layout(set = 0, binding = 0, std140) uniform FrameBlock {
    mat4 view_proj;                        // relative world to clip, jittered; depth reversed
    mat4 shadow_matrix;                    // relative world to shadow map uv and depth
    mat4 terrain_to_world;                 // (column u, height in metres, row v) to relative world
    mat4 world_to_terrain;
    vec4 base_x, base_y, base_0;           // point on the ray of a pixel: base + dir * depth
    vec4 dir_x, dir_y, dir_0;
    vec4 sun_direction;                    // towards it; w: 1 when there is a sun
    vec4 sun_light;                        // illuminance x colour x exposure; w: 1 = that is above the air
    vec4 shadow_params;                    // y: texel in uv, z: normal offset in metres
    vec4 sh[9];                            // environment radiance, cosine-convolved and divided by pi
    vec4 env_zenith, env_horizon, env_ground;
    vec4 env_params;                       // y, z: cos, sin of the map's rotation, w: factor
    vec4 background;                       // w: 1 = show the environment
    vec4 depth_params;                     // x: near, y: 1 orthographic, z: far (orthographic)
    vec4 params;                           // x: exposure, y: number of lights, z: last mip of the environment
    vec4 terrain_extent;                   // columns, rows
    vec4 terrain_shade;                    // ramp minimum, 1 / ramp range, roughness, metres a sample
    vec4 terrain_lod;                      // camera column, row, height above in samples, range of level 0 in samples
    vec4 clusters;                         // tiles a row, all tiles, depth of the first slice, slices an octave
    uvec4 size;                            // width, height, sub-frame, frame
    uvec4 ids;                             // x: object id of the terrain
} frame;

// What a scene lacks is folded out of the shaders: a CPU device runs both sides of every branch. Bits: orr_variant in
// engine/render/renderer_private.h.
layout(constant_id = 0) const uint VARIANT = 0xffffffffu;
const uint SRGB_ARRAYS = VARIANT & 15u, LINEAR_ARRAYS = VARIANT >> 4u & 15u, MAPS = VARIANT >> 8u & 31u;
const bool HAS_UV1 = (VARIANT >> 13u & 1u) != 0u, HAS_MESH = (VARIANT >> 14u & 1u) != 0u, HAS_TERRAIN = (VARIANT >> 15u & 1u) != 0u;
const bool HAS_LIGHTS = (VARIANT >> 16u & 1u) != 0u, HAS_SHADOW = (VARIANT >> 17u & 1u) != 0u, HAS_SHADE = (VARIANT >> 18u & 1u) != 0u;
const bool HAS_SUN = (VARIANT >> 19u & 1u) != 0u, SKY_GRADIENT = (VARIANT >> 20u & 1u) != 0u, SKY_MAP = (VARIANT >> 21u & 1u) != 0u;

const bool SKY = (VARIANT >> 22u & 1u) != 0u, SKY_LIGHT = (VARIANT >> 23u & 1u) != 0u, AERIAL = (VARIANT >> 24u & 1u) != 0u;
const bool CLUSTERS = (VARIANT >> 25u & 1u) != 0u, LIGHT_SHADOWS = (VARIANT >> 26u & 1u) != 0u, AREA_LIGHTS = (VARIANT >> 27u & 1u) != 0u, MOON = (VARIANT >> 28u & 1u) != 0u;
const bool SEEN_LIGHTS = (VARIANT >> 29u & 1u) != 0u, ABOVE_AIR = (VARIANT >> 30u & 1u) != 0u, BEYOND_AERIAL = VARIANT >> 31u != 0u;

#define PASS 40 // bindings from here are each pass's own; those below are the scene's (ORR_SLOT_ in engine/render/renderer_private.h)
const float PI = 3.14159265358979;
const float NO_DEPTH = 1e10; // the depth channel where nothing is seen

float linear_depth(float stored) {
    return frame.depth_params.y > 0.5 ? frame.depth_params.x + (1.0 - stored) * (frame.depth_params.z - frame.depth_params.x)
                                      : frame.depth_params.x / stored;
}
vec3 ray_base(vec2 pixel) { return frame.base_0.xyz + frame.base_x.xyz * pixel.x + frame.base_y.xyz * pixel.y; }
vec3 ray_direction(vec2 pixel) { return frame.dir_0.xyz + frame.dir_x.xyz * pixel.x + frame.dir_y.xyz * pixel.y; } // forward part 1

// Octahedral normals: Cigolle et al. 2014, "A Survey of Efficient Representations for Independent Unit Vectors".
vec3 octahedral(vec2 e) {
    vec3 v = vec3(e, 1.0 - abs(e.x) - abs(e.y));
    if (v.z < 0.0) v.xy = (1.0 - abs(v.yx)) * vec2(v.x >= 0.0 ? 1.0 : -1.0, v.y >= 0.0 ? 1.0 : -1.0);
    return normalize(v);
}
