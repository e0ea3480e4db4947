#!/bin/sh
# Build plotly.js with only the traces in use into .build/; without Node, or when that fails, the full one serves.
set -u
if ! command -v npm >/dev/null 2>&1; then
  echo "Không có Node: dùng bản plotly.js đầy đủ · no Node here: the full plotly.js is used"
  exit 0
fi
echo "Dựng plotly.js rút gọn · building the smaller plotly.js"
if ! { npm ci --silent --no-audit --no-fund && node scripts/build_plotly.mjs; }; then
  echo "Không dựng được bản rút gọn: dùng bản đầy đủ · it could not be built: the full plotly.js is used" >&2
  rm -f .build/plotly.min.js
fi
