#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "geometry.glsl"
#include "material.glsl"
#include "brdf.glsl"
#include "lighting.glsl"
layout(location = 0) flat in uint v_draw;
layout(location = 1) in vec4 v_uv;
layout(location = 2) in vec4 v_colour;
layout(location = 3) in vec3 v_position;
layout(location = 4) in vec3 v_normal;
layout(location = 5) in vec4 v_tangent;
layout(location = 0) out vec4 radiance; // premultiplied

void main() {
    vec4 duv0 = vec4(dFdx(v_uv.xy), dFdy(v_uv.xy)), duv1 = vec4(dFdx(v_uv.zw), dFdy(v_uv.zw));
    vec3 v = frame.depth_params.y > 0.5 ? -normalize(frame.dir_0.xyz) : normalize(-v_position);
    Draw d = fetch_draw(v_draw);
    vec3 n = gl_FrontFacing != d.mirrored ? v_normal : -v_normal; // a mirrored transform turns the winding
    Surface s = material_surface(d.material, v_uv, duv0, duv1, v_colour, n, v_tangent);
    vec3 lit = (s.flags & FLAG_UNLIT) != 0u ? s.base : shade(v_position, v, s.normal, vec4(s.base, s.f0), s.metallic, s.roughness, s.occlusion);
    lit += s.emission * frame.params.x;
    if (AERIAL) {
        vec3 air, through;
        aerial(gl_FragCoord.xy / vec2(frame.size.xy), length(v_position - ray_base(gl_FragCoord.xy)), air, through);
        lit = lit * through + air;
    }
    radiance = vec4(min(lit * s.alpha, vec3(65504.0)), s.alpha);
}
