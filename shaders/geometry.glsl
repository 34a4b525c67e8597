// The scene's geometry and draws, as texel buffers (far cheaper than storage blocks on a CPU device).
layout(set = 0, binding = 1) uniform usamplerBuffer draws;    // DRAW_TEXELS texels each
layout(set = 0, binding = 2) uniform usamplerBuffer indices;
layout(set = 0, binding = 3) uniform usamplerBuffer vertices; // 2 texels each: orr_vertex
layout(set = 0, binding = 4) uniform usamplerBuffer uv1s;

const int DRAW_TEXELS = 5;
struct Draw {
    vec4 rows[3];   // relative world, row-major 3x4
    uint first_index, vertex_offset, material, object_id;
    uint uv1_offset; // 0xffffffff: no second set
    bool mirrored;
};
Draw fetch_draw(uint index) {
    int at = int(index) * DRAW_TEXELS;
    Draw d;
    for (int i = 0; i < 3; i++) d.rows[i] = uintBitsToFloat(texelFetch(draws, at + i));
    uvec4 a = texelFetch(draws, at + 3), b = texelFetch(draws, at + 4);
    d.first_index = a.x, d.vertex_offset = a.y, d.material = a.z, d.object_id = a.w;
    d.uv1_offset = b.x, d.mirrored = b.y != 0u;
    return d;
}
vec3 draw_point(Draw d, vec3 p) { return vec3(dot(d.rows[0], vec4(p, 1)), dot(d.rows[1], vec4(p, 1)), dot(d.rows[2], vec4(p, 1))); }
vec3 draw_direction(Draw d, vec3 v) { return vec3(dot(d.rows[0].xyz, v), dot(d.rows[1].xyz, v), dot(d.rows[2].xyz, v)); }
// Normals go by the cofactor matrix: right under any scale, no inverse needed.
vec3 draw_normal(Draw d, vec3 n) {
    vec3 r = vec3(dot(cross(d.rows[1].xyz, d.rows[2].xyz), n), dot(cross(d.rows[2].xyz, d.rows[0].xyz), n),
                  dot(cross(d.rows[0].xyz, d.rows[1].xyz), n));
    return d.mirrored ? -r : r;
}

struct Vertex {
    vec3 position, normal;
    vec2 uv0;
    vec4 tangent, colour;
};
Vertex fetch_vertex(uint index) {
    uvec4 a = texelFetch(vertices, int(index) * 2), b = texelFetch(vertices, int(index) * 2 + 1);
    Vertex v;
    v.position = uintBitsToFloat(a.xyz);
    v.normal = octahedral(unpackSnorm2x16(a.w));
    v.uv0 = uintBitsToFloat(b.xy);
    int ty = int(b.z << 1u) >> 17; // snorm15 in bits 16-30
    v.tangent = vec4(octahedral(vec2(unpackSnorm2x16(b.z).x, clamp(float(ty) / 16383.0, -1.0, 1.0))), (b.z >> 31u) != 0u ? -1.0 : 1.0);
    v.colour = unpackUnorm4x8(b.w);
    return v;
}
vec2 fetch_uv1(Draw d, uint index, vec2 uv0) {
    return !HAS_UV1 || d.uv1_offset == 0xffffffffu ? uv0 : uintBitsToFloat(texelFetch(uv1s, int(d.uv1_offset + index)).xy);
}
