// White balance: the matrix on linear Rec.709 that brings the white of a light to that of the working space.
// tests/unit/test_white_balance.c holds the same in double.

// Chromaticity of a colour temperature. Below 4000 K a black body's, after Kim, Kang, Kim, Kweon 2002 (US patent 7024034,
// cubic splines, 1667 K on); above it daylight's, CIE 15:2004 equations 3.3 and 3.4.
vec2 white_at(float kelvin) {
    float u = 1000.0 / kelvin, x;
    if (kelvin < 4000.0) {
        x = ((-0.2661239 * u - 0.2343589) * u + 0.8776956) * u + 0.179910;
        return vec2(x, kelvin < 2222.0 ? ((-1.1063814 * x - 1.34811020) * x + 2.18555832) * x - 0.20219683
                                       : ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867);
    }
    x = kelvin < 7000.0 ? ((-4.6070 * u + 2.9678) * u + 0.09911) * u + 0.244063
                        : ((-2.0064 * u + 1.9018) * u + 0.24748) * u + 0.237040;
    return vec2(x, (-3.0 * x + 2.870) * x - 0.275);
}

// CIE 1960 UCS, where lines of one temperature stand upright on the locus.
vec2 white_uv(vec2 xy) { return vec2(4.0 * xy.x, 6.0 * xy.y) / (-2.0 * xy.x + 12.0 * xy.y + 3.0); }
vec2 white_xy(vec2 uv) { return vec2(3.0 * uv.x, 2.0 * uv.y) / (2.0 * uv.x - 8.0 * uv.y + 4.0); }

// White of a light: `tint` moves it off the locus, by 1/3000 of uv a unit, towards green when positive.
vec2 white_of(float kelvin, float tint) {
    vec2 uv = white_uv(white_at(kelvin));
    float step_k = kelvin >= 4000.0 && kelvin < 4010.0 ? 10.0 : -10.0; // the two loci do not meet: stay on the one
    vec2 along = (white_uv(white_at(clamp(kelvin + step_k, 1600.0, 25010.0))) - uv) * sign(step_k); // to higher temperatures: u falls
    return white_xy(uv + tint / 3000.0 * normalize(vec2(along.y, -along.x)));
}

// The responses of the cones that an adaptation works on, of a white of Y = 1. Along the locus none is below 0.12; a tint may
// ask for whites that no light has, and gains beyond ten for noise.
vec3 white_cones(vec2 xy, bool bradford) {
    vec3 xyz = vec3(xy.x, xy.y, 1.0 - xy.x - xy.y) / xy.y;
    mat3 cones = bradford ? mat3(0.8951, -0.7502, 0.0389, 0.2664, 1.7135, -0.0685, -0.1614, 0.0367, 1.0296)
                          : mat3(0.401288, -0.250268, -0.002079, 0.650173, 1.204414, 0.048952, -0.051461, 0.045854, 0.953127);
    return max(cones * xyz, 0.1);
}

// von Kries adaptation in the cones of CAT16 (Li et al. 2017, full adaptation) or Bradford (Lam 1985). to_cones: cones x Rec.709
// to XYZ (D65), and its inverse. Exactly the identity where the light is the working white.
mat3 white_balance(float kelvin, float tint, bool bradford) {
    mat3 to_cones = bradford ? mat3(0.422658041, 0.0556908, 0.0213792411, 0.491356641, 0.961556208, 0.0876439216, 0.0273644971, 0.0231893749, 0.980743433)
                             : mat3(0.302744836, 0.15378357, 0.0279764694, 0.602343787, 0.777332809, 0.147873282, 0.0704469338, 0.0853665707, 0.909136597);
    mat3 back = bradford ? mat3(2.53844797, -0.146000365, -0.0422883757, -1.29348257, 1.11662241, -0.07159007, -0.0402432469, -0.0223285197, 1.02250731)
                         : mat3(5.4470279, -1.07846851, 0.00779648437, -4.21583464, 2.14454934, -0.219084108, -0.0262172574, -0.117801905, 1.11991226);
    if (kelvin == 6504.0 && tint == 0.0) return mat3(1.0);
    vec3 gain = white_cones(white_at(6504.0), bradford) / white_cones(white_of(kelvin, tint), bradford) - 1.0;
    return mat3(1.0) + back * mat3(gain * to_cones[0], gain * to_cones[1], gain * to_cones[2]);
}
