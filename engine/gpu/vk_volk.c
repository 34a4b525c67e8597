/* The one compilation of volk, the loader of Vulkan's functions. Its few process-wide pointers are the
 * loader's own and the same for every engine in the process; all device functions are called through a table
 * per device. */
#define VOLK_IMPLEMENTATION
#include <volk.h>
