#version 450
// Central differences of the heights, in metres per sample; mips are made from it.
layout(set = 0, binding = 0) uniform sampler2D heights;
layout(set = 0, binding = 1, rgba16f) uniform writeonly image2D gradient;
layout(push_constant) uniform Push { ivec2 size; } push;
layout(local_size_x = 8, local_size_y = 8) in;

float height(ivec2 p) { return texelFetch(heights, clamp(p, ivec2(0), push.size - 1), 0).r; }

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, push.size))) return;
    ivec2 lo = max(p - 1, ivec2(0)), hi = min(p + 1, push.size - 1);
    vec2 d = vec2(height(ivec2(hi.x, p.y)) - height(ivec2(lo.x, p.y)), height(ivec2(p.x, hi.y)) - height(ivec2(p.x, lo.y))) / vec2(hi - lo);
    imageStore(gradient, p, vec4(d, 0.0, 1.0));
}
