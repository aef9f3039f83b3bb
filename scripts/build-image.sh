#!/bin/sh
# Builds the image of deploy/Dockerfile with buildah, without a registry of images: in place of node:20-bookworm-slim stands a folder
# with the Node.js, npm and tools of this machine. It shows that the steps of the Dockerfile work; what is published is built with the
# real base.
#
#   sh scripts/build-image.sh FOLDER     storage of images; the image is "ofx" there
#
# Exit status 77 where containers cannot be run here.
set -eu
storage=${1:?a folder for the storage of images}
cd "$(dirname "$0")/.."
buildah() { command buildah --root "$storage/root" --runroot "$storage/run" --storage-driver vfs "$@"; }
export BUILDAH_ISOLATION=chroot

base=$storage/base
mkdir -p "$base/tmp" "$base/etc" "$base/root" "$base/home/node" "$base/usr/bin" "$base/usr/lib"
ln -sfn usr/bin "$base/bin"
chmod 1777 "$base/tmp"
cp /etc/resolv.conf "$base/etc/"
[ ! -f "$HOME/.npmrc" ] || cp "$HOME/.npmrc" "$base/root/"
# Where a network has certificates of its own.
[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$base/etc/extra-ca.pem"
printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$base/etc/passwd"
printf 'root:x:0:\nnode:x:1000:\n' >"$base/etc/group"
for program in node sh env find rm ls cat sleep mkdir uname dirname basename sed; do
  file=$(readlink -f "$(command -v $program)")
  cp "$file" "$base/usr/bin/$program"
  ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$base$(dirname "$library")"
    cp -L "$library" "$base$library"
  done
done
# What libraries that come with packages find in every Debian.
libc=$(ldd "$(command -v node)" | grep -o '/[^ ]*/libc\.so[^ ]*')
for name in librt libresolv libutil libnss_files libnss_dns; do
  for library in "$(dirname "$libc")/$name".so.*; do
    [ ! -e "$library" ] || cp -L "$library" "$base$(dirname "$libc")/"
  done
done
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
mkdir -p "$base/usr/lib/node_modules"
cp -rL "$npm" "$base/usr/lib/node_modules/npm"
for name in npm npx; do
  ln -sfn "../lib/node_modules/npm/bin/$name-cli.js" "$base/usr/bin/$name"
done

container=$(buildah from scratch)
buildah copy -q "$container" "$base" / >/dev/null
rm -rf "$base"
buildah run "$container" -- node -e 0 || exit 77
buildah config --env PATH=/usr/bin "$container"
[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || buildah config --env NODE_EXTRA_CA_CERTS=/etc/extra-ca.pem "$container"
buildah commit -q "$container" docker.io/library/node:20-bookworm-slim >/dev/null
buildah rm "$container" >/dev/null
buildah bud --pull-never -v "$(npm config get cache):/root/.npm" --layers=false --ignorefile deploy/Dockerfile.dockerignore -f deploy/Dockerfile -t ofx .
