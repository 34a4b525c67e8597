#version 450
layout(push_constant) uniform Push { uint light, corners; } push;
layout(location = 0) out uvec2 seen; // SEEN_LIGHT of resolve.comp

void main() { seen = uvec2(0x40000000u | push.light, 0u); }
