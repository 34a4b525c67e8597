// Scene-linear to display-linear, by the operator that SPEC_OPERATOR selects when the pipeline is made.
#include "tonemap.glsl"

vec3 tonemap(vec3 c) {
    switch (SPEC_OPERATOR) {
    case OPERATOR_REINHARD: return tonemap_reinhard(c);
    case OPERATOR_REINHARD_EXTENDED: return tonemap_reinhard_extended(c, params.white_point);
    case OPERATOR_FILMIC: return tonemap_filmic(c);
    case OPERATOR_ACES_FITTED: return tonemap_aces_fitted(c);
    case OPERATOR_AGX: return tonemap_agx(c);
    case OPERATOR_PBR_NEUTRAL: return tonemap_pbr_neutral(c);
    default: return tonemap_none(c);
    }
}

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(frame.size)))) return;
    vec4 c = hdr_read(p);
    ldr_write(p, vec4(tonemap(c.rgb), c.a));
}
