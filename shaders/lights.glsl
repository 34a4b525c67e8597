// Local lights. Needs frame.glsl and brdf.glsl.
layout(set = 0, binding = 22) uniform usamplerBuffer lights;     // 3 texels each

vec3 punctual(vec3 position, vec3 n, vec3 v, vec3 diffuse, vec3 f0, float roughness, vec3 energy) {
    vec3 sum = vec3(0.0);
    for (int i = 0; i < int(frame.params.y); i++) {
        vec4 at = uintBitsToFloat(texelFetch(lights, i * 3)), colour = uintBitsToFloat(texelFetch(lights, i * 3 + 1));
        vec4 axis = uintBitsToFloat(texelFetch(lights, i * 3 + 2));
        vec3 to = at.xyz - position;
        float d2 = max(dot(to, to), 1e-8);
        vec3 l = to * inversesqrt(d2);
        float cone = axis.w <= -2.0 ? 1.0 : smoothstep(axis.w, colour.w, dot(-l, axis.xyz));
        float window = 1.0;
        if (at.w > 0.0) {
            float r2 = d2 / (at.w * at.w), k = clamp(1.0 - r2 * r2, 0.0, 1.0);
            window = k * k;
        }
        if (cone > 0.0) sum += brdf_direct(n, v, l, diffuse, f0, roughness, energy) * colour.rgb * (cone * window / d2);
    }
    return sum;
}
