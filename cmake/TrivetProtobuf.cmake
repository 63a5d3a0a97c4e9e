# trivet_protobuf(<folder> file.proto...): adds the C++ made of src/<folder>/file.proto to the library
# trivet_<folder>; its own sources include it as "<folder>/file.pb.h", nobody else does. It is made
# when the tree is configured, so that tools which build nothing find the headers too.
function(trivet_protobuf folder)
  set(output "${CMAKE_BINARY_DIR}/protobuf")
  file(MAKE_DIRECTORY "${output}/new" "${output}/${folder}")
  foreach(name IN LISTS ARGN)
    set(proto "${CMAKE_SOURCE_DIR}/src/${folder}/${name}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${proto}")
    execute_process(COMMAND "${Protobuf_PROTOC_EXECUTABLE}" "--proto_path=${CMAKE_SOURCE_DIR}/src"
                            "--cpp_out=${output}/new" "${proto}" COMMAND_ERROR_IS_FATAL ANY)
    get_filename_component(stem "${name}" NAME_WE)
    foreach(made IN ITEMS "${folder}/${stem}.pb.h" "${folder}/${stem}.pb.cc")
      file(COPY_FILE "${output}/new/${made}" "${output}/${made}" ONLY_IF_DIFFERENT)
    endforeach()
    set(generated "${output}/${folder}/${stem}.pb.cc")
    target_sources(trivet_${folder} PRIVATE "${generated}")
    set_source_files_properties("${generated}" PROPERTIES COMPILE_OPTIONS -w)  # not ours to fix
  endforeach()
  target_include_directories(trivet_${folder} SYSTEM PRIVATE "${output}")
endfunction()
