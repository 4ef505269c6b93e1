# Turns files into C arrays: cmake -DOUTPUT=x.c -DHEADER=x.h -DINPUTS=a.html;b.css -P embed.cmake
# a.html becomes a_html[], NUL-terminated, and a_html_length.
set(code "#include \"${HEADER}\"\n")
foreach(input ${INPUTS})
    get_filename_component(name ${input} NAME)
    string(REPLACE "." "_" name ${name})
    file(READ ${input} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
    string(APPEND code "const unsigned char ${name}[] = {\n${bytes}0};\n"
           "const size_t ${name}_length = sizeof ${name} - 1;\n")
endforeach()
file(WRITE ${OUTPUT} "${code}")
