#!/bin/sh
# environment.sh PYTHON VENV REQUIREMENTS: make the environment and install the locked requirements.
set -eu
python=$1 venv=$2 requirements=$3
if ! command -v "$python" >/dev/null 2>&1; then
  echo "Thiếu Python. Cần Python 3.11 trở lên: apt-get install python3 python3-venv" >&2
  echo "Python is missing. Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Python quá cũ: cần 3.11 trở lên, đang có $("$python" --version 2>&1)." >&2
  echo "Python is too old: 3.11 or newer is needed, this is $("$python" --version 2>&1)." >&2
  exit 1
fi
if [ ! -x "$venv/bin/python" ]; then
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "Thiếu mô-đun venv của Python: apt-get install python3-venv" >&2
    echo "Python's venv module is missing: apt-get install python3-venv" >&2
    exit 1
  fi
  echo "Tạo môi trường Python · making the Python environment"
  "$python" -m venv "$venv"
fi
echo "Cài các gói đã khóa phiên bản · installing the locked requirements ($requirements)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
