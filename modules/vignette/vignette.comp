// The light that is left: 1 - strength * smoothstep(radius, radius + softness, r), r = 0 at the centre and 1 in the corners.
void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(frame.size)))) return;
    vec2 size = vec2(frame.size);
    float r = length(vec2(p) + 0.5 - 0.5 * size) / (0.5 * length(size));
    float left = 1.0 - params.strength * smoothstep(params.radius, params.radius + params.softness, r);
    vec4 c = ldr_read(p);
    ldr_write(p, vec4(c.rgb * left, c.a));
}
