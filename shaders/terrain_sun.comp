#version 450
// For every sample, the height below which it lies in the terrain's own shade: the highest of the rays that graze what stands
// towards the sun. The stride grows with distance, as the sun's disk does.
layout(set = 0, binding = 0) uniform sampler2D heights;
layout(set = 0, binding = 1, r32f) uniform writeonly image2D shade;
layout(push_constant) uniform Push { ivec2 size; vec2 towards; float drop, highest; } push; // samples; metres down per sample
layout(local_size_x = 8, local_size_y = 8) in;

float height(vec2 p) {
    vec2 q = clamp(p, vec2(0.0), vec2(push.size - 1));
    ivec2 i = min(ivec2(q), push.size - 2);
    vec2 f = q - vec2(i);
    float a = texelFetch(heights, i, 0).r, b = texelFetch(heights, i + ivec2(1, 0), 0).r;
    float c = texelFetch(heights, i + ivec2(0, 1), 0).r, d = texelFetch(heights, i + ivec2(1, 1), 0).r;
    return mix(mix(a, b, f.x), mix(c, d, f.x), f.y);
}

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, push.size))) return;
    float best = -1e9, here = texelFetch(heights, p, 0).r;
    float distance = 1.0;
    for (int i = 0; i < 2048; i++) {
        vec2 at = vec2(p) + push.towards * distance;
        if (any(lessThan(at, vec2(0.0))) || any(greaterThan(at, vec2(push.size - 1)))) break;
        if (push.highest - distance * push.drop < max(best, here - 64.0 * push.drop)) break;
        best = max(best, height(at) - distance * push.drop);
        distance += 1.0 + distance / 96.0;
    }
    imageStore(shade, p, vec4(best));
}
