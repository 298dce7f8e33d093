#!/bin/sh -e
# Copies programs or shared objects of this Debian, with the loader and all libraries that they are linked to, below a
# folder. There they run in the file system of another Debian too, if it has that folder: they look for their loader and
# libraries in it, by patchelf, and for all else where every program does.
#
#     relocate /opt/debian-13 /usr/bin/redis-server …      →  /opt/debian-13/usr/bin/redis-server, /opt/debian-13/lib/*
folder=$1
shift
for file; do
  install -D "$file" "$folder$file"
  for library in $(ldd "$file" | grep -o '/[^ ]*'); do install -D "$library" "$folder/lib/$(basename "$library")"; done
  # A shared object has no loader of its own.
  loader=$(patchelf --print-interpreter "$file" 2>/dev/null) && patchelf --set-interpreter "$folder/lib/$(basename "$loader")" "$folder$file"
  patchelf --force-rpath --set-rpath "$folder/lib" "$folder$file"
done
