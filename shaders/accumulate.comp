#version 450
// Mean of the sub-frames: a float32 sum in sub-frame order, divided once, at the last.
layout(set = 0, binding = 0) uniform sampler2D from;
layout(set = 0, binding = 1, rgba32f) uniform image2D sum;
layout(push_constant) uniform Push { uvec2 size; uint sub_frame, samples; } push;
layout(local_size_x = 16, local_size_y = 16) in;

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(push.size)))) return;
    vec4 value = texelFetch(from, p, 0);
    if (push.sub_frame > 0u) value += imageLoad(sum, p);
    if (push.sub_frame + 1u == push.samples) value /= float(push.samples);
    imageStore(sum, p, value);
}
