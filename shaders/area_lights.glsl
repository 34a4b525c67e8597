// Area lights by linearly transformed cosines (Heitz, Dupuy, Hill, Neubelt 2016, "Real-Time Polygonal-Light Shading with Linearly
// Transformed Cosines"). Every light is the affine image of a regular polygon: a rect has 4 corners, a triangle 3, a disc 16 that
// enclose its area; of a sphere it is the disc that the point sees. Needs lights.glsl.
layout(set = 0, binding = 33) uniform sampler2D ltc_table; // x: sqrt(1 - view cosine), y: roughness; tests/reference/ltc_fit.c
const float LTC_SIDE = 32.0;

// Of the edge from p to q, any lengths: its angle times the normal of its plane (Lambert).
vec3 edge_integral(vec3 p, vec3 q) {
    vec3 c = cross(p, q);
    float s = length(c);
    return s > 0.0 ? c * (atan(s, dot(p, q)) / s) : vec3(0.0);
}
// Vector irradiance over 2 pi of the polygon's part above z = 0; its z is the share of a full sky's illuminance. Edges are clipped
// as they come; where they leave and enter the horizon closes the polygon.
vec3 polygon_irradiance(int corners, vec3 centre, vec3 x, vec3 y) {
    float turn = 2.0 * PI / float(corners), c = cos(turn), s = sin(turn);
    vec3 sum = vec3(0.0), leave = vec3(0.0), enter = vec3(0.0), a = centre + x;
    vec2 e = vec2(1.0, 0.0);
    for (int i = 1; i <= corners; i++) {
        e = vec2(c * e.x - s * e.y, s * e.x + c * e.y);
        vec3 b = i == corners ? centre + x : centre + x * e.x + y * e.y, p = a, q = b;
        if (a.z <= 0.0 && b.z > 0.0) p = enter = vec3(mix(a.xy, b.xy, a.z / (a.z - b.z)), 0.0);
        if (a.z > 0.0 && b.z <= 0.0) q = leave = vec3(mix(a.xy, b.xy, a.z / (a.z - b.z)), 0.0);
        if (max(a.z, b.z) > 0.0) sum += edge_integral(p, q);
        a = b;
    }
    sum += edge_integral(leave, enter);
    return (sum.z < 0.0 ? -sum : sum) / (2.0 * PI);
}

// Outgoing radiance for a luminance of 1. `to`: centre from the point; `along`: where it shines to.
vec3 area_light(int at, uint bits, vec3 to, vec3 along, Lit s) {
    uint shape = bits & LIGHT_SHAPE;
    vec3 x = uintBitsToFloat(texelFetch(lights, at + 3).xyz), y = uintBitsToFloat(texelFetch(lights, at + 4).xyz);
    if (shape == SPHERE) { // the disc that its outline is: y.x is the radius, x.x of a polygon of the disc's area
        float d2 = max(dot(to, to), y.x * y.x * 1.0001), outline = sqrt(1.0 - y.x * y.x / d2) * x.x;
        vec3 w = to * inversesqrt(max(dot(to, to), 1e-20));
        to = w * ((d2 - y.x * y.x) * inversesqrt(d2));
        x = normalize(cross(w, abs(w.y) < 0.9 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0))) * outline;
        y = cross(w, x);
    } else { // in its own plane there is no light from it, whatever side rounding puts the point on
        float height = -dot(to, along), least = 1e-4 * (length(to) + length(x) + length(y));
        if (((bits & LIGHT_TWO_SIDED) != 0u ? abs(height) : height) <= least) return vec3(0.0);
    }
    int corners = shape == RECT ? 4 : shape == TRIANGLE ? 3 : 16;
    vec3 across = s.v - s.n * dot(s.n, s.v);
    if (dot(across, across) < 1e-12) across = cross(s.n, abs(s.n.y) < 0.9 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0));
    vec3 t = normalize(across), b = cross(s.n, t);
    mat3 frame_of = transpose(mat3(t, b, s.n));
    vec3 pc = frame_of * to, px = frame_of * x, py = frame_of * y;
    vec3 seen = polygon_irradiance(corners, pc, px, py);
    if (seen.z <= 0.0) return vec3(0.0);
    vec4 e = textureLod(ltc_table, (vec2(sqrt(1.0 - s.nv), s.roughness) * (LTC_SIDE - 1.0) + 0.5) / LTC_SIDE, 0.0);
    mat3 inverse = transpose(mat3(vec3(e.x, 0.0, e.y), vec3(0.0, 1.0, 0.0), vec3(e.z, 0.0, e.w)));
    float glossy = polygon_irradiance(corners, inverse * pc, inverse * px, inverse * py).z;
    // What the surface keeps for its diffuse part, where the light comes from in the mean, as with lights without size.
    vec3 toward = normalize(seen.x * t + seen.y * b + seen.z * s.n), f = schlick(s.f0, max(dot(s.v, normalize(s.v + toward)), 0.0));
    float lit = 1.0;
    uint map = bits >> LIGHT_MAP;
    if (LIGHT_SHADOWS && map != 0u) {
        float round = shape == RECT ? 0.79788456 : shape == TRIANGLE ? 0.64303703 : 0.98716531; // a disc of the polygon's area
        lit = area_visibility(int(map), s.position, s.n, s.position + to - shadow_map_of(int(map)).origin.xyz, x * round, y * round);
    }
    return (s.diffuse * (1.0 - f) * seen.z + s.single * s.energy * glossy) * lit;
}
