# Writes OUTPUT, a C++ file that holds every file of PRESETS as text.
#   cmake -DOUTPUT=… -DPRESETS=a.yaml;b.yaml -P embed_presets.cmake
set(source "#include \"config/presets.h\"\n\nnamespace sawlog::config {\nnamespace {\n\n")
string(APPEND source "constexpr EmbeddedPreset kPresets[] = {\n")
list(SORT PRESETS)
foreach(preset IN LISTS PRESETS)
  file(READ ${preset} text)
  get_filename_component(name ${preset} NAME_WE)
  string(APPEND source "{\"${name}\", R\"yaml(${text})yaml\"},\n")
endforeach()
string(APPEND source "};\n\n}  // namespace\n\n")
string(APPEND source "std::span<const EmbeddedPreset> embedded_presets() { return kPresets; }\n\n")
string(APPEND source "}  // namespace sawlog::config\n")
file(WRITE ${OUTPUT} "${source}")
