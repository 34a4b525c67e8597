#version 450
#extension GL_GOOGLE_include_directive : require
// What glows around the point that the sky is captured from, in nit.
#include "frame.glsl"
#include "geometry.glsl"
#include "material.glsl"
layout(location = 0) flat in uint v_draw;
layout(location = 1) in vec4 v_uv;
layout(location = 2) in float v_alpha;
layout(location = 0) out vec4 radiance;

void main() {
    vec4 duv = vec4(dFdx(v_uv.xy), dFdy(v_uv.xy));
    Surface s = material_surface(fetch_draw(v_draw).material, v_uv, duv, duv, vec4(1.0, 1.0, 1.0, v_alpha), vec3(0.0, 1.0, 0.0), vec4(1.0, 0.0, 0.0, 1.0));
    if ((s.flags & FLAG_MASK) != 0u && s.alpha < s.cutoff) discard;
    radiance = vec4(s.emission, 1.0);
}
