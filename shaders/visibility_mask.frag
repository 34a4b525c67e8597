#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "geometry.glsl"
#include "material.glsl"
layout(location = 0) flat in uint v_draw;
layout(location = 1) in vec4 v_uv;
layout(location = 2) in float v_alpha;
layout(location = 0) out uvec2 seen;

void main() {
    Draw d = fetch_draw(v_draw);
    if (gl_FrontFacing == d.mirrored && (material_flags(d.material) & FLAG_DOUBLE_SIDED) == 0u) discard; // a mirrored transform turns the winding
    float cutoff;
    vec4 duv0 = vec4(dFdx(v_uv.xy), dFdy(v_uv.xy)), duv1 = vec4(dFdx(v_uv.zw), dFdy(v_uv.zw));
    if (material_alpha(d.material, v_uv, duv0, duv1, v_alpha, cutoff) < cutoff) discard;
    seen = uvec2(v_draw + 1u, uint(gl_PrimitiveID));
}
