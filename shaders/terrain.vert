#version 450
#extension GL_GOOGLE_include_directive : require
// Level of detail after Strugar 2009, "Continuous Distance-Dependent Level of Detail": every patch is the same 16 x 16 grid; odd
// vertices slide to their even neighbours before the next level takes over, so there are neither cracks nor pops.
#include "frame.glsl"
layout(set = 0, binding = 14) uniform sampler2D heights;
layout(set = 0, binding = 23) uniform usamplerBuffer patches; // column, row, level
layout(location = 0) out vec2 v_grid;

vec3 sample_at(ivec2 cell) {
    cell = clamp(cell, ivec2(0), ivec2(frame.terrain_extent.xy) - 1);
    return vec3(float(cell.x), texelFetch(heights, cell, 0).r, float(cell.y));
}

void main() {
    uvec4 patch_at = texelFetch(patches, gl_InstanceIndex);
    ivec2 corner = ivec2(gl_VertexIndex % 17, gl_VertexIndex / 17);
    int stride = 1 << int(patch_at.z);
    ivec2 cell = ivec2(patch_at.xy) + corner * stride;
    vec3 fine = sample_at(cell), coarse = sample_at(ivec2(patch_at.xy) + (corner & ~1) * stride);
    vec2 away = vec2(min(cell, ivec2(frame.terrain_extent.xy) - 1)) - frame.terrain_lod.xy;
    float range = frame.terrain_lod.w * float(stride);
    float reach = sqrt(dot(away, away) + frame.terrain_lod.z * frame.terrain_lod.z);
    vec3 at = mix(fine, coarse, clamp((reach / range - 0.66) / 0.33, 0.0, 1.0));
    v_grid = at.xz;
    gl_Position = frame.view_proj * (frame.terrain_to_world * vec4(at, 1.0));
}
