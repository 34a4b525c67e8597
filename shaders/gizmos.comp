#version 450
// Lines over the finished picture: each antialiased over a pixel, with a dark edge that keeps it visible on what is bright.
layout(set = 0, binding = 0) uniform sampler2D ldr;
layout(set = 0, binding = 1, rgba16f) uniform writeonly image2D out_ldr;
layout(set = 0, binding = 2) uniform usamplerBuffer lists; // engine/render/gizmos.h: orr_gizmos_bin
layout(push_constant) uniform Push { uvec2 size; uint columns; } push;
layout(local_size_x = 16, local_size_y = 16) in; // ORR_GIZMO_TILE

const float EDGE_PX = 1.25, EDGE_DARKNESS = 0.6;

void main() {
    uvec2 p = gl_GlobalInvocationID.xy;
    if (any(greaterThanEqual(p, push.size))) return;
    vec4 c = texelFetch(ldr, ivec2(p), 0);
    uvec4 tile = texelFetch(lists, int(gl_WorkGroupID.y * push.columns + gl_WorkGroupID.x));
    vec3 colour = vec3(0.0); // premultiplied
    float covered = 0.0, edge = 0.0;
    for (uint i = 0u; i < tile.y; i++) {
        vec4 ends = uintBitsToFloat(texelFetch(lists, int(tile.x + i * 2u)));
        vec4 style = uintBitsToFloat(texelFetch(lists, int(tile.x + i * 2u + 1u)));
        vec2 along = ends.zw - ends.xy, to = vec2(p) + 0.5 - ends.xy;
        float t = clamp(dot(to, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
        float far = length(to - t * along) - style.w; // from the line's rim
        float a = clamp(0.5 - far, 0.0, 1.0);
        colour = mix(colour, style.rgb, a), covered = mix(covered, 1.0, a);
        edge = max(edge, clamp(0.5 + EDGE_PX - far, 0.0, 1.0)); // of all lines together: joints show none
    }
    c.rgb = c.rgb * (1.0 - EDGE_DARKNESS * edge) * (1.0 - covered) + colour;
    imageStore(out_ldr, ivec2(p), c);
}
