#!/bin/sh
# Puts `campaign` among the user's tools, from this checkout: with uv or pipx if there is one,
# else into a folder of its own with a link in ~/.local/bin. Run again, it updates.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
wanted=".[${EXTRAS:-local,plots}]"
needed="Python 3.11 or later is needed: make install PYTHON=python3.12"

command -v "$python" > /dev/null || { echo "There is no $python here. $needed" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "$("$python" -V 2>&1) is too old. $needed" >&2; exit 1; }

# The lock without its hashes: constraints, as each of the installers takes them.
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
sed -n 's/^\([A-Za-z0-9._-]*==[^\\]*\)\\*$/\1/p' requirements.txt > "$pins"

if command -v uv > /dev/null; then
  # As pip does: what the machine trusts is trusted, a company's proxy included.
  export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-true}"
  uv tool install --quiet --force --python "$python" --constraints "$pins" "$wanted"
  bin=$(uv tool dir --bin)
  removed="uv tool uninstall campaign-sdk"
elif command -v pipx > /dev/null; then
  pipx install --quiet --force --python "$python" --pip-args="--constraint $pins" "$wanted"
  bin=$(pipx environment --value PIPX_BIN_DIR)
  removed="pipx uninstall campaign-sdk"
else
  home="${XDG_DATA_HOME:-$HOME/.local/share}/campaign-sdk/tool"
  bin="$HOME/.local/bin"
  "$python" -m venv --clear "$home"
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "$pins" "$wanted"
  mkdir -p "$bin"
  ln -sf "$home/bin/campaign" "$bin/campaign"
  removed="rm -r $home $bin/campaign"
fi

echo "Installed $("$bin/campaign" --version) as $bin/campaign."
echo "To update it, run this again. To remove it: $removed"
case ":$PATH:" in
  *":$bin:"*) ;;
  *) echo "Its folder isn't on your PATH yet:"
     echo "  export PATH=\"$bin:\$PATH\"" ;;
esac
