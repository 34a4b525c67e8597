/* The limits glslang checks shaders against: generous, since the device has the last word. */
#ifndef ORR_GPU_GLSL_LIMITS_H
#define ORR_GPU_GLSL_LIMITS_H

#include <glslang/Include/glslang_c_interface.h>

void orr_glsl_limits(glslang_resource_t *out);

#endif
