#!/bin/sh
# Servers, readers and recorded answers that others made, for tests to hold our protocols against: under .build/peers, apart
# from what the program needs. Without a registry they are left out, and so are the tests that want them.
set -eu
cd "$(dirname "$0")/.."
from=tests/peers to=.build/peers python=${PYTHON:-.venv/bin/python}
want=$(cat $from/*.txt $from/*.sha256 $from/package-lock.json scripts/peers.sh | sha256sum | cut -d' ' -f1)
[ "$(cat $to/made 2>/dev/null)" = "$want" ] && exit 0
rm -rf $to && mkdir -p $to
echo "Cài máy chủ thử nghiệm của bên thứ ba · installing servers that others wrote, for tests"
pip="-m pip --quiet --disable-pip-version-check" install="install --require-hashes --no-compile"
if "$python" -m venv $to/venv &&
  $to/venv/bin/python $pip $install -r $from/requirements.txt &&
  "$python" $pip $install --no-deps --target $to/readers -r $from/readers.txt &&
  "$python" $pip download --require-hashes --no-deps --no-binary openaq,kisters.water.time-series,kiwis-pie --dest $to/recordings -r $from/recordings.txt &&
  { ! command -v npm >/dev/null 2>&1 ||
    { cp $from/package.json $from/package-lock.json $to/ && cp $from/recordings.sha256 $to/recordings/ &&
      (cd $to && npm ci --silent --no-audit --no-fund) &&
      (cd $to/recordings && npm pack --silent iotagent-node-lib@4.14.0 >/dev/null && sha256sum --status -c recordings.sha256); }; }
then
  echo "$want" >$to/made
else
  echo "Không có kho gói: bỏ qua các phép thử cần chúng · no registry: the tests that want them are left out" >&2
fi
