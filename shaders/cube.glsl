// Direction of texel p.xy of face p.z (Vulkan's order: +X -X +Y -Y +Z -Z).
vec3 cube_direction(uvec3 p, uint side) {
    vec2 uv = (vec2(p.xy) + 0.5) / float(side) * 2.0 - 1.0;
    vec3 d = p.z == 0u ? vec3(1.0, -uv.y, -uv.x) : p.z == 1u ? vec3(-1.0, -uv.y, uv.x) : p.z == 2u ? vec3(uv.x, 1.0, uv.y)
           : p.z == 3u ? vec3(uv.x, -1.0, -uv.y) : p.z == 4u ? vec3(uv.x, -uv.y, 1.0) : vec3(-uv.x, -uv.y, -1.0);
    return normalize(d);
}
