-- Files of the bundle that claim more than there is.

--@ 4 huge.png
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{}, material = scene:material{ base_colour_map = "parts/huge.png" } }
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16} }
--@ 4 huge.gltf
orrery.model_info("parts/huge.gltf")
--@ 4 huge.npy
orrery.dem("parts/huge.npy")
--@ 4 empty.tif
orrery.dem("parts/empty.tif")
--@ 5 main.lua:1: 'parts/zeros.lua' has 67108864 bytes
dofile("parts/zeros.lua")
