// GGX with height-correlated Smith (Heitz 2014), Schlick's Fresnel, Lambert; energy lost to multiple scattering given back after
// Fdez-Aguera 2019 ("A Multiple-Scattering Microfacet Model for Real-Time Image-based Lighting").
float ggx_distribution(float nh, float a) {
    float d = nh * nh * (a * a - 1.0) + 1.0;
    return a * a / (PI * d * d);
}
float smith_visibility(float nl, float nv, float a) { // G / (4 nl nv)
    float l = nv * sqrt(nl * nl * (1.0 - a * a) + a * a), v = nl * sqrt(nv * nv * (1.0 - a * a) + a * a);
    return 0.5 / max(l + v, 1e-6);
}
// At grazing angles all is reflected, but by what reflects next to nothing straight back: there is no interface (after Lagarde & de Rousiers
// 2014, 3.2, with a knee that leaves ice and all that is denser as it is: 0.2 % are an index of 1.09).
float grazing(vec3 f0) { return clamp(500.0 * max(f0.r, max(f0.g, f0.b)), 0.0, 1.0); }
vec3 schlick(vec3 f0, float c) {
    float m = 1.0 - c, m2 = m * m;
    return f0 + (grazing(f0) - f0) * (m2 * m2 * m);
}
// Radiance leaving along `v` for unit illuminance (1 lx on a plane facing it) from `l`; `energy` scales the specular lobe.
vec3 brdf_direct(vec3 n, vec3 v, vec3 l, vec3 diffuse, vec3 f0, float roughness, vec3 energy) {
    float nl = dot(n, l);
    if (nl <= 0.0) return vec3(0.0);
    vec3 h = normalize(v + l);
    float nv = max(dot(n, v), 1e-4), a = max(roughness * roughness, 2e-3);
    vec3 f = schlick(f0, max(dot(v, h), 0.0));
    vec3 specular = f * (ggx_distribution(max(dot(n, h), 0.0), a) * smith_visibility(nl, nv, a)) * energy;
    return (diffuse * (1.0 - f) / PI + specular) * nl;
}
