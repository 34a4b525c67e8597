// Shadow maps of local lights: tiles of one atlas of reversed depth. A map is SHADOW_TEXELS texels behind the lights:
//   origin, near plane (from afar: 1 / depth) | x axis, 1 / tangent of half a tile's angle (from afar: 1 / half its side)
//   | y axis, texels a side | first tile's corner in texels, kind
// Six faces of a cube lie three to a row. Needs lights.glsl.
layout(set = 0, binding = 32) uniform sampler2D shadow_atlas;

const int SHADOW_TEXELS = 4, BLOCKER_TAPS = 16, PENUMBRA_TAPS = 32;
const float MAP_CUBE = 1.0, MAP_AFAR = 2.0;

struct ShadowMap {
    vec4 origin, x, y;
    vec2 corner;
    float kind;
};
ShadowMap shadow_map_of(int number) {
    int at = int(frame.params.y) * LIGHT_TEXELS + (number - 1) * SHADOW_TEXELS;
    vec4 corner = uintBitsToFloat(texelFetch(lights, at + 3));
    return ShadowMap(uintBitsToFloat(texelFetch(lights, at)), uintBitsToFloat(texelFetch(lights, at + 1)), uintBitsToFloat(texelFetch(lights, at + 2)),
                     corner.xy, corner.z);
}
// Where a vector from the light meets its map: texel of the atlas, and distance along the face's axis.
vec3 shadow_texel(ShadowMap m, vec3 from) {
    vec3 q = vec3(dot(from, m.x.xyz), dot(from, m.y.xyz), dot(from, cross(m.x.xyz, m.y.xyz))), f = q, a = abs(q);
    vec2 face = vec2(0.0);
    if (m.kind == MAP_CUBE) {
        if (a.x >= a.y && a.x >= a.z) face = q.x > 0.0 ? vec2(1.0, 0.0) : vec2(2.0, 0.0), f = vec3(q.x > 0.0 ? -q.z : q.z, q.y, a.x);
        else if (a.y >= a.z) face = q.y > 0.0 ? vec2(0.0, 1.0) : vec2(1.0, 1.0), f = vec3(q.x, q.y > 0.0 ? -q.z : q.z, a.y);
        else face = q.z > 0.0 ? vec2(0.0, 0.0) : vec2(2.0, 1.0), f = vec3(q.z > 0.0 ? q.x : -q.x, q.y, a.z);
    }
    vec2 uv = f.xy * (m.kind == MAP_AFAR ? m.x.w : m.x.w / max(f.z, 1e-6));
    vec2 inside = clamp((0.5 + vec2(0.5, -0.5) * uv) * m.y.w, vec2(1.0), vec2(m.y.w - 1.0));
    return vec3(m.corner + face * m.y.w + inside, f.z);
}
float shadow_depth(ShadowMap m, float along) { return m.kind == MAP_AFAR ? max(1.0 - along * m.origin.w, 0.0) : m.origin.w / max(along, m.origin.w); }
// Lit share of the four texels around a place of the atlas.
float shadow_tap(vec2 texel, float depth) {
    vec2 at = texel - 0.5, corner = floor(at), w = at - corner;
    vec4 lit = vec4(lessThanEqual(textureGather(shadow_atlas, (corner + 1.0) / vec2(textureSize(shadow_atlas, 0))), vec4(depth)));
    return mix(mix(lit.w, lit.z, w.x), mix(lit.x, lit.y, w.x), w.y);
}
// A point is looked up where it would be a texel and a half further out: steep ground does not shade itself.
vec3 shadow_receiver(ShadowMap m, vec3 position, vec3 n) {
    vec3 from = position - m.origin.xyz;
    float texel = 2.0 / (m.x.w * m.y.w) * (m.kind == MAP_AFAR ? 1.0 : length(from));
    return from + n * (1.5 * texel);
}

// Share of a light without size that a point sees: 2 x 2 taps, which weigh 3 x 3 texels as a tent.
float light_visibility(int number, vec3 position, vec3 n) {
    ShadowMap m = shadow_map_of(number);
    vec3 at = shadow_texel(m, shadow_receiver(m, position, n));
    if (m.kind == MAP_AFAR) { // outside of the map nothing casts
        vec3 q = position - m.origin.xyz;
        if (max(abs(dot(q, m.x.xyz)), abs(dot(q, m.y.xyz))) * m.x.w > 1.0) return 1.0;
    }
    float depth = shadow_depth(m, at.z), lit = 0.0;
    vec2 low = at.xy - 0.5, high = at.xy + 0.5;
    lit = shadow_tap(low, depth) + shadow_tap(high, depth) + shadow_tap(vec2(low.x, high.y), depth) + shadow_tap(vec2(high.x, low.y), depth);
    return 0.25 * lit;
}

// Points of a disc: equal areas, turned by the golden angle (Vogel 1979); sub-frames turn them on.
vec2 disc_point(int i, int count) {
    float angle = 2.39996323 * (float(i) + 0.61803399 * float(frame.size.z));
    return sqrt((float(i) + 0.5) / float(count)) * vec2(cos(angle), sin(angle));
}
// Share of an area light that a point sees, after percentage-closer soft shadows (Fernando 2005): how far along the way to the
// light the blockers are tells how much of the map the light's size covers. `to` leads from the map's origin to the light's
// centre; x and y span its half axes. A blocker at the part s of the way from the light to the point hides the light's point o
// in the direction p + o (1 - s) / s, p the point's own.
float area_visibility(int number, vec3 position, vec3 n, vec3 to, vec3 x, vec3 y) {
    ShadowMap m = shadow_map_of(number);
    vec3 p = shadow_receiver(m, position, n);
    float height = dot(n, p), blockers = 0.0, part = 0.0;
    for (int i = 0; i < BLOCKER_TAPS; i++) {
        vec2 e = disc_point(i, BLOCKER_TAPS);
        float s = mix(0.2, 0.95, fract(0.5 + 0.75487767 * float(i)));
        vec3 q = p + (to + x * e.x + y * e.y) * ((1.0 - s) / s);
        q *= clamp(height / min(dot(n, q), -1e-6), 0.5, 2.0);   // on the receiver's plane
        vec3 at = shadow_texel(m, q);
        float stored = texelFetch(shadow_atlas, ivec2(at.xy), 0).r;
        if (stored > shadow_depth(m, at.z)) blockers += 1.0, part += clamp(m.origin.w / (stored * at.z), 0.02, 1.0);
    }
    if (blockers == 0.0) return 1.0;
    float k = (blockers - part) / part, lit = 0.0;
    for (int i = 0; i < PENUMBRA_TAPS; i++) {
        vec2 e = disc_point(i, PENUMBRA_TAPS);
        vec3 q = p + (to + x * e.x + y * e.y) * k;
        q *= clamp(height / min(dot(n, q), -1e-6), 0.5, 2.0);
        vec3 at = shadow_texel(m, q);
        lit += shadow_tap(at.xy, shadow_depth(m, at.z));
    }
    return lit / float(PENUMBRA_TAPS);
}
