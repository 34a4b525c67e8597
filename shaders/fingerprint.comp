#version 450
// The functions whose last bits differ between drivers and vector widths, over a fixed table of arguments.
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) writeonly buffer Results { uint bits[]; } results;

void main() {
    uint i = gl_GlobalInvocationID.x;
    float x = (float(i) + 0.5) * 0.0173 + 0.001; // 0.01 to 17.7
    float values[12] = float[12](sin(x), cos(x), tan(x), exp2(x), log2(x), exp(-x), log(x), pow(x, 2.2), inversesqrt(x),
                                 atan(x, 3.0), x / 3.7, fma(x, x, 1.0 / 3.0));
    for (uint k = 0u; k < 12u; k++) results.bits[i * 12u + k] = floatBitsToUint(values[k]);
}
