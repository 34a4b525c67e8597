#version 450
// Log2 of luminance, counted into bins: metering of a finished frame, before white balance. Each bin has the sum of its pixels'
// weight x offset, the offset being how far above the bin's beginning a pixel lies, so that means have no binning error; weights
// are counted by quarters of a bin. All sums are of integers, so their order does not show. engine/include/orrery/module.h says
// what the bins mean.
layout(set = 0, binding = 0) uniform sampler2D hdr;
layout(set = 0, binding = 1, std430) buffer Bins { uint words[]; } bins; // weights of parts, then offsets of bins; each with its high word
layout(push_constant) uniform Push {
    uvec2 size;
    uint metering;      // orr_metering
    float begin_ev;     // where bin 0 begins: log2 of what hdr holds
    float bins_per_ev;
    float spot_radius2; // in pixels, squared
    vec2 spot;          // in pixels
} push;
layout(local_size_x = 16, local_size_y = 16) in;

const uint BINS = 256u, PARTS = 4u * BINS, STEPS = 4096u, STEPS_OF_PART = STEPS / 4u;
const uint COLUMNS = 8u, ROWS = 4u;  // blocks of 16 x 16 pixels that a workgroup takes: 2^13 pixels x 64 x STEPS is below 2^32
const uint AHEAD = 4u;               // pixels that a thread asks for at once
const uint COPIES = 4u;              // of each word: neighbours that are alike, as in a plain sky, do not all queue for one
shared uint weights[PARTS * COPIES], offsets[BINS * COPIES];

uint weight_of(uvec2 p) {
    if (push.metering == 1u) return 1u;
    vec2 at = vec2(p) + 0.5;
    if (push.metering == 3u) {
        vec2 d = at - push.spot;
        return dot(d, d) <= push.spot_radius2 || p == uvec2(push.spot) ? 1u : 0u; // a spot smaller than a pixel is one
    }
    vec2 size = vec2(push.size), d = 2.0 * at - size;
    float k = 1.0 - dot(d, d) / dot(size, size); // 1 - r^2
    return uint(64.0 * k * k * k * k + 0.5);
}

// What comes after a carry is added to the high word: 8192 x 8192 pixels x 64 do not fit into 32 bits.
void add(uint word, uint value) {
    if (value == 0u) return;
    uint before = atomicAdd(bins.words[word], value);
    if (before + value < before) atomicAdd(bins.words[word + 1u], 1u);
}

void flush(uint part, uint copy, uint weight, uint offset) {
    if (weight == 0u) return;
    atomicAdd(weights[part * COPIES + copy], weight);
    atomicAdd(offsets[part / 4u * COPIES + copy], offset);
}

void main() {
    uint lane = gl_LocalInvocationIndex, copy = lane % COPIES;
    for (uint i = lane; i < PARTS * COPIES; i += 256u) weights[i] = 0u;
    for (uint i = lane; i < BINS * COPIES; i += 256u) offsets[i] = 0u;
    barrier();
    uint part = 0u, weight = 0u, offset = 0u; // of a run of pixels in one part: in a plain field all are
    for (uint i = 0u; i < COLUMNS * ROWS; i += AHEAD) {
        uvec2 p[AHEAD];
        vec3 c[AHEAD];
        for (uint k = 0u; k < AHEAD; k++) { // all on their way before the first is looked at
            p[k] = (gl_WorkGroupID.xy * uvec2(COLUMNS, ROWS) + uvec2((i + k) % COLUMNS, (i + k) / COLUMNS)) * 16u + gl_LocalInvocationID.xy;
            c[k] = texelFetch(hdr, ivec2(min(p[k], push.size - 1u)), 0).rgb;
        }
        for (uint k = 0u; k < AHEAD; k++) {
            float l = dot(c[k], vec3(0.2126, 0.7152, 0.0722));
            if (any(greaterThanEqual(p[k], push.size)) || !(l > 0.0)) continue;
            float x = (log2(l) - push.begin_ev) * push.bins_per_ev * float(STEPS);
            uint place = uint(clamp(x + 0.5, 0.0, float(BINS * STEPS - 1u))), w = weight_of(p[k]);
            if (place / STEPS_OF_PART != part) {
                flush(part, copy, weight, offset);
                part = place / STEPS_OF_PART, weight = 0u, offset = 0u;
            }
            weight += w, offset += w * (place % STEPS);
        }
    }
    flush(part, copy, weight, offset);
    barrier();
    for (uint i = lane; i < PARTS; i += 256u) {
        uint sum = 0u;
        for (uint k = 0u; k < COPIES; k++) sum += weights[i * COPIES + (lane + k) % COPIES];
        add(2u * i, sum);
    }
    uint sum = 0u;
    for (uint k = 0u; k < COPIES; k++) sum += offsets[lane * COPIES + (lane + k) % COPIES];
    add(2u * (PARTS + lane), sum);
}
