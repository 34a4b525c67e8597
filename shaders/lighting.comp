#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "brdf.glsl"
#include "lighting.glsl"
layout(set = 0, binding = PASS) uniform sampler2D in_depth;
layout(set = 0, binding = PASS + 1) uniform sampler2D in_normal;
layout(set = 0, binding = PASS + 2) uniform sampler2D in_albedo;
layout(set = 0, binding = PASS + 3) uniform sampler2D in_material;
layout(set = 0, binding = PASS + 4) uniform sampler2D in_emission;
layout(set = 0, binding = PASS + 5, rgba16f) uniform writeonly image2D out_hdr;
layout(local_size_x = 8, local_size_y = 8) in;

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(frame.size.xy)))) return;
    vec2 pixel = vec2(p) + 0.5;
    vec3 dir = ray_direction(pixel);
    float depth = texelFetch(in_depth, p, 0).r;
    vec4 result = vec4(0.0);
    if (depth >= NO_DEPTH) {
        if (!SKY || frame.background.w < 0.5) result.rgb = background(normalize(dir)); // else sky.comp
    } else {
        vec3 position = ray_base(pixel) + dir * depth;
        vec4 m = texelFetch(in_material, p, 0), base = texelFetch(in_albedo, p, 0);
        // Unlit (KHR_materials_unlit): the colour is the pre-exposed radiance itself, whatever the light and the exposure.
        vec3 lit = m.w > 0.5 ? base.rgb : shade(position, -normalize(dir), texelFetch(in_normal, p, 0).xyz, base, m.y, m.x, m.z);
        result = vec4(lit + texelFetch(in_emission, p, 0).rgb, 1.0);
    }
    imageStore(out_hdr, p, vec4(min(result.rgb, vec3(65504.0)), result.a));
}
