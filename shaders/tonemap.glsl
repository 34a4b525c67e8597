// Tone curves: exposed scene-linear Rec.709 in (middle grey at 0.18), display-linear Rec.709 in 0..1 out.
// tests/unit/test_tonemap.c holds the same formulas in double and values worked out from the papers.

float tonemap_luminance(vec3 c) {
    return dot(c, vec3(0.2126, 0.7152, 0.0722)); // Rec.709
}

vec3 tonemap_none(vec3 c) {
    return clamp(c, 0.0, 1.0);
}

// Reinhard, Stark, Shirley, Ferwerda 2002, "Photographic Tone Reproduction for Digital Images", equation 3, on luminance.
vec3 tonemap_reinhard(vec3 c) {
    c = max(c, 0.0);
    return clamp(c / (1.0 + tonemap_luminance(c)), 0.0, 1.0);
}

// The same paper, equation 4: `white` is the smallest luminance that becomes white.
vec3 tonemap_reinhard_extended(vec3 c, float white) {
    c = max(c, 0.0);
    float l = tonemap_luminance(c);
    return clamp(c * (1.0 + l / (white * white)) / (1.0 + l), 0.0, 1.0);
}

// Hable 2010, "Filmic Tonemapping Operators" (Uncharted 2): shoulder 0.15, linear 0.50 and angle 0.10, toe 0.20 0.02 0.30,
// white 11.2, exposure bias 2.
vec3 tonemap_hable_curve(vec3 x) {
    return (x * (0.15 * x + 0.10 * 0.50) + 0.20 * 0.02) / (x * (0.15 * x + 0.50) + 0.20 * 0.30) - 0.02 / 0.30;
}
vec3 tonemap_filmic(vec3 c) {
    return clamp(tonemap_hable_curve(2.0 * max(c, 0.0)) / tonemap_hable_curve(vec3(11.2)), 0.0, 1.0);
}

// Stephen Hill's fit of the ACES reference rendering and sRGB output transforms (published in MJP's BakingLab, ACES.hlsl).
vec3 tonemap_aces_fitted(vec3 c) {
    const mat3 to_rrt = mat3(0.59719, 0.07600, 0.02840, 0.35458, 0.90834, 0.13383, 0.04823, 0.01566, 0.83777);
    const mat3 to_display = mat3(1.60475, -0.10208, -0.00327, -0.53108, 1.10813, -0.07276, -0.07367, -0.00605, 1.07602);
    vec3 v = to_rrt * max(c, 0.0);
    vec3 a = v * (v + 0.0245786) - 0.000090537;
    vec3 b = v * (0.983729 * v + 0.4329510) + 0.238081;
    return clamp(to_display * (a / b), 0.0, 1.0);
}

// AgX by Troy Sobotka, base look, after Benjamin Wrensch's "Minimal AgX Implementation" (2023): inset matrix, log2 encoding, a
// sixth-degree fit of the sigmoid, outset matrix, and the 2.2 power of the reference display.
vec3 tonemap_agx(vec3 c) {
    const mat3 inset = mat3(0.842479062253094, 0.0423282422610123, 0.0423756549057051,
                            0.0784335999999992, 0.878468636469772, 0.0784336,
                            0.0792237451477643, 0.0791661274605434, 0.879142973793104);
    const mat3 outset = mat3(1.19687900512017, -0.0528968517574562, -0.0529716355144438,
                             -0.0980208811401368, 1.15190312990417, -0.0980434501171241,
                             -0.0990297440797205, -0.0989611768448433, 1.15107367264116);
    const float min_ev = -12.47393, max_ev = 4.026069;
    vec3 x = log2(max(inset * max(c, 0.0), 1e-10));
    x = (clamp(x, min_ev, max_ev) - min_ev) / (max_ev - min_ev);
    vec3 x2 = x * x, x4 = x2 * x2;
    x = 15.5 * x4 * x2 - 40.14 * x4 * x + 31.96 * x4 - 6.868 * x2 * x + 0.4298 * x2 + 0.1191 * x - 0.00232;
    return clamp(pow(max(outset * x, 0.0), vec3(2.2)), 0.0, 1.0);
}

// Khronos PBR Neutral (2024): colours below the start of compression pass unchanged but for the 4 % Fresnel offset.
vec3 tonemap_pbr_neutral(vec3 c) {
    const float start = 0.8 - 0.04, desaturation = 0.15, d = 1.0 - start;
    c = max(c, 0.0);
    float least = min(c.r, min(c.g, c.b));
    c -= least < 0.08 ? least - 6.25 * least * least : 0.04;
    float peak = max(c.r, max(c.g, c.b));
    if (peak < start) return c;
    float new_peak = 1.0 - d * d / (peak + d - start);
    c *= new_peak / peak;
    float g = 1.0 - 1.0 / (desaturation * (peak - new_peak) + 1.0);
    return clamp(mix(c, vec3(new_peak), g), 0.0, 1.0);
}
