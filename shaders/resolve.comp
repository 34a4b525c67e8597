#version 450
#extension GL_GOOGLE_include_directive : require
// Surface attributes of what each pixel sees: the triangle is fetched again and intersected with the pixel's ray, which gives
// barycentrics and their change to the neighbouring pixels without any interpolators.
#include "frame.glsl"
#include "geometry.glsl"
#include "material.glsl"
layout(set = 0, binding = 15) uniform sampler2D terrain_gradient; // metres of height per sample
layout(set = 0, binding = 16) uniform sampler2D terrain_ramp;     // row 0: flat ground, row 1: steep
layout(set = 0, binding = 14) uniform sampler2D heights;
layout(set = 0, binding = 22) uniform usamplerBuffer lights;
layout(set = 0, binding = PASS) uniform usampler2D seen;
layout(set = 0, binding = PASS + 1) uniform sampler2D zbuffer;
layout(set = 0, binding = PASS + 2, r32f) uniform writeonly image2D out_depth;
layout(set = 0, binding = PASS + 3, rgba16f) uniform writeonly image2D out_normal;
layout(set = 0, binding = PASS + 4, rgba16f) uniform writeonly image2D out_albedo;
layout(set = 0, binding = PASS + 5, rgba16f) uniform writeonly image2D out_material;
layout(set = 0, binding = PASS + 6, rgba16f) uniform writeonly image2D out_emission;
#ifdef WITH_ID
layout(set = 0, binding = PASS + 7, rg32ui) uniform writeonly uimage2D out_id;
#endif
layout(local_size_x = 8, local_size_y = 8) in;

void store(ivec2 p, float depth, Surface s, uvec2 id) {
    imageStore(out_depth, p, vec4(depth));
    imageStore(out_normal, p, vec4(s.normal, 0.0));
    imageStore(out_albedo, p, vec4(s.base, s.f0));
    imageStore(out_material, p, vec4(s.roughness, s.metallic, s.occlusion, (s.flags & FLAG_UNLIT) != 0u ? 1.0 : 0.0));
    imageStore(out_emission, p, vec4(min(s.emission * frame.params.x, vec3(65504.0)), 1.0));
#ifdef WITH_ID
    imageStore(out_id, p, uvec4(id, 0u, 0u));
#endif
}

vec2 hit(vec3 base, vec3 dir, vec3 v0, vec3 e1, vec3 e2) { // Moller & Trumbore 1997, without the tests
    vec3 p = cross(dir, e2), t = base - v0, q = cross(t, e1);
    float det = dot(e1, p), inv = det != 0.0 ? 1.0 / det : 0.0;
    return vec2(dot(t, p), dot(dir, q)) * inv;
}

Surface mesh_surface(ivec2 p, uvec2 which, out uvec2 id) {
    Draw d = fetch_draw(which.x - 1u);
    id = uvec2(d.object_id, d.material + 1u);
    uint i0 = texelFetch(indices, int(d.first_index + which.y * 3u)).x;
    uint i1 = texelFetch(indices, int(d.first_index + which.y * 3u + 1u)).x;
    uint i2 = texelFetch(indices, int(d.first_index + which.y * 3u + 2u)).x;
    Vertex a = fetch_vertex(d.vertex_offset + i0), b = fetch_vertex(d.vertex_offset + i1), c = fetch_vertex(d.vertex_offset + i2);
    vec3 v0 = draw_point(d, a.position), e1 = draw_point(d, b.position) - v0, e2 = draw_point(d, c.position) - v0;
    vec2 pixel = vec2(p) + 0.5;
    vec3 base = ray_base(pixel), dir = ray_direction(pixel);
    vec2 uv = clamp(hit(base, dir, v0, e1, e2), 0.0, 1.0);
    vec2 dx = hit(base + frame.base_x.xyz, dir + frame.dir_x.xyz, v0, e1, e2) - uv;
    vec2 dy = hit(base + frame.base_y.xyz, dir + frame.dir_y.xyz, v0, e1, e2) - uv;
    vec3 w = vec3(max(1.0 - uv.x - uv.y, 0.0), uv);
    vec2 s1 = b.uv0 - a.uv0, s2 = c.uv0 - a.uv0, st = a.uv0 + s1 * uv.x + s2 * uv.y;
    vec4 duv0 = vec4(s1 * dx.x + s2 * dx.y, s1 * dy.x + s2 * dy.y), duv1 = duv0;
    vec2 st1 = st;
    if (HAS_UV1 && d.uv1_offset != 0xffffffffu) {
        vec2 t0 = fetch_uv1(d, i0, a.uv0), t1 = fetch_uv1(d, i1, b.uv0) - t0, t2 = fetch_uv1(d, i2, c.uv0) - t0;
        st1 = t0 + t1 * uv.x + t2 * uv.y;
        duv1 = vec4(t1 * dx.x + t2 * dx.y, t1 * dy.x + t2 * dy.y);
    }
    vec3 face = cross(e1, e2);
    if (d.mirrored) face = -face;
    vec3 n = normalize(draw_normal(d, a.normal * w.x + b.normal * w.y + c.normal * w.z));
    vec3 t = draw_direction(d, a.tangent.xyz * w.x + b.tangent.xyz * w.y + c.tangent.xyz * w.z);
    if (dot(face, dir) > 0.0) n = -n; // back of a double-sided surface
    vec4 colour = a.colour * w.x + b.colour * w.y + c.colour * w.z;
    return material_surface(d.material, vec4(st, st1), duv0, duv1, colour, n, vec4(t, a.tangent.w * (d.mirrored ? -1.0 : 1.0)));
}

Surface terrain_surface(ivec2 p, float depth) {
    vec2 pixel = vec2(p) + 0.5;
    vec3 dir = ray_direction(pixel), at = ray_base(pixel) + dir * depth;
    vec3 g = (frame.world_to_terrain * vec4(at, 1.0)).xyz;
    vec2 uv = (g.xz + 0.5) / frame.terrain_extent.xy;
    // Footprint of the pixel in samples, along the ground.
    vec3 px = (frame.world_to_terrain * vec4(frame.base_x.xyz + frame.dir_x.xyz * depth, 0.0)).xyz;
    float lod = max(log2(max(length(px.xz), 1e-4)), 0.0);
    vec2 slope = textureLod(terrain_gradient, uv, lod).xy;
    // Normal of the height field in the grid's own frame, brought to the world by the cofactors of its axes.
    vec3 du = (frame.terrain_to_world * vec4(1.0, slope.x, 0.0, 0.0)).xyz, dv = (frame.terrain_to_world * vec4(0.0, slope.y, 1.0, 0.0)).xyz;
    Surface s;
    s.normal = normalize(cross(dv, du));
    float height = textureLod(heights, uv, 0.0).r, steep = smoothstep(0.55, 0.85, 1.0 - s.normal.y * s.normal.y + 0.25);
    float along = clamp((height - frame.terrain_shade.x) * frame.terrain_shade.y, 0.0, 1.0);
    float cell = (along * 255.0 + 0.5) / 256.0;
    s.base = mix(textureLod(terrain_ramp, vec2(cell, 0.25), 0.0).rgb, textureLod(terrain_ramp, vec2(cell, 0.75), 0.0).rgb, steep);
    s.emission = vec3(0.0), s.alpha = 1.0, s.metallic = 0.0, s.roughness = frame.terrain_shade.z, s.occlusion = 1.0, s.f0 = 0.04, s.flags = 0u, s.cutoff = 0.0;
    return s;
}

// The surface of an area light (light_seen.vert): it glows, and reflects nothing.
const uint SEEN_TERRAIN = 0x80000000u, SEEN_LIGHT = 0x40000000u;
Surface light_surface(ivec2 p, uint light, float depth, out uvec2 id) {
    int at = int(light & ~SEEN_LIGHT) * 5; // LIGHT_TEXELS of lights.glsl
    vec2 pixel = vec2(p) + 0.5;
    vec3 dir = ray_direction(pixel), centre = uintBitsToFloat(texelFetch(lights, at).xyz), along = uintBitsToFloat(texelFetch(lights, at + 2).xyz);
    uvec4 glow = texelFetch(lights, at + 1);
    bool globe = (glow.w & 7u) == 4u;
    Surface s;
    s.normal = globe ? normalize(ray_base(pixel) + dir * depth - centre) : dot(along, dir) > 0.0 ? -along : along;
    s.base = vec3(0.0), s.emission = uintBitsToFloat(glow.rgb) / frame.params.x;
    s.alpha = s.roughness = 1.0, s.metallic = s.occlusion = s.f0 = s.cutoff = 0.0, s.flags = FLAG_UNLIT;
    id = uvec2(texelFetch(lights, at + 3).w, 0u);
    return s;
}

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(frame.size.xy)))) return;
    uvec2 which = texelFetch(seen, p, 0).xy, id = uvec2(0u);
    Surface s;
    s.base = s.emission = s.normal = vec3(0.0);
    s.alpha = s.metallic = s.roughness = s.occlusion = s.f0 = s.cutoff = 0.0, s.flags = 0u;
    float depth = NO_DEPTH;
    if (which.x != 0u) {
        depth = linear_depth(texelFetch(zbuffer, p, 0).r);
        bool terrain = (which.x & SEEN_TERRAIN) != 0u, light = SEEN_LIGHTS && !terrain && (which.x & SEEN_LIGHT) != 0u;
        if (HAS_MESH && !terrain && !light) s = mesh_surface(p, which, id);
        if (light) s = light_surface(p, which.x, depth, id);
        if (HAS_TERRAIN && terrain) s = terrain_surface(p, depth), id = uvec2(frame.ids.x, 0u);
    }
    store(p, depth, s, id);
}
