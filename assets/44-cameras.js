// Cameras: an image that cannot be fetched leaves its frame empty until the next one; a stream plays while its <details>
// is open, and a message says why it does not play.
(function () {
  'use strict';

  const HLS = 'application/vnd.apple.mpegurl';
  const BUSY_STATUSES = [429, 503]; // answers of ioc/web/cameras/hls_proxy.py at the quota of viewers
  const STALL_TIMEOUT = 5000; // ms of a stalled picture until the message: the browser itself only waits
  const HAVE_FUTURE_DATA = 3; // of readyState

  const imageListener = (failed) => ({ target }) => {
    if (target.nodeName === 'IMG' && target.closest('.camera-frame')) target.style.visibility = failed ? 'hidden' : '';
  };
  document.addEventListener('error', imageListener(true), true);
  document.addEventListener('load', imageListener(false), true);

  const playerOf = (node) => node.closest && node.closest('.camera-live');

  function showMessage(player, reason) {
    const message = player.querySelector('.camera-message');
    message.hidden = !reason;
    player.querySelector('video').classList.toggle('is-stalled', !!reason);
    for (const text of message.querySelectorAll('[data-why]')) text.hidden = text.dataset.why !== reason;
  }

  const isStalled = (video) => video.error || video.ended || (!video.paused && video.readyState < HAVE_FUTURE_DATA);

  // A media element does not tell why it failed: the route is requested once more for its status.
  async function reportFailure(video) {
    const player = playerOf(video);
    if (!video.canPlayType(HLS)) return showMessage(player, 'unsupported');
    const status = await fetch(video.src, { cache: 'no-store' }).then((answer) => answer.status, () => 0);
    if (player.open && isStalled(video)) showMessage(player, BUSY_STATUSES.includes(status) ? 'full' : 'lost');
  }

  const timers = new WeakMap(); // video -> timer of a stall
  const HANDLERS = {
    error: reportFailure,
    ended: reportFailure, // a live stream must not end
    waiting: (video) => timers.set(video, setTimeout(() => isStalled(video) && reportFailure(video), STALL_TIMEOUT)),
    playing: (video) => showMessage(playerOf(video), ''),
  };
  for (const [name, handler] of Object.entries(HANDLERS)) {
    document.addEventListener(name, ({ target }) => {
      if (target.nodeName !== 'VIDEO' || !playerOf(target)) return;
      clearTimeout(timers.get(target));
      handler(target);
    }, true);
  }

  const sources = new WeakMap(); // video of a closed player -> its address

  function play(player) {
    const video = player.querySelector('video');
    showMessage(player, '');
    if (sources.has(video)) video.src = sources.get(video);
    sources.delete(video);
    video.load();
    video.play().catch(() => {}); // the error event tells why not
  }

  // A closed player requests nothing more, so that somebody else may watch: without an address, as load() begins anew
  // also where preload is "none".
  function stop(player) {
    const video = player.querySelector('video');
    video.pause();
    if (video.hasAttribute('src')) sources.set(video, video.getAttribute('src'));
    video.removeAttribute('src');
    video.load();
    showMessage(player, '');
  }

  document.addEventListener('toggle', ({ target }) => {
    if (target.matches('.camera-live')) (target.open ? play : stop)(target);
  }, true);
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-stream-again]')) play(playerOf(target));
  });
})();
