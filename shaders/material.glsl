// glTF metallic-roughness materials. Textures live in up to eight array textures, one per (size, colour space): a fixed switch
// chooses, since descriptor indexing is not to be had everywhere. Needs frame.glsl.
layout(set = 0, binding = 5) uniform usamplerBuffer materials; // MATERIAL_TEXELS each: orr_gpu_material
layout(set = 0, binding = 6) uniform sampler2DArray textures_0;
layout(set = 0, binding = 7) uniform sampler2DArray textures_1;
layout(set = 0, binding = 8) uniform sampler2DArray textures_2;
layout(set = 0, binding = 9) uniform sampler2DArray textures_3;
layout(set = 0, binding = 10) uniform sampler2DArray textures_4;
layout(set = 0, binding = 11) uniform sampler2DArray textures_5;
layout(set = 0, binding = 12) uniform sampler2DArray textures_6;
layout(set = 0, binding = 13) uniform sampler2DArray textures_7;

const int MATERIAL_TEXELS = 14;
const uint FLAG_DOUBLE_SIDED = 1u, FLAG_UNLIT = 2u, FLAG_MASK = 4u, FLAG_BLEND = 8u;

struct Surface {
    vec3 base, emission, normal; // emission in nit
    float alpha, metallic, roughness, occlusion, f0; // f0: what a dielectric reflects straight back
    uint flags;
    float cutoff;
};

// Arrays 0-3 are sRGB (base colour, emission), 4-7 linear (the rest): a map looks at those of its own kind alone.
ivec2 array_size(uint which, bool srgb) {
    if (srgb) {
        if (SRGB_ARRAYS > 1u && which == 1u) return textureSize(textures_1, 0).xy;
        if (SRGB_ARRAYS > 2u && which == 2u) return textureSize(textures_2, 0).xy;
        if (SRGB_ARRAYS > 3u && which == 3u) return textureSize(textures_3, 0).xy;
        return textureSize(textures_0, 0).xy;
    }
    if (LINEAR_ARRAYS > 1u && which == 5u) return textureSize(textures_5, 0).xy;
    if (LINEAR_ARRAYS > 2u && which == 6u) return textureSize(textures_6, 0).xy;
    if (LINEAR_ARRAYS > 3u && which == 7u) return textureSize(textures_7, 0).xy;
    return textureSize(textures_4, 0).xy;
}
vec4 array_sample(uint which, bool srgb, vec3 at, float lod) {
    if (srgb) {
        if (SRGB_ARRAYS > 1u && which == 1u) return textureLod(textures_1, at, lod);
        if (SRGB_ARRAYS > 2u && which == 2u) return textureLod(textures_2, at, lod);
        if (SRGB_ARRAYS > 3u && which == 3u) return textureLod(textures_3, at, lod);
        return textureLod(textures_0, at, lod);
    }
    if (LINEAR_ARRAYS > 1u && which == 5u) return textureLod(textures_5, at, lod);
    if (LINEAR_ARRAYS > 2u && which == 6u) return textureLod(textures_6, at, lod);
    if (LINEAR_ARRAYS > 3u && which == 7u) return textureLod(textures_7, at, lod);
    return textureLod(textures_4, at, lod);
}
// Wrap modes are arithmetic, since one sampler (repeat) serves all: 0 repeat, 1 clamp, 2 mirror.
float wrap(float x, uint mode, float size) {
    if (mode == 0u) return x;
    if (mode == 2u) x = 1.0 - abs(1.0 - 2.0 * fract(x * 0.5)); // triangle wave, 0..1
    return clamp(x, 0.5 / size, 1.0 - 0.5 / size);
}
// `reference` packs: array 0-3, layer 4-19, uv set 20, wrap s 21-22, wrap t 23-24, nearest 25.
vec4 map_sample(int at, bool srgb, vec4 uv, vec4 duv0, vec4 duv1) {
    uvec4 a = texelFetch(materials, at), b = texelFetch(materials, at + 1);
    uint reference = a.x, which = reference & 15u;
    vec3 ru = uintBitsToFloat(a.yzw), rv = uintBitsToFloat(b.xyz);
    bool second = (reference >> 20u & 1u) != 0u;
    vec2 st = second ? uv.zw : uv.xy;
    vec4 d = second ? duv1 : duv0;
    vec2 p = vec2(dot(ru, vec3(st, 1.0)), dot(rv, vec3(st, 1.0)));
    vec2 dx = vec2(dot(ru.xy, d.xy), dot(rv.xy, d.xy)), dy = vec2(dot(ru.xy, d.zw), dot(rv.xy, d.zw));
    vec2 size = vec2(array_size(which, srgb));
    dx *= size, dy *= size;
    float lod = 0.5 * log2(max(max(dot(dx, dx), dot(dy, dy)), 1e-8));
    vec2 coarse = max(size / exp2(max(ceil(lod), 0.0)), 1.0); // of the coarser mip that the filter reads
    p = vec2(wrap(p.x, reference >> 21u & 3u, coarse.x), wrap(p.y, reference >> 23u & 3u, coarse.y));
    if ((reference >> 25u & 1u) != 0u) p = (floor(p * size) + 0.5) / size, lod = 0.0;
    return array_sample(which, srgb, vec3(p, float(reference >> 4u & 0xffffu)), max(lod, 0.0));
}

uint material_flags(uint material) { return texelFetch(materials, int(material) * MATERIAL_TEXELS + 1).w; }
float material_alpha(uint material, vec4 uv, vec4 duv0, vec4 duv1, float vertex_alpha, out float cutoff) {
    int at = int(material) * MATERIAL_TEXELS;
    float alpha = uintBitsToFloat(texelFetch(materials, at).w) * vertex_alpha;
    uvec4 c = texelFetch(materials, at + 3);
    cutoff = uintBitsToFloat(c.y);
    if ((MAPS & 1u) != 0u && (c.w & 1u) != 0u) alpha *= map_sample(at + 4, true, uv, duv0, duv1).a;
    return alpha;
}

// uv: both sets; duv: change of each set per pixel along x (xy) and y (zw). `normal` and `tangent` in relative world.
Surface material_surface(uint material, vec4 uv, vec4 duv0, vec4 duv1, vec4 colour, vec3 normal, vec4 tangent) {
    int at = int(material) * MATERIAL_TEXELS;
    vec4 base = uintBitsToFloat(texelFetch(materials, at)) * colour;
    uvec4 e = texelFetch(materials, at + 1);
    vec4 f = uintBitsToFloat(texelFetch(materials, at + 2));
    uvec4 c = texelFetch(materials, at + 3);
    Surface s;
    s.emission = uintBitsToFloat(e.xyz), s.flags = e.w;
    s.metallic = f.x, s.roughness = f.y, s.occlusion = 1.0, s.normal = normalize(normal);
    float ior = uintBitsToFloat(c.x), bend = (ior - 1.0) / (ior + 1.0);
    s.cutoff = uintBitsToFloat(c.y), s.f0 = bend * bend;
    uint maps = c.w;
    if ((MAPS & 1u) != 0u && (maps & 1u) != 0u) base *= map_sample(at + 4, true, uv, duv0, duv1);
    vec4 orm = vec4(1.0); // occlusion, roughness, metallic: often one image (bit 5), sampled once
    if ((MAPS & 2u) != 0u && (maps & 2u) != 0u) {
        orm = map_sample(at + 6, false, uv, duv0, duv1);
        s.roughness *= orm.g, s.metallic *= orm.b;
    }
    if ((MAPS & 4u) != 0u && (maps & 4u) != 0u) {
        vec3 n = (map_sample(at + 8, false, uv, duv0, duv1).xyz * 2.0 - 1.0) * vec3(f.z, f.z, 1.0);
        vec3 t = tangent.xyz - s.normal * dot(s.normal, tangent.xyz);
        float length2 = dot(t, t);
        if (length2 > 1e-12) {
            t *= inversesqrt(length2);
            s.normal = normalize(n.x * t + n.y * cross(s.normal, t) * tangent.w + n.z * s.normal);
        }
    }
    if ((MAPS & 8u) != 0u && (maps & 8u) != 0u) orm.r = map_sample(at + 10, false, uv, duv0, duv1).r;
    if ((maps & 40u) != 0u) s.occlusion = 1.0 + f.w * (orm.r - 1.0);
    if ((MAPS & 16u) != 0u && (maps & 16u) != 0u) s.emission *= map_sample(at + 12, true, uv, duv0, duv1).rgb;
    s.base = base.rgb, s.alpha = base.a;
    return s;
}
