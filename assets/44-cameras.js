// Cameras: a picture that cannot be fetched leaves its frame empty until the next one comes; a stream plays while its part
// of the card is open, and says why it does not play.
(function () {
  'use strict';

  const HLS = 'application/vnd.apple.mpegurl';
  const BUSY = [429, 503]; // what ioc/web/cameras/hls_proxy.py answers when as many watch as may
  const PATIENCE = 5000; // then a picture that stands still is said to be none: the browser itself only waits
  const AHEAD = 3; // of readyState: something is there to go on with

  const told = (failed) => ({ target }) => {
    if (target.nodeName === 'IMG' && target.closest('.camera-frame')) target.style.visibility = failed ? 'hidden' : '';
  };
  document.addEventListener('error', told(true), true);
  document.addEventListener('load', told(false), true);

  const stream = (node) => node.closest && node.closest('.camera-live');

  function say(live, why) {
    const said = live.querySelector('.camera-lost');
    said.hidden = !why;
    live.querySelector('video').classList.toggle('is-still', !!why);
    for (const one of said.querySelectorAll('[data-why]')) one.hidden = one.dataset.why !== why;
  }

  const still = (video) => video.error || video.ended || (!video.paused && video.readyState < AHEAD);

  // An element of sound and picture tells that it failed, not why: the route is asked once more for that.
  async function lost(video) {
    const live = stream(video);
    if (!video.canPlayType(HLS)) return say(live, 'unread');
    const status = await fetch(video.src, { cache: 'no-store' }).then((answer) => answer.status, () => 0);
    if (live.open && still(video)) say(live, BUSY.includes(status) ? 'full' : 'lost');
  }

  const timers = new WeakMap(); // video -> what is said when it has waited too long
  const TELLS = {
    error: lost,
    ended: lost, // the city goes on
    waiting: (video) => timers.set(video, setTimeout(() => still(video) && lost(video), PATIENCE)),
    playing: (video) => say(stream(video), ''),
  };
  for (const [name, tell] of Object.entries(TELLS)) {
    document.addEventListener(name, ({ target }) => {
      if (target.nodeName !== 'VIDEO' || !stream(target)) return;
      clearTimeout(timers.get(target));
      tell(target);
    }, true);
  }

  function play(live) {
    const video = live.querySelector('video');
    say(live, '');
    video.load();
    video.play().catch(() => {}); // why not, the error tells
  }

  // Closed, it asks the camera for nothing more: another may watch.
  function stop(live) {
    const video = live.querySelector('video');
    video.pause();
    video.load();
    say(live, '');
  }

  document.addEventListener('toggle', ({ target }) => {
    if (target.matches('.camera-live')) (target.open ? play : stop)(target);
  }, true);
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-stream-again]')) play(stream(target));
  });
})();
