// Faces of a cube map as Vulkan orders them: +X -X +Y -Y +Z -Z. `uv` runs from -1 to 1, right and down. Needs nothing.
vec3 cube_direction(uint face, vec2 uv) { // not normalised: the largest component is 1
    switch (face) {
    case 0u: return vec3(1.0, -uv.y, -uv.x);
    case 1u: return vec3(-1.0, -uv.y, uv.x);
    case 2u: return vec3(uv.x, 1.0, uv.y);
    case 3u: return vec3(uv.x, -1.0, -uv.y);
    case 4u: return vec3(uv.x, -uv.y, 1.0);
    default: return vec3(-uv.x, -uv.y, -1.0);
    }
}
vec2 cube_uv(uvec2 texel, uint side) { return (vec2(texel) + 0.5) / float(side) * 2.0 - 1.0; }
