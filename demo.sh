#!/bin/sh
# Trains a convolutional network on Fashion-MNIST: installs what is missing, builds, trains
# for five epochs, and says what to try next. Options are passed to `espalier train`.
set -u
cd "$(dirname "$0")" || exit 1
. tools/steps.sh

need_build && need dataset-fashion-mnist || exit 1
say "building"
[ -f build/build.ninja ] || configure build -Dtests=false -Dexamples=false || exit 1
compile build tools/espalier || exit 1

images=$(dpkg -L dataset-fashion-mnist | grep '/train-images-idx3-ubyte' | head -n 1)
data=$(dirname "$images")
[ -n "$images" ] && [ -d "$data" ] || {
    echo "the images of dataset-fashion-mnist were not found" >&2
    exit 1
}
say "training: 60000 images of clothes, 10 classes, 5 epochs"
build/tools/espalier train mnist-cnn --data "$data" --epochs 5 --save build/demo.safetensors "$@" ||
    exit 1

cat <<TEXT

The network is in build/demo.safetensors. Try next:
  build/tools/espalier inspect build/demo.safetensors
  build/tools/espalier train mnist-cnn --data $data --epochs 10 --save build/demo.safetensors --resume
  build/tools/espalier train mnist-cnn --data $data --optimizer adam --lr 0.001
  build/tools/espalier info
  build/tools/espalier --help
The README shows a first program in C.
TEXT
