// One matrix for the whole picture, worked out once a workgroup: a hundred operations would cost more than the pixel's bytes.
#include "white_balance.glsl"
shared mat3 balance;

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy), last = ivec2(frame.size) - 1;
    vec4 c = hdr_read(min(p, last)); // on its way while the matrix is made
    if (gl_LocalInvocationIndex == 0u) balance = white_balance(params.temperature_k, params.tint, SPEC_METHOD == METHOD_BRADFORD);
    barrier();
    if (any(greaterThan(p, last))) return;
    hdr_write(p, vec4(min(balance * c.rgb, vec3(65504.0)), c.a)); // halves stay finite
}
