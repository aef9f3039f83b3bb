#!/bin/sh
# Starts ofx and opens its page in the browser. For a double click on Linux; "ofx.sh --menu" puts it into the menu of programs.
# START_NODE names the Node.js to use.

here=$(CDPATH='' cd -- "${0%/*}" && pwd -P)
needed='20.19'

say() {
  printf '%s\n' "$1" >&2
  # Nobody sees a terminal after a double click.
  if [ ! -t 2 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    for box in zenity kdialog xmessage; do
      command -v "$box" >/dev/null 2>&1 || continue
      case $box in
        zenity) zenity --error --no-markup --text="$1" ;;
        kdialog) kdialog --error "$1" ;;
        xmessage) xmessage "$1" ;;
      esac 2>/dev/null
      break
    done
  fi
}

# Whether a Node.js runs at all, and is new enough.
fits() {
  [ -x "$1" ] && "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

if [ "${1:-}" = --menu ]; then
  menu=${XDG_DATA_HOME:-$HOME/.local/share}/applications
  mkdir -p "$menu" || exit 1
  # Within quotes, a desktop entry wants these escaped.
  command=$(printf '%s' "$here/ofx.sh" | sed 's/[\\"`$]/\\\\&/g; s/%/%%/g')
  printf '[Desktop Entry]\nType=Application\nName=ofx\nComment=Was this photo manipulated?\nExec="%s"\nTerminal=true\nCategories=Graphics;\n' "$command" > "$menu/ofx.desktop" || exit 1
  echo "ofx is in the menu of programs now: $menu/ofx.desktop"
  exit 0
fi

found=''
old=''
set -- "$here/../../runtime/bin/node" "$(command -v node 2>/dev/null)" \
  /usr/local/bin/node /usr/bin/node /opt/homebrew/bin/node /snap/bin/node "$HOME/.volta/bin/node" \
  "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node
[ -z "${START_NODE:-}" ] || set -- "$START_NODE"
for node in "$@"; do
  [ -n "$node" ] && [ -x "$node" ] || continue
  if fits "$node"; then
    found=$node
    break
  fi
  old=$node
done

if [ -z "$found" ]; then
  if [ -n "$old" ]; then
    say "ofx needs Node.js $needed or newer, and $old is $("$old" --version 2>/dev/null || echo 'not to be started'). Install a newer one from https://nodejs.org, then start ofx again."
  else
    say "ofx needs Node.js $needed or newer, and none was found on this machine. Install it from https://nodejs.org, then start ofx again."
  fi
  exit 69
fi

exec "$found" "$here/start.js"
